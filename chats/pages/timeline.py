"""A page of a chat's history, as the HTML shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils.safestring import mark_safe

from chatproject.stores.mongodb.documents import Document
from chatproject.text.bidi import isolate, shown
from chats.models import Chat, Message, MessageRow, ReadMarker
from chats.models.floors import read_to
from chats.models.lines import Lines, people_of
from chats.models.read_marker import NOBODY, Readers
from chats.protocol import CONTINUED_SECONDS, MOST_LINES, PAGE_SIZE, READERS_NAMED
from chats.representation import MessageContext, dashed, own_reactions, with_own
from users.models import User

from .lines import LinesAt, lines_by_place

PEOPLE = 100  # a page has the names of so many members; of a larger group, of those it shows
CONTINUED = timedelta(seconds=CONTINUED_SECONDS)


@dataclass(frozen=True)
class Row:
    """A message, and what else its row shows."""

    message: dict[str, Any]  # as on the wire, with its `id`
    sent_at: datetime
    sender: User
    own: bool
    reader_id: int
    new_day: bool
    continued: bool
    first_unread: bool
    folded: bool
    asked: bool  # it answers a message of the user
    quote_folded: bool
    read_count: int
    read_by: list[str]
    lines: LinesAt | None  # above it
    own_reactions: list[str]

    @property
    def edited(self) -> bool:
        """Whether to say that it was edited; never of a tombstone."""
        return bool(self.message["edited_at"] and not self.message["deleted_at"])

    @property
    def content(self) -> str:
        """The text as it is shown; of a tombstone, that the message was deleted."""
        if self.message["deleted_at"]:
            return "This message was deleted."
        html = self.message["html"]
        if not html:
            return shown(self.message["content"])
        return mark_safe(with_own(html, self.reader_id))  # noqa: S308 - sanitised

    @property
    def source(self) -> str | None:
        """What an edit begins with, if that isn't what is shown; None of what others wrote."""
        is_own = self.own and self.message["html"]
        return shown(self.message["content"]) if is_own else None

    @property
    def read_text(self) -> str:
        """The receipt: `Read by` and names, or `Sent`."""
        return f"Read by {name_list(self.read_by, self.read_count)}" if self.read_count else "Sent"


