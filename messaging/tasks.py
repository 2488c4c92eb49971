"""The tasks of messaging: each finds its work in the database and hands it to a service.

A task is a bell: losing one, or ringing twice, changes nothing but the time at which something happens.
"""

from celery import shared_task
from django.utils import timezone

from console.queues import Queue, TaskName, ring
from messaging.audience.importing import check_uid_file
from messaging.audience.pruning import prune_uid_files
from messaging.audience.saving import save_uid_file
from messaging.health.bells import heard, ring_all
from messaging.health.pulses import prune_pulses
from messaging.history.backing_up import back_up
from messaging.history.dropping import drop_history
from messaging.partitions import ensure_partitions
from messaging.recipients.importing import check_recipient_file
from messaging.recipients.opt_out_files import enter_opt_outs
from messaging.recipients.pruning import prune_files
from messaging.schedules.periodic import reconcile
from messaging.schedules.pruning import prune_schedules
from messaging.schedules.running import run_due, run_schedule
from messaging.sending.attachments import prune_attachments
from messaging.sending.bells import ring_lane_now
from messaging.sending.drafts import prune_drafts
from messaging.sending.limits import check_limits
from messaging.sending.loading import load_request
from messaging.sending.one_time_codes import forget_codes
from messaging.sending.opt_out_calls import collect_opt_outs
from messaging.sending.programs import prune_signatures
from messaging.sending.reporting import collect_reports
from messaging.sending.results import collect_results
from messaging.sending.submitting import drain
from messaging.sending.sweeping import sweep
from messaging.states import Lane
from messaging.statistics.counting import FOLDED_AT_ONCE, fold
from messaging.statistics.series import prune_statistics
from messaging.webhooks.collecting import bells_due, collect_events
from messaging.webhooks.delivering import deliver
from messaging.webhooks.pruning import prune_webhooks


@shared_task(name=TaskName.CHECK_FILE.value)
def check_file_task(file_id: str) -> None:
    check_recipient_file(file_id)


@shared_task(name=TaskName.CHECK_UIDS.value)
def check_uids_task(file_id: str) -> None:
    check_uid_file(file_id)


@shared_task(name=TaskName.SAVE_UIDS.value)
def save_uids_task(file_id: str) -> None:
    save_uid_file(file_id)


@shared_task(name=TaskName.LOAD_REQUEST.value)
def load_request_task(request_id: str) -> None:
    load_request(request_id)


@shared_task(name=TaskName.ENTER_OPT_OUTS.value)
def enter_opt_outs_task(import_id: int) -> None:
    enter_opt_outs(import_id)


@shared_task(name=TaskName.SUBMIT_AUTH.value)
def submit_auth_task() -> None:
    _drain(Lane.AUTH)


@shared_task(name=TaskName.SUBMIT_SINGLE.value)
def submit_single_task() -> None:
    _drain(Lane.SINGLE)


@shared_task(name=TaskName.SUBMIT_MASS.value)
def submit_mass_task() -> None:
    _drain(Lane.MASS)


def _drain(lane: Lane) -> None:
    """A task is short, so that workers stop quickly; it rings for the next one itself."""
    if drain(lane):
        ring_lane_now(lane)


@shared_task(name=TaskName.COLLECT_REPORTS.value)
def collect_reports_task() -> None:
    if collect_reports():
        ring(TaskName.COLLECT_REPORTS)


@shared_task(name=TaskName.COLLECT_RESULTS.value)
def collect_results_task() -> None:
    if collect_results():
        ring(TaskName.COLLECT_RESULTS)


@shared_task(name=TaskName.COLLECT_OPT_OUTS.value)
def collect_opt_outs_task() -> None:
    if collect_opt_outs():
        ring(TaskName.COLLECT_OPT_OUTS)


@shared_task(name=TaskName.SWEEP.value)
def sweep_task() -> None:
    run_due()
    sweep()


@shared_task(name=TaskName.RUN_SCHEDULE.value)
def run_schedule_task(schedule_id: int) -> None:
    run_schedule(schedule_id)


@shared_task(name=TaskName.KEEP_SCHEDULES.value)
def keep_schedules_task() -> None:
    reconcile(timezone.now())


@shared_task(name=TaskName.PULSE.value)
def pulse_task(queue: str = "", rung_at: str = "") -> None:
    """From beat: ring for every queue. By such a bell: say that it was heard."""
    if queue:
        heard(queue, rung_at)
    else:
        ring_all(_ring_for)


def _ring_for(queue: Queue, rung_at: str) -> None:
    ring(TaskName.PULSE, queue.value, rung_at, queue=queue)


@shared_task(name=TaskName.FOLD_COUNTS.value)
def fold_counts_task() -> None:
    while fold() == FOLDED_AT_ONCE:
        pass


@shared_task(name=TaskName.PRUNE_SIGNATURES.value)
def prune_signatures_task() -> None:
    prune_signatures()


@shared_task(name=TaskName.CHECK_LIMITS.value)
def check_limits_task() -> None:
    check_limits()


@shared_task(name=TaskName.MAINTAIN_PARTITIONS.value)
def maintain_partitions_task() -> None:
    """Once an hour: room for the months ahead, and none for files and codes that nobody needs."""
    ensure_partitions()
    prune_pulses()
    forget_codes()
    prune_files()
    prune_uid_files()
    prune_attachments()
    prune_drafts()
    prune_schedules()
    prune_statistics()
    prune_webhooks()


@shared_task(name=TaskName.COLLECT_EVENTS.value)
def collect_events_task() -> None:
    """Hand events on to the webhooks that listen, and wake a worker for each that is to be called."""
    collect_events()
    for _number in range(bells_due()):
        ring(TaskName.DELIVER_WEBHOOK)


@shared_task(name=TaskName.DELIVER_WEBHOOK.value)
def deliver_webhook_task() -> None:
    if deliver():
        ring(TaskName.DELIVER_WEBHOOK)


@shared_task(name=TaskName.BACK_UP.value)
def back_up_task() -> None:
    """A task is short; it rings for the next one itself."""
    if back_up():
        ring(TaskName.BACK_UP)


@shared_task(name=TaskName.DROP_HISTORY.value)
def drop_history_task() -> None:
    drop_history()
