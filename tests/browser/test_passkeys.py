"""Second factors in a browser: a passkey of Chromium's virtual authenticator, and an app."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.conftest import PASSWORD
from tests.users.apps_of_codes import App

pytestmark = pytest.mark.django_db(transaction=True)

PHONE, WIDE = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """A browser with an authenticator, at the name of this machine: an address has no passkeys."""

    def __init__(self, chromium: Browser, url: str, viewport: Any = None) -> None:
        base_url = url.replace("127.0.0.1", "localhost")
        self.page: Page = chromium.new_context(base_url=base_url, viewport=viewport).new_page()
        self.problems: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.cdp = self.page.context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.authenticator = made["authenticatorId"]

    def _listen(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(message.text)

    def knows_who(self, is_verified: bool) -> None:
        fields = {"authenticatorId": self.authenticator, "isUserVerified": is_verified}
        self.cdp.send("WebAuthn.setUserVerified", fields)

    def give_password(self, path: str = "/accounts/sign-in/") -> None:
        self.page.goto(path)
        self.page.get_by_label("Username").fill("ada")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def sign_out(self) -> None:
        self.page.goto("/accounts/profile/")
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()

    def is_accessible(self) -> None:
        self.page.wait_for_load_state("load")  # before its styles, everything is small
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        found = Axe().run(self.page, options=rules).response["violations"]
        assert [rule["id"] for rule in found] == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture
def device(chromium: Browser, live_server_process: Any) -> Any:
    devices: list[Device] = []

    def make(viewport: Any = WIDE) -> Device:
        devices.append(Device(chromium, live_server_process.url, viewport))
        return devices[-1]

    yield make
    problems = [problem for one in devices for problem in one.problems]
    for one in devices:
        one.page.context.close()
    assert problems == []


def test_a_passkey_is_added_and_signs_in_alone_and_after_the_password(ada: Any, device: Any):
    device = device()
    page = device.page
    device.give_password()
    page.goto("/accounts/second-factors/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_have_text("This is not your password.")
    device.problems.clear()  # the console has the 403
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    assert page.locator("code.secret").count() == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 left")).to_be_visible()
    expect(page.get_by_text("A passkey, added by Chrome on Linux")).to_be_visible()

    device.sign_out()
    page.get_by_role("button", name="Sign in by a passkey").click()
    page.wait_for_url("**/chats/")

    device.sign_out()
    device.give_password()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/chats/")

    device.sign_out()
    device.knows_who(False)
    page.get_by_role("button", name="Sign in by a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("No passkey was used.")


def test_a_page_that_has_no_use_for_passkeys_can_t_use_them(ada: Any, device: Any):
    page = device().page
    allowed = "document.featurePolicy.allowsFeature('publickey-credentials-get')"
    page.goto("/accounts/sign-in/")
    assert page.evaluate(allowed)
    page.goto("/accounts/password-reset/")
    assert not page.evaluate(allowed)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_an_app_is_set_up_and_asked_for_and_its_pages_are_accessible(
    ada: Any, device: Any, viewport: Any
):
    device = device(viewport)
    page = device.page
    device.give_password()
    page.goto("/accounts/second-factors/")
    device.is_accessible()
    page.get_by_role("link", name="Set up an app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.get_by_role("img", name="QR code").evaluate("image => image.naturalWidth > 0")
    device.is_accessible()
    app = App(page.locator("code.secret").inner_text())
    page.get_by_label("The code that the app shows").fill(app.code())
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    device.is_accessible()
    page.get_by_role("link", name="I have kept them").click()
    device.is_accessible()
    device.sign_out()
    device.is_accessible()
    device.give_password()
    page.get_by_label("Code").fill("000000")
    device.is_accessible()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This code is wrong")).to_be_visible()
    page.get_by_label("Code").fill(app.code())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/chats/")
