"""A file of opt-outs: what its check found, and entering its numbers once a person has seen the count.

It is a recipient file like any other, checked against an empty text: the same child process reads it, the
same rules make its numbers, and what nobody enters is deleted after some days.
"""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from console.accounts.audit import record_deed
from console.accounts.roles import Permission
from console.accounts.sentences import sentence
from console.guard import person_of
from console.pages import ConsolePage, ConsoleView, page_url, register_page
from messaging.admin.opt_outs.entering import entered_sentence
from messaging.admin.opt_outs.forms import LineForm
from messaging.admin.send_mass import FileView
from messaging.models import OptOutImport, RecipientFile
from messaging.recipients.opt_out_files import start_entering
from messaging.recipients.problems import file_sentence
from messaging.recipients.results import CheckResult, FileProblem
from messaging.states import FileState, ImportState

RUNNING = (FileState.UPLOADED, FileState.CHECKING)


class OptOutFileView(ConsoleView):
    """A file of the project; a 404 for any other, and once it was deleted."""

    permission = Permission.SEND

    @cached_property
    def file(self) -> RecipientFile:
        return get_object_or_404(RecipientFile, pk=self.kwargs["file_id"], project=self.project)

    def file_context(self) -> dict[str, Any]:
        file = self.file
        is_checked = file.state == FileState.CHECKED and file.result is not None
        result = CheckResult.from_json(file.result or {}) if is_checked else None
        problem = FileProblem(file.problem_code, file.problem_params)
        wish = OptOutImport.objects.filter(file=file).first()
        return {
            "wish": wish,
            "is_entering": wish is not None and wish.state == ImportState.SAVING,
            "entered": entered_sentence(wish.added, wish.rows_saved) if wish else "",
            "file": file,
            "is_running": file.state in RUNNING,
            "view": FileView(file, result) if result else None,
            "refusal": file_sentence(problem) if file.state == FileState.REFUSED else "",
            "file_form": LineForm(self.request.GET or None, project=self.project),
        }


FILE_ENTERED = sentence(
    "opt_out_file_entered",
    ngettext_lazy(
        "file of opt-outs entered: %(name)s, %(n)s number",
        "file of opt-outs entered: %(name)s, %(n)s numbers",
        "n",
    ),
)


@register_page
class OptOutFilePage(OptOutFileView, ConsolePage):
    """What the file holds: how many numbers can be entered, what is wrong by row, and the button."""

    path = "audience/opt-outs/file/<uuid:file_id>/"
    name = "audience_opt_outs_file"
    title = _("Opt-outs from a file")
    template_name = "messaging/opt_outs/file.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [
            (_("Opt-outs"), page_url("audience_opt_outs")),
            (_("Enter opt-outs"), page_url("audience_opt_outs_add")),
        ]

    def get_template_names(self) -> list[str]:
        """The panel alone for htmx, while the file is being checked."""
        if "HX-Request" in self.request.headers:
            return ["messaging/opt_outs/file_panel.html"]
        return [str(self.template_name)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.file_context(), **kwargs)

    def post(self, request: HttpRequest, file_id: Any) -> HttpResponse:
        form = LineForm(request.POST, project=self.project)
        file = self.file
        is_there = bool(file.staging_name) and default_storage.exists(file.staging_name)
        if not form.is_valid() or file.state != FileState.CHECKED or not is_there:
            messages.error(request, _("The file cannot be entered as it is. Look at it again."))
            return redirect(request.get_full_path())
        person = person_of(request)
        if not OptOutImport.objects.filter(file=file).exists():  # a second press begins nothing
            rows = (file.result or {}).get("sendable", 0)
            what = FILE_ENTERED(name=file.original_name, n=rows)
            record_deed(actor=person, obj=file, project=self.project, what=what, request=request)
        wish = start_entering(file=file, user=person, line=form.cleaned_data["line"])
        if wish.state != ImportState.SAVED:
            return redirect(request.get_full_path())
        messages.success(request, entered_sentence(wish.added, wish.rows_saved))
        return redirect(page_url("audience_opt_outs"))
