from http import HTTPStatus

from django.contrib import admin
from django.urls import path

from console import errors, readiness
from messaging.api.sens.answering import addresses_of, for_programs
from messaging.api.sens.api import api as sens

urlpatterns = [
    path("healthz/", errors.healthz, name="healthz"),
    path("healthz/ready/", readiness.readyz, name="readyz"),
    path("sms/v2/", addresses_of(sens)),
    path("", admin.site.urls),
]

handler400 = for_programs(errors.bad_request, HTTPStatus.BAD_REQUEST)
handler403 = for_programs(errors.permission_denied, HTTPStatus.FORBIDDEN)
handler404 = for_programs(errors.page_not_found, HTTPStatus.NOT_FOUND)
handler500 = for_programs(errors.server_error, HTTPStatus.INTERNAL_SERVER_ERROR)
