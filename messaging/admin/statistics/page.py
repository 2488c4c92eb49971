"""The statistics of a project: three views, as a chart and as a table, by every condition of the guide."""

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.statistics.forms import StatisticsForm
from messaging.admin.statistics.shown import (
    CHART_OPTIONS,
    MOST_CODES,
    chart_of,
    countries_of,
    failures_of,
    lines_of,
    totals_of,
)
from messaging.models import SendRequest
from messaging.statistics.series import KEPT_DAYS, Series, read
from messaging.statistics.views import View


@register_page
class StatisticsPage(ConsolePage):
    """The counts of a period. Everything that is chosen stands in the address."""

    path = "statistics/"
    name = "statistics"
    title = _("Statistics")
    permission = Permission.LOOK_UP
    is_wide = True
    template_name = "messaging/statistics/page.html"

    @cached_property
    def form(self) -> StatisticsForm:
        return StatisticsForm(self.request.GET, self.project)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.form
        found = self.found() if form.is_valid() else {}
        own = {
            "form": form,
            "view": View(form.data["view"]),
            "tabs": [(view.label, form.address(view=view.value), view.value) for view in View],
            "presets": form.presets(),
            "kept_days": KEPT_DAYS,
            "may_send": self.scope.allows(Permission.SEND),
            **found,
        }
        return super().get_context_data(**own, **kwargs)

    def found(self) -> dict[str, Any]:
        """What the page shows of a period that can be shown."""
        wanted = self.form.wanted()
        series = read(wanted)
        if series.is_empty:
            return {"is_empty": True, "nothing_yet": self.nothing_yet()}
        earlier = wanted.before()
        before = read(earlier) if earlier else None
        failures = failures_of(series)
        return {
            "series": series,
            "totals": totals_of(series, before),
            "lines": lines_of(series),
            "countries": countries_of(series) if self.has_countries(series) else [],
            "failures": failures[:MOST_CODES],
            "more_failures": len(failures) > MOST_CODES,
            "chart": chart_of(series, before),
            "chart_options": CHART_OPTIONS,
            "xlsx": self.download("xlsx"),
            "csv": self.download("csv"),
        }

    @staticmethod
    def has_countries(series: Series) -> bool:
        return series.wanted.view == View.INTERNATIONAL or len(series.countries) > 1

    def nothing_yet(self) -> bool:
        """Whether the project has not sent anything at all."""
        return not SendRequest.objects.filter(project=self.project).exists()

    def download(self, file_format: str) -> str:
        return page_url("statistics_export") + self.form.address(format=file_format)
