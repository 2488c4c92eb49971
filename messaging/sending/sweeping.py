"""The sweep: beat rings it every second, and it finds what is due, which bell was lost, and who died."""

from collections.abc import Callable

from console.queues import TaskName, ring
from messaging.audience.importing import files_in_motion
from messaging.recipients.importing import files_to_check
from messaging.recipients.opt_out_files import files_to_enter
from messaging.sending.bells import ring_lane_now
from messaging.sending.canceling import finish_canceling
from messaging.sending.claiming import has_work
from messaging.sending.completing import complete_all
from messaging.sending.loading import requests_to_load
from messaging.sending.recovery import give_up_waiting, recover_stale_chunks
from messaging.sending.releasing import release_due
from messaging.states import Lane


def sweep() -> None:
    """Do what is quick, ring for the rest. Any number of sweeps may run at once."""
    for step in STEPS:
        step()


def ring_for_files() -> None:
    for file_id in files_to_check():
        ring(TaskName.CHECK_FILE, str(file_id))


def ring_for_uid_files() -> None:
    for task, file_id in files_in_motion():
        ring(task, str(file_id))


def ring_for_opt_outs() -> None:
    for import_id in files_to_enter():
        ring(TaskName.ENTER_OPT_OUTS, import_id)


def ring_for_loading() -> None:
    for request_id in requests_to_load():
        ring(TaskName.LOAD_REQUEST, str(request_id))


def ring_for_lanes() -> None:
    for lane in Lane:
        if has_work(lane):
            ring_lane_now(lane)


STEPS: tuple[Callable[[], object], ...] = (
    recover_stale_chunks,
    release_due,
    ring_for_lanes,
    ring_for_loading,
    ring_for_files,
    ring_for_opt_outs,
    ring_for_uid_files,
    finish_canceling,
    complete_all,
    give_up_waiting,
)
