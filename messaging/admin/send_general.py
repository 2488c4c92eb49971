"""General send: a text to numbers that are typed or pasted, added one by one, or taken from a file.

Beside the steps of every send page, its form is posted with
add       the one number that is typed for a country joins the list
file      what became of the file: asked while it is being checked; then its numbers join the list
forget    the file's panel is emptied; what joined the list stays there
clean     what is no number is taken out of the list
The list is the field `recipients`, and nothing else is sent to. What joins it is told the page in lines, and
its script writes them below whatever was typed meanwhile.
"""

from collections import Counter as Tally
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from console.pages import register_page
from messaging.admin.forms.general import GeneralForm
from messaging.admin.send_list import is_ready, joining_of, list_context, list_panel, with_lines
from messaging.admin.send_one_number import Added, add_number, country_choices
from messaging.admin.send_pages import SendPage
from messaging.admin.send_sentences import Announcement
from messaging.content.countries import label_of
from messaging.content.limits import KOREA
from messaging.recipients.problems import fault_sentence
from messaging.recipients.typed import MAX_TYPED, WrongLine, without_wrong
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

    def steps(self) -> dict[str, Callable[[Any], HttpResponse]]:
        return {
            **super().steps(),
            "add": self.add,
            "file": self.show_file,
            "forget": self.forget,
            "clean": self.clean,
        }

    def page_context(self, form: Any) -> dict[str, Any]:
        return {
            **super().page_context(form),
            **list_context(form),
            "country_choices": country_choices(self.project),
            "country_typed": form.raw("one_country") or label_of(KOREA),
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
            message_type=form.sent_type.label,
            sender=form.chosen_sender,
            due_at=form.chosen_moment,
            left_out=len(form.typed.repeated),
        )

    # --- the list --------------------------------------------------------------------------------

    def add(self, form: Any) -> HttpResponse:
        """The one number joins the list, or it is said why not; what is typed next may be typed meanwhile."""
        added = add_number(self.project, form)
        data = form.data.copy()
        if added.line:
            data = with_lines(data, added.line)
            data["one_number"] = ""
        if not self.request.headers.get("HX-Request"):
            return self.changed(data, added=added)
        self.draft.keep(data)
        return self.said(form, added)

    def said(self, form: Any, added: Added) -> HttpResponse:
        context = {"added": added, "typed_number": form.raw("one_number")}
        return render(self.request, "messaging/send/one_said.html", context)

    def show_file(self, form: Any) -> HttpResponse:
        """The file's panel; once its check has ended, with the lines that join the list."""
        form.forgive()
        if not is_ready(form):
            return list_panel(self.request, form)
        found = joining_of(form)
        if isinstance(found, str):
            return list_panel(self.request, self.form_of(without_file(form)), problem=found)
        data = form.data.copy()
        data["list_joined"] = str(form.file.pk)
        lines = "\n".join(found.entries)
        self.draft.keep(with_lines(data, lines) if lines else data)
        return list_panel(self.request, self.form_of(data), lines=lines, known=found.known)

    def forget(self, form: Any) -> HttpResponse:
        data = without_file(form)
        if not self.request.headers.get("HX-Request"):
            return self.changed(data)
        self.draft.keep(data)
        return list_panel(self.request, self.form_of(data))

    def clean(self, form: Any) -> HttpResponse:
        data = form.data.copy()
        data["recipients"] = without_wrong(form.raw("recipients"))
        return self.changed(data, focus="recipients")


def without_file(form: Any) -> QueryDict:
    """What the form holds, without the file."""
    data: QueryDict = form.data.copy()
    data["list_file"] = data["list_joined"] = ""
    return data


def why(line: WrongLine) -> str:
    """What is wrong with one entry."""
    return fault_sentence(line.code, {"reason": line.reason} if line.reason else {})
