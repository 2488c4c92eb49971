"""What is done to many UIDs: to the chosen ones of a page at once, to all that fit a search in steps.

A form is posted here with the search of its list, `which` ("chosen" or "all"), `action`, and the name of a
tag. Deleting, and whatever is done to all, is said first and done when it is confirmed.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from console.accounts.audit import record_deed
from console.accounts.models import User
from console.accounts.roles import Permission
from console.accounts.sentences import Phone, Said, sentence
from console.formatting import group_number
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.audience.forms import UidSearchForm, tag_named
from messaging.admin.audience.shown import conditions_of
from messaging.audience.bulk import BulkAction, BulkProgress, apply, begin, go_on
from messaging.audience.errors import AudienceRefused
from messaging.audience.uids import MOST_COUNTED, UidSearch, count_uids, is_id
from messaging.models import Contact, Tag, Uid

MOST_CHOSEN = 1000
SALT = "bongsu.audience.bulk"
NOTED = 20  # UIDs that the audit trail names
# What the audit trail says: of counted UIDs, and of more than are counted.
DEEDS = {
    BulkAction.TAG: sentence(
        "uids_tagged",
        ngettext_lazy(
            "%(n)s UID got the tag %(tag)s: %(which)s", "%(n)s UIDs got the tag %(tag)s: %(which)s", "n"
        ),
    ),
    BulkAction.UNTAG: sentence(
        "uids_untagged",
        ngettext_lazy(
            "%(n)s UID lost the tag %(tag)s: %(which)s", "%(n)s UIDs lost the tag %(tag)s: %(which)s", "n"
        ),
    ),
    BulkAction.DELETE: sentence(
        "uids_deleted", ngettext_lazy("%(n)s UID deleted: %(which)s", "%(n)s UIDs deleted: %(which)s", "n")
    ),
}
DEEDS_TO_MORE = {
    BulkAction.TAG: sentence("more_uids_tagged", _("more than %(n)s UIDs got the tag %(tag)s: %(which)s")),
    BulkAction.UNTAG: sentence(
        "more_uids_untagged", _("more than %(n)s UIDs lost the tag %(tag)s: %(which)s")
    ),
    BulkAction.DELETE: sentence("more_uids_deleted", _("more than %(n)s UIDs deleted: %(which)s")),
}
NAMED_AND_MORE = sentence("named_and_more", _("%(named)s and %(n)s more"))
ALL_THAT_FIT = sentence("all_that_fit", _("all that fit (%(search)s)"))
ALL = sentence("all_of_the_project", _("all of the project"))
SEARCHED = {
    "uid": sentence("searched_uid", _("UID begins with %(value)s")),
    "number": sentence("searched_number", _("phone number %(value)s")),
    "tag": sentence("searched_tag", _("tag %(value)s")),
}


@register_page
class BulkPage(ConsolePage):
    """First the sentence, then the deed."""

    path = "audience/uids/bulk/"
    name = "audience_uids_bulk"
    permission = Permission.SEND
    template_name = "messaging/audience/bulk.html"
    http_method_names = ["post"]

    def get_title(self) -> Any:
        titles = {
            BulkAction.TAG: _("Put a tag on"),
            BulkAction.UNTAG: _("Take a tag off"),
            BulkAction.DELETE: _("Delete UIDs"),
        }
        return titles.get(self.action, _("UIDs")) if self.action else _("UIDs")

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("UIDs"), page_url("audience_uids"))]

    # --- what was sent ------------------------------------------------------------------------

    @cached_property
    def action(self) -> BulkAction | None:
        written = self.request.POST.get("action", "")
        return BulkAction(written) if written in BulkAction else None

    @property
    def is_all(self) -> bool:
        return self.request.POST.get("which") == "all"

    @cached_property
    def chosen(self) -> list[int]:
        """The project's UIDs among what was sent; ids of others are as if they were not there."""
        ids = [int(text) for text in self.request.POST.getlist("id")[:MOST_CHOSEN] if is_id(text)]
        mine = Uid.objects.filter(project=self.project, pk__in=ids)
        return list(mine.order_by("pk").values_list("pk", flat=True))

    @cached_property
    def form(self) -> UidSearchForm:
        return UidSearchForm(self.request.POST, project=self.project)

    @cached_property
    def search(self) -> UidSearch:
        return self.form.search() if self.form.is_valid() else UidSearch()

    @cached_property
    def back(self) -> str:
        """The list that this was asked from, as it was shown."""
        tag = self.request.POST.get("of_tag", "")
        if is_id(tag) and self.project.tags.filter(pk=tag).exists():
            return page_url("audience_tag", int(tag))
        return page_url("audience_uids") + conditions_of(self.request.POST)

    @cached_property
    def progress(self) -> BulkProgress | None:
        """How far it was, where it was begun before: signed, so that nobody makes up a begun one.

        It stands for the same deed of the same person alone. Anything else begins anew, and is noted anew.
        """
        try:
            at, deed = signing.loads(self.request.POST.get("progress", ""), salt=SALT)
        except signing.BadSignature:
            return None
        return BulkProgress(**at) if deed == self.deed() else None

    def deed(self) -> list[Any]:
        """Who does what to which, as it is signed together with how far it is."""
        sent = [self.request.POST.get(name, "") for name in ("action", "with_tag", "uid", "number", "tag")]
        return [self.request.user.pk, self.project.pk, *sent]

    # --- what is done -------------------------------------------------------------------------

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            tag = self.tag()
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(self.back)
        if self.action is None or (self.is_all and not self.form.is_valid()):
            return HttpResponseRedirect(self.back)
        if not self.is_all and not self.chosen:
            messages.warning(request, gettext("Choose UIDs first: tick them in the list."))
            return HttpResponseRedirect(self.back)
        needs_word = self.is_all or self.action == BulkAction.DELETE
        if needs_word and not request.POST.get("confirmed"):
            return self.ask(tag)
        try:
            return self.run_all(tag) if self.is_all else self.run_chosen(tag)
        except AudienceRefused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(self.back)

    def tag(self) -> Tag | None:
        """The tag that is put on or taken off. Raises ValidationError where none is named."""
        if self.action in (None, BulkAction.DELETE):
            return None
        name = self.request.POST.get("with_tag", "")
        if not name.strip():
            raise ValidationError(gettext("Name the tag first."))
        return tag_named(self.project, name)

    def ask(self, tag: Tag | None) -> HttpResponse:
        progress = begin(project=self.project, search=self.search) if self.is_all else None
        n = count_uids(project=self.project, search=self.search) if self.is_all else len(self.chosen)
        context = self.get_context_data(
            sentence=self.sentence(n, tag),
            fields=self.fields(progress, confirmed="1"),
            button=button_words(cast(BulkAction, self.action), n),
            is_final=self.action == BulkAction.DELETE,
            is_empty=n == 0,
        )
        return self.render_to_response(context)

    def run_chosen(self, tag: Tag | None) -> HttpResponse:
        action = cast(BulkAction, self.action)
        names = list(
            Uid.objects.filter(pk__in=self.chosen[:NOTED]).order_by("pk").values_list("uid", flat=True)
        )
        with transaction.atomic():
            n = apply(project=self.project, action=action, tag=tag, ids=self.chosen)
            self.note(action, tag, n, which_of(names, len(self.chosen)))
        messages.success(self.request, done_words(action, n, len(self.chosen), tag))
        return HttpResponseRedirect(self.back)

    def run_all(self, tag: Tag | None) -> HttpResponse:
        """Some steps, and then the page that goes on by itself, or with a button."""
        action = cast(BulkAction, self.action)
        progress = self.progress or begin(project=self.project, search=self.search)
        if not progress.seen:  # noted before anything is done: what is begun may be left at any moment
            n = count_uids(project=self.project, search=self.search)
            self.note(action, tag, n, self.search_words())
        progress = go_on(project=self.project, search=self.search, action=action, tag=tag, progress=progress)
        context = {
            "progress": progress,
            "said": done_words(action, progress.changed, progress.seen, tag),
            "fields": self.fields(progress, confirmed="1", total=self.total(progress)),
            "total": self.total(progress),
            "back": self.back,
        }
        if self.request.headers.get("HX-Request"):
            return render(self.request, "messaging/audience/bulk_progress.html", context)
        return self.render_to_response(self.get_context_data(**context))

    def note(self, action: BulkAction, tag: Tag | None, n: int, which: str | Said) -> None:
        """Keep in the audit trail who did what to which UIDs."""
        record_deed(
            actor=cast(User, self.request.user),
            obj=self.project,
            project=self.project,
            what=deed_words(action, tag, n, which),
            request=self.request,
            deletes=action == BulkAction.DELETE,
        )

    def search_words(self) -> Said:
        """Which UIDs a search finds, for the audit trail."""
        sent = {name: self.request.POST.get(name, "").strip() for name in SEARCHED}
        said = [
            SEARCHED[name](value=Phone(value) if name == "number" else value)
            for name, value in sent.items()
            if value
        ]
        return ALL_THAT_FIT(search=said) if said else ALL()

    def total(self, progress: BulkProgress) -> int:
        """About how many there are, as they were counted at the start."""
        sent = self.request.POST.get("total", "")
        return max(int(sent) if is_id(sent) else 0, progress.seen)

    def fields(self, progress: BulkProgress | None, **more: Any) -> list[tuple[str, str]]:
        """What is sent along: everything that was, and how far it is."""
        names = ("action", "which", "with_tag", "of_tag", "uid", "number", "tag")
        sent = [(name, self.request.POST.get(name, "")) for name in names]
        ids = [] if self.is_all else [("id", str(pk)) for pk in self.chosen]
        if self.is_all and "total" not in more:
            more["total"] = count_uids(project=self.project, search=self.search)
        if progress:
            more["progress"] = signing.dumps([asdict(progress), self.deed()], salt=SALT)
        return [*sent, *ids, *((name, str(value)) for name, value in more.items())]

    def sentence(self, n: int, tag: Tag | None) -> str:
        """What will happen, to how many."""
        if self.action == BulkAction.DELETE:
            return " ".join(filter(None, (delete_words(n), self.contacts_words(), str(FINAL))))
        shown = {"n": many(n), "name": tag.name if tag else ""}
        if self.action == BulkAction.TAG:
            words = ngettext(
                "The tag “%(name)s” is put on %(n)s UID.", "The tag “%(name)s” is put on %(n)s UIDs.", n
            )
        else:
            words = ngettext(
                "The tag “%(name)s” is taken off %(n)s UID.", "The tag “%(name)s” is taken off %(n)s UIDs.", n
            )
        return words % shown

    def contacts_words(self) -> str:
        """How many contacts go with the chosen UIDs; those of all that fit are not counted."""
        if self.is_all:
            return gettext("Their contacts and tags go with them.")
        n = Contact.objects.filter(uid__in=self.chosen).count()
        words = ngettext("%(n)s contact goes with them.", "%(n)s contacts go with them.", n)
        return words % {"n": group_number(n)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "back": self.back, "url": self.request.path}


