"""How unfold dresses the console: names, colours, our own style sheet and scripts. Read by the settings."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _


def style(request: HttpRequest) -> str:
    return static("console/console.css")


def favicon(request: HttpRequest) -> str:
    return static("console/favicon.svg")


def script(request: HttpRequest) -> str:
    return static("console/console.js")


# Indigo for what can be pressed: no state of the console's palette looks like it.
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Bongsu"),
    "SITE_HEADER": _("Bongsu"),
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "BORDER_RADIUS": "6px",
    "STYLES": [style],
    "SCRIPTS": [script],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 272)",
            "100": "oklch(93.5% .03 272)",
            "200": "oklch(87.5% .06 272)",
            "300": "oklch(79.5% .1 272)",
            "400": "oklch(72% .13 272)",
            "500": "oklch(66% .16 272)",
            "600": "oklch(51% .19 270)",
            "700": "oklch(45% .19 270)",
            "800": "oklch(39% .16 270)",
            "900": "oklch(34% .13 270)",
            "950": "oklch(25% .09 270)",
        },
    },
}
