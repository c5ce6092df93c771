"""Groups that people find and join, or ask to join: private is the default."""

from __future__ import annotations

from typing import Any

import pytest

from chats import actions
from chats.actions import bans, join_requests, joining
from chats.errors import Refused
from chats.events import chat_group
from chats.models import Chat, ChatPermissions, Directory, JoinRequest, log
from tests.jobs import run_due

pytestmark = pytest.mark.django_db

URL = "/api/v1/chats"
OPEN, REQUEST, PRIVATE = Chat.Access.OPEN, Chat.Access.REQUEST, Chat.Access.PRIVATE


def latest(chat: Chat) -> Chat:
    return Chat.objects.get(pk=chat.pk)


def listed(api: Any, user: Any, search: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api(user).get(f"{URL}/directory?search={search}").json()["results"]
    return rows


# Who says so -------------------------------------------------------------------------------------


def test_the_owner_alone_says_who_may_join(
    group: Any, ada: Any, grace: Any, api: Any, captured_events: Any
) -> None:
    told = captured_events(chat_group(group.pk))
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    assert api(ada).get(f"{URL}/{group.pk}").json()["access"] == "private"
    assert api(grace).patch(f"{URL}/{group.pk}", {"access": "open"}).status_code == 403
    assert latest(group).access == PRIVATE
    answer = api(ada).patch(f"{URL}/{group.pk}", {"access": "open", "name": "Looms"})
    assert (answer.json()["access"], answer.json()["name"]) == ("open", "Looms")
    [event] = told.of_type("chat_updated")
    assert (event["access"], event["rev"]) == ("open", latest(group).last_rev)
    row = log.after(group.pk, event["rev"] - 1, 1)[0]
    assert (row["access"], row["name"], row["by"]) == ("open", "Looms", ada.pk)
    answer = api(ada).patch(f"{URL}/{group.pk}", {"access": "anybody"})
    assert (answer.status_code, list(answer.json())) == (400, ["access"])


def test_it_is_asked_again_at_the_write(group: Any, ada: Any, grace: Any) -> None:
    before = latest(group)
    actions.transfer_ownership(ada, group, grace.pk)
    with pytest.raises(Refused):
        actions.change_access(ada, before, access=OPEN)
    assert latest(group).access == PRIVATE


def test_a_group_is_handed_over_and_closed_at_once(
    group: Any, ada: Any, grace: Any, api: Any
) -> None:
    actions.change_access(ada, group, access=OPEN)
    answer = api(ada).patch(f"{URL}/{group.pk}", {"owner_id": grace.pk, "access": "private"})
    assert (answer.json()["owner_id"], answer.json()["access"]) == (grace.pk, "private")


def test_a_private_chat_is_never_listed(private_chat: Any, ada: Any, api: Any) -> None:
    assert api(ada).patch(f"{URL}/{private_chat.pk}", {"access": "open"}).status_code == 403
    assert listed(api, ada) == []


# The list ----------------------------------------------------------------------------------------


def test_what_is_listed_is_found_by_a_part_of_its_name_and_tells_no_more(
    group: Any, ada: Any, grace: Any, stranger: Any, api: Any
) -> None:
    for name, access in (
        ("Looms (fast)", OPEN),
        ("Steam looms", REQUEST),
        ("Secret looms", PRIVATE),
    ):
        actions.change_access(ada, actions.create_group(ada, name, [grace.pk]), access=access)
    names = [row["name"] for row in listed(api, stranger)]
    assert names == ["Looms (fast)", "Steam looms"]
    [found] = listed(api, stranger, "looms (")
    assert found == {
        "id": found["id"],
        "name": "Looms (fast)",
        "access": "open",
        "member_count": 2,
        "standing": "none",
    }
    assert listed(api, stranger, "secret") == []
    assert listed(api, ada, "steam")[0]["standing"] == "member"
    assert api(stranger).get(f"{URL}/{found['id']}").status_code == 404
    assert api(stranger).get(f"{URL}/directory/{group.pk}").status_code == 404
    assert api(stranger).get(f"{URL}/directory/{found['id']}").json() == found
    assert api().get(f"{URL}/directory").status_code == 401


def test_the_list_has_pages_and_an_exact_count(ada: Any, stranger: Any, api: Any) -> None:
    for number in range(5):
        actions.change_access(ada, actions.create_group(ada, f"Group {number}", []), access=OPEN)
    page = api(stranger).get(f"{URL}/directory?limit=2&offset=3").json()
    assert [row["name"] for row in page["results"]] == ["Group 3", "Group 4"]
    assert (page["count"], page["next"]) == (5, None)
    assert page["previous"].endswith("limit=2&offset=1")
    answer = api(stranger).get(f"{URL}/directory?search={'a' * 151}")
    assert (answer.status_code, list(answer.json())) == (400, ["search"])


def test_the_list_is_read_by_an_index_of_listed_groups_alone(
    group: Any, ada: Any, stranger: Any
) -> None:
    actions.change_access(ada, actions.create_group(ada, "Looms", []), access=OPEN)
    directory = Directory(stranger, "loom")
    found = Chat.objects.collection().find(directory.query, sort={"name": 1, "_id": 1})
    statistics = found.explain()["executionStats"]
    assert (statistics["nReturned"], statistics["totalDocsExamined"]) == (1, 1)
    assert statistics["totalKeysExamined"] == 1


# Joining -----------------------------------------------------------------------------------------


def test_anybody_joins_an_open_group_and_reads_and_writes(
    group: Any, ada: Any, stranger: Any, api: Any, captured_events: Any
) -> None:
    actions.post_message(ada, group.pk, "Hello")
    assert api(stranger).post(f"{URL}/directory/{group.pk}/join").status_code == 404
    actions.change_access(ada, group, access=OPEN)
    told = captured_events(chat_group(group.pk))
    before = latest(group).last_rev
    answer = api(stranger).post(f"{URL}/directory/{group.pk}/join")
    assert (answer.status_code, answer.json()["standing"]) == (200, "member")
    assert latest(group).member_ids[-1] == stranger.pk
    [event] = told.of_type("member_added")
    assert (event["user_id"], event["added_by"]) == (stranger.pk, stranger.pk)
    assert event["rev"] == before + 1
    assert api(stranger).get(f"{URL}/{group.pk}").json()["unread_count"] == 0
    assert api(stranger).post(f"{URL}/{group.pk}/messages", {"content": "Hi"}).status_code == 201
    assert api(stranger).post(f"{URL}/directory/{group.pk}/join").status_code == 200
    assert latest(group).member_ids.count(stranger.pk) == 1


def test_a_full_group_takes_nobody(
    group: Any, ada: Any, stranger: Any, api: Any, settings: Any
) -> None:
    actions.change_access(ada, group, access=OPEN)
    settings.CHAT_MAX_MEMBERS = 3
    answer = api(stranger).post(f"{URL}/directory/{group.pk}/join")
    assert (answer.status_code, "at most 3" in str(answer.json())) == (400, True)
    assert stranger.pk not in latest(group).member_ids


def test_a_group_that_closes_at_the_moment_of_joining_stays_closed(
    group: Any, ada: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.change_access(ada, group, access=OPEN)
    require_room = joining.require_room

    def meanwhile(*args: Any) -> None:
        monkeypatch.undo()
        actions.change_access(ada, latest(group), access=PRIVATE)
        require_room(*args)

    monkeypatch.setattr(joining, "require_room", meanwhile)
    with pytest.raises(Chat.DoesNotExist):
        actions.join_group(stranger, group.pk)
    assert stranger.pk not in latest(group).member_ids


def test_a_silence_outlasts_leaving_and_joining_again(group: Any, ada: Any, grace: Any) -> None:
    actions.change_access(ada, group, access=OPEN)
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    actions.remove_member(grace, latest(group), grace.pk)
    assert actions.join_group(grace, group.pk)
    assert latest(group).silenced_ids == [grace.pk]


# Asking ------------------------------------------------------------------------------------------


@pytest.fixture
def asked(group: Any, ada: Any, stranger: Any) -> Chat:
    """The group, which `stranger` has asked to join."""
    actions.change_access(ada, group, access=REQUEST)
    assert not actions.join_group(stranger, group.pk)
    return latest(group)


def test_who_asks_is_let_in_by_a_member_and_sees_how_it_stands(
    group: Any, ada: Any, grace: Any, stranger: Any, api: Any
) -> None:
    actions.change_access(ada, group, access=REQUEST)
    answer = api(stranger).post(f"{URL}/directory/{group.pk}/join")
    assert (answer.status_code, answer.json()["standing"]) == (202, "asked")
    assert api(stranger).post(f"{URL}/directory/{group.pk}/join").status_code == 202
    assert api(stranger).get(f"{URL}/{group.pk}").status_code == 404
    requests = f"{URL}/{group.pk}/requests"
    page = api(grace).get(requests).json()
    assert page["count"] == 1
    assert [row["username"] for row in page["results"]] == [stranger.username]
    answer = api(grace).post(f"{requests}/{stranger.pk}")
    assert (answer.status_code, answer.json()["id"]) == (200, stranger.pk)
    assert latest(group).member_ids[-1] == stranger.pk
    row = log.after(group.pk, latest(group).last_rev - 1, 1)[0]
    assert (row["kind"], row["by"], row["user_id"]) == ("member_added", grace.pk, stranger.pk)
    assert JoinRequest.objects.count() == 0
    assert api(grace).post(f"{requests}/{stranger.pk}").status_code == 404


def test_who_was_refused_does_not_ask_again_but_can_be_added(
    asked: Chat, ada: Any, grace: Any, stranger: Any, api: Any
) -> None:
    join = f"{URL}/directory/{asked.pk}/join"
    assert api(grace).delete(f"{URL}/{asked.pk}/requests/{stranger.pk}").status_code == 204
    assert listed(api, stranger)[0]["standing"] == "refused"
    assert api(stranger).delete(join).status_code == 404
    assert api(stranger).post(join).status_code == 403
    assert api(grace).post(f"{URL}/{asked.pk}/requests/{stranger.pk}").status_code == 404
    assert api(grace).get(f"{URL}/{asked.pk}/requests").json()["count"] == 0
    actions.add_members(grace, asked, [stranger.pk])
    assert JoinRequest.objects.count() == 0


def test_who_was_refused_joins_a_group_that_is_open_now_by_its_button(
    asked: Chat, ada: Any, grace: Any, stranger: Any, client: Any
) -> None:
    actions.refuse_request(grace, asked, stranger.pk)
    client.force_login(stranger)
    join = f"/chats/groups/{asked.pk}/join/"
    assert join not in client.get("/chats/groups/").content.decode()
    actions.change_access(ada, asked, access=OPEN)
    assert join in client.get("/chats/groups/").content.decode()
    assert client.post(join).headers["Location"] == f"/chats/{asked.pk}/"


def test_a_request_can_be_withdrawn_and_is_accepted_no_more(
    asked: Chat, grace: Any, stranger: Any, api: Any
) -> None:
    join = f"{URL}/directory/{asked.pk}/join"
    assert api(stranger).delete(join).status_code == 204
    assert api(stranger).delete(join).status_code == 404
    assert listed(api, stranger)[0]["standing"] == "none"
    with pytest.raises(JoinRequest.DoesNotExist):
        actions.accept_request(grace, asked, stranger.pk)
    assert stranger.pk not in latest(asked).member_ids


def test_a_request_that_is_withdrawn_at_the_moment_of_acceptance_lets_nobody_in(
    asked: Chat, grace: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_room = join_requests.require_room

    def meanwhile(*args: Any) -> None:
        monkeypatch.undo()
        actions.withdraw_request(stranger, asked.pk)
        require_room(*args)

    monkeypatch.setattr(join_requests, "require_room", meanwhile)
    with pytest.raises(JoinRequest.DoesNotExist):
        actions.accept_request(grace, asked, stranger.pk)
    assert stranger.pk not in latest(asked).member_ids


def test_a_silenced_member_answers_no_request(
    asked: Chat, ada: Any, grace: Any, stranger: Any
) -> None:
    actions.set_permissions(ada, asked, grace.pk, can_send_messages=False)
    for answer in (actions.accept_request, actions.refuse_request):
        with pytest.raises(Refused):
            answer(grace, latest(asked), stranger.pk)
    assert JoinRequest.objects.waiting(asked.pk).count() == 1


def test_whoever_was_removed_neither_joins_nor_asks(
    group: Any, ada: Any, grace: Any, api: Any
) -> None:
    actions.remove_member(ada, group, grace.pk)
    for access in (OPEN, REQUEST):
        actions.change_access(ada, latest(group), access=access)
        assert api(grace).post(f"{URL}/directory/{group.pk}/join").status_code == 403
        assert listed(api, grace)[0]["standing"] == "removed"
    assert grace.pk not in latest(group).member_ids
    assert JoinRequest.objects.count() == 0


def test_requests_go_with_the_group_and_with_the_account(
    asked: Chat, ada: Any, stranger: Any, person: Any
) -> None:
    mary = person("mary")
    actions.join_group(mary, asked.pk)
    actions.forget_user(mary)
    assert [row.user_id for row in JoinRequest.objects.all()] == [stranger.pk]
    actions.delete_chat(ada, latest(asked))
    run_due()
    assert JoinRequest.objects.count() == 0


# Pages -------------------------------------------------------------------------------------------


def test_on_the_pages_one_finds_asks_and_is_let_in(
    group: Any, ada: Any, stranger: Any, client: Any
) -> None:
    client.force_login(ada)
    members = f"/chats/{group.pk}/members/"
    assert f"/chats/{group.pk}/access/" in client.get(members).content.decode()
    client.post(f"/chats/{group.pk}/access/", {"access": "request"})
    assert client.post(f"/chats/{group.pk}/access/", {"access": "all"}).status_code == 400
    client.force_login(stranger)
    assert "/chats/groups/" in client.get("/chats/new/").content.decode()
    assert "Ask to join" in client.get("/chats/groups/?q=engin").content.decode()
    assert "Ask to join" not in client.get("/chats/groups/?q=loom").content.decode()
    page = client.post(f"/chats/groups/{group.pk}/join/", follow=True).content.decode()
    assert "Withdraw" in page
    client.post(f"/chats/groups/{group.pk}/withdraw/")
    assert JoinRequest.objects.count() == 0
    client.post(f"/chats/groups/{group.pk}/join/")
    client.force_login(ada)
    page = client.get(members).content.decode()
    assert "Who asks to join" in page
    client.post(f"/chats/{group.pk}/requests/{stranger.pk}/accept/")
    assert latest(group).member_ids[-1] == stranger.pk
    assert "Who asks to join" not in client.get(members).content.decode()


def test_on_the_pages_one_joins_an_open_group(
    group: Any, ada: Any, stranger: Any, client: Any
) -> None:
    actions.change_access(ada, group, access=OPEN)
    client.force_login(stranger)
    answer = client.post(f"/chats/groups/{group.pk}/join/")
    assert answer.headers["Location"] == f"/chats/{group.pk}/"
    assert client.get(f"/chats/{group.pk}/").status_code == 200
    assert client.get(f"/chats/{group.pk}/access/").status_code == 403
    assert (
        f"/chats/{group.pk}/access/"
        not in client.get(f"/chats/{group.pk}/members/").content.decode()
    )


# Bans --------------------------------------------------------------------------------------------


def test_who_may_remove_keeps_people_out_and_lets_them_back(
    group: Any, ada: Any, grace: Any, alan: Any, stranger: Any, api: Any
) -> None:
    actions.set_permissions(ada, group, alan.pk, can_remove_members=True)
    actions.change_access(ada, latest(group), access=OPEN)
    bans, join = f"{URL}/{group.pk}/bans", f"{URL}/directory/{group.pk}/join"
    assert api(grace).get(bans).status_code == 403
    assert api(grace).post(bans, {"user_id": stranger.pk}).status_code == 403
    for user in (grace, stranger):  # a member, and one who has never been one
        assert api(alan).post(bans, {"user_id": user.pk}).status_code == 204
        assert api(user).post(join).status_code == 403
    assert latest(group).member_ids == [ada.pk, alan.pk]
    page = api(alan).get(bans).json()
    assert {row["id"] for row in page["results"]} == {grace.pk, stranger.pk}
    actions.set_permissions(ada, latest(group), alan.pk, can_remove_members=False)
    assert api(alan).delete(f"{bans}/{grace.pk}").status_code == 403
    assert api(ada).delete(f"{bans}/{grace.pk}").status_code == 204
    assert api(ada).delete(f"{bans}/{grace.pk}").status_code == 404
    assert api(grace).post(join).status_code == 200
    assert api(stranger).post(join).status_code == 403


def test_nobody_bans_themselves_the_owner_or_who_may_do_more(
    group: Any, ada: Any, grace: Any, alan: Any, api: Any
) -> None:
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)
    actions.set_permissions(ada, group, alan.pk, can_delete_other_messages=True)
    bans = f"{URL}/{group.pk}/bans"
    codes = [api(grace).post(bans, {"user_id": user.pk}).status_code for user in (grace, ada, alan)]
    assert codes == [400, 403, 403]
    assert api(grace).post(bans, {"user_id": 999_999}).status_code == 400
    assert ChatPermissions.objects.removed(group.pk).count() == 0
    assert len(latest(group).member_ids) == 3


def test_a_ban_ends_a_request_and_a_silence_outlasts_the_ban(
    asked: Chat, ada: Any, grace: Any, stranger: Any
) -> None:
    actions.ban(ada, asked, stranger.pk)
    assert JoinRequest.objects.count() == 0
    actions.set_permissions(ada, asked, grace.pk, can_send_messages=False)
    actions.ban(ada, latest(asked), grace.pk)
    actions.lift_ban(ada, latest(asked), grace.pk)
    actions.change_access(ada, latest(asked), access=OPEN)
    assert actions.join_group(grace, asked.pk)
    assert latest(asked).silenced_ids == [grace.pk]


def test_who_joins_at_the_moment_of_the_ban_is_removed(
    group: Any, ada: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.change_access(ada, group, access=OPEN)
    before, require_people = latest(group), bans.require_people

    def meanwhile(*args: Any) -> Any:
        monkeypatch.undo()
        actions.join_group(stranger, group.pk)
        return require_people(*args)

    monkeypatch.setattr(bans, "require_people", meanwhile)
    actions.ban(ada, before, stranger.pk)
    assert stranger.pk not in latest(group).member_ids
    with pytest.raises(Refused):
        actions.join_group(stranger, group.pk)


def test_who_leaves_at_the_moment_of_the_ban_is_kept_out(group: Any, ada: Any, grace: Any) -> None:
    actions.change_access(ada, group, access=OPEN)
    actions.remove_member(grace, latest(group), grace.pk)
    actions.ban(ada, group, grace.pk)  # who was a member when the chat was read
    with pytest.raises(Refused):
        actions.join_group(grace, group.pk)


def test_the_members_page_lists_who_was_removed_for_those_who_let_them_back(
    group: Any, ada: Any, grace: Any, alan: Any, client: Any
) -> None:
    actions.remove_member(ada, group, grace.pk)
    members, lift = f"/chats/{group.pk}/members/", f"/chats/{group.pk}/bans/{grace.pk}/lift/"
    client.force_login(alan)
    assert "Who was removed" not in client.get(members).content.decode()
    assert client.post(lift).status_code == 403
    client.force_login(ada)
    assert "Who was removed" in client.get(members).content.decode()
    client.post(lift)
    assert "Who was removed" not in client.get(members).content.decode()
    actions.add_members(alan, latest(group), [grace.pk])
