"""Samples of code that send a text through the SENS API with a key: filled in, to be pasted as they are."""

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Project
from console.admin.keys import OneKeyPage
from console.pages import page_url, register_page
from senders.services.registration import approved_numbers

PLACEHOLDER = "paste-the-secret-here"
RECIPIENT = "01000000000"  # nobody's
SENDER = "0212345678"  # where the project has none yet
# Language, the name of the file, and how it is run. None of them needs a package.
FILES = (
    ("Python", "send_sms.py", "python3 send_sms.py"),
    ("Node.js 18+", "send_sms.js", "node send_sms.js"),
    ("Java 11+", "SendSms.java", "java SendSms.java"),
    ("curl, OpenSSL", "send_sms.sh", "sh send_sms.sh"),
)


@dataclass(frozen=True)
class Sample:
    """A program of one file: `command` runs it in the folder where it was pasted into `file_name`."""

    language: str
    file_name: str
    command: str
    text: str


def samples(*, base_url: str, service_id: str, access_key: str, sender: str) -> list[Sample]:
    """A sample of each language. `base_url` is this console's own, without a slash at its end."""
    given = {"base_url": base_url, "service_id": service_id, "access_key": access_key, "sender": sender}
    given |= {"secret": PLACEHOLDER, "recipient": RECIPIENT}
    return [
        Sample(
            language, name, command, render_to_string(f"messaging/samples/{name}.txt", given).rstrip() + "\n"
        )
        for language, name, command in FILES
    ]


def first_number(project: Project) -> str | None:
    """A number from which the project may send; None where it has none."""
    number = approved_numbers(project).values_list("number", flat=True).first()
    return str(number) if number else None


@register_page
class CodeSamplesPage(OneKeyPage):
    """One key's samples. Its secret is in none of them: nobody can read it again."""

    path = "keys/<int:pk>/samples/"
    name = "access_key_samples"
    title = _("Code samples")
    template_name = "messaging/samples/page.html"
    http_method_names = ["get", "head", "options"]

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [*super().breadcrumbs(), (self.key.name, page_url("access_key", self.key.pk))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sender = first_number(self.project)
        shown = samples(
            base_url=self.request.build_absolute_uri("/").rstrip("/"),
            service_id=self.project.service_id,
            access_key=self.key.access_key,
            sender=sender or SENDER,
        )
        fixed = {"secret": PLACEHOLDER, "recipient": RECIPIENT, "has_sender": sender is not None}
        return {"samples": shown, **fixed, **super().get_context_data(**kwargs)}
