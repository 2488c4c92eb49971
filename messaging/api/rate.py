"""How many calls a second a project's programs may make, counted across processes and machines."""

from datetime import datetime

from django.conf import settings
from django.db import connection

# Of one row a project; the table is not logged, so that its commit waits for no disk.
COUNT = """
INSERT INTO messaging_callrate AS rate (project_id, second, calls) VALUES (%(project)s, %(second)s, 1)
ON CONFLICT (project_id) DO UPDATE SET
    second = greatest(rate.second, excluded.second),
    calls = CASE WHEN rate.second >= excluded.second THEN rate.calls + 1 ELSE 1 END
RETURNING calls
"""


def is_over(project_id: int, now: datetime) -> bool:
    """Count a call in its second; whether the project made more than it may. Outside any transaction."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"project": project_id, "second": int(now.timestamp())})
        (calls,) = cursor.fetchone()
    return bool(calls > settings.BONGSU_API_RATE)
