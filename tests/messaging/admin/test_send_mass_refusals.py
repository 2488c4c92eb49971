"""Who refused advertising after a file was checked: counted when the send is confirmed, not at every look."""

import pytest

from messaging.models import RecipientFile
from messaging.recipients import opted_out
from tests.factories import OptOutFactory, OptOutLineFactory
from tests.messaging.admin.sending_people import desk, mass_fields
from tests.messaging.admin.test_send_advertising import BODY, NUMBER
from tests.messaging.admin.test_send_mass import upload

pytestmark = pytest.mark.django_db

MASS = "/send/mass/"


def test_the_file_is_read_when_it_is_confirmed_and_not_at_every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = desk()
    OptOutLineFactory(project=sender.project, number=NUMBER)
    row = upload(sender, body=BODY, purpose="AD")
    OptOutFactory(project=sender.project, number="01011112222")
    fields = mass_fields(body=BODY, purpose="AD", recipient_file=str(row.pk), leave_out=str(row.pk))
    both = {**fields, "include_duplicates": "on"}
    readings: list[int] = []
    count = opted_out.count_into

    def noted(*args: object, **kwargs: object) -> None:
        readings.append(1)
        count(*args, **kwargs)  # type: ignore[arg-type]

    def figure(step: str, sent: dict[str, str]) -> int:
        return int(sender.post(MASS, sent, step=step).context["opted_out"])

    monkeypatch.setattr(opted_out, "count_into", noted)
    assert [figure(step, fields) for step in ("look", "file")] == [0, 0]
    assert readings == []
    assert figure("confirm", fields) == 1
    assert readings == [1]
    assert [figure(step, fields) for step in ("look", "file", "confirm")] == [1, 1, 1]
    assert [figure(step, both) for step in ("look", "confirm")] == [2, 2]
    assert readings == [1]
    assert RecipientFile.objects.get(pk=row.pk).result["opt_outs_seen"][:2] == [1, 0]
