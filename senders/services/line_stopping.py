"""Giving up an 080 line that is in service, for good: it stops at once, its numbers are deleted later.

SENS: "when it is stopped, all numbers that were registered are deleted". All that refused on this line alone;
whoever refused by another way as well (another line, by hand, by a program) stays, and so does what was
removed, with its reason. Until then they are honoured, and calls to the line still count: its number is
printed in messages that lie in phones. Business days are Monday to Friday; public holidays are not known.
"""

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import User
from senders import phone_numbers
from senders.business_days import purge_moment
from senders.deeds import LINE_PURGED, LINE_STOPPED
from senders.models import OptOut, OptOutLine
from senders.services.errors import Refused
from senders.states import LINE, LineState

BATCH = 50_000
# In the order in which everybody locks them. Who refuses elsewhere meanwhile is looked at again, and stays.
DELETE_SOME = """
WITH gone AS (
    SELECT id FROM senders_optout
    WHERE line_id = %(line)s AND removed_at IS NULL AND NOT is_elsewhere
    ORDER BY number, country_code LIMIT %(limit)s
    FOR UPDATE
)
DELETE FROM senders_optout WHERE id IN (SELECT id FROM gone)
"""


def numbers_of(line: OptOutLine) -> QuerySet[OptOut]:
    """The opt-outs that are deleted with the line."""
    return OptOut.objects.filter(line=line, removed_at__isnull=True, is_elsewhere=False)


def stop_line(*, line: OptOutLine, user: User, typed: str) -> OptOutLine:
    """Stop the line: advertising that names it fails from now on, and nothing brings it back.

    `typed`: its number, as the person wrote it to confirm. Raises Refused.
    """
    if not _is_its_number(line, typed):
        raise Refused({"typed": _("This is not the number of the line. Type it to stop its service.")})
    now = timezone.localtime()
    purge_at = purge_moment(now)
    with transaction.atomic():
        rows = OptOutLine.objects.filter(pk=line.pk)
        if not LINE.advance(rows, LineState.STOPPED, stopped_by=user, stopped_at=now, purge_at=purge_at):
            raise Refused(_("This line has changed meanwhile. Reload the page and look at it again."))
        record_deed(actor=user, obj=line, project=line.project, what=LINE_STOPPED(purge=purge_at))
    line.refresh_from_db()
    return line


def _is_its_number(line: OptOutLine, typed: str) -> bool:
    try:
        return bool(line.number) and phone_numbers.normalize(typed) == line.number
    except phone_numbers.WrongNumber:
        return False


def purge_stopped_lines() -> int:
    """Delete the numbers of lines whose time has come; for beat. Returns how many numbers.

    In portions, each a transaction that counts itself: a crash loses nothing, and any number of these may run
    at once.
    """
    due = OptOutLine.objects.filter(state=LineState.STOPPED, purged_at=None, purge_at__lte=timezone.now())
    return sum(_purge(pk) for pk in list(due.order_by("purge_at", "pk").values_list("pk", flat=True)))


def _purge(pk: int) -> int:
    total = 0
    while True:
        with transaction.atomic():
            free = OptOutLine.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            line = free.select_related("project").filter(pk=pk, purged_at=None).first()
            if line is None:  # another sweep is at it, or was
                return total
            total += _purge_some(line)
            if not numbers_of(line).exists():
                _finish(line)
                return total


def _purge_some(line: OptOutLine) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DELETE_SOME, {"line": line.pk, "limit": BATCH})
        count = int(cursor.rowcount)
    OptOutLine.objects.filter(pk=line.pk).update(purged_count=F("purged_count") + count)
    return count


def _finish(line: OptOutLine) -> None:
    OptOutLine.objects.filter(pk=line.pk).update(purged_at=timezone.now())
    line.refresh_from_db(fields=["purged_count"])
    what = LINE_PURGED(n=line.purged_count)
    record_deed(actor=None, obj=line, project=line.project, what=what, deletes=True)
