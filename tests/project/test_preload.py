"""What a server process has loaded before it answers."""

import subprocess
import sys

import pytest
from django.conf import settings

NEEDED = ("chatproject.stores.mongodb.base", "chats.pages.views", "chats.api.chats")


@pytest.mark.parametrize("entry", ["asgi", "wsgi"])
def test_no_request_waits_for_engines_and_views_to_be_loaded(entry: str) -> None:
    code = f"import chatproject.{entry}, sys; print(*[n for n in {NEEDED} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert tuple(done.stdout.split()) == NEEDED
