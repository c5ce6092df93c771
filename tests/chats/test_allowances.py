"""Every action has an allowance: beyond it one is told when to come back, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, cycle
from typing import Any

import pytest

from chatproject.limits import limits
from chatproject.limits.limits import Limit
from chatproject.limits.rates import Rate
from chats import actions
from chats.models import Chat, log
from tests.jobs import run_due
from users.actions import delete_account

pytestmark = pytest.mark.django_db

TWO = Rate(2, 3600)


@pytest.fixture
def calls(group: Any, ada: Any, grace: Any, person: Callable[..., Any], api: Any) -> Any:
    """What ada may do, by name: each is a call of the API that can be repeated."""
    client, numbers, accesses = api(ada), count(1), cycle(Chat.Access.values)
    chat = f"/api/v1/chats/{group.pk}"
    grace_there = f"{chat}/members/{grace.pk}"

    def another() -> Any:
        return person(f"person{next(numbers)}")

    def message() -> str:
        return f"{chat}/messages/{actions.post_message(ada, group.pk, 'Hello')[0].pk}"

    def message_id() -> str:
        return str(actions.post_message(ada, group.pk, "Hello")[0].pk)

    def group_of_ada() -> str:
        return f"/api/v1/chats/{actions.create_group(ada, 'Looms', []).pk}"

    def open_group() -> Any:
        group = actions.create_group(grace, "Looms", [])
        return actions.change_access(grace, group, access=Chat.Access.OPEN).pk

    def member() -> str:
        user = another()
        actions.add_members(grace, Chat.objects.get(pk=group.pk), [user.pk])
        return f"{chat}/members/{user.pk}"

    return {
        "groups": lambda: client.post("/api/v1/chats/group", {"name": "Looms"}),
        "private_chats": lambda: client.post(f"/api/v1/chats/private/{another().pk}"),
        "additions": lambda: client.post(f"{chat}/members", {"user_id": another().pk}),
        "joins": lambda: client.post(f"/api/v1/chats/directory/{open_group()}/join"),
        "bans": lambda: client.post(f"{chat}/bans", {"user_id": another().pk}),
        "access": lambda: client.patch(chat, {"access": next(accesses)}),
        "renames": lambda: client.patch(chat, {"name": f"Looms {next(numbers)}"}),
        "permissions": lambda: client.patch(
            f"{grace_there}/permissions", {"can_remove_members": True}
        ),
        "removals": lambda: client.delete(member()),
        "chat_deletions": lambda: client.delete(group_of_ada()),
        "clearings": lambda: client.post(f"{chat}/clear"),
        "deletions": lambda: client.delete(message()),
        "reactions": lambda: client.post(f"{message()}/reactions", {"emoji": "\u2764"}),
        "unread": lambda: client.post(f"{chat}/unread", {"message_id": message_id()}),
        "pins": lambda: client.post(f"{message()}/pin"),
        "previews": lambda: client.post("/api/v1/chats/preview", {"content": "*a*"}),
        "blocks": lambda: client.put(f"/api/v1/users/me/blocks/{another().pk}"),
        "searches": lambda: client.get("/api/v1/users?search=g"),
        "profile": lambda: client.patch("/api/v1/users/me", {"first_name": "Augusta"}),
    }


LIMITS: dict[str, Limit] = {
    "groups": limits.GROUPS,
    "private_chats": limits.PRIVATE_CHATS,
    "additions": limits.ADDITIONS,
    "joins": limits.JOINS,
    "bans": limits.CHANGES,
    "access": limits.CHANGES,
    "renames": limits.RENAMES,
    "permissions": limits.CHANGES,
    "removals": limits.CHANGES,
    "chat_deletions": limits.CHANGES,
    "clearings": limits.CHANGES,
    "deletions": limits.DELETIONS,
    "reactions": limits.REACTIONS,
    "pins": limits.CHANGES,
    "unread": limits.CHANGES,
    "previews": limits.PREVIEWS,
    "blocks": limits.BLOCKS,
    "searches": limits.SEARCHES,
    "profile": limits.PROFILE,
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_done_too_often_is_refused_and_changes_nothing(
    name: str, calls: Any, settings: Any, group: Any, grace: Any, api: Any
) -> None:
    limit = LIMITS[name]
    setattr(settings, f"LIMIT_{limit.name.upper()}", TWO)
    assert [calls[name]().status_code < 300 for _ in range(2)] == [True, True]
    rev, chats = log.head(group.pk).rev, Chat.objects.count()
    refused = calls[name]()
    assert refused.status_code == 429
    assert refused.json()["limit"] == limit.name
    assert 0 < int(refused.headers["Retry-After"]) == refused.json()["retry_after"] <= 1800
    done_by_the_call_itself = {
        "removals": 1,
        "deletions": 1,
        "reactions": 1,
        "pins": 1,
        "unread": 1,
    }.get(name, 0)  # its preparation
    assert log.head(group.pk).rev - rev == done_by_the_call_itself
    assert Chat.objects.count() - chats == {"chat_deletions": 1, "joins": 1}.get(name, 0)
    # Others have their own.
    assert api(grace).get(f"/api/v1/chats/{group.pk}").status_code == 200


def test_leaving_counts_as_a_change(
    settings: Any, ada: Any, grace: Any, group: Any, api: Any
) -> None:
    settings.LIMIT_CHANGES = TWO
    for _ in range(2):
        assert api(grace).delete(f"/api/v1/chats/{group.pk}/members/{grace.pk}").status_code == 204
        actions.add_members(ada, Chat.objects.get(pk=group.pk), [grace.pk])
    answer = api(grace).delete(f"/api/v1/chats/{group.pk}/members/{grace.pk}")
    assert answer.status_code == 429


def test_a_known_private_chat_is_opened_as_often_as_wanted(
    settings: Any, ada: Any, grace: Any, private_chat: Any, api: Any
) -> None:
    settings.LIMIT_PRIVATE_CHATS = TWO
    for _ in range(4):
        assert api(ada).post(f"/api/v1/chats/private/{grace.pk}").status_code == 200


def test_an_account_with_many_groups_is_deleted_whatever_the_limits(
    settings: Any, grace: Any
) -> None:
    for number in range(4):
        actions.create_group(grace, f"Group {number}", [])
    settings.LIMIT_CHANGES = Rate(1, 3600)
    delete_account(grace)
    run_due()
    assert not Chat.objects.exists()


@pytest.mark.parametrize(
    ("limit", "path"),
    [("SEARCHES", "/chats/new/?q=g"), ("SEARCHES", "members/?q=g")],
)
def test_pages_are_limited_too(
    limit: str, path: str, settings: Any, ada: Any, group: Any, client: Any
) -> None:
    setattr(settings, f"LIMIT_{limit}", TWO)
    client.force_login(ada)
    url = path if path.startswith("/") else f"/chats/{group.pk}/{path}"
    assert [client.get(url).status_code for _ in range(3)] == [200, 200, 429]
    assert client.get(url).headers["Retry-After"]


def test_a_profile_is_changed_by_its_page_within_the_limit(
    settings: Any, ada: Any, client: Any
) -> None:
    settings.LIMIT_PROFILE = TWO
    client.force_login(ada)
    names = {"first_name": "Augusta", "last_name": "King", "email": ada.email}
    codes = [client.post("/accounts/profile/", names).status_code for _ in range(3)]
    assert codes == [302, 302, 429]
