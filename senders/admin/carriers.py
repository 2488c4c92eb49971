"""Where each carrier issues the certificate, and whom to call. Source: the console guide."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Carrier:
    """A carrier's page, the way to the certificate there, and its customer centers by service."""

    name: Promise | str
    url: str = ""
    steps: Promise | str = ""
    centers: tuple[tuple[Promise | str, str], ...] = ()


_MOBILE = _("Mobile service")
_WIRELINE = _("Wireline service")

CARRIERS: tuple[Carrier, ...] = (
    Carrier(
        "SKT",
        "https://www.tworld.co.kr/web/home",
        _("Sign in › My Account › Get Certificate of Use"),
        ((_MOBILE, "114, 080-011-6000, 1599-0011"), (_WIRELINE, "080-816-2000, 1600-2000")),
    ),
    Carrier(
        "KT",
        "https://www.kt.com/",
        _("Sign in › Membership Information › View/Change › Print Proof of Membership"),
        ((_MOBILE, "114, 1588-0010"), (_WIRELINE, "100")),
    ),
    Carrier(
        "LG U+",
        "https://www.lguplus.com/",
        _("Sign in › Product Signup › Get Confirmation of Signup"),
        ((_MOBILE, "114, 1544-0010"), (_WIRELINE, "101")),
    ),
    Carrier(
        _("Budget carriers and others"),
        centers=(
            (_("SK Broadband"), "106"),
            (_("Sejong Telecom"), "1688-1000, 080-889-1000"),
            (_("KCT"), "070-8188-0114"),
            (_("Hello Mobile (LG U+)"), "1855-1144"),
            (_("Hello Mobile (KT)"), "1855-1144"),
            (_("Hello Mobile (SKT)"), "1855-2114"),
        ),
    ),
)
