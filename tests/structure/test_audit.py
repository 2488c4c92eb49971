"""Nothing is changed or taken away without a trace: every model and every download is accounted for."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from auditlog.registry import auditlog
from django.apps import apps
from django.conf import settings
from django.db import models

from console.accounts.encryption import EncryptedTextField

ROOT = Path(settings.BASE_DIR)
APPS = ("accounts", "senders", "messaging")
ITSELF = "is the trail, or a record that is written once and never changed by a person"
BY_DEED = "what people do to it is noted as a deed, with how many"
OWN = "the person's own, while it is being typed"
WORK = "how far the machine is: no person changes it"

NOT_AUDITED = {
    "accounts.AuditEntry": ITSELF,
    "accounts.Invitation": BY_DEED,
    "accounts.Notice": WORK,
    "accounts.NoticeMail": WORK,
    "accounts.ProjectEvent": WORK,
    "accounts.RecoveryCode": "of a person, whose second factor turned on or off is a change of the person",
    "accounts.SecondFactor": "the same",
    "accounts.Session": "sign-ins and sign-outs are noted",
    "senders.PhoneCode": WORK,
    "senders.OptOut": BY_DEED,
    "senders.OptOutCall": WORK,
    "messaging.Attachment": BY_DEED,
    "messaging.BackupFile": WORK,
    "messaging.CallRate": WORK,
    "messaging.CarrierHealth": WORK,
    "messaging.CarrierReference": WORK,
    "messaging.CarrierRequest": WORK,
    "messaging.Chunk": WORK,
    "messaging.Contact": BY_DEED,
    "messaging.CountDelta": WORK,
    "messaging.DeliveryReport": WORK,
    "messaging.Draft": OWN,
    "messaging.HistoryDrop": ITSELF,
    "messaging.InternationalUsage": WORK,
    "messaging.Message": BY_DEED,
    "messaging.OptOutImport": BY_DEED,
    "messaging.Pulse": WORK,
    "messaging.QueuePulse": WORK,
    "messaging.RecipientFile": BY_DEED,
    "messaging.RequestCount": WORK,
    "messaging.RestoredDay": ITSELF,
    "messaging.ScheduleRun": ITSELF,
    "messaging.ScheduledMessage": BY_DEED,
    "messaging.ScheduledSend": ITSELF,
    "messaging.SeenSignature": WORK,
    "messaging.SendBatch": WORK,
    "messaging.SendRequest": BY_DEED,
    "messaging.StatisticsCount": WORK,
    "messaging.TaggedUid": BY_DEED,
    "messaging.Uid": BY_DEED,
    "messaging.UidImport": BY_DEED,
    "messaging.WebhookAttempt": WORK,
    "messaging.WebhookCall": WORK,
    "messaging.WebhookDrop": WORK,
    "messaging.WebhookEntry": WORK,
}

GIVES_A_FILE = {"StreamingHttpResponse", "FileResponse"}
NOTES = ("record_download(", "record_access(", ".record(", ".note(")
# Files that hold nobody's data: counts, an empty table to fill in, a picture that the page itself shows.
HOLDS_NOBODYS_DATA = {
    "StatisticsExport",
    "DocumentView",  # gives what its two views have noted
    "RequestAttachment",
    "TemplatePicture",
    "ShowPicture",
}


def test_every_model_is_audited_or_says_why_not() -> None:
    every = {model._meta.label for name in APPS for model in apps.get_app_config(name).get_models()}
    audited = {model._meta.label for model in auditlog.get_models()}
    assert {label: label in audited for label in every} == {
        label: label not in NOT_AUDITED for label in every
    }


def test_no_secret_is_written_down() -> None:
    for model in auditlog.get_models():
        fields = auditlog.get_model_fields(model)
        for field in model._meta.get_fields():
            if not isinstance(field, EncryptedTextField) and field.name != "password":
                continue
            left_out = fields["include_fields"] and field.name not in fields["include_fields"]
            assert left_out or field.name in (*fields["mask_fields"], *fields["exclude_fields"]), (
                model,
                field,
            )


def test_every_audited_model_with_a_project_says_which() -> None:
    from console.accounts.models.audit_entry import PATH_TO_PROJECT

    of_platform = {"accounts.Organization", "accounts.User", "accounts.Project"} | {
        "senders.IdentityVerification",  # of an organization
        "senders.NumberLimit",  # of a person
        "messaging.GatewayAccount",
        "messaging.WebhookNetwork",
    }
    for model in auditlog.get_models():
        label = model._meta.label
        names = {field.name for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)}
        assert "project" in names or label in PATH_TO_PROJECT or label in of_platform, label


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    for package in ("console", "messaging", "senders"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    yield str(path.relative_to(ROOT)), node


def gives_a_file(node: ast.ClassDef) -> bool:
    names = {
        each.func.id
        for each in ast.walk(node)
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)
    }
    return bool(names & GIVES_A_FILE)


def test_every_download_is_noted() -> None:
    givers = {node.name: ast.unparse(node) for _path, node in classes() if gives_a_file(node)}
    assert len(givers) > 5, "the pattern finds nothing any more"
    silent = {name for name, source in givers.items() if not any(note in source for note in NOTES)}
    assert silent == HOLDS_NOBODYS_DATA


@pytest.mark.django_db
def test_what_the_platform_keeps_can_be_read_by_name() -> None:
    """An entry's object is named by `str(obj)`: no model of the trail says a phone number or a text there."""
    for model in auditlog.get_models():
        assert "recipient" not in {field.name for field in model._meta.get_fields()}, model
