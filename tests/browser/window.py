"""What a person sees and does in one browser window."""

import re
from typing import Any

from django.test import Client
from playwright.sync_api import BrowserContext, Locator, Page, WebSocketRoute, expect

OFFLINE = "net::ERR_INTERNET_DISCONNECTED"  # nothing but `cut` does so, and it may be told late
CLOSED_BY_TEST = 3000  # a close code that says nothing to the app


class Window:
    """A page of the app, with the words of a chat for its parts."""

    def __init__(self, context: BrowserContext) -> None:
        self.problems: list[str] = []
        self.is_cut = self._fails = False
        self._expected = "$^"
        self._sockets: list[WebSocketRoute] = []
        self.page: Page = context.new_page()
        self.page.route_web_socket("**/api/v1/**", self._connect)
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def sign_in(self, user: Any, url: str) -> None:
        """Have a session of this user from now on, whoever the page was made for."""
        client = Client()
        client.force_login(user)
        session = client.cookies["sessionid"].value
        self.page.context.add_cookies([{"name": "sessionid", "value": session, "url": url}])

    # The connection

    def cut(self) -> None:
        """Lose the connection: sockets close, nothing is reached."""
        self.page.context.set_offline(True)
        self.cut_sockets()

    def cut_sockets(self) -> None:
        """Lose only the sockets: the API is still reached."""
        self.is_cut = self._fails = True
        for socket in self._sockets:
            socket.close(code=CLOSED_BY_TEST)
        self._sockets.clear()
        if self.connection.count():
            expect(self.connection).to_have_text("Offline. Trying again…")

    def mend(self) -> None:
        self.is_cut = False
        self.page.context.set_offline(False)
        self.page.evaluate("true")  # what failed until now has come to the console
        self._fails = False

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            socket.close(code=CLOSED_BY_TEST)
        else:
            socket.connect_to_server()
            self._sockets.append(socket)

    def _listen(self, message: Any) -> None:
        expected = f"{'net::ERR' if self._fails else OFFLINE}|{self._expected}"
        if message.type == "error" and not re.search(expected, message.text):
            self.problems.append(f"{message.text} ({message.location.get('url')})")

    def problems_are_expected(self, pattern: str) -> None:
        """Errors like this on the console are what the test is about."""
        self._expected = pattern

    # What is there

    @property
    def connection(self) -> Locator:
        return self.page.locator(".connection")

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Message", exact=True)

    @property
    def messages(self) -> Locator:
        return self.page.locator(".message")

    @property
    def typing(self) -> Locator:
        return self.page.locator(".typing")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def message(self, text: str) -> Locator:
        """The rows whose content is this."""
        content = self.page.locator(".message__content").get_by_text(text, exact=True)
        return self.messages.filter(has=content)

    def chat_item(self, title: str) -> Locator:
        return self.page.locator(".chat-item", has_text=title)

    def texts(self) -> list[str]:
        """The contents of all messages, from top to bottom."""
        return self.page.locator(".message__content").all_text_contents()

    def is_connected(self) -> None:
        expect(self.connection).to_have_text("Connected")

    # What one does

    def send(self, text: str) -> Locator:
        """Write a message and press Enter; answers its row."""
        self.composer.fill(text)
        self.composer.press("Enter")
        return self.message(text)

    def act(self, text: str, action: str) -> None:
        """Choose an item of a message's menu: Reply, Edit, Delete."""
        self.row_menu(self.message(text)).get_by_role("menuitem", name=action, exact=True).click()

    def row_menu(self, row: Locator) -> Locator:
        """The menu of a message, opened by its button."""
        row.hover()
        row.get_by_role("button", name="More", exact=True).click()
        return self.page.get_by_role("menu", name="What to do with the message")

    def menu(self, item: str) -> None:
        self.page.get_by_label("More about this chat").click()
        self.page.get_by_role("link", name=item).click()
