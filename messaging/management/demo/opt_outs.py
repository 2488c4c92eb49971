"""The demo's 080 line with what was refused on it, and one of another organization that waits for staff."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Project, User
from messaging.management.demo.audience import phone_of
from senders.models import OptOut, OptOutLine, OptOutSource
from senders.services import opt_out_calls, opt_out_lines, opt_outs

OPT_OUT_NUMBER = "0805001234"
DAYS_OPEN = 30
CALLERS = (3, 17, 29, 54, 101, 140)  # people of the audience
TYPED = (8, 66)
REMOVED = 29


@transaction.atomic
def make_line(project: Project, manager: User, reviewer: User) -> OptOutLine:
    """The project's line, in service for a month: opened by staff, unless there was ever one."""
    line = OptOutLine.objects.filter(project=project).order_by("id").first()
    if line is not None:
        return line
    applied = opt_out_lines.apply_for_line(project=project, user=manager, business_name="Acme")
    opened = opt_out_lines.open_line(line=applied, reviewer=reviewer, number=OPT_OUT_NUMBER)
    since = timezone.now() - timedelta(days=DAYS_OPEN)
    OptOutLine.objects.filter(pk=opened.pk).update(applied_at=since - timedelta(days=3), opened_at=since)
    opened.refresh_from_db()
    return opened


def make_waiting_line(project: Project, manager: User) -> None:
    """An application that staff have to decide, unless the project ever made one."""
    if not OptOutLine.objects.filter(project=project).exists():
        opt_out_lines.apply_for_line(project=project, user=manager, business_name="한빛문고")


@transaction.atomic
def make_opt_outs(project: Project, manager: User, line: OptOutLine) -> None:
    """Some called, some were entered by hand, and one wants advertising again."""
    if OptOut.objects.filter(project=project).exists():
        return
    now = timezone.now()
    for at, person in enumerate(CALLERS):
        called_at = now - timedelta(days=2 * at, hours=at)
        opt_out_calls.record_call(line_number=line.number, caller=phone_of(person), at=called_at)
    typed = [(82, phone_of(person)) for person in TYPED]
    opt_outs.add_opt_outs(project=project, numbers=typed, source=OptOutSource.HAND, user=manager)
    again = OptOut.objects.filter(project=project, number=phone_of(REMOVED)).values_list("pk", flat=True)
    opt_outs.remove_opt_outs(
        project=project, ids=list(again), user=manager, reason="고객센터로 다시 받겠다고 알려 오심"
    )
