"""The styles and modules of every page, and how production serves them.

Modules are always served one by one: an import map has the URL of each, which in production
contains a hash of the content. Only the styles are joined, because they block rendering.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import CommandError
from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage

# In the order of the cascade: later ones override earlier ones.
STYLES = [
    "css/tokens.css",
    "css/base.css",
    "css/page.css",
    "css/button.css",
    "css/form.css",
    "css/messages.css",
    "css/avatar.css",
    "css/menu.css",
    "css/dialog.css",
    "css/app.css",
    "css/chat-list.css",
    "css/chat.css",
    "css/message.css",
    "css/files.css",
    "css/link-card.css",
    "css/thread.css",
    "css/markup.css",
    "css/code.css",
    "css/mention.css",
    "css/fold.css",
    "css/reactions.css",
    "css/row-menu.css",
    "css/unsent.css",
    "css/kept.css",
    "css/long-text.css",
    "css/lines.css",
    "css/composer.css",
    "css/format.css",
    "css/completion.css",
    "css/emoji-picker.css",
    "css/people.css",
    "css/sign-ins.css",
    "css/print.css",
]
JOINED_STYLES = "css/all.css"
APPLICATION = "js/application.js"
STIMULUS = "vendor/stimulus.js"
# Breaks in a joined file: it must come first, or is relative to the file's own URL.
UNJOINABLE = re.compile(r"@import|@charset|\burl\(")


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Stores files under names with a hash of their content, and joins the styles."""

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        """Join the styles before files are renamed; raises CommandError for one that can't be."""
        if not dry_run:
            joined = "\n".join(_style(name, *paths[name]) for name in STYLES)
            self.delete(JOINED_STYLES)
            saved = self.save(JOINED_STYLES, ContentFile(joined.encode()))
            paths[JOINED_STYLES] = self, saved
        yield from super().post_process(paths, dry_run=dry_run, **options)


def _style(name: str, storage: Any, path: str) -> str:
    text = Path(storage.path(path)).read_text()
    if found := UNJOINABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise CommandError(f"{name}:{line}: {found[0]} means something else in joined styles.")
    return text


@cache
def modules() -> dict[str, str]:
    """The static paths of all modules, by the names under which they are imported."""
    folder = settings.BASE_DIR / "static"
    found = sorted(str(path.relative_to(folder)) for path in folder.glob("js/*/*.js"))
    return {"@hotwired/stimulus": STIMULUS, **{path.removeprefix("js/"): path for path in found}}


@cache
def version() -> str:
    """Changes with any module or style in production, whose addresses have hashes."""
    addresses = [static(path) for path in (*modules().values(), APPLICATION, JOINED_STYLES)]
    return hashlib.sha256("".join(addresses).encode()).hexdigest()[:12]
