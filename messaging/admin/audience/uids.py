"""The list of UIDs, and registering one."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.roles import Permission
from console.formatting import group_number
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.audience.forms import UidForm, UidSearchForm, say, suggestions
from messaging.admin.audience.shown import conditions_of, page_links, uid_rows
from messaging.admin.reading import UIDS_READ, note_reading, searched_or
from messaging.audience.errors import AudienceRefused
from messaging.audience.uids import MOST_COUNTED, UidSearch, add_uid, count_uids, uid_page
from messaging.deeds import UID_REGISTERED
from messaging.models import Uid


@register_page
class UidsPage(ConsolePage):
    """The project's UIDs: search, and what can be done with many of them."""

    path = "audience/uids/"
    name = "audience_uids"
    title = _("UIDs")
    permission = Permission.LOOK_UP
    is_wide = True
    template_name = "messaging/audience/uids.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = UidSearchForm(self.request.GET, project=self.project)
        own = {
            "form": form,
            "may_change": self.scope.allows(Permission.SEND),
            "may_download": self.scope.allows(Permission.READ_PERSONAL_DATA),
            "tag_names": suggestions(self.project),
        }
        found = self.results(form.search()) if form.is_valid() else {}
        return {**super().get_context_data(**kwargs), **own, **found}

    def results(self, search: UidSearch) -> dict[str, Any]:
        page = uid_page(project=self.project, search=search, cursor=self.request.GET.get("cursor", ""))
        what = searched_or(UIDS_READ(), self.request.GET.get("number", ""))
        note_reading(self.scope, self.project, what)
        n = count_uids(project=self.project, search=search) if page.rows else 0
        return {
            "rows": uid_rows(page.rows),
            "is_filtered": bool(search),
            "nothing_yet": not page.rows and not Uid.objects.filter(project=self.project).exists(),
            "count": count_words(n, is_filtered=bool(search)),
            "download_query": conditions_of(self.request.GET),
            **page_links(page, self.request.GET),
        }


def count_words(n: int, *, is_filtered: bool) -> str:
    """ "12,345 UIDs", "3 UIDs fit", "more than 100,000 UIDs"."""
    if n > MOST_COUNTED:
        return gettext("more than %(n)s UIDs") % {"n": group_number(MOST_COUNTED)}
    if is_filtered:
        return ngettext("%(n)s UID fits", "%(n)s UIDs fit", n) % {"n": group_number(n)}
    return ngettext("%(n)s UID", "%(n)s UIDs", n) % {"n": group_number(n)}


@register_page
class UidAddPage(ConsolePage):
    """Registering a UID with its phone numbers."""

    path = "audience/uids/add/"
    name = "audience_uid_add"
    title = _("Register a UID")
    permission = Permission.SEND
    template_name = "messaging/audience/uid_add.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("UIDs"), page_url("audience_uids"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or UidForm(project=self.project)
        own = {"form": form, "tag_names": suggestions(self.project), "back": page_url("audience_uids")}
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest) -> HttpResponse:
        form = UidForm(request.POST, project=self.project)
        if form.is_valid():
            chosen = form.cleaned_data
            try:
                with transaction.atomic():
                    uid = add_uid(
                        project=self.project,
                        uid=chosen["uid"],
                        numbers=chosen["numbers"],
                        tag_ids=chosen["tags"],
                    )
                    what = UID_REGISTERED(n=len(chosen["numbers"]))
                    record_deed(actor=person_of(request), obj=uid, project=self.project, what=what)
            except AudienceRefused as refused:
                say(form, refused)
            else:
                messages.success(request, gettext("Registered: %(uid)s") % {"uid": uid.uid})
                if request.POST.get("action") == "another":
                    return redirect(page_url(self.name))
                return redirect(page_url("audience_uid", uid.pk))
        return self.render_to_response(self.get_context_data(form=form), status=422)
