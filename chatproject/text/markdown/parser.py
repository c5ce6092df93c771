"""From the source to markdown-it's tokens, with the links of this project and bounded work."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from chatproject.text import links

from . import mentions

# Positions at which the parser looks for marks, and blocks: an article of 10,000 characters has
# some 1,500 and 200. What has more takes too long, and is shown as it was written.
MOST_MARKS = 3_000
MOST_BLOCKS = 900
MOST_CELLS = 600  # of all tables; a row with fewer cells than the first is filled up
MOST_LINKS = 250
MOST_NESTED = 20  # lists and quotes in each other; and brackets
TABLE = re.compile(r"[\s>]*[|:-][\s|:-]*")  # the second line of one
STOPS = re.compile(r"[\n&*<@\[\\\]_`~]")  # where a rule other than that of text may begin


LIMITS = {"marks": MOST_MARKS, "blocks": MOST_BLOCKS, "cells": MOST_CELLS, "links": MOST_LINKS}


class TooMuch(Exception):
    """A text has more of something than `LIMITS` say."""


def _spend(env: Any, what: str, count: int = 1) -> None:
    env[what] -= count
    if env[what] < 0:
        raise TooMuch(what)


NOBODY: Mapping[str, int] = {}


def parse(source: str, people: Mapping[str, int] = NOBODY) -> list[Token]:
    """The tokens of a text that may mention these people; raises `TooMuch`."""
    tokens, unused = _parse(_parser, source, people)
    return _parse(_parser_without_definitions, source, people)[0] if unused else tokens


def _parse(parser: MarkdownIt, source: str, people: Mapping[str, int]) -> tuple[list[Token], bool]:
    """The tokens, and whether a definition of a link is used by none: nobody would see it."""
    env: dict[str, Any] = {**LIMITS, "source": None, "people": people}
    tokens = parser.parse(source, env)
    defined = env.get("references")
    if not defined:
        return tokens, False
    used = {child.meta.get("label") for token in tokens for child in token.children or ()}
    return tokens, bool(defined.keys() - used or env.get("duplicate_refs"))


def _made() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MOST_NESTED})
    parser.options["store_labels"] = True
    parser.enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline", "image"])
    parser.inline.ruler.at("text", _text)
    parser.inline.ruler.before("text", "mention", mentions.rule)
    parser.block.ruler.before("table", "count", _count_block)
    # Links are checked and shown by `links`, whose rules hold for all kinds of them.
    setattr(parser, "normalizeLink", _normal)  # noqa: B010 - a method, for the type checker
    setattr(parser, "normalizeLinkText", _label)  # noqa: B010
    setattr(parser, "validateLink", lambda address: links.target_of(address) is not None)  # noqa: B010
    return parser


def _normal(address: str) -> str:
    """An address of a link as `links` takes it; blanks are escaped."""
    return re.sub(r"\s", "%20", address.strip())


def _label(address: str) -> str:
    target = links.target_of(address)
    return target.label if target else address


# Rules -------------------------------------------------------------------------------------------


def _count_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    _spend(state.env, "blocks")
    if start + 1 < end and TABLE.fullmatch(_line(state, start + 1)):
        rows = end - start
        for row in range(start, end):
            if not _line(state, row).strip():
                rows = row - start
                break
        _spend(state.env, "cells", rows * (_line(state, start).count("|") + 1))
    return False


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] : state.eMarks[line]]


def _text(state: StateInline, silent: bool) -> bool:
    """Text up to the next mark, or an address."""
    _spend(state.env, "marks")
    start = state.pos
    # An `@` that mentions nobody is text, and so is what follows it.
    stop = STOPS.search(state.src, start + (state.src[start] == "@"), state.posMax)
    end = stop.start() if stop else state.posMax
    if found := _next_address(state):
        if found.start == start and found.end <= state.posMax:
            return _address(state, found, silent)
        if start < found.start < end:
            end = found.start
    if end == start:
        return False
    if not silent:
        state.append_pending(state.src[start:end])
    state.pos = end
    return True


def _address(state: StateInline, found: links.Found, silent: bool) -> bool:
    if not silent and state.linkLevel:
        state.append_pending(state.src[found.start : found.end])
    elif not silent:
        opened = state.push("link_open", "a", 1)
        opened.attrs, opened.info = {"href": found.target.address}, "auto"
        state.push("text", "", 0).content = found.target.label
        state.push("link_close", "a", -1)
    state.pos = found.end
    return True


def _next_address(state: StateInline) -> links.Found | None:
    """The first address of the inline text that begins here or later."""
    env = state.env
    if env["source"] is not state.src:
        env["source"], env["found"] = state.src, list(links.found(state.src))
        _spend(env, "links", len(env["found"]))
        env["starts"] = [one.start for one in env["found"]]
    if not env["starts"]:
        return None
    index = bisect_left(env["starts"], state.pos)
    return env["found"][index] if index < len(env["found"]) else None


_parser = _made()
_parser_without_definitions = _made()
_parser_without_definitions.disable("reference")
