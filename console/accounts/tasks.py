"""The tasks of accounts: thin, by the names of `console.queues`."""

from celery import shared_task

from console.accounts import keys, notice_mail, pruning
from console.queues import TaskName


@shared_task(name=TaskName.PRUNE_SIGN_INS.value)
def prune_sign_ins() -> None:
    pruning.prune_sign_ins()
    pruning.prune_trail()
    keys.forget_secrets()


@shared_task(name=TaskName.MAIL_NOTICES.value)
def mail_notices() -> None:
    notice_mail.mail_notices()
