"""The pages as a deployment serves them: DEBUG off, with the files that `collectstatic` makes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from chatproject import static_files
from chats import actions

from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def production(start_server: Callable[..., Any], collected_static: Path) -> Any:
    """A server process without DEBUG."""
    return start_server(
        DEBUG="0", SECURE="0", ALLOWED_HOSTS="localhost", STATIC_ROOT=str(collected_static)
    )


def test_a_chat_works_by_hashed_files_and_without_a_word_on_the_console(
    chromium: Browser, production: Any, group: Any, private_chat: Any, ada: Any, grace: Any
) -> None:
    context = chromium.new_context(base_url=production.url)
    window = Window(context)
    lines, files = [], []
    window.page.on("console", lambda line: lines.append(line.text))
    window.page.on("response", lambda response: files.append(response))
    window.sign_in(ada, production.url)
    window.page.goto(f"/chats/{group.pk}/")
    window.is_connected()
    expect(window.send("Hello").get_by_title("Sent")).to_be_visible()
    # The list is of a controller that comes later.
    actions.post_message(grace, private_chat.pk, "Live")
    expect(window.chat_item("Grace Hopper")).to_contain_text("Live")
    window.menu("Members")
    expect(window.dialog).to_contain_text("Alan Turing")
    assert (lines, window.problems) == ([], [])
    static = [file for file in files if "/static/" in file.url]
    hashed = re.compile(
        r"/static/(css/all|js/[\w/]+|vendor/stimulus|icons/logo)\.[0-9a-f]{12}\.\w+"
    )
    for file in static:
        assert file.status == 200, file.url
        assert hashed.fullmatch(urlsplit(file.url).path), file.url
        assert "immutable" in file.headers["cache-control"], file.url
    modules = [file for file in static if file.url.endswith(".js")]
    types = {file.headers["content-type"] for file in modules}
    assert types == {'text/javascript; charset="utf-8"'}
    # Each once: a preload that isn't used would be a second request.
    assert len({file.url for file in modules}) == len(modules) == len(static_files.modules()) + 1
    context.close()
