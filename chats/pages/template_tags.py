"""Filters of the chat pages; static/js/helpers has the same for rows made in the browser."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chatproject.text import bidi
from chats.protocol import HUES, MOST_UNREAD

register = template.Library()

isolate = register.filter(bidi.isolate)
shown = register.filter(bidi.shown)


@register.filter
def hue(key: Any) -> int:
    """A colour (0 to `HUES` - 1) from the id of a user or group, the same on every page."""
    if isinstance(key, uuid.UUID):
        return key.int % 256 % HUES
    return int(key or 0) % HUES


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and last word: AL for Ada Lovelace; `?` if there is none."""
    words = [word for word in str(name or "").split() if word[0].isalnum()]
    letters = [words[0][0], *(words[-1][0] for _ in words[1:2])] if words else ["?"]
    return "".join(letters).upper()


@register.filter
def unread_count(unread: int) -> str:
    """A number of unread messages as chat lists show it: at most `MOST_UNREAD`, then `99+`."""
    return f"{MOST_UNREAD}+" if unread > MOST_UNREAD else str(unread)


@register.filter
def web_address(address: str) -> str:
    """An http or https address as it is; `#` for anything else, such as `javascript:`."""
    return address if re.match("https?:", address or "") else "#"


@register.simple_tag
def jinja(template: str, **context: Any) -> SafeString:
    """A template of templates/jinja2, which escapes as these do."""
    return mark_safe(render_to_string(template, context, using="jinja2"))  # noqa: S308


@register.simple_tag
def icon(name: str, classes: str = "icon") -> SafeString:
    """An icon of templates/partials/icons.svg, hidden from screen readers: name it in text."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="#icon-{}"></use></svg>', classes, name
    )
