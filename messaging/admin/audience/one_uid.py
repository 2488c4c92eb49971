"""One UID: its contacts and its tags."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.roles import Permission
from console.accounts.sentences import Said
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.audience.forms import MoreNumbersForm, NumberForm, TagsForm, say, suggestions
from messaging.admin.reading import UID_READ, note_reading
from messaging.audience.contacts import MAX_CONTACTS, add_numbers, change_number, delete_contact
from messaging.audience.errors import AudienceRefused
from messaging.audience.tags import put_on, take_off
from messaging.audience.uids import contacts_of, is_id, tags_of
from messaging.deeds import CONTACT_REMOVED, NUMBER_CHANGED, NUMBERS_ADDED, TAG_TAKEN_OFF, TAGS_PUT_ON
from messaging.models import Uid


@register_page
class UidPage(ConsolePage):
    """A UID with its contacts and tags; each is changed by a small form of its own, named by `action`."""

    path = "audience/uids/<int:pk>/"
    name = "audience_uid"
    permission = Permission.LOOK_UP
    template_name = "messaging/audience/uid.html"

    @cached_property
    def uid(self) -> Uid:
        return get_object_or_404(Uid, project=self.project, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return gettext("UID %(uid)s") % {"uid": self.uid.uid}

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("UIDs"), page_url("audience_uids"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        changing = self.request.POST.get("contact") or self.request.GET.get("change", "")
        note_reading(self.scope, self.uid, UID_READ())
        # Several files may have given it more than a form may.
        contacts = contacts_of([self.uid], most=MAX_CONTACTS)[self.uid.pk]
        own = {
            "uid": self.uid,
            "contacts": contacts.shown,
            "more_contacts": contacts.total - len(contacts.shown),
            "tagged": tags_of([self.uid])[self.uid.pk],
            "may_change": self.scope.allows(Permission.SEND),
            "tag_names": suggestions(self.project),
            "add_form": MoreNumbersForm(use_required_attribute=False),
            "tags_form": TagsForm(project=self.project),
            "changing": int(changing) if is_id(changing) else None,
        }
        return {**super().get_context_data(**kwargs), **own, **kwargs}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.scope.allows(Permission.SEND):
            raise PermissionDenied
        steps: dict[str, Callable[[], dict[str, Any]]] = {
            "add": self.add,
            "change": self.change,
            "remove": self.remove,
            "tag": self.tag,
            "untag": self.untag,
        }
        step = steps.get(request.POST.get("action", ""))
        if not self.uid or step is None:
            return HttpResponseBadRequest()
        with transaction.atomic():
            problems = step()
        if problems:
            return self.render_to_response(self.get_context_data(**problems), status=422)
        return redirect(page_url(self.name, self.uid.pk))

    def add(self) -> dict[str, Any]:
        form = MoreNumbersForm(self.request.POST, use_required_attribute=False)

        def run() -> str:
            n = add_numbers(uid=self.uid, numbers=form.cleaned_data["numbers"])
            if not n:
                return gettext("The UID had these numbers already.")
            self.note(NUMBERS_ADDED(n=n))
            return ngettext("%(n)s number was added.", "%(n)s numbers were added.", n) % {"n": n}

        return {} if self.done(form, run) else {"add_form": form}

    def change(self) -> dict[str, Any]:
        form = NumberForm(self.request.POST, use_required_attribute=False)
        contact = self.request.POST.get("contact", "")

        def run() -> str:
            number = form.cleaned_data["number"]
            change_number(uid=self.uid, contact_id=int(contact) if is_id(contact) else 0, number=number)
            self.note(NUMBER_CHANGED())
            return gettext("The number is changed.")

        return {} if self.done(form, run) else {"change_form": form}

    def remove(self) -> dict[str, Any]:
        contact = self.request.POST.get("contact", "")
        if is_id(contact) and delete_contact(uid=self.uid, contact_id=int(contact)):
            self.note(CONTACT_REMOVED())
            messages.success(self.request, gettext("The contact was taken away."))
        return {}

    def tag(self) -> dict[str, Any]:
        form = TagsForm(self.request.POST, project=self.project)

        def run() -> str:
            tags = self.project.tags.filter(pk__in=form.cleaned_data["tags"])
            put = [tag.name for tag in tags if put_on(tag=tag, ids=[self.uid.pk])]
            n = len(put)
            if put:
                self.note(TAGS_PUT_ON(tags=put))
            return ngettext("%(n)s tag was put on.", "%(n)s tags were put on.", n) % {"n": n}

        return {} if self.done(form, run) else {"tags_form": form}

    def untag(self) -> dict[str, Any]:
        pk = self.request.POST.get("tag", "")
        tag = self.project.tags.filter(pk=pk).first() if is_id(pk) else None
        if tag is not None and take_off(tag=tag, ids=[self.uid.pk]):
            self.note(TAG_TAKEN_OFF(tags=tag.name))
            words = gettext("The tag “%(name)s” was taken off.")
            messages.success(self.request, words % {"name": tag.name})
        return {}

    def note(self, what: Said) -> None:
        """Keep in the audit trail what was done to the UID."""
        record_deed(actor=person_of(self.request), obj=self.uid, project=self.project, what=what)

    def done(self, form: forms.Form, run: Callable[[], str]) -> bool:
        """Whether the form was right and the service did it; what was done is said."""
        if not form.is_valid():
            return False
        try:
            said = run()
        except AudienceRefused as refused:
            say(form, refused)
            return False
        messages.success(self.request, said)
        return True
