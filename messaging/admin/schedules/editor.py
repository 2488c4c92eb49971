"""Adding a recurring schedule and changing one, with the next runs beside the form.

The form is posted to its page with a `step`:
look        after every change: answers with the next runs
every-day   chooses all days
"" or save  saves; what is refused is said at its field, and nothing typed is lost
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.accounts.models import Project
from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.schedules.finding import schedules_of
from messaging.admin.schedules.forms import ScheduleForm, initial_of
from messaging.admin.schedules.words import clock_changes, every_run, period_words, rule_words, shown_runs
from messaging.admin.schedules.zones import console_zone, offered_zones
from messaging.models import RecurringSchedule
from messaging.models.schedule import EVERY_DAY
from messaging.schedules.errors import ScheduleRefused
from messaging.schedules.rules import MAX_MONTHS, days_of, latest_end, rule_of
from messaging.schedules.services import ScheduleWish, change_schedule, create_schedule

# The send pages that a new schedule may lead back to.
SEND_PAGES = ("send_general", "send_mass", "send_tag")
NEVER = datetime.min.replace(tzinfo=UTC)


class OneSchedule:
    """A page about one schedule of the project; deleted ones are still looked at, but not changed."""

    kwargs: dict[str, Any]
    project: Project

    @cached_property
    def schedule(self) -> RecurringSchedule:
        schedules = RecurringSchedule.objects.filter(project=self.project)
        return get_object_or_404(schedules.select_related("created_by", "removed_by"), pk=self.kwargs["pk"])

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        own = (self.schedule.code, page_url("schedule", self.schedule.pk))
        return [*above(), own]


class LivingSchedule(OneSchedule):
    """A page that does something with a schedule: one that was deleted is not there."""

    @cached_property
    def schedule(self) -> RecurringSchedule:
        return get_object_or_404(schedules_of(self.project), pk=self.kwargs["pk"])


def above() -> list[tuple[Any, str]]:
    return [(gettext_lazy("Recurring schedules"), page_url("deliveries_recurring"))]


class ScheduleEditor(ConsolePage):
    """The form of a schedule."""

    permission = Permission.SEND
    template_name = "messaging/schedules/edit.html"
    is_wide = True
    schedule: Any = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(ScheduleForm(initial=initial_of(self.schedule)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        step = request.POST.get("step", "")
        typed = request.POST.copy()
        if step == "look":
            context = self.preview(ScheduleForm(typed))
            return render(request, "messaging/schedules/preview.html", context)
        if step == "every-day":
            return self.show(with_every_day(typed))
        return self.try_to_save(ScheduleForm(typed))

    def try_to_save(self, form: ScheduleForm) -> HttpResponse:
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            schedule = self.store(form.wish(), form.cleaned_data["seen"])
        except ScheduleRefused as refused:
            form.say_refused(refused.problems)
            return self.show(self.with_theirs(form), status=422)
        return self.saved(schedule)

    def with_theirs(self, form: ScheduleForm) -> ScheduleForm:
        """The refused form; it shows what somebody else saved meanwhile, so that a second press is meant."""
        return form

    def store(self, wish: ScheduleWish, seen: datetime | None) -> RecurringSchedule:
        """Save what was entered. Raises ScheduleRefused."""
        raise NotImplementedError

    def saved(self, schedule: RecurringSchedule) -> HttpResponse:
        messages.success(self.request, _("The schedule is saved."))
        return redirect(page_url("schedule", schedule.pk))

    def show(self, form: ScheduleForm, status: int = 200) -> HttpResponse:
        used = schedules_of(self.project).values_list("time_zone", flat=True).order_by().distinct()
        own = {
            "form": form,
            "schedule": self.schedule,
            "zones": offered_zones(used, timezone.now()),
            "used_zones": sorted({*used, console_zone()}),
            "months": MAX_MONTHS,
            "back": self.back(),
            **self.preview(form),
        }
        return self.render_to_response(self.get_context_data(**own), status=status)

    def preview(self, form: ScheduleForm) -> dict[str, Any]:
        """The next runs of what is typed, as far as it can be read."""
        typed = form.typed_schedule(self.schedule or RecurringSchedule(project=self.project))
        starts_on = form.readable("starts_on")
        return {
            **coming_context(typed),
            "is_readable": typed is not None,
            "latest": latest_end(starts_on) if starts_on else None,
            "months": MAX_MONTHS,
        }

    def back(self) -> str:
        return page_url("deliveries_recurring")


def coming_context(schedule: RecurringSchedule | None) -> dict[str, Any]:
    """What `next_runs.html` shows of the runs to come."""
    if schedule is None:
        return {"runs": [], "changes": [], "count": 0}
    coming, rule = every_run(schedule), rule_of(schedule)
    return {
        "runs": shown_runs(rule, coming),
        "changes": clock_changes(rule, coming),
        "count": len(coming),
        "zone": schedule.time_zone,
        "here": console_zone(),
    }


def with_every_day(data: QueryDict) -> ScheduleForm:
    """The form as it was typed, with all days chosen, and nothing said about it yet."""
    data.setlist("weekdays", [str(day) for day in days_of(EVERY_DAY)])
    form = ScheduleForm(data)
    form.forgive()
    return form


@register_page
class ScheduleAddPage(ScheduleEditor):
    """A new schedule. `for` in the address names the send page that it is made for, and leads back to."""

    path = "deliveries/recurring/add/"
    name = "schedule_add"
    title = gettext_lazy("Add a schedule")

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return above()

    @property
    def send_page(self) -> str:
        asked = self.request.GET.get("for", "")
        return asked if asked in SEND_PAGES else ""

    def back(self) -> str:
        return page_url(self.send_page) if self.send_page else super().back()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"is_for_send": bool(self.send_page), **kwargs})

    def store(self, wish: ScheduleWish, seen: datetime | None) -> RecurringSchedule:
        return create_schedule(project=self.project, user=person_of(self.request), wish=wish)

    def saved(self, schedule: RecurringSchedule) -> HttpResponse:
        if not self.send_page:
            messages.success(
                self.request, _("The schedule is made. It sends nothing until a message is added to it.")
            )
            return redirect(page_url("schedule", schedule.pk))
        messages.success(self.request, _("The schedule is made and chosen below."))
        return redirect(f"{page_url(self.send_page)}?schedule={schedule.pk}")


@register_page
class ScheduleEditPage(LivingSchedule, ScheduleEditor):
    path = "deliveries/recurring/<int:pk>/edit/"
    name = "schedule_edit"
    title = gettext_lazy("Change a schedule")
    theirs: Sequence[str] = ()

    def back(self) -> str:
        return page_url("schedule", self.schedule.pk)

    def store(self, wish: ScheduleWish, seen: datetime | None) -> RecurringSchedule:
        user = person_of(self.request)
        return change_schedule(self.schedule, user=user, wish=wish, seen=seen or NEVER)

    def with_theirs(self, form: ScheduleForm) -> ScheduleForm:
        if form.cleaned_data["seen"] != self.schedule.changed_at:
            self.theirs = [rule_words(self.schedule), period_words(self.schedule), self.schedule.description]
            data = cast(QueryDict, form.data)
            data["seen"] = self.schedule.changed_at.isoformat()
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(theirs=[words for words in self.theirs if words], **kwargs)
