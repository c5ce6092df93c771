"""Who may be added to groups, and by whom: each person decides (decision 20)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chats.errors import Invalid
from chats.models import Chat
from chats.models.writers import writers
from users.models import AddedBy, Block, User


def require_consent(field: str, user: User, people: Mapping[int, User]) -> None:
    """Raise `Invalid`, with the names, if some of these people may not be added by the user.

    The refusal doesn't say why: it may be a block. One query; two more if somebody wants to share a
    chat first.
    """
    asked = {pk for pk, person in people.items() if person.added_by == AddedBy.SHARED}
    refused = {pk for pk, person in people.items() if person.added_by == AddedBy.NOBODY}
    refused |= Block.objects.blockers_of(user.pk, people.keys())
    refused |= asked - sharing(user.pk, asked)
    if refused:
        names = ", ".join(f"@{people[pk].username}" for pk in people if pk in refused)
        raise Invalid(field, f"These people don't let you add them to groups: {names}.")


def sharing(user_id: int, others: Collection[int]) -> set[int]:
    """Those of these people who share a chat with somebody, by their own doing.

    A group; or a private chat that they have opened, or lately written in. One that a stranger
    has opened with them is no consent.
    """
    if not others:
        return set()
    shared = Chat.objects.shared_with(user_id, others)
    known = {one.member_id for one in shared if one.is_group or one.opened_by == one.member_id}
    silent = [one for one in shared if one.member_id not in known]
    return known | writers({one.chat_id: one.last_seq for one in silent}, others)
