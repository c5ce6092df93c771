"""Accounts in the admin: what moderators may, and that it takes effect at once."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from chats.events import user_group
from tests.conftest import PASSWORD
from users import actions
from users.models import User
from users.moderators import MODERATORS
from users.signing_in import tokens

pytestmark = pytest.mark.django_db

LIST = "/admin/users/user/"
NEW_PASSWORD = "another long battery"


def page_of(user, name="change"):
    return f"{LIST}{user.pk}/{name}/"


def fields_of(user, **changes):
    """What a moderator's form of this user posts."""
    fields = {"first_name": user.first_name, "last_name": user.last_name, "is_active": "on"}
    return {**fields, **changes}


def choose(client, action, *users):
    chosen = {"action": action, "_selected_action": [user.pk for user in users]}
    return client.post(LIST, chosen)


def is_let_in(access):
    headers = {"Authorization": f"Bearer {access}"}
    return APIClient().get("/api/v1/chats/", headers=headers).status_code == 200


@pytest.fixture
def moderator(person):
    user = person("margaret", "Margaret", "Hamilton", is_staff=True)
    user.groups.add(Group.objects.get(name=MODERATORS))
    return user


@pytest.fixture
def administrator(person):
    return person("root", is_staff=True, is_superuser=True)


@pytest.fixture
def signed_in():
    """A function: the browser of a user who is signed in."""

    def of(user):
        client = Client()
        client.force_login(user)
        return client

    return of


# The group ---------------------------------------------------------------------------------------


def test_the_group_is_there_after_a_migration_and_stays_as_it_is_changed():
    group = Group.objects.get(name=MODERATORS)
    assert set(group.permissions.values_list("codename", flat=True)) == {
        *("view_chat", "view_message", "moderate_chat"),
        *("view_user", "change_user", "view_invitation", "change_invitation"),
    }
    group.permissions.remove(group.permissions.get(codename="change_user"))
    call_command("migrate", verbosity=0)
    assert not group.permissions.filter(codename="change_user").exists()


def test_moderators_see_chats_messages_and_people_and_others_don_t(signed_in, moderator, ada):
    for path in (LIST, "/admin/chats/chat/", "/admin/chats/message/"):
        assert signed_in(moderator).get(path).status_code == 200
        assert signed_in(ada).get(path).status_code == 302  # to the admin's own sign-in


# Deactivating ------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["action", "form"])
def test_a_deactivated_person_is_out_at_once(
    signed_in, moderator, ada, captured_events, way, django_capture_on_commit_callbacks
):
    hers, access = signed_in(ada), tokens.sign_in(ada)["access"]
    told = captured_events(user_group(ada.pk))
    assert is_let_in(access)
    assert hers.get("/accounts/profile/").status_code == 200
    if way == "action":
        choose(signed_in(moderator), "deactivate", ada)
    else:
        with django_capture_on_commit_callbacks(execute=True):
            signed_in(moderator).post(page_of(ada), fields_of(ada, is_active=""))
            # Whoever comes back before the row says so would be let in again.
            assert not told.closings()
    ada.refresh_from_db()
    assert not ada.is_active
    assert hers.get("/accounts/profile/").status_code == 302
    assert not is_let_in(access)
    assert [closing["code"] for closing in told.closings()] == [4401]


def test_whoever_is_activated_again_has_to_sign_in_anew(signed_in, moderator, ada):
    access = tokens.sign_in(ada)["access"]
    choose(signed_in(moderator), "deactivate", ada)
    choose(signed_in(moderator), "activate", ada)
    assert not is_let_in(access)
    answer = APIClient().post("/api/v1/auth/login", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 200


def test_a_deleted_account_stays_deleted(signed_in, moderator, ada, grace):
    choose(signed_in(moderator), "deactivate", grace)
    actions.delete_account(ada)
    choose(signed_in(moderator), "activate", ada, grace)
    active = set(User.objects.filter(is_active=True))
    assert (grace in active, ada in active) == (True, False)


def test_nobody_deactivates_themselves_the_bot_or_as_a_moderator_an_administrator(
    signed_in, moderator, administrator, ada
):
    bot = User.objects.bot()
    choose(signed_in(moderator), "deactivate", moderator, administrator, bot, ada)
    assert set(User.objects.filter(is_active=True)) == {moderator, administrator, bot}


def test_a_moderator_does_not_activate_an_administrator(signed_in, moderator, administrator):
    administrator.is_active = False
    administrator.save()
    choose(signed_in(moderator), "activate", administrator)
    administrator.refresh_from_db()
    assert not administrator.is_active


# What would open an account ----------------------------------------------------------------------

OPENING = {
    "email": "margaret@example.com",
    "username": "other",
    "password": "x",
    "is_staff": "on",
    "is_superuser": "on",
}


def test_a_moderator_changes_names_and_nothing_that_opens_an_account(signed_in, moderator, ada):
    before = User.objects.filter(pk=ada.pk).values(*OPENING).get()
    page = signed_in(moderator).get(page_of(ada)).content.decode()
    assert 'name="first_name"' in page
    assert not [name for name in OPENING if f'name="{name}"' in page]
    fields = fields_of(ada, first_name="Augusta", **OPENING)
    assert signed_in(moderator).post(page_of(ada), fields).status_code == 302
    ada.refresh_from_db()
    assert ada.first_name == "Augusta"
    assert User.objects.filter(pk=ada.pk).values(*OPENING).get() == before


def test_a_moderator_changes_no_administrator(signed_in, moderator, administrator):
    fields = fields_of(administrator, first_name="Changed")
    assert signed_in(moderator).post(page_of(administrator), fields).status_code == 403
    administrator.refresh_from_db()
    assert administrator.first_name == ""


def test_only_an_administrator_sets_a_password_and_that_ends_every_sign_in(
    signed_in, moderator, administrator, ada, captured_events
):
    hers, access = signed_in(ada), tokens.sign_in(ada)["access"]
    told = captured_events(user_group(ada.pk))
    fields = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    assert signed_in(moderator).post(page_of(ada, "password"), fields).status_code == 403
    assert is_let_in(access)
    assert signed_in(administrator).post(page_of(ada, "password"), fields).status_code == 302
    assert not is_let_in(access)
    assert hers.get("/accounts/profile/").status_code == 302
    assert [closing["code"] for closing in told.closings()] == [4401]


def test_only_an_administrator_adds_an_account_and_nobody_deletes_a_row(
    signed_in, moderator, administrator, ada
):
    fields = {"username": "mary", "usable_password": "true"}
    fields |= {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert signed_in(moderator).post(f"{LIST}add/", fields).status_code == 403
    assert signed_in(administrator).post(f"{LIST}add/", fields).status_code == 302
    assert User.objects.filter(username="mary").exists()
    for user in (moderator, administrator):
        assert signed_in(user).post(page_of(ada, "delete"), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=ada.pk).exists()


def test_the_bot_keeps_its_name(signed_in, administrator):
    page = signed_in(administrator).get(page_of(User.objects.bot())).content.decode()
    assert 'name="first_name"' in page
    assert 'name="username"' not in page
