"""The tasks of this app: thin, by the names of `console.queues`."""

from celery import shared_task

from console.queues import TaskName
from senders.services import evidence, line_stopping, result_mail, retention, stray_files


@shared_task(name=TaskName.SEND_REVIEW_MAIL.value)
def send_review_mail(review_id: int) -> None:
    result_mail.mail_result(review_id)


@shared_task(name=TaskName.SEND_LINE_MAIL.value)
def send_line_mail(line_id: int) -> None:
    result_mail.mail_line_result(line_id)


@shared_task(name=TaskName.MAIL_PENDING_RESULTS.value)
def mail_pending_results() -> None:
    result_mail.mail_pending_results()


@shared_task(name=TaskName.SWEEP_SENDERS.value)
def sweep_senders() -> None:
    evidence.suspend_overdue()
    line_stopping.purge_stopped_lines()


@shared_task(name=TaskName.REMOVE_STRAY_FILES.value)
def remove_stray_files() -> None:
    stray_files.remove_stray_files()


@shared_task(name=TaskName.REMOVE_OLD_DOCUMENTS.value)
def remove_old_documents() -> None:
    retention.remove_old_documents()
