"""A key gets another secret: which are valid when, what pages show once, what the trail does not hold."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client

from console.accounts import keys, tasks
from console.accounts.models import AccessKey, AuditEntry, Membership
from console.accounts.roles import ProjectRole
from tests.console.conftest import SignIn
from tests.factories import AccessKeyFactory, MembershipFactory
from tests.waiting import until_it_waits

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
WEEK = timedelta(days=7)
OTHERS = "The key has another secret since this page was opened; nothing was changed. Please look again."
STAYS = "The key is revoked, and stays as it was."


def secrets_of(key: AccessKey) -> tuple[str, str | None]:
    now = AccessKey.objects.get(pk=key.pk)
    return now.secret, now.previous_secret


class TestServices:
    def test_two_are_valid_for_a_week_and_then_one(self) -> None:
        key = AccessKeyFactory()
        with time_machine.travel(NOW, tick=False):
            rotated = keys.rotate_key(key=key)
        assert rotated is not None
        assert rotated.secret != key.secret
        both = [rotated.secret, key.secret]
        almost = NOW + WEEK - timedelta(microseconds=1)
        assert (keys.secrets_of(rotated, almost), keys.old_until(rotated, almost)) == (both, NOW + WEEK)
        assert (keys.secrets_of(rotated, NOW + WEEK), keys.old_until(rotated, NOW + WEEK)) == (both[:1], None)

    def test_the_one_before_ends_at_once(self) -> None:
        key = AccessKeyFactory()
        second = keys.rotate_key(key=key)
        third = keys.rotate_key(key=key)
        assert second is not None
        assert third is not None
        assert keys.secrets_of(third, third.rotated_at) == [third.secret, second.secret]

    def test_an_old_secret_is_forgotten_when_its_time_is_over(self) -> None:
        kept, ended = AccessKeyFactory(), AccessKeyFactory()
        with time_machine.travel(NOW, tick=False) as clock:
            keys.rotate_key(key=ended)
            clock.shift(timedelta(microseconds=1))
            rotated = keys.rotate_key(key=kept)
            clock.move_to(NOW + WEEK - timedelta(microseconds=1))
            tasks.prune_sign_ins()
            assert None not in (*secrets_of(kept), *secrets_of(ended))
            clock.move_to(NOW + WEEK)
            tasks.prune_sign_ins()
        assert rotated is not None
        assert secrets_of(kept) == (rotated.secret, kept.secret)
        now = AccessKey.objects.get(pk=ended.pk)
        assert (now.previous_secret, now.previous_secret_until) == (None, None)
        assert now.rotated_at == NOW

    def test_who_saw_other_secrets_changes_nothing(self) -> None:
        key = AccessKeyFactory()
        seen = keys.rotation_of(key)
        keys.rotate_key(key=key, seen=seen)
        before = secrets_of(key)
        with pytest.raises(keys.RotatedMeanwhile):
            keys.rotate_key(key=key, seen=seen)
        with pytest.raises(keys.RotatedMeanwhile):
            keys.end_rotation(key=key, seen=seen)
        assert secrets_of(key) == before

    @pytest.mark.django_db(transaction=True)
    def test_of_two_who_rotate_it_at_once_the_first_does(self) -> None:
        key = AccessKeyFactory()
        seen = keys.rotation_of(key)

        def rotate() -> AccessKey | None:
            try:
                return keys.rotate_key(key=key, seen=seen)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                first = keys.rotate_key(key=key, seen=seen)
                other = pool.submit(rotate)
                until_it_waits(other)
            with pytest.raises(keys.RotatedMeanwhile):
                other.result(timeout=20)
        assert first is not None
        assert secrets_of(key) == (first.secret, key.secret)

    def test_a_revoked_key_has_the_secrets_it_had(self, manager: Membership) -> None:
        key = AccessKeyFactory()
        keys.rotate_key(key=key)
        before = secrets_of(key)
        keys.revoke_key(key=key, user=manager.user)
        assert keys.rotate_key(key=key) is None
        assert keys.end_rotation(key=key) is False
        assert secrets_of(key) == before

    def test_the_old_one_ends_once(self) -> None:
        key = AccessKeyFactory()
        rotated = keys.rotate_key(key=key)
        assert rotated is not None
        assert [keys.end_rotation(key=key), keys.end_rotation(key=key)] == [True, False]
        assert secrets_of(key) == (rotated.secret, None)


class TestPages:
    @pytest.fixture
    def key(self, manager: Membership) -> AccessKey:
        return AccessKeyFactory(project=manager.project)

    @pytest.fixture
    def client(self, manager: Membership, sign_in: SignIn) -> Client:
        return sign_in(manager.user)

    def rotate(self, client: Client, key: AccessKey, seen: str | None = None):
        seen = keys.rotation_of(AccessKey.objects.get(pk=key.pk)) if seen is None else seen
        return client.post(f"/keys/{key.pk}/rotate/", {"seen": seen}, follow=True)

    def test_the_new_secret_is_shown_once_and_is_in_no_trail(self, client: Client, key: AccessKey) -> None:
        with time_machine.travel(NOW, tick=False):
            asked = client.get(f"/keys/{key.pk}/rotate/").content.decode()
            assert 'name="seen" value="never"' in asked
            assert "for 7 days" in asked
            answer = self.rotate(client, key)
            secret, old = secrets_of(key)
            page = answer.content.decode()
            assert (answer.status_code, page.count(f">{secret}<"), old) == (200, 1, key.secret)
            assert "no-store" in answer["Cache-Control"]
            assert "November 29, 2026" in page or "2026-11-29" in page
            assert "Ended just now" not in page
            for path in ("/keys/", *(f"/keys/{key.pk}/{end}" for end in ("", "rotate/", "end-rotation/"))):
                page = client.get(path).content.decode()
                assert secret not in page
                assert key.secret not in page
        entry = AuditEntry.objects.latest("pk")
        assert entry.changes["secret"] == ["***", "***"]
        assert entry.changes["previous_secret"][1] == "***"
        told = str(list(AuditEntry.objects.values_list("changes", "additional_data", "object_repr")))
        assert secret not in told
        assert key.secret not in told

    def test_what_the_pages_say_while_two_are_valid_and_after(self, client: Client, key: AccessKey) -> None:
        with time_machine.travel(NOW, tick=False):
            self.rotate(client, key)
            assert "Two secrets" in client.get("/keys/").content.decode()
            assert "End the old secret now" in client.get(f"/keys/{key.pk}/").content.decode()
            asked = client.get(f"/keys/{key.pk}/rotate/").content.decode()
            assert "The older one would end at once" in asked
            assert "Ended just now" in self.rotate(client, key).content.decode()
        with time_machine.travel(NOW + WEEK, tick=False):
            client.force_login(key.project.memberships.get().user)
            assert "Two secrets" not in client.get("/keys/").content.decode()
            assert "End the old secret now" not in client.get(f"/keys/{key.pk}/").content.decode()
            assert (
                "The key has no old secret." in client.get(f"/keys/{key.pk}/end-rotation/").content.decode()
            )

    def test_a_form_that_is_sent_twice_rotates_once(self, client: Client, key: AccessKey) -> None:
        seen = keys.rotation_of(key)
        self.rotate(client, key, seen)
        before = secrets_of(key)
        again = self.rotate(client, key, seen).content.decode()
        assert OTHERS in again
        assert secrets_of(key) == before == (before[0], key.secret)

    @pytest.mark.parametrize("seen", ["", "other"])
    def test_who_saw_nothing_rotates_nothing(self, client: Client, key: AccessKey, seen: str) -> None:
        assert OTHERS in self.rotate(client, key, seen).content.decode()
        assert secrets_of(key) == (key.secret, None)

    def test_the_old_one_ends_after_a_question(self, client: Client, key: AccessKey) -> None:
        self.rotate(client, key)
        before = secrets_of(key)
        path = f"/keys/{key.pk}/end-rotation/"
        assert "This cannot be undone" in client.get(path).content.decode()
        assert secrets_of(key) == before
        assert OTHERS in client.post(path, {"seen": "never"}, follow=True).content.decode()
        assert secrets_of(key) == before
        seen = {"seen": keys.rotation_of(AccessKey.objects.get())}
        assert "The old secret has ended" in client.post(path, seen, follow=True).content.decode()
        assert secrets_of(key) == (before[0], None)
        assert "The key has no old secret." in client.post(path, seen, follow=True).content.decode()
        last = AuditEntry.objects.latest("pk").changes
        assert last["previous_secret"][0] == "***"
        assert set(last) == {"previous_secret", "previous_secret_until"}

    def test_one_that_was_revoked_meanwhile_stays(
        self, client: Client, key: AccessKey, manager: Membership
    ) -> None:
        self.rotate(client, key)
        before, seen = secrets_of(key), keys.rotation_of(AccessKey.objects.get())
        keys.revoke_key(key=key, user=manager.user)
        for what in ("rotate", "end-rotation"):
            path = f"/keys/{key.pk}/{what}/"
            assert "This key is revoked already." in client.get(path).content.decode()
            assert STAYS in client.post(path, {"seen": seen}, follow=True).content.decode()
        assert secrets_of(key) == before

    @pytest.mark.parametrize("what", ["rotate", "end-rotation"])
    def test_only_managers_of_its_project(
        self, key: AccessKey, manager: Membership, sign_in: SignIn, what: str
    ) -> None:
        keys.rotate_key(key=key)
        before, seen = secrets_of(key), keys.rotation_of(AccessKey.objects.get())
        sender = MembershipFactory(project=manager.project, role=ProjectRole.SENDER).user
        stranger = MembershipFactory(role=ProjectRole.MANAGER).user
        for user, status in ((sender, 403), (stranger, 404)):
            client = sign_in(user)
            assert client.post(f"/keys/{key.pk}/{what}/", {"seen": seen}).status_code == status
            assert client.get(f"/keys/{key.pk}/{what}/").status_code == status
        assert secrets_of(key) == before

    @pytest.mark.parametrize("what", ["rotate", "end-rotation"])
    def test_a_sign_in_of_hours_ago_is_asked_for_the_password(
        self, client: Client, key: AccessKey, what: str
    ) -> None:
        keys.rotate_key(key=key)
        before, seen = secrets_of(key), keys.rotation_of(AccessKey.objects.get())
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=5)):
            answer = client.post(f"/keys/{key.pk}/{what}/", {"seen": seen})
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/me/confirm/")
        assert secrets_of(key) == before
