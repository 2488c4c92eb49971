"""Entering opt-outs: typed or pasted here, or as a file, which is checked first."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.accounts.audit import record_deed
from console.accounts.roles import Permission
from console.formatting import group_number
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.opt_outs.forms import LineForm, TypedForm
from messaging.deeds import OPT_OUTS_ENTERED
from messaging.recipients import importing
from messaging.recipients.problems import fault_sentence, file_sentence
from messaging.recipients.results import FileProblem, FileRefused
from messaging.recipients.typed import MAX_TYPED, TypedRecipients, read_typed
from messaging.states import MessageType
from senders.models import OptOutSource
from senders.services.opt_outs import add_opt_outs

SHOWN = 10
FORM_BYTES = 1 << 20  # of a request, beside its file


def entered_sentence(new: int, total: int) -> str:
    """What became of `total` numbers of which `new` were not there."""
    said = ngettext("%(n)s number is entered.", "%(n)s numbers are entered.", new) % {"n": group_number(new)}
    if (known := total - new) <= 0:
        return said
    more = ngettext("%(n)s was there already.", "%(n)s were there already.", known)
    return f"{said} {more % {'n': group_number(known)}}"


@register_page
class OptOutAddPage(ConsolePage):
    """Numbers typed or pasted; beside them, a file. Nothing is entered while an entry is wrong."""

    path = "audience/opt-outs/add/"
    name = "audience_opt_outs_add"
    title = gettext_lazy("Enter opt-outs")
    permission = Permission.SEND
    template_name = "messaging/opt_outs/add.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Opt-outs"), page_url("audience_opt_outs"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        megabytes = settings.BONGSU_MAX_UPLOAD_BYTES // importing.MB
        own = {
            "form": TypedForm(None, project=self.project),
            "file_form": LineForm(None, project=self.project),
            "max_megabytes": megabytes,
        }
        return super().get_context_data(**{**own, **kwargs})

    def post(self, request: HttpRequest) -> HttpResponse:
        if request.POST.get("action") == "file":
            return self._receive(request)
        form = TypedForm(request.POST, project=self.project)
        if not form.is_valid():
            return self._again(form=form)
        typed = read_typed(form.cleaned_data["numbers"])
        if wrong := problems_of(typed):
            return self._again(form=form, wrong=wrong, more_wrong=max(len(typed.wrong) - SHOWN, 0))
        numbers = [(number.country_code, number.number) for number in typed.numbers]
        person = person_of(request)
        with transaction.atomic():
            new = add_opt_outs(
                project=self.project,
                numbers=numbers,
                source=OptOutSource.HAND,
                user=person,
                line=form.cleaned_data["line"],
            )
            if new:
                what = OPT_OUTS_ENTERED(n=new)
                record_deed(actor=person, obj=self.project, project=self.project, what=what)
        messages.success(request, entered_sentence(new, len(numbers)))
        return redirect(page_url("audience_opt_outs"))

    def _again(self, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**context), status=422)

    def _receive(self, request: HttpRequest) -> HttpResponse:
        """Keep the file and have it checked; the next page says what it holds."""
        form = LineForm(request.POST, project=self.project)
        upload = request.FILES.get("file")
        if not isinstance(upload, UploadedFile):
            return self._again(file_form=form, file_problem=_("Choose a file first."))
        if not form.is_valid():
            return self._again(file_form=form)
        try:
            importing.refuse_too_large(int(request.headers.get("Content-Length") or 0) - FORM_BYTES)
            file = importing.receive_file(
                project=self.project,
                user=person_of(request),
                upload=upload,
                subject="",
                body="",
                message_type=MessageType.SMS,
            )
        except FileRefused as refused:
            problem = file_sentence(FileProblem(refused.code, refused.params))
            return self._again(file_form=form, file_problem=problem)
        line = form.cleaned_data["line"]
        address = page_url("audience_opt_outs_file", file.pk)
        return redirect(f"{address}?line={line.pk}" if line else address)


def problems_of(typed: TypedRecipients) -> list[tuple[str, str]]:
    """(entry, what is wrong with it) of the first wrong ones, or that there are none or too many."""
    if typed.is_too_many:
        most = group_number(MAX_TYPED)
        return [("", _("At most %(most)s numbers can be entered here. Use a file.") % {"most": most})]
    if not typed.total:
        return [("", _("Type at least one number."))]
    return [
        (
            _("Entry %(place)s: %(written)s") % {"place": line.place, "written": line.written[:40]},
            fault_sentence(line.code, {"reason": line.reason} if line.reason else {}),
        )
        for line in typed.wrong[:SHOWN]
    ]
