"""The list of recurring schedules."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.pages import ConsolePage, paginate, register_page
from messaging.admin.schedules.finding import find_schedules, rows_of
from messaging.admin.schedules.forms import ScheduleSearch
from messaging.models import RecurringSchedule


@register_page
class SchedulesPage(ConsolePage):
    """The project's schedules, newest first, each with its next run and how the last one went."""

    path = "deliveries/recurring/"
    name = "deliveries_recurring"
    title = _("Recurring schedules")
    permission = Permission.LOOK_UP
    template_name = "messaging/schedules/list.html"
    is_wide = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = ScheduleSearch(self.request.GET, auto_id="filter_%s")
        found = self.results(form) if form.is_valid() else {}
        own = {"form": form, "may_send": self.scope.allows(Permission.SEND)}
        return super().get_context_data(**own, **found, **kwargs)

    def results(self, form: ScheduleSearch) -> dict[str, Any]:
        wanted = form.cleaned_data
        found = find_schedules(self.project, words=wanted["q"].split(), standing=wanted["state"])
        page = paginate(found, cursor=self.request.GET.get("cursor", ""))
        return {"page": page, "rows": rows_of(page.rows), "nothing_yet": self.nothing_yet(page)}

    def nothing_yet(self, page: Any) -> bool:
        """Whether the project never had a schedule, so that the page explains itself."""
        return not page.rows and not RecurringSchedule.objects.filter(project=self.project).exists()
