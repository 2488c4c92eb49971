"""Queue and task names, and the one way to ring a worker's bell.

The database is the truth and the broker only a bell: a task carries an id (or nothing) and finds its work
in the database, and beat's sweeps find whatever a lost task left. So enqueueing is best effort: it happens
after commit and never fails the request that asked for it.
"""

import logging
from enum import StrEnum

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# A bell that no worker heard for so long says nothing that a sweep does not say again.
BELL_SECONDS = 60


class Queue(StrEnum):
    """The queues. Workers for AUTH and SINGLE never take from MASS or FILES: a mass send delays nobody."""

    AUTH = "auth"
    SINGLE = "single"
    MASS = "mass"
    FILES = "files"
    REPORTS = "reports"
    SWEEPS = "sweeps"
    WEBHOOKS = "webhooks"


class TaskName(StrEnum):
    """Every task of the console, by the name under which it is enqueued."""

    CHECK_FILE = "messaging.check_file"
    CHECK_UIDS = "messaging.check_uids"
    SAVE_UIDS = "messaging.save_uids"
    LOAD_REQUEST = "messaging.load_request"
    ENTER_OPT_OUTS = "messaging.enter_opt_outs"
    SUBMIT_AUTH = "messaging.submit_auth"
    SUBMIT_SINGLE = "messaging.submit_single"
    SUBMIT_MASS = "messaging.submit_mass"
    COLLECT_REPORTS = "messaging.collect_reports"
    COLLECT_RESULTS = "messaging.collect_results"
    COLLECT_OPT_OUTS = "messaging.collect_opt_outs"
    SWEEP = "messaging.sweep"
    FOLD_COUNTS = "messaging.fold_counts"
    MAINTAIN_PARTITIONS = "messaging.maintain_partitions"
    SEND_REVIEW_MAIL = "senders.send_review_mail"
    SEND_LINE_MAIL = "senders.send_line_mail"
    MAIL_PENDING_RESULTS = "senders.mail_pending_results"
    SWEEP_SENDERS = "senders.sweep"
    REMOVE_STRAY_FILES = "senders.remove_stray_files"
    REMOVE_OLD_DOCUMENTS = "senders.remove_old_documents"
    PRUNE_SIGN_INS = "accounts.prune_sign_ins"
    MAIL_NOTICES = "accounts.mail_notices"
    CHECK_LIMITS = "messaging.check_limits"
    PRUNE_SIGNATURES = "messaging.prune_signatures"
    COLLECT_EVENTS = "messaging.collect_events"
    DELIVER_WEBHOOK = "messaging.deliver_webhook"
    BACK_UP = "messaging.back_up"
    DROP_HISTORY = "messaging.drop_history"
    RUN_SCHEDULE = "messaging.run_schedule"
    KEEP_SCHEDULES = "messaging.keep_schedules"
    PULSE = "messaging.pulse"


QUEUE_OF_TASK: dict[TaskName, Queue] = {
    TaskName.CHECK_FILE: Queue.FILES,
    TaskName.CHECK_UIDS: Queue.FILES,
    TaskName.SAVE_UIDS: Queue.FILES,
    TaskName.LOAD_REQUEST: Queue.FILES,
    TaskName.ENTER_OPT_OUTS: Queue.FILES,
    TaskName.SUBMIT_AUTH: Queue.AUTH,
    TaskName.SUBMIT_SINGLE: Queue.SINGLE,
    TaskName.SUBMIT_MASS: Queue.MASS,
    TaskName.COLLECT_REPORTS: Queue.REPORTS,
    TaskName.COLLECT_RESULTS: Queue.REPORTS,
    TaskName.COLLECT_OPT_OUTS: Queue.REPORTS,
    TaskName.SWEEP: Queue.SWEEPS,
    TaskName.FOLD_COUNTS: Queue.SWEEPS,
    TaskName.MAINTAIN_PARTITIONS: Queue.SWEEPS,
    TaskName.SEND_REVIEW_MAIL: Queue.SWEEPS,
    TaskName.SEND_LINE_MAIL: Queue.SWEEPS,
    TaskName.MAIL_PENDING_RESULTS: Queue.SWEEPS,
    TaskName.SWEEP_SENDERS: Queue.SWEEPS,
    TaskName.REMOVE_STRAY_FILES: Queue.SWEEPS,
    TaskName.REMOVE_OLD_DOCUMENTS: Queue.SWEEPS,
    TaskName.PRUNE_SIGN_INS: Queue.SWEEPS,
    TaskName.MAIL_NOTICES: Queue.SWEEPS,
    TaskName.CHECK_LIMITS: Queue.SWEEPS,
    TaskName.PRUNE_SIGNATURES: Queue.SWEEPS,
    TaskName.COLLECT_EVENTS: Queue.WEBHOOKS,
    TaskName.DELIVER_WEBHOOK: Queue.WEBHOOKS,
    TaskName.BACK_UP: Queue.FILES,
    TaskName.DROP_HISTORY: Queue.FILES,
    TaskName.RUN_SCHEDULE: Queue.SWEEPS,
    TaskName.KEEP_SCHEDULES: Queue.SWEEPS,
    TaskName.PULSE: Queue.SWEEPS,
}


def ring(task: TaskName, *args: object, queue: Queue | None = None) -> None:
    """Send the task to its queue (or that one) now; a broker that is down is logged, and a sweep finds the
    work later.
    """
    try:
        current_app.send_task(
            task.value,
            args=args,
            queue=(queue or QUEUE_OF_TASK[task]).value,
            retry=False,
            ignore_result=True,
            expires=BELL_SECONDS,
        )
    except (OperationalError, OSError):
        logger.warning("The broker did not take %s; a sweep will find its work.", task.value)


def enqueue_on_commit(task: TaskName, *args: object) -> None:
    """Ring for the task once the current transaction has committed (at once where there is none)."""
    transaction.on_commit(lambda: ring(task, *args))
