"""One template: as a phone shows it, its versions, who uses it; and deleting it."""

from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.navigation import address_of
from console.pages import ConsolePage, ConsoleView, page_url, paginate, register_page
from messaging.admin.deliveries import shown as deliveries
from messaging.admin.templates import shown
from messaging.library.categories import category_tree
from messaging.library.errors import LibraryRefused
from messaging.library.templates import current_version, delete_template
from messaging.library.usage import Usage, used_by
from messaging.models import Draft, Template, TemplateVersion
from messaging.sending.attachments import attachments_of
from senders.services.registration import is_approved

VERSIONS_SHOWN = 20
# The pages that send, each with its words.
SENDING = (
    ("admin:send_general", _("Send to numbers")),
    ("admin:send_mass", _("Send to a file")),
    ("admin:send_tag", _("Send to tags")),
)
PAGES_OF_DRAFTS = {
    "send_general": _("General send"),
    "send_mass": _("Mass send"),
    "send_tag": _("Tag send"),
}


class OneTemplate(ConsolePage):
    """A page about one template of the project that is not deleted."""

    @cached_property
    def version(self) -> TemplateVersion:
        """The newest version. Raises Http404."""
        version = current_version(self.project, self.kwargs["pk"])
        if version is None:
            raise Http404
        return version

    @property
    def template(self) -> Template:
        return self.version.template

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        """The list, and the categories that the template lies in."""
        crumbs: list[tuple[Any, str]] = [(_("Templates"), page_url("templates"))]
        above = [node for node in category_tree(self.project) if self.template.category_id in node.within]
        return crumbs + [
            (node.category.name, f"{page_url('templates')}?category={node.category.pk}") for node in above
        ]


def usage_rows(usage: Usage, scope: Scope) -> dict[str, Any]:
    """Who uses a template, for a page: requests with their titles and states, drafts with their people."""
    return {
        "usage": usage,
        "used_requests": [
            (request, deliveries.title_of(request, scope), deliveries.status_of(request))
            for request in usage.requests
        ],
        "used_drafts": [(draft, page_of(draft)) for draft in usage.drafts],
    }


def page_of(draft: Draft) -> Any:
    return PAGES_OF_DRAFTS.get(draft.page, draft.page)


@register_page
class TemplatePage(OneTemplate):
    path = "templates/<int:pk>/"
    name = "template"
    permission = Permission.LOOK_UP
    template_name = "messaging/templates/one.html"

    def get_title(self) -> str:
        return self.template.name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version, may_change = self.version, self.scope.allows(Permission.SEND)
        own = {
            "version": version,
            "template": self.template,
            "bubbles": shown.bubbles_of(version),
            "may_change": may_change,
            "sending": self.sending() if may_change else [],
            "has_lost_sender": bool(version.sender) and not is_approved(self.project, version.sender),
            **self.versions(),
            **usage_rows(used_by(self.template), self.scope),
        }
        return {**super().get_context_data(**kwargs), **own}

    def sending(self) -> list[tuple[Any, str]]:
        """The pages that send, with this template chosen."""
        addresses = [(words, address_of(name)) for name, words in SENDING]
        return [(words, f"{address}?template={self.template.pk}") for words, address in addresses if address]

    def versions(self) -> dict[str, Any]:
        rows = TemplateVersion.objects.filter(template=self.template)
        page = paginate(
            rows.select_related("created_by"), cursor=self.request.GET.get("cursor", ""), size=VERSIONS_SHOWN
        )
        before = None
        if page.rows and page.older:
            before = rows.filter(pk__lt=page.rows[-1].pk).order_by("-pk").first()
        return {"history": shown.history(page.rows, before), "page": page}


@register_page
class TemplateDeletePage(OneTemplate):
    """Deleting: who uses it is said first, and that what is scheduled goes out all the same."""

    path = "templates/<int:pk>/delete/"
    name = "template_delete"
    permission = Permission.SEND
    title = _("Delete a template")
    template_name = "messaging/templates/delete.html"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [*super().breadcrumbs(), (self.template.name, page_url("template", self.template.pk))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        usage = used_by(self.template)
        own = {
            "sentence": delete_sentence(self.template, usage),
            "back": page_url("template", self.template.pk),
            **usage_rows(usage, self.scope),
        }
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        category = self.template.category_id
        try:
            delete_template(template=self.template, user=self.user)
            messages.success(request, gettext("“%(name)s” is deleted.") % {"name": self.template.name})
        except LibraryRefused as refused:
            messages.warning(request, str(refused))
        return redirect(f"{page_url('templates')}?category={category}")


def delete_sentence(template: Template, usage: Usage) -> str:
    """What goes, and what stays as it is."""
    words = [gettext("“%(name)s” can no longer be chosen.") % {"name": template.name}]
    if n := len(usage.requests):
        sentence = ngettext(
            "%(n)s request that is still to be sent keeps its text and goes out all the same.",
            "%(n)s requests that are still to be sent keep their text and go out all the same.",
            n,
        )
        words.append(sentence % {"n": f"{n}+" if usage.has_more_requests else n})
    if n := len(usage.scheduled):
        sentence = ngettext(
            "%(n)s message of a recurring schedule keeps its text and goes out at every run.",
            "%(n)s messages of recurring schedules keep their text and go out at every run.",
            n,
        )
        words.append(sentence % {"n": f"{n}+" if usage.has_more_scheduled else n})
    if n := len(usage.drafts):
        sentence = ngettext(
            "%(n)s draft was made from it and keeps what is written there.",
            "%(n)s drafts were made from it and keep what is written there.",
            n,
        )
        words.append(sentence % {"n": f"{n}+" if usage.has_more_drafts else n})
    words.append(gettext("What was sent from it stays in the deliveries and the statistics."))
    return " ".join(words)


@register_page
class TemplatePicture(ConsoleView):
    """A picture of any version of the template. Never below a public folder; here after the same check."""

    path = "templates/<int:pk>/pictures/<int:number>/"
    name = "template_picture"
    permission = Permission.LOOK_UP

    def get(self, request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
        versions = TemplateVersion.objects.filter(template=pk, template__project=self.project)
        wanted = [number] if versions.filter(attachment_ids__contains=[number]).exists() else []
        for picture in attachments_of(self.project, wanted):
            if default_storage.exists(picture.storage_name):
                response = FileResponse(default_storage.open(picture.storage_name), content_type="image/jpeg")
                response["X-Content-Type-Options"] = "nosniff"
                return response
        raise Http404
