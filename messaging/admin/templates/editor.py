"""Writing a template: the same kind of editor as the send pages', over the same rules.

The form is posted to the page itself, with a `step`:
look      after every change: keeps the draft and answers with what changes beside the form
save      saves, or answers with the page and what is wrong, what somebody else saved, or who uses it
discard   empties the draft
"""

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.accounts.roles import Permission
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.forms.base import ids_in
from messaging.admin.templates import shown
from messaging.admin.templates.forms import TemplateForm, initial_of
from messaging.admin.templates.one import OneTemplate, usage_rows
from messaging.library.categories import CategoryNode, category_tree
from messaging.library.errors import ChangedMeanwhile, LibraryRefused
from messaging.library.templates import (
    change_template,
    create_template,
    current_version,
    says_the_same,
    texts_of_versions,
)
from messaging.library.usage import KeyChanges, key_changes, used_by
from messaging.models import Template, TemplateVersion
from messaging.policies.advertising import problem_sentence, statement_problems
from messaging.sending.drafts import DraftKey
from messaging.states import MessageType, Purpose
from senders.services.opt_out_lines import open_lines


class EditorPage(ConsolePage):
    """A page that writes a template. Subclasses say what is there before, and how it is saved."""

    permission = Permission.SEND
    template_name = "messaging/templates/editor.html"
    is_wide = True

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    @property
    def draft(self) -> DraftKey:
        return DraftKey(self.user, self.project, self.draft_page())

    def draft_page(self) -> str:
        raise NotImplementedError

    def here(self) -> str:
        raise NotImplementedError

    def initial(self) -> dict[str, Any]:
        return {}

    def store(self, form: TemplateForm) -> Template:
        """Save what the form holds. Raises LibraryRefused."""
        raise NotImplementedError

    def what_to_ask(self, form: TemplateForm) -> dict[str, Any]:
        """What must be seen before it is saved, as context for the page; empty where nothing."""
        return {}

    @cached_property
    def tree(self) -> list[CategoryNode]:
        return category_tree(self.project)

    def form_of(self, data: QueryDict | None) -> TemplateForm:
        return TemplateForm(data, project=self.project, tree=self.tree, initial=self.initial())

    # --- showing ---------------------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kept = self.draft.load()
        form = self.form_of(kept)
        form.forgive()
        context = self.context_of(form) | {"is_draft": kept is not None and self.is_changed(form)}
        return self.render_to_response(self.get_context_data(**context))

    def is_changed(self, form: TemplateForm) -> bool:
        """Whether the form holds something that is not saved."""
        return bool(form.raw("name") or form.raw("subject") or form.raw("body") or form.attachments)

    def context_of(self, form: TemplateForm) -> dict[str, Any]:
        """Everything that the form's template and its parts show."""
        images = [page_url("send_picture", each.pk) for each in form.text.attachments]
        return {
            "form": form,
            "text": form.composition,
            "bubbles": shown.bubbles(form.composition, images),
            "advice": advertising_advice(self, form),
            "nonce": form.raw("nonce") or secrets.token_hex(16),
            "page_address": self.here(),
            "has_categories": bool(self.tree),
            "seen_version": form.raw("seen_version"),
            "is_mms": form.chosen_type == MessageType.MMS,
        }

    # --- the steps -------------------------------------------------------------------------------

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        steps: dict[str, Callable[[TemplateForm], HttpResponse]] = {
            "look": self.look,
            "save": self.try_to_save,
            "discard": self.discard,
        }
        step = steps.get(request.POST.get("step", ""))
        return step(self.form_of(request.POST)) if step else HttpResponseBadRequest()

    def look(self, form: TemplateForm) -> HttpResponse:
        self.draft.keep(self.request.POST)
        form.forgive()
        return render(self.request, "messaging/templates/look.html", {**self.context_of(form), "oob": True})

    def try_to_save(self, form: TemplateForm) -> HttpResponse:
        self.draft.keep(self.request.POST)
        if not form.is_valid():
            return self.show_again(form)
        if asked := self.what_to_ask(form):
            return self.show_again(form, **asked)
        try:
            template = self.store(form)
        except ChangedMeanwhile:
            return self.show_again(form, **self.what_to_ask(form))
        except LibraryRefused as refused:
            form.add_problems(refused.problems)
            return self.show_again(form)
        self.draft.close(form.raw("nonce"))
        return redirect(page_url("template", template.pk))

    def show_again(self, form: TemplateForm, **more: Any) -> HttpResponse:
        context = self.get_context_data(**self.context_of(form) | more)
        return self.render_to_response(context, status=422)

    def discard(self, form: TemplateForm) -> HttpResponse:
        self.draft.close(form.raw("nonce"))
        messages.info(self.request, gettext("The draft was emptied."))
        return redirect(self.here())


def advertising_advice(page: ConsolePage, form: TemplateForm) -> list[Any]:
    """What a send of this text would be refused for: advice only, since sending chooses the 080 line."""
    if form.chosen_purpose != Purpose.ADVERTISING or not form.text.body.strip():
        return []
    line = open_lines(page.project).first()
    if line is None:
        return [_("Advertising can be sent only with an open 080 line, and this project has none yet.")]
    codes = statement_problems(form.text.body, line.number)
    return [problem_sentence(code, line.number) for code in codes]


