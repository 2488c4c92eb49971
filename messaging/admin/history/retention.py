"""Retention: what is kept how long, what goes next and when, and what went."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.formatting import group_number
from console.pages import ConsolePage, register_page
from messaging.history.choosing import backup_of
from messaging.history.dropping import MARGIN, end_of_history
from messaging.ids import first_id_at
from messaging.models import (
    Attachment,
    BackupFile,
    HistoryDrop,
    Message,
    RecipientFile,
    RestoredDay,
    SendRequest,
    UidImport,
)
from messaging.models.backup import BackupState
from messaging.recipients.pruning import KEPT as FILES_KEPT
from messaging.sending.attachments import KEPT as ATTACHMENTS_KEPT
from messaging.sending.attachments import used_since
from messaging.sending.kept import ENDED, KEPT_DAYS, day_of, first_day, id_range, start_of
from messaging.statistics.series import KEPT_DAYS as STATISTICS_DAYS
from messaging.statistics.series import first_day as first_statistics_day

MOST_COUNTED = 10_000
SHOWN_DROPS = 30
MOST_OPEN = 5


class Count(NamedTuple):
    """How many, or more than that many: a count of a large table is not taken."""

    n: int
    is_more: bool = False


@dataclass(frozen=True)
class Kind:
    """A line of the page: what, how long, since when it is there, what goes next, and when."""

    title: Any
    kept: Any
    since: date | None = None
    next_up: str = ""
    goes_on: date | None = None


def counted(rows: QuerySet[Any]) -> Count:
    n = len(rows.order_by().values_list("pk")[: MOST_COUNTED + 1])
    return Count(min(n, MOST_COUNTED), n > MOST_COUNTED)


def in_words(count: Count, one: Callable[[int], str]) -> str:
    """ "12 files", or "more than 10,000 files"."""
    said = one(count.n) % {"n": group_number(count.n)}
    return _("more than %(count)s") % {"count": said} if count.is_more else said


@register_page
class RetentionPage(ConsolePage):
    """Every kind of what is kept, and the log of what was dropped."""

    path = "settings/retention/"
    name = "settings_retention"
    title = gettext_lazy("Retention")
    permission = Permission.MANAGE_PROJECT
    template_name = "messaging/history/retention.html"
    is_wide = True

    @cached_property
    def open_ones(self) -> list[SendRequest]:
        """Requests past the retention that are still open: they, their day and month stay."""
        old = SendRequest.objects.filter(project=self.project, pk__lt=first_id_at(start_of(first_day())))
        return list(old.exclude(state__in=ENDED).order_by("pk")[:MOST_OPEN])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        drops = HistoryDrop.objects.filter(Q(project=self.project) | Q(project=None))
        now = timezone.now()
        own = {
            "kinds": kinds_of(self.project),
            "open_ones": self.open_ones,
            "waiting_files": unverified(self.project)[:MOST_OPEN],
            "chosen": backup_of(self.project),
            "restored": RestoredDay.objects.filter(project=self.project, keep_until__gt=now).order_by("day"),
            "drops": drops.order_by("-dropped_at", "-pk")[:SHOWN_DROPS],
            "kept_days": KEPT_DAYS,
            "margin": MARGIN.days,
        }
        return super().get_context_data(**own, **kwargs)


def unverified(project: Project) -> QuerySet[BackupFile]:
    """Days that stay because their file is not verified yet, oldest first."""
    files = BackupFile.objects.filter(project=project).exclude(state=BackupState.VERIFIED)
    return files.order_by("day")


def kinds_of(project: Project) -> list[Kind]:
    """The lines of the page. Each count stops at MOST_COUNTED."""
    return [
        history(project),
        Kind(
            _("Statistics"),
            _("%(days)s days") % {"days": STATISTICS_DAYS},
            since=first_statistics_day(),
            next_up=str(_("the oldest day")),
            goes_on=timezone.localdate() + timedelta(days=1),
        ),
        pictures(project),
        files(project),
        Kind(_("Pictures of templates"), _("as long as the template, and 7 days more")),
        Kind(
            _("Documents of registrations"),
            _("as long as the registration stands, and a year after it ends"),
        ),
        Kind(_("Audience, opt-outs and templates"), _("until somebody deletes them")),
        Kind(_("Backup files"), _("as long as you keep them: the console never deletes one")),
    ]


def history(project: Project) -> Kind:
    """Requests with their messages: the oldest day that is still there, and when it goes."""
    first = SendRequest.objects.filter(project=project).order_by("pk").values_list("pk", flat=True).first()
    kept = _("%(days)s days") % {"days": KEPT_DAYS}
    if first is None:
        return Kind(_("Requests and messages"), kept)
    day = day_of(first)
    first_id, end_id = id_range(day)
    requests = SendRequest.objects.filter(project=project, pk__gte=first_id, pk__lt=end_id)
    messages = Message.objects.filter(project=project, pk__gte=first_id, pk__lt=end_id)
    said = _("%(requests)s with %(messages)s") % {
        "requests": in_words(counted(requests), lambda n: ngettext("%(n)s request", "%(n)s requests", n)),
        "messages": in_words(counted(messages), lambda n: ngettext("%(n)s message", "%(n)s messages", n)),
    }
    return Kind(_("Requests and messages"), kept, since=day, next_up=said, goes_on=goes_on(day))


def goes_on(day: date) -> date:
    """When a day of history may go at the earliest; what is overdue goes today."""
    ends = timezone.localdate(end_of_history())
    return timezone.localdate() + timedelta(days=max((day - ends).days + 1, 0))


def pictures(project: Project) -> Kind:
    kept = _("7 days after their last use, and as long as a request needs them")
    rows = Attachment.objects.filter(project=project)
    return ageing(rows, _("Attachments"), kept, ATTACHMENTS_KEPT, unused=True)


def files(project: Project) -> Kind:
    rows: QuerySet[Any] = RecipientFile.objects.filter(project=project).exclude(storage_name="")
    if not rows.exists():
        rows = UidImport.objects.filter(project=project)
    return ageing(rows, _("Uploaded files of recipients and UIDs"), _("7 days"), FILES_KEPT)


def ageing(rows: QuerySet[Any], title: Any, kept: Any, age: timedelta, *, unused: bool = False) -> Kind:
    """Files by their age: how many go with the next day."""
    oldest: datetime | None = rows.order_by("created_at").values_list("created_at", flat=True).first()
    if oldest is None:
        return Kind(title, kept)
    tomorrow = timezone.now() + timedelta(days=1)
    going = rows.filter(created_at__lt=tomorrow - age)
    if unused:
        going = going.exclude(used_since(tomorrow - age))
    count = counted(going)
    said = in_words(count, lambda n: ngettext("%(n)s file", "%(n)s files", n)) if count.n else ""
    when = (
        timezone.localdate(tomorrow)
        if count.n
        else max(timezone.localdate(), timezone.localdate(oldest + age))
    )
    return Kind(title, kept, since=timezone.localdate(oldest), next_up=said, goes_on=when)
