"""The Jinja2 environment of what a page has many of: rows and chat items (templates/jinja2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jinja2 import Environment

from chatproject.files.signatures import IMAGES

from . import files, template_tags


def environment(**options: Any) -> Environment:
    """An environment with the filters of the chat pages."""
    jinja = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - in options
    for filter_ in (
        template_tags.hue,
        template_tags.initials,
        template_tags.shown,
    ):
        jinja.filters[filter_.__name__] = filter_
    jinja.filters |= {
        "unread_count": template_tags.unread_count,
        "web_address": template_tags.web_address,
        "clock": _shown_as("{0:%H:%M}"),
        "date_key": _shown_as("{0:%Y-%m-%d}"),
        "full_date": _shown_as("{0:%A}, {0.day} {0:%B %Y}"),
        "short_date": _shown_as("{0.day} {0:%b}"),
        "iso": lambda moment: moment.isoformat() if moment else "",
    }
    jinja.globals["icon"] = template_tags.icon
    jinja.filters |= {
        "tile": files.tile,
        "blank_image": files.blank_image,
        "file_size": files.size_text,
    }
    jinja.globals["image_types"] = IMAGES
    return jinja


def _shown_as(form: str) -> Any:
    """A filter for times that takes a sixth of the time of Django's filter `date`."""

    def text(moment: datetime | None) -> str:
        return form.format(moment) if moment else ""

    return text
