"""From markdown-it's tokens to HTML without white space between its elements.

Paragraphs keep the spaces of the source, so pages show them with `white-space: pre-wrap`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from markdown_it.token import Token

from chatproject.text import links

from . import mentions
from .highlighting import highlighted, language_of

# Their direction is that of their first letter; what is in them has it from them.
DIRECTED = {"p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table"}


def html_of(tokens: Iterable[Token]) -> str:
    """The HTML of the tokens of a text."""
    tokens, parts = _headed(tokens), list[str]()
    for token in tokens:
        if token.type == "inline":
            parts += _inline(token.children or [])
        elif not token.hidden:
            parts.append(BLOCKS.get(token.type, _tag)(token))
    return "".join(parts)


def _headed(tokens: Iterable[Token]) -> list[Token]:
    """The same with headings of neighbouring levels, below the page's own of the first."""
    listed = list(tokens)
    headings = [token for token in listed if token.type.startswith("heading")]
    levels = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = f"h{min(levels.index(token.tag) + 2, 6)}"
    return listed


# Blocks ------------------------------------------------------------------------------------------


def _tag(token: Token) -> str:
    name = token.tag
    if token.nesting < 0:
        return f"</{name}>"
    direction = ' dir="auto"' if token.level == 0 and name in DIRECTED else ""
    start = token.attrGet("start") if name == "ol" else None
    number = "" if start is None else f' start="{start}"'
    return f"<{name}{number}{direction}>"


def _cell(token: Token) -> str:
    align = str(token.attrGet("style") or "").removeprefix("text-align:")
    return f'<{token.tag} align="{align}">' if align else f"<{token.tag}>"


def _fence(token: Token) -> str:
    words = token.info.split(maxsplit=1)
    language = language_of(words[0]) if words else ""
    named = f' data-language="{escape(language)}"' if language else ""
    code = highlighted(token.content.removesuffix("\n"), language)
    return f'<div class="code"{named}><pre dir="ltr"><code>{code}</code></pre></div>'


BLOCKS: dict[str, Callable[[Token], str]] = {
    "fence": _fence,
    "code_block": _fence,
    "table_open": lambda token: f'<div class="table">{_tag(token)}',
    "table_close": lambda token: f"{_tag(token)}</div>",
    "th_open": _cell,
    "td_open": _cell,
    "hr": lambda token: "<hr>",
}


# Inline ------------------------------------------------------------------------------------------


def _inline(tokens: Sequence[Token]) -> Iterable[str]:
    host = ""  # of the link that passes as another
    for index, token in enumerate(tokens):
        match token.type:
            case "text" | "text_special":
                yield escape(token.content, quote=False)
            case "softbreak" | "hardbreak":
                yield "<br>"
            case "mention":
                yield mentions.element(token)
            case "code_inline":
                yield f"<code>{escape(token.content, quote=False)}</code>"
            case "link_open":
                target = links.target_of(str(token.attrGet("href")))
                host = _host_to_show(tokens[index:], target) if target else ""
                yield _link(token, target)
            case "link_close":
                yield f"</a>{host}"
            case _:
                yield f"<{'/' if token.nesting < 0 else ''}{token.tag}>"


def _link(token: Token, target: links.Target | None) -> str:
    if target is None:  # it was one when it was parsed
        return "<a>"
    is_address = token.info == "auto"
    shown = ' dir="ltr"' if is_address else f' title="{escape(target.label)}"'
    return f'<a href="{escape(target.address)}"{shown} target="_blank">'


def _host_to_show(tokens: Iterable[Token], target: links.Target) -> str:
    """Where a link really leads, if its text looks like another address."""
    label = []
    for token in tokens:
        if token.type == "link_close":
            break
        label.append(token.content)
    if not links.passes_as_another("".join(label), target):
        return ""
    return f' <span class="host" dir="ltr">({escape(target.host)})</span>'