@register_page
class TemplateAddPage(EditorPage):
    path = "templates/add/"
    name = "template_add"
    title = _("Add a template")

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Templates"), page_url("templates"))]

    def draft_page(self) -> str:
        return self.name

    def here(self) -> str:
        wanted = ids_in([self.request.GET.get("category", "")])
        address = page_url(self.name)
        return f"{address}?{urlencode({'category': wanted[0]})}" if wanted else address

    def initial(self) -> dict[str, Any]:
        """The category that was chosen in the list, or the only one."""
        wanted = self.request.GET.get("category", "")
        known = [str(node.category.pk) for node in self.tree]
        return {"category": wanted if wanted in known else (known[0] if len(known) == 1 else "")}

    def store(self, form: TemplateForm) -> Template:
        template = create_template(
            project=self.project,
            user=self.user,
            category=form.chosen_category,
            name=form.raw("name"),
            text=form.text,
        )
        messages.success(
            self.request,
            gettext("“%(name)s” can be chosen on every send page now.") % {"name": template.name},
        )
        return template


@register_page
class TemplateChangePage(OneTemplate, EditorPage):
    """Changing a template. Another person's version is shown beside, and whoever uses it is named first."""

    path = "templates/<int:pk>/change/"
    name = "template_change"
    permission = Permission.SEND
    template_name = EditorPage.template_name

    def get_title(self) -> str:
        return str(_("Change “%(name)s”") % {"name": self.template.name})

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [*super().breadcrumbs(), (self.template.name, page_url("template", self.template.pk))]

    def draft_page(self) -> str:
        return f"{self.name}_{self.kwargs['pk']}"

    def here(self) -> str:
        return page_url(self.name, self.template.pk)

    def initial(self) -> dict[str, Any]:
        """What the newest version says, or the older one that the address names."""
        wanted = ids_in([self.request.GET.get("version", "")])[:1]
        older = TemplateVersion.objects.filter(template=self.template, number__in=wanted).first()
        if older is not None:
            older.template = self.template
        return initial_of(older or self.version)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if current_version(self.project, self.kwargs["pk"]) is None:
            return self.rescue(request)
        return super().post(request, *args, **kwargs)

    def rescue(self, request: HttpRequest) -> HttpResponse:
        """What was written for a template that somebody has deleted goes on as a new one."""
        rows = Template.objects.filter(project=self.project, pk=self.kwargs["pk"])
        if request.POST.get("step") != "save" or not rows.exists():
            raise Http404
        DraftKey(self.user, self.project, TemplateAddPage.name).keep(request.POST)
        words = gettext(
            "This template was deleted meanwhile. What you wrote is here, to be saved as a new one."
        )
        messages.warning(request, words)
        return redirect(page_url(TemplateAddPage.name))

    def is_changed(self, form: TemplateForm) -> bool:
        is_moved = form.chosen_category != self.template.category or form.raw("name") != self.template.name
        return is_moved or not says_the_same(self.version, form.text)

    def context_of(self, form: TemplateForm) -> dict[str, Any]:
        known = dict(form.fields["sender"].choices)  # type: ignore[attr-defined]
        lost = self.version.sender if self.version.sender not in known else ""
        own = {"template": self.template, "version": self.version, "lost_sender": lost}
        return super().context_of(form) | own | self.meanwhile(form)

    # --- what must be seen first -----------------------------------------------------------------

    def seen(self, form: TemplateForm) -> int:
        """The version that the person had before them."""
        written = form.raw("seen_version")
        return int(written) if ids_in([written]) and len(written) < 10 else 0

    def meanwhile(self, form: TemplateForm) -> dict[str, Any]:
        """Another version than the one that was before this person. From now on that one is."""
        seen = self.seen(form)
        if seen == self.version.number or says_the_same(self.version, form.text):
            return {"seen_version": self.version.number}
        before = TemplateVersion.objects.filter(template=self.template, number=seen).first()
        theirs, *older = texts_of_versions([self.version, *([before] if before else [])])
        return {
            "seen_version": self.version.number,
            "theirs": self.version,
            "their_changes": shown.changes(older[0], theirs) if older else [],
            "own_changes": shown.changes(theirs, form.text),
            "their_bubbles": shown.bubbles_of(self.version),
        }

    def what_to_ask(self, form: TemplateForm) -> dict[str, Any]:
        self.__dict__.pop("version", None)  # what is in the database now
        found = self.meanwhile(form)
        if "theirs" in found:
            return found
        changed = key_changes(self.version, form.text.keys)
        if not changed or form.raw("confirmed") == self.fingerprint(changed):
            return {}
        usage = used_by(self.template)
        if not usage:
            return {}
        own = {"key_changes": changed, "confirmation": self.fingerprint(changed)}
        return own | usage_rows(usage, self.scope)

    def fingerprint(self, changed: KeyChanges) -> str:
        """What a confirmation is of: other changes ask again."""
        return f"{self.version.number}:{','.join(changed.gone)}:{','.join(changed.new)}"

    # --- saving ----------------------------------------------------------------------------------

    def store(self, form: TemplateForm) -> Template:
        version = change_template(
            template=self.template,
            user=self.user,
            name=self.kept(form, "name", self.template.name),
            category=self.kept_category(form),
            text=form.text,
            seen_version=self.seen(form),
        )
        words = (
            gettext("Saved.") if version.number == self.version.number else gettext("Saved as version %(n)s.")
        )
        messages.success(self.request, words % {"n": version.number})
        return version.template

    def kept(self, form: TemplateForm, name: str, now: str) -> str:
        """What was typed; where it was left as it was, what it is now."""
        return now if form.raw(name) == form.raw(f"seen_{name}") else form.raw(name)

    def kept_category(self, form: TemplateForm) -> Any:
        is_left = form.raw("category") == form.raw("seen_category")
        return self.template.category if is_left else form.chosen_category
