"""The list of recurring schedules."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
LIST = "admin:deliveries_recurring"


def test_smoke(client_as, project):
    client = client_as(project)
    r = client.get(reverse(LIST))
    assert r.status_code == 200
    r = client.get(reverse("admin:schedule_add"))
    assert r.status_code == 200
    d = {
        "code": "WEEKLY",
        "weekdays": ["0", "3"],
        "sends_at": "09:00",
        "time_zone": "new york",
        "starts_on": "2026-12-01",
        "ends_on": "2027-04-01",
        "description": "x",
    }
    r = client.post(reverse("admin:schedule_add"), {**d, "step": "look"})
    print(r.content.decode())
    r = client.post(reverse("admin:schedule_add"), d)
    assert r.status_code == 302, r.content.decode()
    r = client.get(r["Location"])
    assert r.status_code == 200
    assert client.get(r.wsgi_request.path + "delete/").status_code == 200
    assert client.get(r.wsgi_request.path + "edit/").status_code == 200
    r = client.get(reverse(LIST))
    assert r.status_code == 200 and "WEEKLY" in r.content.decode()