FINAL = _("This cannot be undone. What was sent stays in the deliveries.")


def deed_words(action: BulkAction, tag: Tag | None, n: int, which: str | Said) -> Said:
    """What the audit trail says was done to n UIDs."""
    deeds = DEEDS_TO_MORE if n > MOST_COUNTED else DEEDS
    values: dict[str, Any] = {"tag": tag.name} if tag else {}
    return deeds[action](n=min(n, MOST_COUNTED), which=which, **values)


def which_of(names: Sequence[str], n: int) -> str | Said:
    """The first of n UIDs by name, and how many more there are."""
    named = ", ".join(names[:NOTED])
    return NAMED_AND_MORE(named=named, n=n - NOTED) if n > NOTED else named


def many(n: int) -> str:
    if n > MOST_COUNTED:
        return gettext("more than %(n)s") % {"n": group_number(MOST_COUNTED)}
    return group_number(n)


def delete_words(n: int) -> str:
    words = ngettext("%(n)s UID is deleted.", "%(n)s UIDs are deleted.", n)
    return words % {"n": many(n)}


def button_words(action: BulkAction, n: int) -> str:
    words = {
        BulkAction.TAG: ngettext("Put the tag on %(n)s UID", "Put the tag on %(n)s UIDs", n),
        BulkAction.UNTAG: ngettext("Take the tag off %(n)s UID", "Take the tag off %(n)s UIDs", n),
        BulkAction.DELETE: ngettext("Delete %(n)s UID", "Delete %(n)s UIDs", n),
    }
    return words[action] % {"n": many(n)}


def done_words(action: BulkAction, changed: int, seen: int, tag: Tag | None) -> str:
    """What was done, and how many were like that before."""
    shown = {
        "n": group_number(changed),
        "name": tag.name if tag else "",
        "rest": group_number(seen - changed),
    }
    if action == BulkAction.DELETE:
        return ngettext("%(n)s UID was deleted.", "%(n)s UIDs were deleted.", changed) % shown
    if action == BulkAction.TAG:
        said = ngettext("%(n)s UID got the tag “%(name)s”.", "%(n)s UIDs got the tag “%(name)s”.", changed)
        rest = ngettext("%(rest)s had it before.", "%(rest)s had it before.", seen - changed)
    else:
        said = ngettext("%(n)s UID lost the tag “%(name)s”.", "%(n)s UIDs lost the tag “%(name)s”.", changed)
        rest = ngettext("%(rest)s did not have it.", "%(rest)s did not have it.", seen - changed)
    return " ".join([said % shown, *([rest % shown] if seen > changed else [])])
