"""Monthly partitions of the tables that grow with messages: made ahead, detached and removed when old.

A partition holds the ids made in one calendar month (UTC). Making it twice, from two beats, changes nothing.
Which months may go is for `messaging.history.dropping` to say.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import OperationalError, connection, migrations, transaction
from django.utils import timezone
from psycopg import sql

from messaging.ids import first_id_at

# Each message is rewritten twice, all of a page by one statement: half a page of room keeps 95 % of it HOT.
FILLFACTOR = 50
MONTHS_AHEAD = 3
ADVISORY_LOCK = 0x626F6E67
# Whoever sends waits at most so long for a month that is detached; it is given up for now after that.
LONGEST_STALL = "100ms"
DETACHED = "_dropped"


class PartitionedTable(NamedTuple):
    """A table partitioned by a range of message ids; `fillfactor` leaves room for HOT updates."""

    name: str
    fillfactor: int


TABLES = (
    PartitionedTable("messaging_message", FILLFACTOR),
    PartitionedTable("messaging_carrierreference", 100),
)


class CreatePartitionedModel(migrations.CreateModel):
    """Create a model's table as the parent of partitions by a range of its primary key."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            statement, params = schema_editor.table_sql(model)
            key = schema_editor.quote_name(model._meta.pk.column)
            schema_editor.execute(f"{statement} PARTITION BY RANGE ({key})", params)


def month_start(moment: datetime, offset: int = 0) -> datetime:
    """The first moment (UTC) of the month that lies `offset` months after the moment's."""
    moment = moment.astimezone(UTC)
    months = moment.year * 12 + moment.month - 1 + offset
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


@transaction.atomic
def ensure_partitions(*, since: datetime | None = None, months_ahead: int = MONTHS_AHEAD) -> list[str]:
    """Make the partitions from the month of `since` (default: last month) to `months_ahead` months ahead.

    Returns the names of those made now.
    """
    now = timezone.now()
    start = month_start(since or month_start(now, -1))
    wanted = [start]
    while wanted[-1] < month_start(now, months_ahead):
        wanted.append(month_start(wanted[-1], 1))
    return _make(wanted)


@transaction.atomic
def ensure_month(moment: datetime) -> list[str]:
    """Make the partitions of that month alone, and hold it to the end of the caller's transaction."""
    return _make([month_start(moment)])


def _make(wanted: list[datetime]) -> list[str]:
    made: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        existing = partition_names()
        for table in TABLES:
            for month in wanted:
                name = partition_name(table.name, month)
                if name not in existing:
                    cursor.execute(_create_statement(table, month))
                    made.append(name)
    return made


def detach_month(month: datetime, *, unless: Callable[[], bool]) -> bool:
    """Take that month's tables out of their parents, in the caller's transaction; whether they went.

    Not where there are none, where `unless` says so (asked while no month can be made), or where somebody
    uses the parents for longer than a send should wait.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        existing = partition_names()
        parts = [(table.name, partition_name(table.name, month)) for table in TABLES]
        parts = [(table, name) for table, name in parts if name in existing]
        if not parts or unless():
            return False
        try:
            with transaction.atomic():
                cursor.execute(f"SET LOCAL lock_timeout = '{LONGEST_STALL}'")
                for table, name in parts:
                    cursor.execute(_detach_statement(table, name))
        except OperationalError:
            return False
    return True


def drop_detached() -> list[str]:
    """Remove the tables that were detached; nobody waits for them. Returns their names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition"
            " AND relnamespace = current_schema()::regnamespace AND relname ~ %s",
            [rf"^({'|'.join(table.name for table in TABLES)})_\d{{4}}_\d\d{DETACHED}$"],
        )
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
    return names


def months() -> list[datetime]:
    """The first moment of each month that has partitions, oldest first."""
    found = {name[-7:] for name in partition_names()}
    return sorted(datetime(int(each[:4]), int(each[5:]), 1, tzinfo=UTC) for each in found)


def partition_names() -> set[str]:
    """The names of all partitions of our tables that exist."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid"
            " JOIN pg_class parent ON parent.oid = inhparent WHERE parent.relname = ANY(%s)",
            [[table.name for table in TABLES]],
        )
        return {row[0] for row in cursor.fetchall()}


def partition_name(table: str, month: datetime) -> str:
    """The name of a table's partition of that month: `messaging_message_2026_11`."""
    return f"{table}_{month:%Y_%m}"


def _detach_statement(table: str, name: str) -> sql.Composed:
    return sql.SQL(
        "ALTER TABLE {table} DETACH PARTITION {name}; ALTER TABLE {name} RENAME TO {detached}"
    ).format(table=sql.Identifier(table), name=sql.Identifier(name), detached=sql.Identifier(name + DETACHED))


def _create_statement(table: PartitionedTable, month: datetime) -> sql.Composed:
    return sql.SQL(
        "CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({low}) TO ({high})"
        " WITH (fillfactor = {fillfactor}, autovacuum_vacuum_scale_factor = 0.05)"
    ).format(
        name=sql.Identifier(partition_name(table.name, month)),
        table=sql.Identifier(table.name),
        low=sql.Literal(str(first_id_at(month))),
        high=sql.Literal(str(first_id_at(month_start(month, 1)))),
        fillfactor=sql.Literal(table.fillfactor),
    )
