from messaging.models.attachment import Attachment
from messaging.models.audience import Contact, Tag, TaggedUid, Uid, UidImport
from messaging.models.backup import BackupFile, BackupSettings, HistoryDrop, RestoredDay
from messaging.models.carrier import (
    CarrierReference,
    CarrierRequest,
    DeliveryReport,
    GatewayAccount,
    Route,
)
from messaging.models.draft import Draft
from messaging.models.health import CarrierHealth, Pulse, QueuePulse
from messaging.models.international import (
    CountryBlock,
    InternationalSettings,
    InternationalUsage,
    LimitRequest,
)
from messaging.models.message import Message
from messaging.models.opt_out_import import OptOutImport
from messaging.models.policy import AdvertisingHours, CharacterSettings, DuplicateSettings
from messaging.models.program import CallRate, SeenSignature
from messaging.models.recipient_file import RecipientFile
from messaging.models.schedule import RecurringSchedule, ScheduledMessage, ScheduledSend, ScheduleRun
from messaging.models.send_request import Chunk, SendBatch, SendRequest
from messaging.models.statistics import CountDelta, RequestCount, StatisticsCount
from messaging.models.statistics_key import StatisticsKey
from messaging.models.template import Category, Template, TemplateVersion
from messaging.models.webhook import (
    Webhook,
    WebhookAttempt,
    WebhookCall,
    WebhookDrop,
    WebhookEntry,
    WebhookNetwork,
)

__all__ = [
    "AdvertisingHours",
    "Attachment",
    "BackupFile",
    "BackupSettings",
    "CallRate",
    "CarrierHealth",
    "CarrierReference",
    "CarrierRequest",
    "Category",
    "CharacterSettings",
    "Chunk",
    "Contact",
    "CountDelta",
    "CountryBlock",
    "DeliveryReport",
    "Draft",
    "DuplicateSettings",
    "GatewayAccount",
    "HistoryDrop",
    "InternationalSettings",
    "InternationalUsage",
    "LimitRequest",
    "Message",
    "OptOutImport",
    "Pulse",
    "QueuePulse",
    "RecipientFile",
    "RecurringSchedule",
    "RequestCount",
    "RestoredDay",
    "Route",
    "ScheduleRun",
    "ScheduledMessage",
    "ScheduledSend",
    "SeenSignature",
    "SendBatch",
    "SendRequest",
    "StatisticsCount",
    "StatisticsKey",
    "Tag",
    "TaggedUid",
    "Template",
    "TemplateVersion",
    "Uid",
    "UidImport",
    "Webhook",
    "WebhookAttempt",
    "WebhookCall",
    "WebhookDrop",
    "WebhookEntry",
    "WebhookNetwork",
]
