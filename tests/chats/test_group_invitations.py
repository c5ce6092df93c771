"""Invitations to one group: who makes them, whom they let in, and when they end."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from chatproject.limits.rates import Rate
from chats import actions
from chats.errors import Invalid
from chats.models import Chat
from tests.commands_sent import sent_commands
from tests.conftest import PASSWORD
from tests.jobs import run_due
from tests.users.test_resets import everything_stored
from users.models import Invitation, User

pytestmark = pytest.mark.django_db

URL, JOIN = "/api/v1/chats", "/api/v1/chats/join"


@pytest.fixture(autouse=True)
def members_invite(settings: Any) -> None:
    settings.REGISTRATION, settings.INVITATIONS = "invite", "members"


@pytest.fixture
def code(group: Any, grace: Any, api: Any) -> str:
    """The code of an invitation that grace, a member, has made for two."""
    made = api(grace).post(f"{URL}/{group.pk}/invitations", {"max_uses": 2})
    assert made.status_code == 201
    assert made.json()["link"].endswith(f"/accounts/invitation/#{made.json()['code']}")
    return str(made.json()["code"])


def latest(chat: Chat) -> Chat:
    return Chat.objects.get(pk=chat.pk)


def register(code: str, username: str = "mary") -> Any:
    fields = {"username": username, "password": PASSWORD, "invitation": code}
    return APIClient().post("/api/v1/auth/register", fields)


def opened(code: str, user: Any = None) -> Client:
    """A browser that has opened the link."""
    client = Client()
    if user:
        client.force_login(user)
    answer = client.post("/accounts/invitation/", {"code": code})
    assert answer.headers["Location"] == "/chats/invitation/"
    return client


def left() -> int:
    return int(Invitation.objects.get().uses_left)


# Whom it lets in ---------------------------------------------------------------------------------


def test_who_has_an_account_joins_by_the_code_and_counts_once(
    code: str, group: Any, grace: Any, stranger: Any, api: Any
) -> None:
    opened_by = api().post("/api/v1/invitations/open", {"code": code}).json()
    assert opened_by == {"invited_by": grace.name, "group": group.name}
    answer = api(stranger).post(JOIN, {"code": code})
    assert (answer.status_code, answer.json()["id"]) == (200, str(group.pk))
    assert latest(group).member_ids[-1] == stranger.pk
    assert api(stranger).post(JOIN, {"code": code}).status_code == 200
    actions.remove_member(stranger, latest(group), stranger.pk)
    assert api(stranger).post(JOIN, {"code": code}).status_code == 200
    assert left() == 1
    [row] = api(grace).get(f"{URL}/{group.pk}/invitations").json()["results"]
    assert [arrival["user"]["id"] for arrival in row["arrivals"]] == [stranger.pk]
    assert (row["code"], row["made_by"]["id"]) == ("", grace.pk)


def test_a_new_account_that_it_makes_is_in_the_group(code: str, group: Any) -> None:
    assert register(code).status_code == 201
    mary = User.objects.get(username="mary")
    assert latest(group).member_ids[-1] == mary.pk
    assert left() == 1
    assert register(code, "emmy").status_code == 201
    assert register(code, "sofia").status_code == 400
    assert len(latest(group).member_ids) == 5


def test_a_member_who_opens_it_uses_nothing(code: str, ada: Any, group: Any, api: Any) -> None:
    assert api(ada).post(JOIN, {"code": code}).status_code == 200
    assert left() == 2
    assert latest(group).member_ids.count(ada.pk) == 1


def test_it_lets_in_as_many_as_it_says(
    group: Any, grace: Any, stranger: Any, person: Any, api: Any
) -> None:
    code = api(grace).post(f"{URL}/{group.pk}/invitations", {}).json()["code"]
    assert api(stranger).post(JOIN, {"code": code}).status_code == 200
    answer = api(person("mary")).post(JOIN, {"code": code})
    assert (answer.status_code, list(answer.json())) == (400, ["code"])
    # Who came by it comes again.
    actions.remove_member(stranger, latest(group), stranger.pk)
    assert api(stranger).post(JOIN, {"code": code}).status_code == 200


def test_whoever_was_removed_comes_by_none_and_uses_none(
    code: str, group: Any, ada: Any, stranger: Any, api: Any
) -> None:
    actions.ban(ada, latest(group), stranger.pk)
    assert api(stranger).post(JOIN, {"code": code}).status_code == 403
    assert left() == 2
    assert Invitation.objects.get().arrivals.count() == 0
    assert stranger.pk not in latest(group).member_ids
    actions.lift_ban(ada, latest(group), stranger.pk)
    assert api(stranger).post(JOIN, {"code": code}).status_code == 200


def test_a_full_group_takes_nobody_and_nothing_is_used(
    code: str, group: Any, stranger: Any, api: Any, settings: Any
) -> None:
    settings.CHAT_MAX_MEMBERS = 3
    assert api(stranger).post(JOIN, {"code": code}).status_code == 400
    assert left() == 2
    assert register(code).status_code == 201  # an account all the same
    assert len(latest(group).member_ids) == 3


def test_a_full_group_s_invitation_makes_as_many_accounts_as_it_says(
    code: str, settings: Any
) -> None:
    settings.CHAT_MAX_MEMBERS = 3
    answers = [register(code, name).status_code for name in ("mary", "emmy", "sofia")]
    assert (answers, left()) == ([201, 201, 400], 0)
    settings.CHAT_MAX_MEMBERS = 4
    mary = User.objects.get(username="mary")
    assert actions.join_by_invitation(mary, Invitation.objects.get()).member_ids[-1] == mary.pk


def test_whoever_came_by_it_and_was_removed_leaves_no_room_for_another(
    code: str, group: Any, ada: Any, stranger: Any, api: Any
) -> None:
    assert api(stranger).post(JOIN, {"code": code}).status_code == 200
    actions.remove_member(ada, latest(group), stranger.pk)
    for _ in range(2):
        assert api(stranger).post(JOIN, {"code": code}).status_code == 403
    assert left() == 1
    assert Invitation.objects.get().arrivals.get().user == stranger


# When it ends ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["leaves", "is removed", "is silenced", "is deactivated"])
def test_it_ends_when_who_made_it_may_not_add_members_any_more(
    code: str, group: Any, ada: Any, grace: Any, stranger: Any, api: Any, how: str
) -> None:
    match how:
        case "leaves":
            actions.remove_member(grace, group, grace.pk)
        case "is removed":
            actions.remove_member(ada, group, grace.pk)
        case "is silenced":
            actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
        case _:
            User.objects.filter(pk=grace.pk).update(is_active=False)
    assert api(stranger).post(JOIN, {"code": code}).status_code == 400
    assert api().post("/api/v1/invitations/open", {"code": code}).status_code == 400
    assert register(code).status_code == 400
    assert not User.objects.filter(username="mary").exists()
    assert stranger.pk not in latest(group).member_ids


def test_what_who_made_it_may_do_is_asked_again_at_the_write(
    code: str, group: Any, ada: Any, grace: Any, stranger: Any
) -> None:
    found = Invitation.objects.get()
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    with pytest.raises(Invalid):
        actions.join_by_invitation(stranger, found)
    assert left() == 2


def test_it_ends_with_the_group(code: str, group: Any, ada: Any, stranger: Any, api: Any) -> None:
    actions.delete_chat(ada, group)
    assert api(stranger).post(JOIN, {"code": code}).status_code == 400
    run_due()
    assert Invitation.objects.count() == 0


@pytest.mark.parametrize("by_page", [False, True])
def test_who_made_it_and_who_may_remove_members_withdraw_it_and_nobody_else(
    code: str, group: Any, ada: Any, grace: Any, alan: Any, stranger: Any, api: Any, by_page: bool
) -> None:
    key = Invitation.objects.get().pk

    def withdraw(user: Any) -> None:
        if by_page:
            client = Client()
            client.force_login(user)
            client.post(f"/chats/{group.pk}/invitations/{key}/revoke/")
        else:
            api(user).delete(f"{URL}/{group.pk}/invitations/{key}")

    for user in (alan, stranger):
        withdraw(user)
        assert Invitation.objects.get().revoked_at is None
    assert api(alan).get(f"{URL}/{group.pk}/invitations").json()["count"] == 0
    assert api(ada).get(f"{URL}/{group.pk}/invitations").json()["count"] == 1
    withdraw(ada)
    assert api(stranger).post(JOIN, {"code": code}).status_code == 400
    assert register(code).status_code == 400


def test_an_invitation_of_another_group_is_not_withdrawn_here(
    code: str, ada: Any, api: Any
) -> None:
    other = actions.create_group(ada, "Looms", [])
    key = Invitation.objects.get().pk
    assert api(ada).delete(f"{URL}/{other.pk}/invitations/{key}").status_code == 404
    assert Invitation.objects.get().revoked_at is None


# Who makes it ------------------------------------------------------------------------------------


def test_the_site_and_the_group_must_both_let_one_make_them(
    group: Any, ada: Any, grace: Any, alan: Any, stranger: Any, api: Any, settings: Any
) -> None:
    url = f"{URL}/{group.pk}/invitations"
    actions.set_permissions(ada, group, alan.pk, can_send_messages=False)
    assert api(alan).post(url, {}).status_code == 403
    assert api(stranger).post(url, {}).status_code == 404
    settings.INVITATIONS = "staff"
    assert api(grace).post(url, {}).status_code == 403
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    assert api(User.objects.get(pk=stranger.pk)).post(url, {}).status_code == 404
    assert Invitation.objects.count() == 0
    User.objects.filter(pk=grace.pk).update(is_staff=True)
    assert api(User.objects.get(pk=grace.pk)).post(url, {}).status_code == 201


def test_it_ends_when_the_site_lets_members_invite_no_more(
    code: str, stranger: Any, api: Any, settings: Any
) -> None:
    settings.INVITATIONS = "staff"
    assert api(stranger).post(JOIN, {"code": code}).status_code == 400
    assert register(code).status_code == 400


def test_where_accounts_are_closed_it_makes_none_but_lets_people_join(
    code: str, group: Any, stranger: Any, api: Any, settings: Any
) -> None:
    settings.REGISTRATION = "closed"
    assert register(code).status_code == 403
    answer = APIClient().post(
        "/api/v1/auth/register/email", {"email": "mary@example.org", "invitation": code}
    )
    assert answer.status_code == 403
    client = opened(code)
    assert "Sign up" not in client.get("/chats/invitation/").content.decode()
    assert client.get("/accounts/sign-up/").status_code == 403
    assert api(stranger).post(JOIN, {"code": code}).status_code == 200
    assert latest(group).member_ids[-1] == stranger.pk


def test_one_to_the_site_leads_to_no_group(grace: Any, stranger: Any, api: Any) -> None:
    code = api(grace).post("/api/v1/invitations", {}).json()["code"]
    answer = api(stranger).post(JOIN, {"code": code})
    assert (answer.status_code, list(answer.json())) == (400, ["code"])
    assert left() == 1


def test_the_list_of_ones_invitations_to_the_site_has_none_to_groups(
    code: str, grace: Any, api: Any
) -> None:
    assert api(grace).get("/api/v1/invitations").json()["count"] == 0


def test_a_person_makes_so_many_only(group: Any, grace: Any, api: Any, settings: Any) -> None:
    settings.LIMIT_INVITATIONS = Rate(2, 3600)
    url = f"{URL}/{group.pk}/invitations"
    assert [api(grace).post(url, {}).status_code for _ in range(3)] == [201, 201, 429]


# Pages -------------------------------------------------------------------------------------------


def test_the_page_shows_the_link_once_and_lists_who_came(
    group: Any, grace: Any, stranger: Any, api: Any, client: Any
) -> None:
    client.force_login(grace)
    url = f"/chats/{group.pk}/invitations/"
    assert url in client.get(f"/chats/{group.pk}/members/").content.decode()
    page = client.post(url, {"days": 7, "max_uses": 1}).content.decode()
    code = page.split("/accounts/invitation/#")[1].split('"')[0]
    assert code not in client.get(url).content.decode()
    assert code not in everything_stored()
    assert api(stranger).post(JOIN, {"code": code}).status_code == 200
    page = client.get(url).content.decode()
    assert f"<bdi>{stranger.name}</bdi>" in page
    assert "Used up" in page
    assert client.post(url, {"days": 31, "max_uses": 1}).status_code == 400


def test_the_page_is_not_offered_to_who_may_make_none(
    group: Any, ada: Any, grace: Any, client: Any, settings: Any
) -> None:
    settings.INVITATIONS = "staff"
    client.force_login(grace)
    url = f"/chats/{group.pk}/invitations/"
    assert url not in client.get(f"/chats/{group.pk}/members/").content.decode()
    assert client.post(url, {"days": 7, "max_uses": 1}).status_code == 403
    assert Invitation.objects.count() == 0


def test_who_is_signed_in_opens_the_link_and_joins_by_a_button(
    code: str, group: Any, grace: Any, stranger: Any
) -> None:
    client = opened(code, stranger)
    page = client.get("/chats/invitation/").content.decode()
    assert f"<bdi>{group.name}</bdi>" in page
    assert f"<bdi>{grace.name}</bdi>" in page
    assert stranger.pk not in latest(group).member_ids
    answer = client.post("/chats/invitation/")
    assert answer.headers["Location"] == f"/chats/{group.pk}/"
    assert latest(group).member_ids[-1] == stranger.pk


def test_who_is_signed_out_signs_in_first_and_then_joins(
    code: str, group: Any, stranger: Any
) -> None:
    client = opened(code)
    page = client.get("/chats/invitation/").content.decode()
    assert "/accounts/sign-in/?next=/chats/invitation/" in page
    answer = client.post("/chats/invitation/")
    assert answer.headers["Location"].startswith("/accounts/sign-in/")
    fields = {"username": stranger.username, "password": PASSWORD}
    answer = client.post("/accounts/sign-in/?next=/chats/invitation/", fields)
    assert answer.headers["Location"] == "/chats/invitation/"
    client.post("/chats/invitation/")
    assert latest(group).member_ids[-1] == stranger.pk


def test_who_has_no_account_signs_up_and_is_in_the_group(code: str, group: Any) -> None:
    client = opened(code)
    assert f"<bdi>{group.name}</bdi>" in client.get("/accounts/sign-up/").content.decode()
    fields = {"username": "mary", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/sign-up/", fields)
    assert answer.headers["Location"] == f"/chats/{group.pk}/"
    mary = User.objects.get(username="mary")
    assert latest(group).member_ids[-1] == mary.pk
    assert client.get(f"/chats/{group.pk}/").status_code == 200


def test_who_signs_up_and_can_t_join_is_told_so_on_the_page_of_the_invitation(
    code: str, group: Any, settings: Any
) -> None:
    client = opened(code)
    settings.CHAT_MAX_MEMBERS = 3
    fields = {"username": "mary", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/sign-up/", fields)
    assert answer.headers["Location"] == "/chats/invitation/"
    answer = client.post("/chats/invitation/")
    assert (answer.status_code, "at most 3" in answer.content.decode()) == (403, True)
    settings.CHAT_MAX_MEMBERS = 4
    assert client.post("/chats/invitation/").headers["Location"] == f"/chats/{group.pk}/"


def test_a_browser_that_opened_none_or_an_ended_one_is_told_so(
    code: str, group: Any, ada: Any, grace: Any, stranger: Any
) -> None:
    client = opened(code, stranger)
    actions.remove_member(ada, group, grace.pk)
    for browser in (client, Client()):
        for send in (browser.get, browser.post):
            answer = send("/chats/invitation/")
            assert answer.headers["Location"] == "/accounts/invitation/"
    assert stranger.pk not in latest(group).member_ids


def test_the_admin_lists_it_with_its_group_and_withdraws_it(
    code: str, group: Any, ada: Any, stranger: Any, api: Any, client: Any
) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(pk=ada.pk))
    page = client.get(f"/admin/chats/chat/{group.pk}/change/").content.decode()
    listed = f"/admin/users/invitation/?chat_id={group.pk}"
    assert listed in page
    assert str(group.pk) in client.get(listed).content.decode()
    key = Invitation.objects.get().pk
    client.post("/admin/users/invitation/", {"action": "revoke", "_selected_action": [key]})
    assert api(stranger).post(JOIN, {"code": code}).status_code == 400


def test_a_moderator_takes_a_group_off_the_list(
    group: Any, ada: Any, grace: Any, client: Any
) -> None:
    actions.change_access(ada, group, access=Chat.Access.OPEN)
    User.objects.filter(pk=grace.pk).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(pk=grace.pk))
    assert "Engines" in client.get("/admin/chats/chat/?access=open").content.decode()
    chosen = {"action": "make_private", "_selected_action": [str(group.pk)]}
    client.post("/admin/chats/chat/", chosen)
    assert latest(group).access == Chat.Access.PRIVATE


def test_moderators_see_the_names_of_the_groups(
    group: Any, ada: Any, grace: Any, client: Any, code: str
) -> None:
    other = actions.create_group(ada, "Looms", [])
    for chat in (other, group):
        actions.make_invitation(ada, latest(chat))
    User.objects.filter(pk=grace.pk).update(is_staff=True, is_superuser=True)
    client.force_login(grace)

    def groups() -> list[str]:
        page = client.get("/admin/users/invitation/")
        return [invitation.group_title for invitation in page.context["cl"].result_list]

    assert sorted(groups()) == ["Engines", "Engines", "Looms"]
    of_looms = Invitation.objects.get(chat_id=other.pk)
    page = client.get(f"/admin/users/invitation/{of_looms.pk}/change/").content.decode()
    assert "Looms" in page
    actions.rename_chat(ada, other, "Mills")
    assert sorted(groups()) == ["Engines", "Engines", "Mills"]
    with sent_commands() as sent:
        groups()
    assert len([one for one in sent if one.collection == "chats_chat"]) == 1
