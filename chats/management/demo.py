"""Demo people and chats, made by the same actions as real ones. Safe to run repeatedly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from chats import actions
from chats.models import Chat, Message
from users.models import AddedBy
from users.moderators import MODERATORS


@dataclass(frozen=True)
class Person:
    """A demo person."""

    username: str
    first_name: str
    last_name: str
    is_moderator: bool = False

    @property
    def password(self) -> str:
        """The password of the account, derived from the user name."""
        return f"{self.username}-demo-chat"


PEOPLE = (
    Person("ada", "Ada", "Lovelace"),
    Person("grace", "Grace", "Hopper"),
    Person("alan", "Alan", "Turing"),
    Person("margaret", "Margaret", "Hamilton", is_moderator=True),
)
GROUP_NAME = "Summer exhibition"

# Who says what, and the line (counted from 1) it replies to.
Line = tuple[str, str, int | None]
GROUP_LINES: tuple[Line, ...] = (
    ("ada", "Good morning! The hall is ours from the 14th, so we have three weeks.", None),
    ("grace", "Lovely. I can bring the relay boards, and the moth in its frame, of course.", None),
    ("alan", "Not the moth again.", 2),
    ("grace", "Always the moth. 🦋", None),
    ("margaret", "How many tables do we get? The listings alone are as tall as I am.", None),
    ("ada", "Eight, and one long wall. You could stack the listings beside the door.", 5),
    ("margaret", "Then I'll take the door. Who writes the labels?", None),
    ("alan", "I will, if someone checks that they halt.", None),
    (
        "ada",
        "I'll read them. By Friday, please:\n\n1. a title for each piece\n2. the power it needs",
        None,
    ),
    ("grace", "Done for mine: https://example.org/exhibition/relays", 9),
    ("alan", "Power: **one** socket and a lot of patience.", 9),
    (
        "margaret",
        (
            "Each label comes out of this:\n\n"
            "```python\nfor piece in exhibition:\n"
            '    print(piece.title, piece.watts, sep=" · ")\n```'
        ),
        None,
    ),
    ("grace", "@alan, yours is the only one without a title.", None),
    ("margaret", "Then I will ask the assistant for a first draft of the other labels.", None),
)
# Who reacts to which line with what; the lines that are pinned.
REACTIONS: tuple[tuple[str, int, str], ...] = (
    *((name, 1, "🎉") for name in ("grace", "alan", "margaret")),
    *((name, 4, "🦋") for name in ("ada", "margaret")),
    ("alan", 4, "😩"),
    *((name, 13, "🚀") for name in ("ada", "grace")),
    ("ada", 13, "👏"),
)
PINNED = (9,)
PRIVATE_LINES: tuple[Line, ...] = (
    ("grace", "Do you have a minute before the meeting?", None),
    ("ada", "Of course. What is it?", None),
    ("grace", "Your note on the Bernoulli numbers: may I quote it on a label?", None),
    ("ada", "Please do. But mention that the table has a misprint in row 21.", 3),
    ("grace", "I'd never let a bug go unmentioned. Thank you!", None),
)


def is_empty() -> bool:
    """Whether nobody has an account yet."""
    return not get_user_model().objects.people().exists()


def create() -> None:
    """Create the demo people and their two chats, as far as they are missing."""
    people = {person.username: _user(person) for person in PEOPLE}
    ada, grace = people["ada"], people["grace"]
    group = Chat.objects.for_member(ada).filter(name=GROUP_NAME, is_group=True).first()
    if group is None:
        others = [user.pk for user in people.values() if user != ada]
        group = actions.create_group(ada, GROUP_NAME, others)
        actions.set_permissions(ada, group, people["margaret"].pk, can_remove_members=True)
    lines = _say(group, people, GROUP_LINES)
    for username, line, emoji in REACTIONS:
        actions.add_reaction(people[username], group, lines[line - 1], emoji)
    for line in PINNED:
        actions.pin_message(ada, group, Message.objects.get(pk=lines[line - 1].pk))
    for reader in (ada, people["margaret"]):
        actions.mark_read(reader, group, lines[-1])
    actions.mark_read(grace, group, lines[-4])
    private, _ = actions.create_private_chat(ada, grace.pk)
    lines = _say(private, people, PRIVATE_LINES)
    actions.mark_read(grace, private, lines[-1])
    actions.mark_read(ada, private, lines[-2])


def _user(person: Person) -> Any:
    users = get_user_model().objects
    user = users.filter(username=person.username).first()
    if user is None:
        user = users.create_user(
            person.username,
            password=person.password,
            first_name=person.first_name,
            last_name=person.last_name,
            is_staff=person.is_moderator,
            added_by=AddedBy.ANYONE,
        )
    if person.is_moderator:
        user.groups.add(Group.objects.get(name=MODERATORS))
    return user


def _say(chat: Chat, people: dict[str, Any], lines: tuple[Line, ...]) -> list[Message]:
    """Post the lines; one posted by an earlier run is recognised by its `client_id`."""
    said: list[Message] = []
    for number, (username, content, reply_to) in enumerate(lines, start=1):
        message, _ = actions.post_message(
            people[username],
            chat.pk,
            content,
            client_id=f"demo-{number}",
            reply_to=said[reply_to - 1].pk if reply_to else None,
        )
        said.append(message)
    return said
