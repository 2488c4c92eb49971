from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.states import MessageType, Purpose


class Category(models.Model):
    """A folder of templates, in a tree. `parent` None: at the top. A name occurs once beside its siblings."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="categories", verbose_name=_("project")
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent category"),
    )
    name = models.CharField(_("name"), max_length=50)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "parent", "name"], name="category_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Template(models.Model):
    """A text that is used again and again. What it says is its newest version (`version` is its number).

    A deleted one (`deleted_at`) can no longer be chosen; what was sent from it keeps its version. It keeps
    its category until that is deleted too, and has none then. Among those that are not deleted a name occurs
    once in a project.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="templates", verbose_name=_("project")
    )
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, related_name="templates", verbose_name=_("category")
    )
    name = models.CharField(_("name"), max_length=100)
    version = models.PositiveIntegerField(_("version"), default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"))
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], name="template_once", condition=models.Q(deleted_at=None)
            ),
            models.CheckConstraint(
                condition=models.Q(category__isnull=False) | models.Q(deleted_at__isnull=False),
                name="template_in_category",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-updated_at", "-id"], name="template_newest"),
            models.Index(fields=["category"], name="template_of_category"),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """What a template said from one change to the next. Written once, never changed.

    `placeholders` are the keys in the order in which they stand. `sender` may be empty: chosen when sending.
    """

    template = models.ForeignKey(
        Template, on_delete=models.CASCADE, related_name="versions", verbose_name=_("template")
    )
    number = models.PositiveIntegerField(_("version"))
    message_type = models.CharField(_("type"), max_length=3, choices=MessageType.choices)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    sender = models.CharField(_("sender number"), max_length=20, blank=True)
    subject = models.TextField(_("subject"), blank=True)
    body = models.TextField(_("text"))
    placeholders = ArrayField(models.TextField(), default=list, verbose_name=_("placeholders"))
    attachment_ids = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("attachments"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("changed by"),
    )
    created_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="template_version_once")]

    def __str__(self) -> str:
        return f"{self.template} · v{self.number}"
