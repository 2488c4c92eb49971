"""What all send pages do with a form: keep it, look at it, ask once more, send it.

The page's form is posted to the page itself, with a `step`:
look      after every change: keeps the draft and answers with what changes beside the form
confirm   checks everything; answers with the sentence to confirm, or with the form and what is wrong
send      sends, and leads to the request
test      sends the text as it stands to the person's own phone
discard   empties the draft
schedule  keeps the draft and leads to a new recurring schedule, which leads back

A step may carry an argument behind a colon. Those of templates and advertising are told in
`send_templates` and `send_advertising`.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.navigation import address_of
from console.pages import ConsolePage, page_url
from messaging.admin.forms.compose import VALUE, ComposeForm
from messaging.admin.send_advertising import (
    advertising_context,
    hours_words,
    with_statements,
)
from messaging.admin.send_composition import Composition, sender_notes
from messaging.admin.send_recurring import added_words, at_each_run, by_schedule
from messaging.admin.send_repeats import repeats_words
from messaging.admin.send_sentences import Announcement
from messaging.admin.send_templates import (
    chosen_template,
    find_templates,
    has_templates,
    restored,
    template_context,
    with_template,
    without_template,
)
from messaging.content.limits import KOREA, TYPES_ABROAD
from messaging.models import SendRequest
from messaging.schedules.messages import map_message
from messaging.sending.checking import Checked, check
from messaging.sending.commands import SendRefused
from messaging.sending.drafts import DraftKey
from messaging.sending.international_rules import abroad_notes
from messaging.sending.planning import plan_send
from messaging.states import MessageType

MESSAGE_FIELDS = (
    "message_type",
    "purpose",
    "opt_out_line",
    "sender",
    "subject",
    "body",
    "attachments",
)
# What the address of a page may name for its form; once the form was changed, it says what is chosen.
NAMED_IN_ADDRESS = ("template=", "schedule=", "file=")


class SendPage(ConsolePage):
    """A page that composes a message. Subclasses name the form, and what stands beside it."""

    permission = Permission.SEND
    form_class: ClassVar[type[ComposeForm]]
    form_template: ClassVar[str]
    look_template: ClassVar[str]
    is_wide = True
    checked: Checked | None = None  # what is about to be sent, in the last question before it

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    @property
    def draft(self) -> DraftKey:
        return DraftKey(self.user, self.project, self.name)

    def form_of(self, data: QueryDict | None) -> Any:
        return self.form_class(data, project=self.project, user=self.user)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.first_form()
        form.forgive()
        return self.render_to_response(self.get_context_data(**self.page_context(form)))

    def first_form(self) -> Any:
        """The draft, with the template and the schedule that the address names."""
        form = self.with_asked_template()
        asked = self.request.GET.get("schedule", "")
        if not asked:
            return form
        data = by_schedule(form, asked)
        if data is None:
            messages.warning(self.request, _("This schedule runs no more. Choose another one."))
        return form if data is None else self.form_of(data)

    def with_asked_template(self) -> Any:
        """The draft; with the template that the address names, where the draft is not of that one already."""
        form = self.form_of(self.draft.load() or QueryDict(mutable=True))
        asked = self.request.GET.get("template", "")
        if not asked or asked == form.raw("template"):
            return form if form.data else self.form_of(None)
        version = chosen_template(self.project, asked)
        if version is None:
            messages.warning(self.request, _("This template is gone. Choose another one."))
            return form if form.data else self.form_of(None)
        return self.form_of(with_template(form, version))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name, _colon, self.argument = request.POST.get("step", "").partition(":")
        step = self.steps().get(name)
        return step(self.form_of(request.POST)) if step else HttpResponseBadRequest()

    def steps(self) -> dict[str, Callable[[Any], HttpResponse]]:
        return {
            "look": self.look,
            "confirm": self.confirm,
            "send": self.send,
            "test": self.test,
            "discard": self.discard,
            "schedule": self.make_schedule,
            "templates": self.find_templates,
            "template": self.take_template,
            "restore": lambda form: self.changed(restored(form)),
            "apply": lambda form: self.changed(with_statements(form)),
        }

    def context_of(self, form: Any) -> dict[str, Any]:
        """Everything that the form's template and its parts show."""
        opted_out = self.opted_out(form) if form.is_advertising else 0
        announcement = self.announcement(form)
        if announcement:
            announcement = replace(announcement, refused=opted_out, replaced=self.replaced(form))
            announcement = at_each_run(announcement, form.chosen_schedule)
        notes = self.notes(form, announcement) if announcement else []
        return {
            **template_context(form),
            **advertising_context(form, self.scope),
            "form": form,
            "text": form.composition,
            "sender_notes": self.sender_notes(form),
            "bubbles": self.bubbles(form),
            "sentence": " ".join([announcement.sentence(), *notes]) if announcement else "",
            "opted_out": opted_out,
            "refresh_values": form.data.get("values_face") != form.values_face,
            "nonce": form.raw("nonce") or secrets.token_hex(16),
            "is_mms": form.chosen_type == MessageType.MMS,
            "register_url": page_url("senders_numbers"),
            "page_address": page_url(self.name),
        }

    def page_context(self, form: Any) -> dict[str, Any]:
        """What the whole form shows beside that: what stays while a person types."""
        return {
            **self.context_of(form),
            "has_templates": has_templates(self.project),
            "keys_url": address_of("admin:statistics_keys"),
        }

    def bubbles(self, form: Any) -> list[dict[str, Any]]:
        """What the phone beside the form shows."""
        shown: Composition = self.preview(form)
        is_mms = form.chosen_type == MessageType.MMS
        images = [page_url("send_picture", picture.pk) for picture in form.attachments] if is_mms else []
        if not (shown.shown_body or shown.shown_subject or images):
            return []
        return [{"text": shown.marked_body, "subject": shown.marked_subject, "images": images}]

    def preview(self, form: Any) -> Composition:
        composition: Composition = form.composition
        return composition

    def sender_notes(self, form: Any) -> list[str]:
        """What becomes of sender and text on the way, a sentence for each country that it goes to."""
        goes = form.chosen_type in TYPES_ABROAD
        return sender_notes(set(self.countries(form)) - {KOREA}) if goes else []

    def announcement(self, form: Any) -> Announcement | None:
        """What would be sent now, or None where there is nothing yet."""
        raise NotImplementedError

    def opted_out(self, form: Any) -> int:
        """How many of those who would get it have refused advertising; asked only of advertising."""
        raise NotImplementedError

    def replaced(self, form: Any) -> int:
        """In how many messages a character that phones at home cannot show becomes `?`."""
        is_odd = form.replaces and bool(form.composition.odd)
        return self.countries(form).get(KOREA, 0) if is_odd else 0

    def countries(self, form: Any) -> Mapping[int, int]:
        """How many would get it in each country, by calling code."""
        raise NotImplementedError

    def notes(self, form: Any, announcement: Announcement) -> list[str]:
        """What has to be known beside what is sent to whom: sentences."""
        abroad = map(str, abroad_notes(self.project, self.countries(form)))
        repeats = ""
        if self.checked and not form.is_recurring:  # of what goes later nobody knows it yet
            repeats = repeats_words(form.command(), self.checked)
        return [note for note in (self.hours_note(form, announcement), *abroad, repeats) if note]

    def hours_note(self, form: Any, announcement: Announcement) -> str:
        if not form.is_advertising:
            return ""
        is_open = announcement.needs_release and announcement.due_at is None
        return "" if is_open else hours_words(self.project, announcement.due_at, announcement.split)

    def look(self, form: Any) -> HttpResponse:
        self.draft.keep(self.request.POST)
        form.forgive()
        response = render(self.request, self.look_template, {**self.context_of(form), "oob": True})
        if any(name in self.request.headers.get("HX-Current-URL", "") for name in NAMED_IN_ADDRESS):
            response["HX-Replace-Url"] = page_url(self.name)  # loading it again shows what is typed by now
        return response

    def confirm(self, form: Any) -> HttpResponse:
        self.draft.keep(self.request.POST)
        form.counts_anew = True
        if not self.is_ready(form):
            self.checked = None
            return self.show_errors(form)
        asked = {"is_later": form.due_at is not None, "asks": True}
        if not self.request.headers.get("HX-Request"):
            return self.render_to_response(self.get_context_data(**self.page_context(form), **asked))
        return render(self.request, "messaging/send/confirm.html", {**self.context_of(form), **asked})

    def is_ready(self, form: Any) -> bool:
        """Whether the form could be sent now; if not, it says what is wrong."""
        if not form.is_valid():
            return False
        try:
            self.checked = check(form.command())
            form.saw(self.checked)
        except SendRefused as refused:
            form.add_problems(refused.problems)
        return not form.errors

    def show_errors(self, form: Any) -> HttpResponse:
        """The form once more, with what is wrong in it."""
        return self.show_form(form, status=422)

    def show_form(self, form: Any, status: int = 200, **extra: Any) -> HttpResponse:
        """The form once more, in the page or in place of the one that asked; in place htmx wants 200."""
        context = {**self.page_context(form), **extra}
        if not self.request.headers.get("HX-Request"):
            return self.render_to_response(self.get_context_data(**context), status=status)
        response = render(self.request, self.form_template, context)
        response["HX-Retarget"] = "#send-form"
        response["HX-Reswap"] = "outerHTML"
        return response

    def send(self, form: Any) -> HttpResponse:
        if not form.is_valid():
            self.draft.keep(self.request.POST)
            return self.show_errors(form)
        try:
            address = self.carry_out(form)
        except SendRefused as refused:
            self.draft.keep(self.request.POST)
            form.add_problems(refused.problems)
            return self.show_errors(form)
        self.draft.close(form.raw("nonce"))
        return HttpResponseRedirect(address)

    def carry_out(self, form: Any) -> str:
        """Send it, or have its schedule send it; where that is watched. Raises SendRefused."""
        if not form.is_recurring:
            return self.address_of(plan_send(form.command()))
        map_message(form.chosen_schedule, form.command())
        messages.success(self.request, added_words(form.chosen_schedule))
        return page_url("schedule", form.chosen_schedule.pk)

    def address_of(self, request: SendRequest) -> str:
        return page_url("delivery_request", request.pk)

    def test(self, form: Any) -> HttpResponse:
        """Send to oneself; answers with where to watch it, or what is in the way."""
        self.draft.keep(self.request.POST)
        form.is_valid()
        names = [*MESSAGE_FIELDS, *(VALUE + key for key in form.value_keys)]
        wrong = [str(error) for name in names for error in form.errors.get(name, [])]
        if not self.user.phone_number:
            wrong.append(_("Your account has no phone number. Add it to your profile first."))
        context: dict[str, Any] = {"wrong": wrong, "number": self.user.phone_number}
        if not wrong:
            context |= self.sent_test(form)
        return render(self.request, "messaging/send/tested.html", context)

    def sent_test(self, form: Any) -> dict[str, Any]:
        try:
            request = plan_send(form.test_command())
        except SendRefused as refused:
            return {"wrong": [str(problem.message) for problem in refused.problems]}
        return {"url": self.address_of(request)}

    def discard(self, form: Any) -> HttpResponse:
        self.draft.close(form.raw("nonce"))
        messages.info(self.request, _("The draft was emptied."))
        return HttpResponseRedirect(page_url(self.name))

    def make_schedule(self, form: Any) -> HttpResponse:
        self.draft.keep(self.request.POST)
        return HttpResponseRedirect(f"{page_url('schedule_add')}?for={self.name}")

    # --- templates and advertising ---------------------------------------------------------------

    def changed(self, data: QueryDict, **extra: Any) -> HttpResponse:
        """The form with what a step changed in it; the draft keeps it."""
        self.draft.keep(data)
        form = self.form_of(data)
        form.forgive()
        return self.show_form(form, message_open=True, **extra)

    def find_templates(self, form: Any) -> HttpResponse:
        """The templates that fit what was typed to find one: the list alone, or the page with it."""
        form.forgive()
        found = find_templates(self.project, form.data.get("template_search", ""))
        if not self.request.headers.get("HX-Request"):
            return self.show_form(form, found=found, message_open=True)
        context = {"found": found, "page_address": page_url(self.name)}
        return render(self.request, "messaging/send/template_list.html", context)

    def take_template(self, form: Any) -> HttpResponse:
        if not self.argument:
            return self.changed(without_template(form), focus="template")
        version = chosen_template(self.project, self.argument)
        if version is None:
            form.forgive()
            form.add_error("template", _("This template is gone. Choose another one, or go on without it."))
            return self.show_form(form, status=422, message_open=True)
        return self.changed(with_template(form, version), focus="template")
