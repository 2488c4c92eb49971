"""The console with one address more, for the benchmark alone: signed as all of the API is, and empty.

A settings module and its URLconf in one; nothing of it is there unless the benchmark's environment names it.
"""

from typing import Any

from console.settings.development import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.sens_server"


def __getattr__(name: str) -> Any:
    """`urlpatterns` and the handlers, once Django asks for them: settings are read before there are apps."""
    if name.startswith("__") or not (name == "urlpatterns" or name.startswith("handler")):
        raise AttributeError(name)
    from console import urls

    return [empty_address(), *urls.urlpatterns] if name == "urlpatterns" else getattr(urls, name)


def empty_address() -> Any:
    from django.http import HttpRequest, HttpResponse, JsonResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    from messaging.api.sens.auth import caller_of

    @csrf_exempt
    def empty(request: HttpRequest, service_id: str) -> HttpResponse:
        caller_of(request, service_id)
        return JsonResponse({"bytes": len(request.body)}, status=202)

    return path("sms/v2/services/<service_id>/empty", empty)
