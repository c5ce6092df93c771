"""Whom messages mention, as they tell and show it: by the names that people have now."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Annotated, Any, Protocol, TypedDict

from chatproject.text import markdown
from chatproject.text.bidi import shown
from chats.models import EVERYBODY_ID
from chats.models.previews import named_files, start_of_text

from .names import DELETED_USER, Names


class MentionFields(TypedDict):
    """Whom a message mentions."""

    mention_ids: Annotated[list[int], "The people whom it mentions by `@username`."]
    mention_names: Annotated[
        dict[str, str], "Their present names, by the user names in it, in lower case."
    ]
    mentions_all: Annotated[bool, "Whether it mentions all members, by `@all`."]


class Mentioning(Protocol):
    """What stores whom it mentions: a message, or the start of one."""

    @property
    def content(self) -> str:
        """What was written."""
        ...

    @property
    def html(self) -> str | None:
        """What it is rendered to, as it is stored."""
        ...

    @property
    def attachments(self) -> Any:
        """Its files."""
        ...

    @property
    def sender_id(self) -> int:
        """Who wrote it."""
        ...

    @property
    def mention_ids(self) -> list[int] | None:
        """The people, and `EVERYBODY_ID`."""
        ...

    @property
    def mention_names(self) -> list[str] | None:
        """The user names by which it does, in lower case."""
        ...


def mention_fields(row: Mentioning, names: Names) -> MentionFields:
    """Whom a message mentions, on the wire."""
    ids = row.mention_ids
    if not ids:
        return {"mention_ids": [], "mention_names": {}, "mentions_all": False}
    return {
        "mention_ids": [user_id for user_id in ids if user_id != EVERYBODY_ID],
        "mention_names": present_names(row, names),
        "mentions_all": EVERYBODY_ID in ids,
    }


def present_names(row: Mentioning, names: Names) -> dict[str, str]:
    """What those are called now whom a message mentions, by the user names in it."""
    if not (row.mention_ids and row.mention_names):
        return {}
    return {
        username: names[user_id].name if user_id in names else DELETED_USER
        for username, user_id in zip(row.mention_names, row.mention_ids, strict=True)
        if user_id != EVERYBODY_ID
    }


def shown_html(row: Mentioning, names: Names, chat_path: str = "") -> str | None:
    """The HTML of a message with the present names of those whom it mentions.

    They lead to their entries below the path of the chat. Who wasn't a member isn't mentioned.
    """
    html = row.html
    if not html or markdown.MENTION_MARK not in html:
        return html
    mentioned = row.mention_ids or ()

    def element(user_id: int, written: str) -> str:
        if user_id not in mentioned:
            return written
        if user_id == EVERYBODY_ID:
            return f'<span class="mention" data-user-id="{EVERYBODY_ID}">{written}</span>'
        if user_id not in names:
            return f'<span class="mention">@{DELETED_USER}</span>'
        name = escape(shown(names[user_id].name), quote=False)
        link = f'href="{chat_path}members/?person={user_id}" dir="auto"'
        return f'<a class="mention" data-user-id="{user_id}" {link}>@{name}</a>'

    return markdown.with_mentions(html, element)


def with_own(html: str, user_id: int) -> str:
    """Shown HTML in which what mentions this person stands out; static/js/helpers/markup.js too."""
    if 'class="mention"' not in html:
        return html
    for meant, tag in ((user_id, "a"), (EVERYBODY_ID, "span")):
        rest = f'data-user-id="{meant}"'
        own = f'<{tag} class="mention mention--own" {rest}'
        html = html.replace(f'<{tag} class="mention" {rest}', own)  # with `<` it is no text
    return html


def preview(row: Mentioning, names: Names) -> str:
    """The first `PREVIEW_LENGTH` characters of a message, with those mentioned by present names.

    Of one without text, its files.
    """
    return start_of_text(row.content, shown_html(row, names)) or named_files(row.attachments)


def people_in(rows: Iterable[Mentioning]) -> set[int]:
    """The ids of the people whose names messages show: their senders, and those they mention."""
    ids: set[int] = set()
    for row in rows:
        ids.add(row.sender_id)
        ids.update(row.mention_ids or ())
    return ids - {EVERYBODY_ID}
