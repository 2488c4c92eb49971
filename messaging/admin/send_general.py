"""General send: a text to numbers that are typed or pasted."""

from collections import Counter as Tally
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from console.pages import register_page
from messaging.admin.forms.general import GeneralForm
from messaging.admin.send_pages import SendPage
from messaging.admin.send_sentences import Announcement
from messaging.recipients.problems import fault_sentence
from messaging.recipients.typed import MAX_TYPED, WrongLine
from senders.services.opt_outs import count_opted_out

SHOWN = 10


@register_page
class GeneralPage(SendPage):
    path = "send/general/"
    name = "send_general"
    title = _("General send")
    template_name = "messaging/send/general.html"
    form_template = "messaging/send/general_form.html"
    look_template = "messaging/send/general_look.html"
    form_class = GeneralForm

    def context_of(self, form: Any) -> dict[str, Any]:
        typed = form.typed
        return {
            **super().context_of(form),
            "typed": typed,
            "max_typed": MAX_TYPED,
            "wrong_lines": [(line, why(line)) for line in typed.wrong[:SHOWN]],
            "more_wrong": max(0, len(typed.wrong) - SHOWN),
            "repeated": typed.repeated[:SHOWN],
            "more_repeated": max(0, len(typed.repeated) - SHOWN),
            "repaired": typed.repaired[:3],
        }

    def countries(self, form: Any) -> Mapping[int, int]:
        return Tally(number.country_code for number in form.typed.numbers)

    def opted_out(self, form: Any) -> int:
        numbers = [(each.country_code, each.number) for each in form.typed.numbers]
        return count_opted_out(project=self.project, numbers=numbers) if numbers else 0

    def announcement(self, form: Any) -> Announcement | None:
        if not form.typed.numbers or not form.chosen_sender or form.lacks_moment:
            return None
        return Announcement(
            total=len(form.typed.numbers),
            message_type=form.chosen_type.label,
            sender=form.chosen_sender,
            due_at=form.chosen_moment,
            left_out=len(form.typed.repeated),
        )


def why(line: WrongLine) -> str:
    """What is wrong with one entry."""
    return fault_sentence(line.code, {"reason": line.reason} if line.reason else {})
