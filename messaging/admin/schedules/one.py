"""One recurring schedule: when it runs, what it sends, what it has sent; and its end."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.accounts.roles import Permission
from console.formatting import group_number
from console.guard import person_of
from console.pages import ConsolePage, page_url, paginate, register_page
from messaging.admin.schedules.editor import LivingSchedule, OneSchedule, above, coming_context
from messaging.admin.schedules.shown import mapped_messages, run_rows
from messaging.admin.schedules.words import days_words, every_run, moment_words
from messaging.admin.schedules.zones import offset_words
from messaging.models import RecurringSchedule, ScheduleRun
from messaging.schedules.messages import MAX_MESSAGES, live_messages
from messaging.schedules.services import ScheduleRefused, delete_schedule

RUNS_SHOWN = 20


@register_page
class SchedulePage(OneSchedule, ConsolePage):
    path = "deliveries/recurring/<int:pk>/"
    name = "schedule"
    permission = Permission.LOOK_UP
    template_name = "messaging/schedules/one.html"
    is_wide = True

    def get_title(self) -> str:
        return self.schedule.code

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return above()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schedule = self.schedule
        runs = ScheduleRun.objects.filter(schedule=schedule)
        page = paginate(runs, cursor=self.request.GET.get("cursor", ""), size=RUNS_SHOWN)
        own = {
            "schedule": schedule,
            "days": days_words(schedule.weekdays),
            "offset": offset_words(timezone.now(), schedule.time_zone),
            "mapped": self.mapped(),
            "most": MAX_MESSAGES,
            "page": page,
            "runs_before": run_rows(page.rows, self.scope),
            "may_change": schedule.removed_at is None and self.scope.allows(Permission.SEND),
            **coming_context(schedule),
        }
        return super().get_context_data(**own, **kwargs)

    def mapped(self) -> list[Any]:
        live = live_messages(self.schedule).select_related("recipient_file", "created_by")
        return mapped_messages(list(live), self.project, self.scope)


@register_page
class ScheduleDeletePage(LivingSchedule, ConsolePage):
    """Deleting a schedule: what goes no more is said first, and its code is typed."""

    path = "deliveries/recurring/<int:pk>/delete/"
    name = "schedule_delete"
    title = gettext_lazy("Delete a schedule")
    permission = Permission.SEND
    template_name = "messaging/schedules/delete.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        live = live_messages(self.schedule).select_related("recipient_file")
        own = {
            "schedule": self.schedule,
            "sentences": what_ends(self.schedule),
            "mapped": mapped_messages(list(live), self.project, self.scope),
            "back": page_url("schedule", self.schedule.pk),
        }
        return super().get_context_data(**{**own, **kwargs})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        code, typed = self.schedule.code, request.POST.get("code", "")
        try:
            delete_schedule(self.schedule, user=person_of(request), typed_code=typed.strip())
        except ScheduleRefused as refused:
            wrong = [str(sentence) for sentence in refused.problems.values()]
            return self.render_to_response(self.get_context_data(wrong=wrong, typed=typed), status=422)
        messages.success(request, _("%(code)s is deleted: nothing of it goes any more.") % {"code": code})
        return redirect(page_url("deliveries_recurring"))


def what_ends(schedule: RecurringSchedule) -> list[str]:
    """What goes no more once it is deleted."""
    coming = every_run(schedule)
    if not coming:
        return [_("No run is left of its period: nothing more would go.")]
    said = ngettext(
        "%(n)s run is left, at %(moment)s; it does not take place.",
        "%(n)s runs are left, the next at %(moment)s; none of them takes place.",
        len(coming),
    )
    return [said % {"n": group_number(len(coming)), "moment": moment_words(coming[0].due_at)}]
