"""The list of opt-outs, newest first."""

from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.formatting import group_number
from console.pages import ConsolePage, register_page
from console.paging import paginate_by_time
from messaging.admin.deliveries.shown import may_read
from messaging.admin.opt_outs.forms import OptOutForm
from messaging.admin.reading import OPT_OUTS_READ, note_reading, searched_or
from senders.models import OptOut
from senders.services.opt_out_search import find_opt_outs

MOST_COUNTED = 10_000


class Count(NamedTuple):
    """How many were found; `is_more`: more than that."""

    n: int
    is_more: bool

    @property
    def words(self) -> str:
        if self.is_more:
            return gettext("More than %(n)s") % {"n": group_number(self.n)}
        return ngettext("%(n)s number", "%(n)s numbers", self.n) % {"n": group_number(self.n)}


def count_of(found: QuerySet[OptOut]) -> Count:
    """Exact up to MOST_COUNTED."""
    n = found.order_by()[: MOST_COUNTED + 1].count()
    return Count(min(n, MOST_COUNTED), n > MOST_COUNTED)


class OptOutsPage(ConsolePage):
    """What pages over found opt-outs share: the form in the address, and what it finds."""

    permission = Permission.LOOK_UP

    @cached_property
    def form(self) -> OptOutForm:
        return OptOutForm(self.request.GET, project=self.project, may_read=may_read(self.scope))

    @cached_property
    def found(self) -> QuerySet[OptOut]:
        """What a valid form finds."""
        return find_opt_outs(project=self.project, search=self.form.search())


@register_page
class OptOutListPage(OptOutsPage):
    """Those in force, or under a filter those removed, with who, when and why."""

    path = "audience/opt-outs/"
    name = "audience_opt_outs"
    title = _("Opt-outs")
    is_wide = True
    template_name = "messaging/opt_outs/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {
            "form": self.form,
            "may_send": self.scope.allows(Permission.SEND),
            "may_remove": self.scope.allows(Permission.MANAGE_SENDERS),
            "may_download": may_read(self.scope),
            "is_filtered": any(self.request.GET.get(name) for name in self.form.fields),
        }
        found = self._found() if self.form.is_valid() else {}
        return super().get_context_data(**own, **found, **kwargs)

    def _found(self) -> dict[str, Any]:
        search = self.form.search()
        what = searched_or(OPT_OUTS_READ(), self.request.GET.get("number", ""))
        note_reading(self.scope, self.project, what)
        page = paginate_by_time(
            self.found.select_related("line", "created_by", "removed_by"),
            field=search.order,
            cursor=self.request.GET.get("cursor", ""),
        )
        count = count_of(self.found) if page.rows else Count(0, is_more=False)
        return {"page": page, "count": count, "is_removed": search.is_removed}
