"""One tag: who has it, putting it on and taking it off, its name."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.roles import Permission
from console.formatting import group_number
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.audience.bulk import deed_words, done_words, which_of
from messaging.admin.audience.forms import TagNameForm, UidSearchForm, WrittenUidsForm, say
from messaging.admin.audience.shown import conditions_of, page_links, uid_rows
from messaging.admin.audience.uids import count_words
from messaging.audience.bulk import BulkAction
from messaging.audience.errors import AudienceRefused
from messaging.audience.tags import Tagging, counts_of, put_on_written, rename_tag, take_off_written
from messaging.audience.uids import UidSearch, count_uids, uid_page
from messaging.audience.written import NOTHING, Line, lines_of_file, lines_of_text
from messaging.models import Tag

MISSING_SHOWN = 100


@register_page
class TagPage(ConsolePage):
    """The UIDs with one tag, and the forms to put it on and take it off."""

    path = "audience/tags/<int:pk>/"
    name = "audience_tag"
    permission = Permission.LOOK_UP
    is_wide = True
    template_name = "messaging/audience/tag.html"

    @cached_property
    def tag(self) -> Tag:
        return get_object_or_404(Tag, project=self.project, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return gettext("Tag “%(name)s”") % {"name": self.tag.name}

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Tags"), page_url("audience_tags"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        filters = UidSearchForm(self.request.GET, project=self.project)
        del filters.fields["tag"]
        own = {
            "tag": self.tag,
            "filters": filters,
            "form": WrittenUidsForm(use_required_attribute=False),
            "name_form": TagNameForm({"name": self.tag.name}),
            "tag_count": counts_of([self.tag])[self.tag.pk],
            "may_change": self.scope.allows(Permission.SEND),
            "may_download": self.scope.allows(Permission.READ_PERSONAL_DATA),
        }
        found = self.results(filters) if filters.is_valid() else {}
        return {**super().get_context_data(**kwargs), **own, **found, **kwargs}

    def results(self, filters: UidSearchForm) -> dict[str, Any]:
        chosen = filters.cleaned_data
        search = UidSearch(chosen["uid"], chosen["number"], self.tag.pk)
        page = uid_page(project=self.project, search=search, cursor=self.request.GET.get("cursor", ""))
        is_filtered = bool(chosen["uid"] or chosen["number"])
        n = count_uids(project=self.project, search=search) if page.rows else 0
        return {
            "rows": uid_rows(page.rows),
            "is_filtered": is_filtered,
            "count": count_words(n, is_filtered=is_filtered),
            "download_query": conditions_of({**self.request.GET.dict(), "tag": self.tag.name}),
            **page_links(page, self.request.GET),
        }

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.scope.allows(Permission.SEND):
            raise PermissionDenied
        steps: dict[str, Callable[[], HttpResponse]] = {
            "rename": self.rename,
            BulkAction.TAG: self.put_or_take,
            BulkAction.UNTAG: self.put_or_take,
        }
        step = steps.get(request.POST.get("action", ""))
        return step() if self.tag and step else HttpResponseBadRequest()

    def rename(self) -> HttpResponse:
        form = TagNameForm(self.request.POST)
        if form.is_valid():
            try:
                if rename_tag(tag=self.tag, name=form.cleaned_data["name"]):
                    messages.success(self.request, gettext("The tag has a new name."))
                return redirect(page_url(self.name, self.tag.pk))
            except AudienceRefused as refused:
                say(form, refused)
        return self.again(name_form=form)

    def put_or_take(self) -> HttpResponse:
        """Put the tag on the UIDs that were written or sent as a file, or take it off them."""
        action = BulkAction(self.request.POST["action"])
        form = WrittenUidsForm(self.request.POST, self.request.FILES, use_required_attribute=False)
        try:
            lines = self.lines()
            change = put_on_written if action == BulkAction.TAG else take_off_written
            with transaction.atomic():
                tagging = change(tag=self.tag, lines=lines)
                self.note(action, tagging, [uid for _line, uid in lines])
        except AudienceRefused as refused:
            form.is_valid()
            say(form, refused)
            return self.again(form=form)
        said = tagging_words(action, tagging, self.tag)
        if not tagging.missing:
            messages.success(self.request, said)
            return redirect(page_url(self.name, self.tag.pk))
        return self.show_missing(said, tagging)

    def note(self, action: BulkAction, tagging: Tagging, uids: list[str]) -> None:
        """Keep in the audit trail who put the tag on which UIDs, or took it off them."""
        if not tagging.changed:
            return
        record_deed(
            actor=person_of(self.request),
            obj=self.tag,
            project=self.project,
            what=deed_words(action, self.tag, tagging.changed, which_of(uids, len(uids))),
            request=self.request,
        )

    def lines(self) -> list[Line]:
        upload = self.request.FILES.get("file")
        if isinstance(upload, UploadedFile):
            return lines_of_file(upload)
        lines = lines_of_text(self.request.POST.get("uids", ""))
        if not lines:
            raise AudienceRefused({"uids": NOTHING})
        return lines

    def show_missing(self, said: str, tagging: Tagging) -> HttpResponse:
        """What was done, and the UIDs that are not registered: they stay typed, to be mended."""
        missing = tagging.missing
        typed = "\n".join(uid for _line, uid in missing[:MISSING_SHOWN])
        context = {
            "said": said,
            "missing": missing[:MISSING_SHOWN],
            "missing_count": len(missing),
            "missing_more": max(len(missing) - MISSING_SHOWN, 0),
            "form": WrittenUidsForm(initial={"uids": typed}, use_required_attribute=False),
        }
        return self.render_to_response(self.get_context_data(**context))

    def again(self, **forms: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**forms), status=422)


def tagging_words(action: BulkAction, tagging: Tagging, tag: Tag) -> str:
    """What became of the UIDs that were written."""
    said = done_words(action, tagging.changed, tagging.changed + tagging.unchanged, tag)
    if tagging.repeated:
        n = tagging.repeated
        words = ngettext("%(n)s line stood before.", "%(n)s lines stood before.", n)
        said += f" {words % {'n': group_number(n)}}"
    return said
