"""Access keys: who is let in, what is noted of it, and the pages where they are made and revoked."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from auditlog import get_logentry_model
from django.db import connection, transaction

from console.accounts import keys
from console.accounts.keys import Refusal, authenticate, change_key, make_key, revoke_key, touch
from console.accounts.models import AccessKey
from console.accounts.roles import ProjectRole
from tests.factories import AccessKeyFactory, MembershipFactory, ProjectFactory, UserFactory
from tests.waiting import until_it_waits

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class TestLettingIn:
    def test_a_key_comes_with_its_secret_and_project_in_one_query(self, django_assert_num_queries) -> None:
        key = AccessKeyFactory(networks=["203.0.113.0/24"])
        with django_assert_num_queries(1):
            found = authenticate(key.access_key, "203.0.113.7")
            assert (found.pk, found.secret) == (key.pk, key.secret)
            assert found.project.organization_id == key.project.organization_id

    def test_refusals(self, manager) -> None:
        revoked, narrow = AccessKeyFactory(), AccessKeyFactory(networks=["203.0.113.7/32"])
        revoke_key(key=revoked, user=manager.user)
        closed = AccessKeyFactory(project__is_active=False)
        assert authenticate(revoked.access_key, "203.0.113.7") is Refusal.REVOKED
        assert authenticate(narrow.access_key, "203.0.113.8") is Refusal.ADDRESS
        assert authenticate(narrow.access_key, "") is Refusal.ADDRESS
        assert authenticate(closed.access_key, "203.0.113.7") is Refusal.CLOSED

    @pytest.mark.parametrize("name", ["", "no such key", "a\x00b", "x" * 5000])
    def test_what_is_no_key_takes_as_long_as_one(self, name, monkeypatch) -> None:
        deciphered = []
        monkeypatch.setattr(keys, "decoy", lambda: deciphered.append(1))
        assert authenticate(name, "203.0.113.7") is Refusal.UNKNOWN
        assert deciphered == [1]

    def test_its_letters_are_as_they_were_given(self) -> None:
        key = AccessKeyFactory()
        assert key.access_key.swapcase() != key.access_key
        assert authenticate(key.access_key.swapcase(), "203.0.113.7") is Refusal.UNKNOWN

    @pytest.mark.parametrize(("name", "expected"), [("", False), ("x" * 40, True), ("x" * 41, False)])
    def test_what_is_longer_than_a_key_is_not_looked_for(self, name, expected) -> None:
        assert keys.is_plausible(name) is expected

    def test_the_secret_is_ciphered_in_the_table(self) -> None:
        key = AccessKeyFactory()
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM accounts_accesskey WHERE id = %s", [key.pk])
            assert key.secret not in cursor.fetchone()[0]


class TestUse:
    def test_it_is_noted_once_a_minute(self, django_assert_num_queries) -> None:
        key = AccessKeyFactory()
        assert touch(key, NOW, "203.0.113.7")
        key.refresh_from_db()
        assert (key.last_used_at, key.last_used_address) == (NOW, "203.0.113.7")
        with django_assert_num_queries(0):
            assert not touch(key, NOW + MINUTE - timedelta(seconds=1), "203.0.113.8")
        assert touch(key, NOW + MINUTE, None)
        key.refresh_from_db()
        assert (key.last_used_at, key.last_used_address) == (NOW + MINUTE, None)

    def test_one_that_another_call_has_just_noted_is_left_alone(self) -> None:
        key = AccessKeyFactory()
        stale = AccessKey.objects.get(pk=key.pk)
        touch(key, NOW, "203.0.113.7")
        assert not touch(stale, NOW, "203.0.113.8")
        assert AccessKey.objects.get(pk=key.pk).last_used_address == "203.0.113.7"

    @pytest.mark.django_db(transaction=True)
    def test_nobody_waits_for_a_row_that_is_locked(self) -> None:
        key = AccessKeyFactory()

        def elsewhere() -> bool:
            try:
                return touch(key, NOW, "203.0.113.8")
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            AccessKey.objects.select_for_update().get(pk=key.pk)
            assert pool.submit(elsewhere).result(timeout=20) is False


class TestChanges:
    def test_a_key_is_revoked_once_and_for_good(self, manager) -> None:
        key, other = AccessKeyFactory(), MembershipFactory().user
        with time_machine.travel(NOW, tick=False):
            assert revoke_key(key=key, user=manager.user)
        assert not revoke_key(key=key, user=other)
        assert not change_key(key=key, name="Other", networks=["10.0.0.0/8"])
        key.refresh_from_db()
        assert (key.revoked_at, key.revoked_by, key.name, key.networks) == (NOW, manager.user, "Server", [])

    def test_a_project_has_twenty_at_most(self, manager) -> None:
        made = [
            make_key(project=manager.project, user=manager.user, name=f"{number}", networks=[])
            for number in range(20)
        ]
        assert len({key.access_key for key in made}) == 20
        with pytest.raises(keys.TooManyKeys):
            make_key(project=manager.project, user=manager.user, name="one more", networks=[])
        assert AccessKey.objects.count() == 20
        make_key(project=ProjectFactory(), user=manager.user, name="elsewhere", networks=[])
        revoke_key(key=made[0], user=manager.user)
        make_key(project=manager.project, user=manager.user, name="one more", networks=[])

    @pytest.mark.django_db(transaction=True)
    def test_of_two_who_make_the_last_at_once_one_does(self) -> None:
        project, user = ProjectFactory(), UserFactory()
        AccessKeyFactory.create_batch(19, project=project)

        def make() -> AccessKey:
            try:
                return make_key(project=project, user=user, name="twentieth", networks=[])
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                make_key(project=project, user=user, name="twentieth", networks=[])
                other = pool.submit(make)
                until_it_waits(other)
            with pytest.raises(keys.TooManyKeys):
                other.result(timeout=20)
        assert AccessKey.objects.count() == 20

    @pytest.mark.django_db(transaction=True)
    def test_of_two_who_revoke_it_at_once_the_first_did(self) -> None:
        key, first, second = AccessKeyFactory(), UserFactory(), UserFactory()

        def revoke() -> bool:
            try:
                return revoke_key(key=key, user=second)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                assert revoke_key(key=key, user=first)
                other = pool.submit(revoke)
                until_it_waits(other)
            assert other.result(timeout=20) is False
        assert AccessKey.objects.get().revoked_by == first

    def test_the_list_holds_no_secret_and_begins_with_the_newest(self, manager) -> None:
        made = [AccessKeyFactory(project=manager.project) for _number in range(2)]
        AccessKeyFactory()
        rows = list(keys.keys_of(manager.project))
        assert [row.pk for row in rows] == [made[1].pk, made[0].pk]
        assert [row.get_deferred_fields() for row in rows] == [{"secret", "previous_secret"}] * 2


class TestPages:
    def make(self, client, **typed):
        form = client.get("/keys/add/").context["form"]
        return client.post("/keys/add/", {"once": form["once"].value(), "name": "Shop", **typed})

    def test_the_secret_is_shown_once_and_never_again(self, manager, sign_in) -> None:
        client = sign_in(manager.user)
        made = self.make(client, networks="203.0.113.7\n2001:db8::1/48")
        key = AccessKey.objects.get()
        assert (made.status_code, made.content.decode().count(f">{key.secret}<")) == (200, 1)
        assert "no-store" in made["Cache-Control"]
        assert (key.project, key.name, key.created_by) == (manager.project, "Shop", manager.user)
        assert key.networks == ["203.0.113.7/32", "2001:db8::/48"]
        for path in ("/keys/", f"/keys/{key.pk}/", f"/keys/{key.pk}/revoke/"):
            page = client.get(path).content.decode()
            assert key.access_key in page
            assert key.secret not in page
        trail = [f"{row.changes} {row.additional_data}" for row in get_logentry_model().objects.all()]
        assert trail
        assert not [row for row in trail if key.secret in row]

    def test_a_form_that_is_sent_twice_makes_one_key(self, manager, sign_in) -> None:
        client = sign_in(manager.user)
        typed = {"once": client.get("/keys/add/").context["form"]["once"].value(), "name": "Shop"}
        assert client.post("/keys/add/", typed).status_code == 200
        again = client.post("/keys/add/", typed, follow=True)
        assert "its secret is not shown again" in again.content.decode()
        assert AccessKey.objects.count() == 1

    @pytest.mark.parametrize("networks", ["shop.example.com", "10.0.0.0/33"])
    def test_what_is_no_network_is_said_and_nothing_is_made(self, manager, sign_in, networks) -> None:
        response = self.make(sign_in(manager.user), networks=networks)
        assert response.status_code == 422
        assert response.context["form"].errors == {
            "networks": [f"“{networks}” is no address and no network."]
        }
        assert not AccessKey.objects.exists()

    def test_a_key_has_fifty_networks_at_most(self, manager, sign_in) -> None:
        client, written = sign_in(manager.user), [f"10.0.0.{number}" for number in range(51)]
        response = self.make(client, networks="\n".join(written))
        assert response.context["form"].errors == {"networks": ["No more than 50 addresses and networks."]}
        assert not AccessKey.objects.exists()
        assert self.make(client, networks="\n".join(written[:50])).status_code == 200
        assert len(AccessKey.objects.get().networks) == 50

    def test_the_list_takes_the_same_few_queries_however_many_keys(
        self, manager, sign_in, django_assert_num_queries
    ) -> None:
        client = sign_in(manager.user)
        AccessKeyFactory.create_batch(3, project=manager.project, created_by=manager.user)
        client.get("/keys/")
        with django_assert_num_queries(4):
            assert client.get("/keys/").content.decode().count("b-code b-whole") == 3
        AccessKeyFactory.create_batch(10, project=manager.project, created_by=manager.user)
        with django_assert_num_queries(4):
            client.get("/keys/")

    def test_name_and_networks_are_changed(self, manager, sign_in) -> None:
        key = AccessKeyFactory(project=manager.project)
        client = sign_in(manager.user)
        client.post(f"/keys/{key.pk}/", {"name": "Shop 2", "networks": "10.1.2.3/8"})
        key.refresh_from_db()
        assert (key.name, key.networks) == ("Shop 2", ["10.0.0.0/8"])
        assert client.get(f"/keys/{key.pk}/").context["form"]["networks"].value() == "10.0.0.0/8"

    def test_it_is_revoked_after_a_question(self, manager, sign_in) -> None:
        key = AccessKeyFactory(project=manager.project)
        client = sign_in(manager.user)
        assert "This cannot be undone" in client.get(f"/keys/{key.pk}/revoke/").content.decode()
        assert AccessKey.objects.get().revoked_at is None
        assert client.post(f"/keys/{key.pk}/revoke/").status_code == 302
        key.refresh_from_db()
        assert key.revoked_by == manager.user
        assert authenticate(key.access_key, "203.0.113.7") is Refusal.REVOKED
        page = client.get("/keys/").content.decode()
        assert re.search(r"1 revoked key", page)

    @pytest.mark.parametrize("path", ["", "revoke/"])
    def test_a_key_of_another_project_is_not_there(self, manager, sign_in, path) -> None:
        key = AccessKeyFactory()
        client = sign_in(manager.user)
        assert client.get(f"/keys/{key.pk}/{path}").status_code == 404
        assert client.post(f"/keys/{key.pk}/{path}", {"name": "x"}).status_code == 404
        key.refresh_from_db()
        assert (key.name, key.revoked_at) == ("Server", None)

    def test_keys_are_the_managers(self, sign_in) -> None:
        client = sign_in(MembershipFactory(role=ProjectRole.SENDER).user)
        assert client.get("/keys/").status_code == 403
        assert client.post("/keys/add/", {"name": "x", "once": "1"}).status_code == 403
