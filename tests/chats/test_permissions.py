"""One grants and takes what one has; silences and removals end when somebody lifts them who may."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from chats import actions
from chats.actions import members
from chats.errors import Refused
from chats.events import chat_group
from chats.models import Chat, ChatPermissions, log
from chats.permissions import Permissions, permissions_for, permissions_of
from tests.jobs import run_due

pytestmark = pytest.mark.django_db

FLAGS = ChatPermissions.FLAGS


def latest(chat: Chat) -> Chat:
    return Chat.objects.get(pk=chat.pk)


def flags_of(chat: Chat, user: Any) -> dict[str, bool]:
    return permissions_for(latest(chat), user.pk).as_flags()


def may(actor: Any, action: Any, *args: Any, **values: Any) -> bool:
    """Whether the action is done; if it isn't, nothing has changed."""
    rev = log.head(args[0].pk).rev
    try:
        action(actor, latest(args[0]), *args[1:], **values)
    except Refused:
        assert log.head(args[0].pk).rev == rev
        return False
    return True


# One grants what one has -------------------------------------------------------------------------


def test_whoever_may_only_change_permissions_gives_a_friend_no_others_and_gets_none_back(
    group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    for name in ("can_remove_members", "can_delete_other_messages"):
        assert not may(grace, actions.set_permissions, group, alan.pk, **{name: True})
    everything = dict.fromkeys(FLAGS, True)
    assert not may(grace, actions.set_permissions, group, alan.pk, **everything)
    assert may(grace, actions.set_permissions, group, alan.pk, can_change_permissions=True)
    assert not may(alan, actions.set_permissions, group, grace.pk, **everything)
    for user in (grace, alan):
        assert not flags_of(group, user)["can_remove_members"]
        assert not flags_of(group, user)["can_delete_other_messages"]


@pytest.mark.parametrize("own", list(product([True, False], repeat=len(FLAGS))))
def test_each_permission_is_given_and_taken_by_those_who_have_it(
    group: Any, ada: Any, grace: Any, alan: Any, own: tuple[bool, ...]
) -> None:
    has = dict(zip(FLAGS, own, strict=True))
    actions.set_permissions(ada, group, grace.pk, **has)
    changes = has["can_change_permissions"] and has["can_send_messages"]
    for name, value in product(FLAGS, [True, False]):
        actions.set_permissions(ada, group, alan.pk, **{name: not value})
        expected = changes and has[name]
        assert may(grace, actions.set_permissions, group, alan.pk, **{name: value}) == expected
        assert flags_of(group, alan)[name] == (value if expected else not value)


def test_naming_a_permission_as_it_is_changes_nothing_and_is_allowed(
    group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    actions.set_permissions(ada, group, alan.pk, can_remove_members=True)
    flags = {**flags_of(group, alan), "can_send_messages": False}
    assert may(grace, actions.set_permissions, group, alan.pk, **flags)
    assert flags_of(group, alan) == flags


def test_nobody_removes_a_member_who_may_do_more(
    group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)
    actions.set_permissions(ada, group, alan.pk, can_delete_other_messages=True)
    assert not may(grace, actions.remove_member, group, alan.pk)
    actions.set_permissions(ada, group, grace.pk, can_delete_other_messages=True)
    assert may(grace, actions.remove_member, group, alan.pk)


def test_what_is_granted_is_asked_again_at_the_write(
    group: Any, ada: Any, grace: Any, alan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look at the rules may be older than the change that took the permission."""
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    before = Permissions(latest(group), grace.pk, dict.fromkeys(FLAGS, True))
    monkeypatch.setattr(members, "permissions_for", lambda *_: before)
    assert not may(grace, actions.set_permissions, group, alan.pk, can_remove_members=True)
    assert not may(grace, actions.remove_member, group, alan.pk)


# Silences ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("goes", ["leaves", "is removed"])
def test_a_silenced_member_is_still_silenced_when_a_friend_adds_them_again(
    group: Any, ada: Any, grace: Any, alan: Any, goes: str
) -> None:
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    actions.set_permissions(ada, group, alan.pk, can_remove_members=True)
    actions.remove_member(grace if goes == "leaves" else ada, latest(group), grace.pk)
    assert may(alan, actions.add_members, group, [grace.pk])
    assert latest(group).silenced_ids == [grace.pk]
    with pytest.raises(Refused):
        actions.post_message(grace, group.pk, "I am back")
    assert may(ada, actions.set_permissions, group, grace.pk, can_send_messages=True)
    actions.remove_member(grace, latest(group), grace.pk)
    assert may(alan, actions.add_members, group, [grace.pk])
    assert actions.post_message(grace, group.pk, "Thank you")[1]


def test_a_silenced_member_lets_nobody_lift_the_silence_and_writes_by_no_name(
    group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    assert may(grace, actions.rename_chat, group, "Looms")
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    assert not may(grace, actions.set_permissions, group, alan.pk, can_change_permissions=True)
    assert not may(alan, actions.set_permissions, group, grace.pk, can_send_messages=True)
    assert not may(grace, actions.rename_chat, group, "Read me")


def test_a_silenced_member_inherits_no_group_that_others_can_take(
    group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    actions.forget_user(ada)
    assert (latest(group).owner_id, latest(group).silenced_ids) == (alan.pk, [grace.pk])


# Removals ----------------------------------------------------------------------------------------


def test_who_was_removed_is_added_again_by_those_alone_who_may_remove(
    group: Any, ada: Any, grace: Any, alan: Any, stranger: Any
) -> None:
    actions.set_permissions(ada, group, alan.pk, can_change_permissions=True)
    actions.remove_member(ada, latest(group), grace.pk)
    assert not may(alan, actions.add_members, group, [grace.pk])
    assert not may(alan, actions.add_members, group, [stranger.pk, grace.pk])
    with pytest.raises(Refused, match="@grace"):
        actions.add_members(alan, latest(group), [stranger.pk, grace.pk])
    with pytest.raises(Chat.DoesNotExist):
        actions.post_message(grace, group.pk, "I am back")
    assert latest(group).member_ids == [ada.pk, alan.pk]
    actions.set_permissions(ada, group, alan.pk, can_remove_members=True)
    assert may(alan, actions.add_members, group, [stranger.pk, grace.pk])
    actions.set_permissions(ada, group, alan.pk, can_remove_members=False)
    actions.remove_member(grace, latest(group), grace.pk)
    assert may(alan, actions.add_members, group, [grace.pk])


def test_who_left_is_added_again_by_any_member(group: Any, ada: Any, grace: Any, alan: Any) -> None:
    actions.remove_member(grace, group, grace.pk)
    assert may(alan, actions.add_members, group, [grace.pk])
    assert ChatPermissions.objects.count() == 0


def test_what_a_moderator_removed_stays_removed(
    group: Any, grace: Any, alan: Any, stranger: Any
) -> None:
    actions.remove_member(stranger, group, grace.pk, moderator=True)
    assert not may(alan, actions.add_members, group, [grace.pk])


def test_a_removal_at_the_moment_of_the_addition_counts(
    group: Any, ada: Any, grace: Any, alan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.remove_member(grace, group, grace.pk)
    before, require_room = latest(group), members.require_room

    def meanwhile(*args: Any) -> None:
        monkeypatch.undo()
        actions.add_members(ada, before, [grace.pk])
        actions.remove_member(ada, latest(group), grace.pk)
        require_room(*args)

    monkeypatch.setattr(members, "require_room", meanwhile)
    with pytest.raises(Refused):
        actions.add_members(alan, before, [grace.pk])
    assert grace.pk not in latest(group).member_ids


def test_a_group_keeps_one_row_for_each_who_went_and_none_after_it(
    group: Any, ada: Any, grace: Any, captured_events: Any
) -> None:
    told = captured_events(chat_group(group.pk))
    for _ in range(3):
        actions.set_permissions(ada, latest(group), grace.pk, can_send_messages=False)
        actions.remove_member(ada, latest(group), grace.pk)
        actions.add_members(ada, latest(group), [grace.pk])
    actions.remove_member(ada, latest(group), grace.pk)
    assert ChatPermissions.objects.filter(chat_id=group.pk).count() == 1
    assert grace.pk not in permissions_of(latest(group))
    assert latest(group).silenced_ids == []
    assert len(told.of_type("member_removed")) == 4
    actions.delete_chat(ada, latest(group))
    run_due()
    assert ChatPermissions.objects.count() == 0


def test_a_deleted_account_leaves_no_row(group: Any, ada: Any, grace: Any) -> None:
    actions.remove_member(ada, group, grace.pk)
    assert ChatPermissions.objects.filter(user_id=grace.pk).count() == 1
    actions.forget_user(grace)
    assert ChatPermissions.objects.filter(user_id=grace.pk).count() == 0


# Pages and API -----------------------------------------------------------------------------------


def test_the_api_says_who_can_t_be_added_and_what_can_t_be_given(
    group: Any, ada: Any, grace: Any, alan: Any, api: Any
) -> None:
    url = f"/api/v1/chats/{group.pk}/members"
    assert api(ada).delete(f"{url}/{grace.pk}").status_code == 204
    answer = api(alan).post(url, {"user_id": grace.pk})
    assert (answer.status_code, "@grace" in answer.json()["detail"]) == (403, True)
    actions.set_permissions(ada, latest(group), alan.pk, can_change_permissions=True)
    assert api(ada).post(url, {"user_id": grace.pk}).status_code == 201
    flags = {"can_remove_members": True}
    answer = api(alan).patch(f"{url}/{grace.pk}/permissions", flags)
    assert answer.status_code == 403
    assert "can_remove_members" in answer.json()["detail"]


def test_the_members_page_offers_what_the_actions_allow(
    group: Any, ada: Any, grace: Any, alan: Any, person: Any, client: Any
) -> None:
    mary = person("mary", "Mary", "Somerville")
    group = actions.add_members(ada, group, [mary.pk])
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    actions.set_permissions(ada, group, mary.pk, can_remove_members=True)
    actions.remove_member(ada, latest(group), alan.pk)
    client.force_login(grace)
    url = f"/chats/{group.pk}/members/"
    page = client.get(f"{url}?q=alan").content.decode()
    assert "was removed" in page
    assert f'value="{alan.pk}"' not in page
    assert client.post(f"{url}add/", {"user_id": alan.pk}).status_code == 403
    entry = page.split(f'id="member-{mary.pk}"')[1].split("</details>")[0]
    switches = [each for each in entry.split("<input") if 'type="checkbox"' in each]
    disabled = [name for name, switch in zip(FLAGS, switches, strict=True) if "disabled" in switch]
    assert disabled == ["can_remove_members", "can_delete_other_messages"]
    # What a browser sends of these: neither of the two that are disabled.
    client.post(f"{url}{mary.pk}/permissions/", {"can_change_permissions": "on"})
    assert flags_of(group, mary) == {
        "can_send_messages": False,
        "can_change_permissions": True,
        "can_remove_members": True,
        "can_delete_other_messages": False,
    }
    actions.set_permissions(ada, latest(group), mary.pk, can_send_messages=True)
    actions.set_permissions(ada, latest(group), grace.pk, can_delete_other_messages=True)
    client.force_login(mary)
    assert "Remove</a>" not in client.get(url).content.decode()
    assert client.get(f"{url}{grace.pk}/remove/").status_code == 403
    actions.set_permissions(ada, latest(group), mary.pk, can_delete_other_messages=True)
    assert "Remove</a>" in client.get(url).content.decode()
