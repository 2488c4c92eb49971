"""Of the messages that wait for a conversion, how many converted, by country: exact, from the counts.

A message counts at the time of its request, and once it was handed over; those of one request are all inside
the time or all outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from messaging.content.countries import every_code, named_by
from messaging.content.limits import KOREA
from messaging.ids import first_id_at
from messaging.states import Counter

# A country is measured anew from when it was unblocked.
RATES = """
SELECT counts.country_code, sum(n) FILTER (WHERE counter = %(sent)s),
    sum(n) FILTER (WHERE counter = %(converted)s)
FROM messaging_sendrequest request
CROSS JOIN LATERAL (
    SELECT country_code, counter, n FROM messaging_requestcount
    WHERE request_id = request.id AND counter IN (%(sent)s, %(converted)s)
    UNION ALL
    SELECT country_code, counter, n FROM messaging_countdelta
    WHERE request_id = request.id AND counter IN (%(sent)s, %(converted)s)
) AS counts
LEFT JOIN unnest(%(codes)s::int[], %(lifted)s::timestamptz[]) AS anew(country_code, since)
    USING (country_code)
WHERE request.project_id = %(project)s AND request.collects_conversion AND request.id >= %(first)s
    AND request.created_at >= %(since)s AND counts.country_code <> %(korea)s
    AND (anew.since IS NULL OR request.created_at >= anew.since)
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """`sent` messages were handed over to a country, `converted` of them converted."""

    sent: int = 0
    converted: int = 0

    @property
    def percent(self) -> float:
        """To a tenth, rounded down: 50.0 is not said of what is below it."""
        return self.converted * 1000 // self.sent / 10 if self.sent else 0.0


def rates_of(project_id: int, since: datetime, *, anew: Mapping[int, datetime]) -> dict[int, Rate]:
    """The rate of each country that anything went to since then, by the code that names it.

    `anew`: from when on the messages of a country count at all, by the code that names it.
    """
    starts = {code: at for named, at in anew.items() for code in every_code([named])}
    params: dict[str, Any] = {
        "sent": Counter.SENT.value,
        "converted": Counter.CONVERTED.value,
        "project": project_id,
        "first": first_id_at(since),
        "since": since,
        "korea": KOREA,
        "codes": list(starts.keys()),
        "lifted": list(starts.values()),
    }
    found: dict[int, Rate] = {}
    with connection.cursor() as cursor:
        cursor.execute(RATES, params)
        for code, sent, converted in cursor.fetchall():
            known = found.get(named_by(code), Rate())
            found[named_by(code)] = Rate(known.sent + int(sent or 0), known.converted + int(converted or 0))
    return found
