from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models.organization import Project
from console.accounts.models.user import User


class EventName(models.TextChoices):
    """What a program may be told of. The names of the guide's companion page where it has them."""

    MESSAGE_RESULT = "MESSAGE_RESULT_UPDATE", _("Result of a message")
    OPT_OUT = "UNSUBSCRIBE", _("Opt-out")
    IDENTITY_DECIDED = "IDENTITY_DECIDED", _("Identity verification decided")
    SENDER_NUMBER_DECIDED = "SENDER_NUMBER_DECIDED", _("Sender number decided")
    LIMIT_REACHED = "LIMIT_REACHED", _("Limit reached")
    COUNTRY_BLOCKED = "CONVERSION_BLOCK", _("Country blocked")
    INTERNATIONAL_RECEIPT = "INTERNATIONAL_DELIVERY_RECEIPT", _("Delivery receipt from abroad")


class ProjectEvent(models.Model):
    """Something that happened in a project and that programs may want to hear of; taken away once handed on.

    Written in the transaction of what happened (`console.accounts.events`). `payload` holds plain values; a
    list holds those of a set, of things that happened at once.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=30, choices=EventName.choices)
    payload = models.JSONField()
    happened_at = models.DateTimeField()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.project_id} {self.name}"


class Notice(models.Model):
    """Something that people are told by mail, once: `key` is of one occasion.

    It is every member of `project`, or, where there is none, one person about their own account.

    `kind` names the text (`templates/console/mail/notice_<kind>.txt`, its first line the subject), `context`
    what stands in it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    context = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.key}"


class NoticeMail(models.Model):
    """A notice on its way to one person: claimed, sent, marked; retried by a sweep.

    `address`, where it is set, is a mail address that the person had before.
    """

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="mails")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField(blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mail of a notice")
        verbose_name_plural = _("mails of notices")
        constraints = [
            models.UniqueConstraint(fields=["notice", "user", "address"], name="notice_mailed_once")
        ]
        indexes = [
            models.Index(fields=["id"], name="notice_to_mail", condition=models.Q(mailed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} → {self.user_id}"