class Timeline:
    """Up to `PAGE_SIZE` messages by `seq`: those before a `seq`, or those around a message.

    By default the newest ones; if more than a page is unread, those around the first unread one.
    """

    _lines: list[Document]

    def __init__(
        self, chat: Chat, user: User, *, before: int | None = None, around: Message | None = None
    ) -> None:
        self._begin(chat, user)
        everyone = NOBODY if self.is_large else ReadMarker.objects.readers(chat)
        told = (
            ReadMarker.objects.of_member(chat.pk, self.user_id)
            if self.is_large
            else everyone.markers.get(self.user_id, 0)
        )
        self.unread_from = chat.unread_from.get(str(self.user_id), 0)
        self.read_seq = read_to(chat.__dict__, self.user_id, told)
        wanted = self._highest(before, around.seq if around else None)
        # `last_seq` is a hint: there may be later ones.
        end = chat.last_seq if wanted is None else min(wanted, chat.last_seq)
        rows = Message.objects.between(chat.pk, max(end - PAGE_SIZE, self.since), wanted)
        self.messages = rows[-PAGE_SIZE:]
        self.high = rows[-1].seq if rows else end
        self.low = max(self.high - PAGE_SIZE, self.since)
        self.last_seq = max(self.high, chat.last_seq)
        readers = self._readers() if self.is_large else everyone
        self.markers = {self.user_id: told, **readers.markers}
        self._lines = self._read_lines()
        people = self._people(readers) | people_of(self._lines)
        self.context = MessageContext.of(self.messages, readers, people, self.since)

    def _begin(self, chat: Chat, user: User) -> None:
        """What rows need, but for the messages and their context."""
        self.chat = chat
        self.user_id = user.pk  # once: a request's user is a lazy object
        self.since = chat.since(self.user_id)
        self.folded_ids = user.blocked_ids if chat.is_group else frozenset()
        self.is_large = len(chat.member_ids) > PEOPLE
        self._lines = []

    def _read_lines(self) -> list[Document]:
        """The rows of the log that are lines of this page, the latest `MOST_LINES`; in order."""
        if not self.chat.is_group:
            return []
        lines = Lines(self.chat, self.user_id, self.low, self.high if self.has_newer else None)
        return lines.latest(MOST_LINES)[::-1]

    def _highest(self, before: int | None, around: int | None) -> int | None:
        """The highest `seq` of the page; None: the newest message, whichever that is."""
        if before is not None:
            return before - 1
        if around is None and self.chat.last_seq - self.read_seq > PAGE_SIZE:
            around = self.read_seq + 1
        return None if around is None else max(around + PAGE_SIZE // 2, self.since + PAGE_SIZE)

    def _readers(self) -> Readers:
        """Of a large group those that the receipts of the page need; the script asks for others."""
        first = next((row.seq for row in self.messages if row.sender_id == self.user_id), None)
        return NOBODY if first is None else ReadMarker.objects.readers(self.chat, first)

    def _people(self, readers: Readers) -> set[int]:
        """Ids to name besides senders: all members, or in a large group the readers shown."""
        if not self.is_large:
            return {self.user_id, *self.chat.member_ids}
        own = (row for row in self.messages if row.sender_id == self.user_id)
        return {self.user_id}.union(
            *(readers.of(row.seq, row.sender_id)[1][:READERS_NAMED] for row in own)
        )

    @property
    def names(self) -> Any:
        """The people named on the page, by id."""
        return self.context.names

    @cached_property
    def lines(self) -> dict[int, LinesAt]:
        """The lines between the messages, by the `seq` of the one before."""
        return lines_by_place(self._lines, self.names)

    @property
    def last_lines(self) -> LinesAt | None:
        """The lines below the last message."""
        return self.lines.get(self.high)

    @property
    def has_older(self) -> bool:
        """Whether there are messages before this page."""
        return self.low > self.since

    @property
    def has_newer(self) -> bool:
        """Whether there are messages after this page."""
        return self.high < self.last_seq

    @property
    def oldest_seq(self) -> int:
        """The first number of this page; `before` of the next older one."""
        return self.low + 1

    @property
    def newest_before(self) -> int:
        """`before` of the next newer page."""
        return self.high + PAGE_SIZE + 1

    @property
    def people(self) -> dict[int, str]:
        """Names by id, for the events that the browser gets while the page is open."""
        return {user_id: person.name for user_id, person in self.names.items()}

    def rows(self) -> Iterable[Row]:
        """The rows of these messages, in order."""
        previous: MessageRow | None = None
        unread = self._first_unread()
        lines = self.lines
        for message in self.messages:
            replied = self.context.reply_of(message)
            read_count, read_by = self._read_by(message)
            new_day = previous is None or message.created_at.date() != previous.created_at.date()
            yield Row(
                message={"id": dashed(message.id), **self.context.fields(message)},
                sent_at=message.created_at,
                sender=self.names.get(message.sender_id),
                own=message.sender_id == self.user_id,
                reader_id=self.user_id,
                new_day=new_day,
                continued=not new_day and message.id != unread and _continues(message, previous),
                first_unread=message.id == unread,
                folded=message.sender_id in self.folded_ids and not message.deleted_at,
                asked=replied is not None
                and replied.sender_id == self.user_id
                and not message.deleted_at,
                quote_folded=replied is not None and replied.sender_id in self.folded_ids,
                read_count=read_count,
                read_by=read_by,
                lines=lines.get(message.seq - 1),
                own_reactions=own_reactions(message, self.user_id),
            )
            previous = message

    def _first_unread(self) -> str | None:
        if self.read_seq < self.low:
            return None  # it is before this page
        unread = (m for m in self.messages if m.seq > self.read_seq and not m.deleted_at)
        return next((m.id for m in unread if m.sender_id != self.user_id), None)

    def _read_by(self, message: MessageRow) -> tuple[int, list[str]]:
        """How many have read one's own message, and the names of those who read furthest."""
        if message.sender_id != self.user_id:
            return 0, []
        count, first = self.context.readers.of(message.seq, message.sender_id)
        shown = first[: READERS_NAMED if count <= READERS_NAMED else READERS_NAMED - 1]
        return count, [self.names[user_id].name for user_id in shown if user_id in self.names]


def _continues(message: MessageRow, previous: MessageRow | None) -> bool:
    return (
        previous is not None
        and message.sender_id == previous.sender_id
        and message.created_at - previous.created_at < CONTINUED
    )


def name_list(names: list[str], count: int) -> str:
    """`Ada and Grace`, or `Ada, Grace, and 3 others`; `nameList` of static/js/helpers/names.js."""
    others = count - len(names)
    names = [isolate(name) for name in names]
    parts = [*names, f"{others} other{'s' * (others > 1)}"] if others > 0 else names
    if len(parts) < 3:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}"
