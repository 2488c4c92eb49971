"""Addresses of the console as a mail needs them: with the name under which people reach it."""

from django.conf import settings
from django.urls import reverse


def console_url(path: str = "/") -> str:
    """The whole address of that path of the console (`BONGSU_URL`)."""
    return f"{settings.BONGSU_URL.rstrip('/')}{path}"


def page_link(name: str, *args: object) -> str:
    """The whole address of the page of that name."""
    return console_url(reverse(f"admin:{name}", args=args))
