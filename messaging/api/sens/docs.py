"""The page of the API: what it takes and answers, with calls that are signed in the browser.

Public, and nothing of any project is on it. Key and secret that somebody types there stay in that page's
memory: no form sends them, nothing keeps them.
"""

from typing import Any, cast

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

TEMPLATE = "messaging/api/docs.html"
# Of this page alone. Stricter than the console's in scripts, which need no `eval` here; inline styles are
# how the packaged viewer sizes its parts, and pictures in `data:` how its style sheet draws arrows.
POLICY = {
    "script-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "form-action": ["'none'"],
}


class DocsPage(DocsBase):
    """The viewer that django-ninja brings, started by a script of ours."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        found = {"description": self.get_openapi_url(api, kwargs)}
        page = csp_replace(POLICY)(lambda asked: render(asked, TEMPLATE, found))
        return cast(HttpResponse, page(request))
