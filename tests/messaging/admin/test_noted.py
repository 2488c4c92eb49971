"""What is done to requests, contacts and opt-outs, and what is read of them: in the audit trail, once."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from console.accounts.models import AuditEntry, Project
from console.accounts.roles import ProjectRole
from messaging.ids import message_id
from messaging.models import Contact, SendRequest
from messaging.sending.canceling import cancel_request
from messaging.sending.releasing import release_request
from messaging.states import Source
from senders.models import OptOut
from tests.factories import TagFactory, UidFactory
from tests.messaging.admin.conftest import ClientAs
from tests.messaging.admin.delivering import deliver, send

Action = AuditEntry.Action
NUMBER = "01012345678"


def said(action: Action = Action.DEED) -> list[tuple[str, str]]:
    """(what, on which object) of the entries, oldest first."""
    entries = AuditEntry.objects.filter(action=action).order_by("pk")
    return [(entry.said(may_read=True), entry.object_pk) for entry in entries]


class TestRequests:
    def test_who_sent_released_and_canceled(self, project: Project, client_as: ClientAs) -> None:
        client_as(project)
        person = project.members.get()
        request = send(project, [NUMBER], actor=person, needs_release=True)
        for _press in range(2):
            release_request(request=request, actor=person)
        later = send(project, [NUMBER], actor=person, due_at=timezone.now() + timezone.timedelta(days=1))
        for _press in range(2):
            cancel_request(request=later, actor=person)
        due = [timezone.localtime(each.due_at).strftime("%Y-%m-%d %H:%M:%S") for each in (request, later)]
        assert said() == [
            (f"1 message from {request.sender}, due {due[0]}, to be confirmed", str(request.pk)),
            ("released", str(request.pk)),
            (f"1 message from {later.sender}, due {due[1]}", str(later.pk)),
            ("canceled: what was not handed over is not sent", str(later.pk)),
        ]
        assert {entry.actor for entry in AuditEntry.objects.filter(action=Action.DEED)} == {person}

    def test_what_a_program_sends_has_its_history_alone(self, project: Project) -> None:
        send(project, [NUMBER], source=Source.SENS)
        send(project, [NUMBER], actor=None)
        assert said() == []
        assert SendRequest.objects.count() == 2


class TestContacts:
    def test_a_uid_and_what_is_done_to_it(self, project: Project, client_as: ClientAs) -> None:
        TagFactory(project=project, name="VIP")
        client = client_as(project)
        client.post(reverse("admin:audience_uid_add"), {"uid": "kim", "numbers": "010-1111-2222"})
        contact = Contact.objects.get()
        page = reverse("admin:audience_uid", args=[contact.uid_id])
        tag = project.tags.get()
        for deed in (
            {"action": "add", "numbers": "010-3333-4444"},
            {"action": "add", "numbers": "010-3333-4444"},
            {"action": "change", "contact": contact.pk, "number": "010-5555-6666"},
            {"action": "tag", "tags": "VIP"},
            {"action": "tag", "tags": "VIP"},
            {"action": "untag", "tag": tag.pk},
            {"action": "untag", "tag": tag.pk},
            {"action": "remove", "contact": contact.pk},
            {"action": "remove", "contact": contact.pk},
        ):
            client.post(page, deed)
        assert said() == [
            (words, str(contact.uid_id))
            for words in (
                "registered with 1 number",
                "1 number added",
                "a number changed",
                "tags put on: VIP",
                "tag taken off: VIP",
                "a contact taken away",
            )
        ]

    def test_tags_by_written_uids(self, project: Project, client_as: ClientAs) -> None:
        tag = TagFactory(project=project, name="VIP")
        for uid in ("a", "b"):
            UidFactory(project=project, uid=uid)
        client, page = client_as(project), reverse("admin:audience_tag", args=[tag.pk])
        for action in ("tag", "tag", "untag"):
            client.post(page, {"action": action, "uids": "a\nb"})
        assert said() == [
            ("2 UIDs got the tag VIP: a, b", str(tag.pk)),
            ("2 UIDs lost the tag VIP: a, b", str(tag.pk)),
        ]


class TestOptOuts:
    def test_entered_and_removed(self, project: Project, client_as: ClientAs) -> None:
        client = client_as(project, ProjectRole.MANAGER)
        for _press in range(2):
            client.post(reverse("admin:audience_opt_outs_add"), {"numbers": NUMBER, "line": ""})
        row = OptOut.objects.get()
        seen = {f"seen-{row.pk}": row.last_refused_at.isoformat()}
        form = {"opt_out": row.pk, "action": "remove", "reason": "agreed anew", **seen}
        for _press in range(2):
            client.post(reverse("admin:audience_opt_outs_remove"), form)
        assert said() == [("1 opt-out entered by hand", str(project.pk))]
        assert said(Action.DELETE) == [("1 opt-out removed: agreed anew", str(project.pk))]


class TestForged:
    BULK = "admin:audience_uids_bulk"

    def test_a_bulk_deed_begins_where_it_is_noted(self, project: Project, client_as: ClientAs) -> None:
        """A place that was made up, or is another deed's, begins anew: nothing is done unnoted."""
        UidFactory(project=project, uid="kim")
        client = client_as(project)
        asked = client.post(reverse(self.BULK), {"which": "all", "action": "delete", "uid": "other"})
        token = dict(asked.context["fields"])["progress"]
        for progress in ("", "made up", token):
            UidFactory(project=project)
            sent = {"which": "all", "action": "delete", "confirmed": "1"}
            numbers = {"after": "1", "until": "999999", "seen": "1", "changed": "0"}
            client.post(reverse(self.BULK), {**sent, **numbers, "progress": progress})
        deleted = [words for words, _pk in said(Action.DELETE)]
        assert deleted == [
            "2 UIDs deleted: all of the project",
            "1 UID deleted: all of the project",
            "1 UID deleted: all of the project",
        ]


class TestReading:
    def visit(self, client: Any, project: Project) -> SendRequest:
        request = deliver(send(project, [NUMBER]))
        uid = UidFactory(project=project)
        message = message_id(request.pk, 1)
        for _visit in range(2):
            client.get(reverse("admin:delivery_message", args=[message]))
            client.get(reverse("admin:delivery_messages", args=[request.pk]))
            client.get(reverse("admin:deliveries_requests"), {"recipient": "010-1234-5678"})
            client.get(reverse("admin:audience_uids"))
            client.get(reverse("admin:audience_uids"), {"number": "010 9999 8888"})
            client.get(reverse("admin:audience_uid", args=[uid.pk]))
            client.get(reverse("admin:audience_opt_outs"))
            client.get(reverse("admin:handsets"))
        return request

    def test_each_is_noted_once(self, project: Project, client_as: ClientAs) -> None:
        request = self.visit(client_as(project), project)
        assert said(Action.ACCESS) == [
            ("the message to 010-1234-5678", str(message_id(request.pk, 1))),
            ("the list of messages", str(request.pk)),
            ("searched for the number 010-1234-5678", str(project.pk)),
            ("the list of UIDs", str(project.pk)),
            ("searched for the number 010-9999-8888", str(project.pk)),
            ("the contacts of a UID", str(project.uids.get().pk)),
            ("the list of opt-outs", str(project.pk)),
            ("the simulated handsets", str(project.pk)),
        ]

    def test_what_is_shown_masked_is_not(self, project: Project, client_as: ClientAs) -> None:
        self.visit(client_as(project, ProjectRole.VIEWER), project)
        assert said(Action.ACCESS) == []
