"""Which changes of this app the audit log keeps: of what many write and few may undo."""

from auditlog.registry import auditlog

from console.accounts.audit import CENSOR, watch
from messaging.models import (
    AdvertisingHours,
    BackupSettings,
    Category,
    CharacterSettings,
    CountryBlock,
    DuplicateSettings,
    GatewayAccount,
    InternationalSettings,
    LimitRequest,
    RecurringSchedule,
    Route,
    StatisticsKey,
    Tag,
    Template,
    TemplateVersion,
    Webhook,
    WebhookNetwork,
)


def register_models() -> None:
    """Register the models with the audit log, once, when the app is ready."""
    auditlog.register(AdvertisingHours, exclude_fields=["updated_at"])
    auditlog.register(
        BackupSettings,
        exclude_fields=["updated_at"],
        mask_fields=["access_key", "secret_key"],
        mask_callable=CENSOR,
    )
    auditlog.register(Category)
    auditlog.register(CharacterSettings, exclude_fields=["updated_at"])
    auditlog.register(CountryBlock)
    auditlog.register(DuplicateSettings, exclude_fields=["updated_at"])
    auditlog.register(GatewayAccount, mask_fields=["settings"], mask_callable=CENSOR)
    auditlog.register(InternationalSettings, exclude_fields=["updated_at"])
    auditlog.register(LimitRequest)
    auditlog.register(
        RecurringSchedule,
        exclude_fields=["looked_until", "next_at", "periodic_task", "created_at", "changed_at"],
    )
    auditlog.register(Route)
    auditlog.register(StatisticsKey)
    auditlog.register(Tag)
    auditlog.register(Template, exclude_fields=["updated_at"])
    watch(TemplateVersion, project="template.project_id")
    auditlog.register(
        Webhook,
        include_fields=["url", "events", "signature", "secret"],
        mask_fields=["signature", "secret"],
        mask_callable=CENSOR,
    )
    auditlog.register(WebhookNetwork)
