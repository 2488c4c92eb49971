"""The list of tags, registering one, deleting one."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import User
from console.accounts.roles import Permission
from console.accounts.sentences import sentence
from console.formatting import absolute_time, group_number
from console.pages import ConsolePage, page_url, paginate, register_page
from messaging.admin.audience.forms import TagFilterForm, TagNameForm, say
from messaging.audience.errors import AudienceRefused
from messaging.audience.tags import add_tag, counts_of, delete_tag, schedules_naming, sends_naming
from messaging.models import RecurringSchedule, SendRequest, Tag

SENDS_NAMED = 5


@register_page
class TagsPage(ConsolePage):
    """The project's tags with how many UIDs each has."""

    path = "audience/tags/"
    name = "audience_tags"
    title = _("Tags")
    permission = Permission.LOOK_UP
    template_name = "messaging/audience/tags.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        filters = TagFilterForm(self.request.GET, auto_id="filter_%s")
        contains = filters.cleaned_data["name"].strip() if filters.is_valid() else ""
        found = Tag.objects.filter(project=self.project)
        page = paginate(
            found.filter(name__icontains=contains) if contains else found,
            cursor=self.request.GET.get("cursor", ""),
        )
        counts = counts_of(page.rows)
        own = {
            "filters": filters,
            "form": TagNameForm(),
            "page": page,
            "rows": [(tag, counts[tag.pk]) for tag in page.rows],
            "is_filtered": bool(contains),
            "may_change": self.scope.allows(Permission.SEND),
        }
        return {**super().get_context_data(**kwargs), **own, **kwargs}

    def post(self, request: HttpRequest) -> HttpResponse:
        if not self.scope.allows(Permission.SEND):
            raise PermissionDenied
        form = TagNameForm(request.POST)
        if form.is_valid():
            try:
                tag = add_tag(project=self.project, name=form.cleaned_data["name"])
            except AudienceRefused as refused:
                say(form, refused)
            else:
                words = gettext("The tag “%(name)s” is registered. Put it on UIDs here.")
                messages.success(request, words % {"name": tag.name})
                return redirect(page_url("audience_tag", tag.pk))
        return self.render_to_response(self.get_context_data(form=form), status=422)


TAG_DELETED = sentence(
    "tag_deleted",
    ngettext_lazy("tag deleted: %(name)s, %(n)s UID had it", "tag deleted: %(name)s, %(n)s UIDs had it", "n"),
)


@register_page
class TagDeletePage(ConsolePage):
    """Deleting a tag: first who loses it and what would be sent to it, then the deed."""

    path = "audience/tags/<int:pk>/delete/"
    name = "audience_tag_delete"
    title = _("Delete a tag")
    permission = Permission.SEND
    template_name = "messaging/audience/tag_delete.html"

    @cached_property
    def tag(self) -> Tag:
        return get_object_or_404(Tag, project=self.project, pk=self.kwargs["pk"])

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        above = self.tag.name, page_url("audience_tag", self.tag.pk)
        return [(_("Tags"), page_url("audience_tags")), above]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sends, schedules = sends_naming(self.tag), schedules_naming(self.tag)
        own = {
            "sentence": delete_sentence(self.tag, counts_of([self.tag])[self.tag.pk]),
            "warning": sends_sentence(sends),
            "schedules_warning": schedules_sentence(schedules),
            "schedules": schedules[:SENDS_NAMED],
            "sends": [(request, send_words(request)) for request in sends[:SENDS_NAMED]],
            "url": self.request.path,
            "back": page_url("audience_tag", self.tag.pk),
        }
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        with transaction.atomic():
            lost = delete_tag(tag=self.tag)
            record_deed(
                actor=cast(User, request.user),
                obj=self.tag,
                project=self.project,
                what=TAG_DELETED(name=self.tag.name, n=lost),
                request=request,
                deletes=True,
            )
        said = ngettext(
            "The tag “%(name)s” is deleted; %(n)s UID had it.",
            "The tag “%(name)s” is deleted; %(n)s UIDs had it.",
            lost,
        )
        messages.success(request, said % {"name": self.tag.name, "n": group_number(lost)})
        return redirect(page_url("audience_tags"))


def delete_sentence(tag: Tag, count: int) -> str:
    """Who loses the tag."""
    words = ngettext(
        "The tag “%(name)s” is deleted, and %(n)s UID loses it. The UID itself stays.",
        "The tag “%(name)s” is deleted, and %(n)s UIDs lose it. The UIDs themselves stay.",
        count,
    )
    return words % {"name": tag.name, "n": group_number(count)}


def sends_sentence(sends: list[SendRequest]) -> str:
    """What is still to be sent to the tag, or ""."""
    if not sends:
        return ""
    words = ngettext(
        "%(n)s tag send that is still to come names this tag, and fails without it. Cancel it first.",
        "%(n)s tag sends that are still to come name this tag, and fail without it. Cancel them first.",
        len(sends),
    )
    return words % {"n": group_number(len(sends))}


def schedules_sentence(schedules: list[RecurringSchedule]) -> str:
    """Which recurring schedules send to the tag, or ""."""
    if not schedules:
        return ""
    words = ngettext(
        "%(n)s recurring schedule sends to this tag, and is refused without it. Take its message off first.",
        "%(n)s recurring schedules send to this tag, and are refused without it. Take them off first.",
        len(schedules),
    )
    return words % {"n": group_number(len(schedules))}


def send_words(request: SendRequest) -> str:
    """One of these sends: its name, or what it is, and when it is due."""
    return f"{request.name or request.get_kind_display()} · {absolute_time(request.due_at)[:16]}"
