"""What failed in the last 24 hours, by cause, and by request of one cause: where the home page leads."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.pages import ConsolePage, page_url, register_page
from messaging import result_codes
from messaging.admin.deliveries.shown import RequestRow, rows_of
from messaging.admin.home.today import a_day_ago, failures_of
from messaging.ids import first_id_at
from messaging.models import SendRequest
from messaging.statistics.hours import read_hours

MOST_SHOWN = 50
LONGEST_CODE = 8
# A request's id and the moment that it says it was made at may lie on two sides of an hour.
SLACK = timedelta(minutes=1)

# When the requests were made of which messages failed so; then how many of each. Whole hours are read twice
# by their index, and never a message.
MADE_AT = """
SELECT DISTINCT request_hour FROM messaging_statisticscount
WHERE project_id = %(project)s AND hour >= %(since)s AND code = %(code)s
    AND counter IN ('SEND_FAILED', 'DELIVERY_FAILED')
"""
BY_REQUEST = """
SELECT request_id, sum(n)::bigint FROM (
    SELECT counted.request_id, n
    FROM unnest(%(firsts)s::uuid[], %(lasts)s::uuid[]) AS made(first, last)
    JOIN messaging_sendrequest request ON request.id >= made.first AND request.id < made.last
    JOIN messaging_requestcount counted ON counted.request_id = request.id
    WHERE request.project_id = %(project)s AND counted.minute >= %(since)s AND counted.code = %(code)s
        AND counter IN ('SEND_FAILED', 'DELIVERY_FAILED')
    UNION ALL
    SELECT delta.request_id, n
    FROM messaging_countdelta delta JOIN messaging_sendrequest request ON request.id = delta.request_id
    WHERE request.project_id = %(project)s AND delta.minute >= %(since)s AND delta.code = %(code)s
        AND counter IN ('SEND_FAILED', 'DELIVERY_FAILED')
) AS counted GROUP BY 1 HAVING sum(n) > 0 ORDER BY 2 DESC, 1 DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class CauseRow:
    """A request, and how many of its messages failed so."""

    row: RequestRow
    n: int
    url: str


@register_page
class CausePage(ConsolePage):
    """Of one result code: what it means and what to do, and the requests that it struck. Else all codes."""

    path = "deliveries/failures/"
    name = "deliveries_causes"
    permission = Permission.LOOK_UP
    template_name = "messaging/home/causes.html"
    is_wide = True

    @property
    def code(self) -> str:
        return self.request.GET.get("code", "").replace("\0", "")[:LONGEST_CODE]

    def get_title(self) -> Any:
        return result_codes.lookup(self.code).meaning if self.code else _("Failures in the last 24 hours")

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        above = [(_("Dashboard"), page_url("index"))]
        causes = (_("Failures in the last 24 hours"), page_url(self.name))
        return [*above, causes] if self.code else above

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        own = self.of_code(self.code, now) if self.code else self.of_all(now)
        return super().get_context_data(since=a_day_ago(now), **own, **kwargs)

    def of_all(self, now: datetime) -> dict[str, Any]:
        hours = read_hours(self.project, since=a_day_ago(now), now=now)
        return {"failures": failures_of(hours, now, most_shown=None)}

    def of_code(self, code: str, now: datetime) -> dict[str, Any]:
        since = a_day_ago(now)
        found = requests_failing(self.project, code=code, since=since)
        requests = SendRequest.objects.filter(project=self.project, pk__in=found)
        with_names = requests.select_related("recipient_file", "template_version__template")
        rows = {row.request.pk: row for row in rows_of(with_names, self.scope)}
        shown = [
            CauseRow(rows[pk], n, f"{page_url('delivery_messages', pk)}?state=FAILED&code={code}")
            for pk, n in found.items()
            if pk in rows
        ]
        is_cut = len(found) == MOST_SHOWN
        return {"result": result_codes.lookup(code), "rows": shown, "is_cut": is_cut}


def requests_failing(project: Project, *, code: str, since: datetime) -> dict[UUID, int]:
    """The requests with most messages that failed of that cause since then, most first, with how many."""
    params: dict[str, Any] = {"project": project.pk, "code": code, "since": since, "limit": MOST_SHOWN}
    with connection.cursor() as cursor:
        cursor.execute(MADE_AT, params)
        hours = [row[0] for row in cursor.fetchall()]
        params["firsts"] = [first_id_at(hour - SLACK) for hour in hours]
        params["lasts"] = [first_id_at(hour + timedelta(hours=1) + SLACK) for hour in hours]
        cursor.execute(BY_REQUEST, params)
        return dict(cursor.fetchall())
