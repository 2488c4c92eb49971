"""Tag send: a text to the UIDs that a condition over tags fits, looked up when it is sent."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.formatting import group_number
from console.navigation import address_of
from console.pages import register_page
from messaging.admin.forms.base import ids_in
from messaging.admin.forms.tag import PENDING, TagForm
from messaging.admin.send_conditions import only_tag, tags_of, view_of
from messaging.admin.send_pages import SendPage
from messaging.admin.send_sentences import Announcement
from messaging.audience.reach import Reach


@register_page
class TagPage(SendPage):
    path = "send/tag/"
    name = "send_tag"
    title = _("Tag send")
    template_name = "messaging/send/tag.html"
    form_template = "messaging/send/tag_form.html"
    look_template = "messaging/send/tag_look.html"
    form_class = TagForm

    def steps(self) -> dict[str, Callable[[Any], HttpResponse]]:
        return {
            **super().steps(),
            "add": self.add_tag,
            "pick": self.pick_tag,
            "group": self.add_group,
            "drop": self.drop_term,
        }

    def context_of(self, form: Any) -> dict[str, Any]:
        return {
            **super().context_of(form),
            "counted": form.counted,
            "words": form.words,
            "root": view_of(form),
        }

    def page_context(self, form: Any) -> dict[str, Any]:
        return {
            **super().page_context(form),
            "has_tags": bool(form.group.size) or tags_of(self.project).exists(),
            "tags_url": address_of("admin:audience_tags"),
        }

    def countries(self, form: Any) -> Mapping[int, int]:
        counted: Reach | None = form.counted
        return counted.countries if counted else {}

    def opted_out(self, form: Any) -> int:
        return form.counted.opted_out if form.counted else 0

    def announcement(self, form: Any) -> Announcement | None:
        counted = form.counted
        if counted is None or not counted.numbers or not form.chosen_sender or form.lacks_moment:
            return None
        return Announcement(
            total=counted.numbers,
            message_type=form.sent_type.label,
            sender=form.chosen_sender,
            due_at=form.chosen_moment,
        )

    def notes(self, form: Any, announcement: Announcement) -> list[str]:
        when = gettext("Recipients are looked up when it is sent: %(condition)s.")
        if form.is_recurring:
            when = gettext("Recipients are looked up at each run: %(condition)s.")
        when %= {"condition": form.words}
        notes = [when, *super().notes(form, announcement)]
        if form.counted.abroad and form.composition.only_sms_reaches:
            notes.append(left_abroad(form.counted.abroad))
        return notes

    # --- building the condition ------------------------------------------------------------------

    def add_tag(self, form: Any) -> HttpResponse:
        """Add what is typed, where it names one tag; otherwise what fits is shown to choose from."""
        tag = only_tag(self.project, form.pending.get(self.argument, ""))
        if tag is not None:
            form.group.add_tag(self.argument, tag.pk)
        return self.built(form, self.argument, keeps_typed=tag is None)

    def pick_tag(self, form: Any) -> HttpResponse:
        path, _colon, written = self.argument.partition(":")
        ids = ids_in([written])
        if ids and tags_of(self.project).filter(pk=ids[0]).exists():
            form.group.add_tag(path, ids[0])
        return self.built(form, path)

    def add_group(self, form: Any) -> HttpResponse:
        form.group.add_group(self.argument)
        terms = form.group.list_at(self.argument)
        return self.built(form, f"{self.argument}-{len(terms) - 1}-any" if terms else self.argument)

    def drop_term(self, form: Any) -> HttpResponse:
        path, _colon, index = self.argument.partition(":")
        form.group.drop(path, index)
        return self.built(form, path)

    def built(self, form: Any, path: str, *, keeps_typed: bool = False) -> HttpResponse:
        """The condition as it is now, and all that depends on it. The list at `path` is gone on with."""
        data = form.held()
        data["condition"] = form.group.written()
        if not keeps_typed:
            data.pop(PENDING + path, None)
        if not self.request.headers.get("HX-Request"):
            return self.changed(data, focus=path)
        self.draft.keep(data)
        form = self.form_of(data)
        form.forgive()
        context = {**self.context_of(form), "oob": True, "focus": path}
        return render(self.request, "messaging/send/condition_changed.html", context)


def left_abroad(count: int) -> str:
    """ "12 numbers of other countries are left out: they get SMS only." """
    said = ngettext(
        "%(count)s number of another country is left out: it gets SMS only.",
        "%(count)s numbers of other countries are left out: they get SMS only.",
        count,
    )
    return said % {"count": group_number(count)}
