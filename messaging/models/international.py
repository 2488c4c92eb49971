from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from messaging.models.changed import Changed
from messaging.states import LimitRequestState

DEFAULT_MONTHLY_LIMIT = 1_000
MOST_WITHOUT_ASKING = 10_000
# More than anybody sends abroad in a month; staff allow no more either.
MOST_EVER = 10_000_000


class InternationalSettings(Changed):
    """What a project sends to other countries; no row means the defaults below.

    `countries` are calling codes; None: the major ones (`messaging.content.countries`). `monthly_limit` is a
    number of messages a calendar month on the console's clock, at most `MOST_WITHOUT_ASKING`, or what staff
    allowed (`raised_limit`). A country of `conversion_countries` is blocked where, of at least
    `conversion_minimum` messages of the last `conversion_hours` hours that collect conversions, fewer than
    `conversion_rate` percent converted.
    """

    project = models.OneToOneField(
        Project,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="international_settings",
        verbose_name=_("project"),
    )
    is_on = models.BooleanField(_("send to other countries"), default=True)
    countries = ArrayField(
        models.PositiveSmallIntegerField(), null=True, blank=True, verbose_name=_("countries allowed")
    )
    monthly_limit = models.PositiveIntegerField(_("messages a month"), default=DEFAULT_MONTHLY_LIMIT)
    raised_limit = models.PositiveIntegerField(_("most that staff allowed"), null=True, blank=True)
    notifies_limit = models.BooleanField(_("notices at 70 % and 100 %"), default=True)
    blocks_by_conversion = models.BooleanField(_("block by conversion rate"), default=False)
    conversion_countries = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, verbose_name=_("countries to block")
    )
    conversion_rate = models.PositiveSmallIntegerField(
        _("conversion rate"), default=50, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    conversion_minimum = models.PositiveSmallIntegerField(
        _("minimum count"), default=50, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )
    conversion_hours = models.PositiveSmallIntegerField(
        _("time range"), default=24, validators=[MinValueValidator(1), MaxValueValidator(168)]
    )

    class Meta:
        verbose_name = _("international sending")
        verbose_name_plural = _("international sending")

    def __str__(self) -> str:
        return str(self.project_id)


class InternationalUsage(models.Model):
    """How many messages of a project were let go to other countries in a month (`month`: its first day).

    A message is counted before it is handed over, and no longer where it then is not (`messaging.sending.
    international`). `told_percent`: how much of the limit the members know to be used up.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    month = models.DateField(_("month"))
    sent = models.PositiveIntegerField(_("messages"), default=0)
    told_percent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("international usage")
        verbose_name_plural = _("international usage")
        constraints = [models.UniqueConstraint(fields=["project", "month"], name="usage_once_a_month")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.month:%Y-%m} {self.sent}"


class CountryBlock(models.Model):
    """A country to which nothing goes because too few of its messages converted; lifted by a person."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="country_blocks", verbose_name=_("project")
    )
    country_code = models.PositiveSmallIntegerField(_("country"))
    sent = models.PositiveIntegerField(_("messages"))
    converted = models.PositiveIntegerField(_("converted"))
    blocked_at = models.DateTimeField(_("blocked"))
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lifted by"),
    )

    class Meta:
        verbose_name = _("blocked country")
        verbose_name_plural = _("blocked countries")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "country_code"],
                name="country_blocked_once",
                condition=models.Q(lifted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} +{self.country_code}"


class LimitRequest(models.Model):
    """A wish to send more than 10,000 messages a month to other countries, which staff decide.

    ```
    WAITING ─► APPROVED | REJECTED
       └─────► WITHDRAWN
    ```
    `granted` is what staff allowed, which may be another number than `wanted`.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="limit_requests", verbose_name=_("project")
    )
    wanted = models.PositiveIntegerField(_("messages a month"))
    reason = models.TextField(_("what for"))
    state = models.CharField(
        _("state"), max_length=10, choices=LimitRequestState.choices, default=LimitRequestState.WAITING
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    asked_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    granted = models.PositiveIntegerField(_("allowed"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("request for a higher limit")
        verbose_name_plural = _("requests for a higher limit")
        constraints = [
            models.UniqueConstraint(
                fields=["project"], name="one_limit_request", condition=models.Q(state="WAITING")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.wanted}"
