"""The list of templates: the tree of categories beside it, a search, and pages by key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.pages import ConsolePage, KeysetPage, page_url, register_page
from console.paging import PAGE_SIZE
from messaging.content.rendering import PLACEHOLDER
from messaging.library.categories import CategoryNode, category_tree
from messaging.library.templates import newest_versions
from messaging.models import TemplateVersion

FIRST_WORDS = 90
MOST_WORDS = 8


class TemplateSearch(forms.Form):
    """What the list is narrowed by; the category is chosen in the tree."""

    q = forms.CharField(label=_("Name or text"), max_length=100, required=False)
    category = forms.CharField(required=False, max_length=19, widget=forms.HiddenInput)


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template in the list, with its newest version and where it stands."""

    version: TemplateVersion
    path: str

    @property
    def subject(self) -> SafeString:
        """Its subject, with the placeholders marked; empty for an SMS."""
        return first_words(self.version.subject)

    @property
    def words(self) -> SafeString:
        """The first words of its text, with the placeholders marked."""
        return first_words(self.version.body)


@register_page
class TemplatesPage(ConsolePage):
    """The project's templates, those changed last first."""

    path = "templates/"
    name = "templates"
    title = _("Templates")
    permission = Permission.LOOK_UP
    template_name = "messaging/templates/list.html"
    is_wide = True

    @cached_property
    def tree(self) -> list[CategoryNode]:
        return category_tree(self.project)

    @property
    def chosen(self) -> CategoryNode | None:
        """The category that the list is of, with those below; None is all."""
        wanted = self.request.GET.get("category", "")
        return next((node for node in self.tree if str(node.category.pk) == wanted), None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chosen = self.chosen
        words = self.request.GET.get("q", "").replace("\0", "").split()[:MOST_WORDS]
        page = page_by_change(self.found(chosen, words), self.request.GET.get("cursor", ""))
        paths = {node.category.pk: node.path for node in self.tree}
        own = {
            "tree": self.tree,
            "chosen": chosen,
            "here": address("templates", chosen),
            "add_url": address("template_add", chosen),
            "all_count": sum(node.template_count for node in self.tree),
            "form": TemplateSearch(self.request.GET),
            "page": page,
            "rows": [TemplateRow(each, paths.get(each.template.category_id or 0, "")) for each in page.rows],
            "is_searched": bool(words),
            "search_words": " ".join(words),
            "may_change": self.scope.allows(Permission.SEND),
        }
        return {**super().get_context_data(**kwargs), **own}

    def found(self, chosen: CategoryNode | None, words: list[str]) -> QuerySet[TemplateVersion]:
        rows = newest_versions(self.project).select_related("template", "created_by")
        if chosen is not None:
            rows = rows.filter(template__category__in=chosen.within)
        for word in words:
            rows = rows.filter(
                Q(template__name__icontains=word) | Q(subject__icontains=word) | Q(body__icontains=word)
            )
        return rows


def address(name: str, chosen: CategoryNode | None) -> str:
    """A page's address, with the category that is chosen."""
    return f"{page_url(name)}?category={chosen.category.pk}" if chosen is not None else page_url(name)


def first_words(text: str) -> SafeString:
    """How a text begins, on one line, as HTML with the placeholders marked."""
    words = " ".join(text.split())
    return with_keys(words if len(words) <= FIRST_WORDS else words[: FIRST_WORDS - 1].rstrip() + "…")


def with_keys(text: str) -> SafeString:
    """A text as HTML, every placeholder in it marked."""
    pieces = (
        (f"##{piece}##", "b-key") if n % 2 else (piece, "") for n, piece in enumerate(PLACEHOLDER.split(text))
    )
    marked = (
        format_html('<span class="{}">{}</span>', name, words) if name else words for words, name in pieces
    )
    return format_html_join("", "{}", ((each,) for each in marked))


# --- pages by what changed last ------------------------------------------------------------------


def page_by_change(
    rows: QuerySet[TemplateVersion], cursor: str, size: int = PAGE_SIZE
) -> KeysetPage[TemplateVersion]:
    """The page at the cursor, changed last first. Of two changed at the same moment the later id is first."""
    direction, key = read_cursor(cursor)
    if direction == "+" and key is not None:
        found = list(rows.filter(past(key, "gt")).order_by("template__updated_at", "template_id")[: size + 1])
        if len(found) > size:
            shown = found[:size][::-1]
            return KeysetPage(
                shown, newer=written_cursor("+", shown[0]), older=written_cursor("-", shown[-1])
            )
        key = None
    wanted = rows.filter(past(key, "lt")) if key is not None else rows
    found = list(wanted.order_by("-template__updated_at", "-template_id")[: size + 1])
    shown = found[:size]
    newer = written_cursor("+", shown[0]) if shown and key is not None else None
    return KeysetPage(shown, newer=newer, older=written_cursor("-", shown[-1]) if len(found) > size else None)


Key = tuple[datetime, int]


def past(key: Key, side: str) -> Q:
    """Rows on one side ("lt" or "gt") of a key."""
    moment, pk = key
    beside = Q(template__updated_at=moment) & Q(**{f"template_id__{side}": pk})
    return Q(**{f"template__updated_at__{side}": moment}) | beside


def written_cursor(direction: str, row: TemplateVersion) -> str:
    return f"{direction}{row.template.updated_at.isoformat()}~{row.template_id}"


def read_cursor(cursor: str) -> tuple[str, Key | None]:
    """The direction and the key; a cursor that is none means the first page."""
    moment, _tilde, pk = cursor[1:].partition("~")
    try:
        key = datetime.fromisoformat(moment), int(pk)
    except ValueError:
        return "", None
    is_key = key[0].tzinfo is not None and 0 <= key[1] < 2**63 and cursor[0] in "+-"
    return (cursor[0], key) if is_key else ("", None)
