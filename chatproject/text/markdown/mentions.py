"""Mentions in Markdown: a rule of the parser, and the elements that it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from chatproject.text.mentions import names_at

# As `element` makes it; its text is what was written.
MENTION_MARK = '<span class="mention" '
MENTION = re.compile(MENTION_MARK + r'data-user-id="(\d+)">([^<]*)</span>')


def rule(state: StateInline, silent: bool) -> bool:
    """`@name` of one of the `people` of the environment: ids by user names in lower case."""
    people, start = state.env["people"], state.pos
    if not people or state.src[start] != "@" or state.linkLevel:
        return False
    name = next((name for name in names_at(state.src, start) if name in people), None)
    if name is None:
        return False
    end = start + 1 + len(name)
    if not silent:
        token = state.push("mention", "", 0)
        token.content, token.meta = state.src[start:end], {"user_id": people[name]}
    state.pos = end
    return True


def element(token: Token) -> str:
    """The element of a mention."""
    user_id = token.meta["user_id"]
    return f'{MENTION_MARK}data-user-id="{user_id}">{escape(token.content)}</span>'


def mentioned(html: str | None) -> list[int]:
    """The ids of those whom some HTML mentions, in order, each once."""
    return list(dict.fromkeys(int(one[1]) for one in MENTION.finditer(html or "")))


def with_mentions(html: str, shown: Callable[[int, str], str]) -> str:
    """The HTML with other elements for its mentions: of the ids, and what was written."""
    return MENTION.sub(lambda one: shown(int(one[1]), one[2]), html)
