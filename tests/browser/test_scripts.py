"""What people write is shown, and never runs: with our content security policy, and without it."""

import re
from contextlib import contextmanager
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client
from playwright.sync_api import expect

from chatproject.text import bidi, markdown
from chats import actions, events
from chats.assistant import unsplash
from chats.models import Chat, Message
from tests.waiting import wait_for
from users.models import User

from .payloads import payloads

pytestmark = pytest.mark.django_db(transaction=True)

PAYLOADS = payloads()
JOINED = 120  # of them in one value, where a page shows a single one
PHOTOS = 16
# Runs before any script of a page.
WATCH = """
window.alarms = []
window.canary = (what) => window.alarms.push(`canary ${what}`)
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => canary(name)
document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
  // The framework's own pages have inline styles, of no consequence.
  if (!effectiveDirective.startsWith("style-src")) canary(`${effectiveDirective} ${blockedURI}`)
})
"""
SHOWN = """() => document.body.innerText +
  JSON.stringify([...document.querySelectorAll("input, textarea")].map(({ value }) => value))"""
# What runs only if one clicks, hovers or waits; and what never belongs into a page.
SUSPECTS = """() => {
  const found = []
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name) || name === "srcdoc") found.push(`${name}=${value}`)
      if (/^(xlink:)?href$|^src$|^action$|^formaction$|^data$/i.test(name)) {
        const scheme = value.replace(/[\\x00-\\x20]/g, "").toLowerCase().match(/^[a-z]+:/)
        if (scheme && !["http:", "https:", "mailto:"].includes(scheme[0])) found.push(value)
      }
    }
    const name = element.localName
    if (["iframe", "object", "embed", "base", "math", "image"].includes(name)) found.push(name)
    if (/refresh/i.test(element.httpEquiv)) found.push("meta refresh")
    if (name === "script" && /canary/.test(element.text + element.src)) found.push("script")
  }
  return found
}"""


class Watched:
    """A window in which nothing of the payloads may run."""

    def __init__(self, chromium, url, user, *, policy):
        client = Client()
        client.force_login(user)
        self.context = chromium.new_context(base_url=url, bypass_csp=not policy)
        session = client.cookies["sessionid"].value
        self.context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.alarms = []
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog):
        self.alarms.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def see(self, path, *texts):
        """Open a page, which shows these texts, and look for what ran or could run."""
        self.page.goto(path, wait_until="load")
        shown = self.page.evaluate(SHOWN)
        for text in texts:
            assert text in shown, (path, text)
        self.check(path)

    def check(self, path):
        alarms = self.alarms + self.page.evaluate("window.alarms")
        assert alarms == [], path
        assert self.page.evaluate(SUSPECTS) == [], path


@pytest.fixture
def watched(chromium, live_server_process):
    """A function: one window of a user with our policy, and one without it."""

    @contextmanager
    def open_both(user):
        windows = [
            Watched(chromium, live_server_process.url, user, policy=policy)
            for policy in (True, False)
        ]
        try:
            yield windows
        finally:
            for window in windows:
                window.context.close()

    return open_both


@pytest.fixture
def senders(db):
    """A person for each payload, called by it."""
    people = [
        User(username=f"p{number}", first_name=text[:150], password="!")
        for number, text in enumerate(PAYLOADS)
    ]
    return User.objects.bulk_create(people)


@pytest.fixture
def viewer(person):
    return person("viewer", PAYLOADS[7], PAYLOADS[8], is_staff=True, is_superuser=True)


@pytest.fixture
def chat(viewer, senders):
    """A group of all, whose name is a payload too."""
    return actions.create_group(viewer, PAYLOADS[0], [sender.pk for sender in senders])


def write(chat, senders, texts):
    """A message for each payload, that answers the one before it."""
    replied = None
    for sender, text in zip(senders, texts, strict=True):
        replied, _ = actions.post_message(sender, chat.pk, text, reply_to=replied and replied.pk)
    return replied


def text_of_row(text):
    """What the row of a message says, in the words of `textContent`."""
    html = markdown.render(text)
    return unescape(re.sub(r'<(?:[^<>"]|"[^"]*")*>', "", html)) if html else bidi.shown(text)


def show_photos(question):
    """Photos by the bot, of a provider that means no good."""
    links = {"html": "javascript:canary('link')"}
    for text in PAYLOADS[:PHOTOS]:
        result = {
            "urls": {"regular": f"https://images.unsplash.com/{text}"},
            "alt_description": text,
            "user": {"name": text, "links": links},
            "links": links,
        }
        photo = unsplash._photo(result, text)
        # Should such an address ever be stored, it is no link either.
        for found in (photo, {**photo, "page_url": links["html"], "author_url": links["html"]}):
            client_id = f"{len(text)}{found['page_url'][:5]}{text}"[:64]
            actions.post_bot_message(question, text, client_id=client_id, photo=found)


def test_a_forgotten_escape_would_be_noticed(watched, viewer):
    """What the other tests lean on: the payloads run where a page takes them for HTML."""
    with watched(viewer) as (guarded, bare):
        for window in (guarded, bare):
            window.page.goto("/accounts/profile/")
            window.page.evaluate(
                "(texts) => texts.forEach((text) => document.body.append("
                "Object.assign(document.createElement('p'), { innerHTML: text })))",
                PAYLOADS,
            )
            window.page.wait_for_function("window.alarms.length > 40")
            assert window.page.evaluate(SUSPECTS)

        def ran(window):
            return re.findall(r"canary \d+", " ".join(window.page.evaluate("window.alarms")))

        wait_for(lambda: len(set(ran(bare))) > 60, 15, "for the payloads to run")
        assert ran(guarded) == []  # the policy alone stops every one of them
    assert len(set(PAYLOADS)) >= 300


def test_what_is_stored_runs_on_no_page(watched, viewer, chat, senders):
    show_photos(write(chat, senders, PAYLOADS))
    names = PAYLOADS[::8]
    Chat.objects.bulk_create(
        [
            Chat(name=text[:100], is_group=True, owner_id=viewer.pk, member_ids=[viewer.pk])
            for text in names
        ]
    )
    last = Message.objects.in_chat(chat.pk).newest_first().first().seq
    own, other = f"/chats/{chat.pk}", senders[5].pk
    message = Message.objects.in_chat(chat.pk).filter(seq=9).first()
    pages = [
        *((f"{own}/?before={before}",) for before in range(last + 1, 1, -50)),
        (f"/api/v1/chats/{chat.pk}/messages?limit=100&offset=40",),
        ("/chats/", "canary("),
        (f"{own}/members/", PAYLOADS[3]),
        (f"{own}/rename/", PAYLOADS[0]),
        (f"{own}/members/{other}/remove/", PAYLOADS[5]),
        (f"{own}/members/{other}/block/", PAYLOADS[5]),
        ("/accounts/profile/", PAYLOADS[7]),
        (f"/api/v1/chats/{chat.pk}",),
        ("/api/v1/users/me",),
        ("/admin/users/user/",),
        (f"/admin/users/user/{other}/change/", PAYLOADS[5]),
        ("/admin/chats/chat/",),
        (f"/admin/chats/chat/{chat.pk}/change/", PAYLOADS[0]),
        ("/admin/chats/message/",),
        (f"/admin/chats/message/{message.pk}/change/",),
    ]
    with watched(viewer) as windows:
        for window in windows:
            for page in pages:
                window.see(*page)


def test_what_is_searched_for_or_refused_runs_on_no_page(watched, viewer):
    chat = actions.create_group(viewer, "Searchers", [])
    with watched(viewer) as windows:
        for start in range(0, len(PAYLOADS), JOINED):
            text = quote(" ".join(PAYLOADS[start : start + JOINED]))
            for window in windows:
                for path in (f"new/?q={text}", f"new/group/?q={text[:2000]}&name={text}"):
                    window.see(f"/chats/{path}", PAYLOADS[start][:20])
        for window in windows:
            window.see(f"/chats/{chat.pk}/members/?q={text}", PAYLOADS[start][:20])
            window.page.goto(f"/chats/{chat.pk}/rename/")
            window.page.get_by_label("Name of the group").evaluate(
                "(field, text) => { field.removeAttribute('maxlength'); field.value = text }",
                PAYLOADS[1] * 9,
            )
            window.page.get_by_role("button", name="Save").click()
            expect(window.page.get_by_text("at most 100 characters")).to_be_visible()
            window.check("rename")


def test_what_arrives_live_runs_in_no_window(watched, viewer, chat, senders):
    group = events.chat_group(chat.pk)
    with watched(viewer) as windows:
        for window in windows:
            window.page.goto(f"/chats/{chat.pk}/")
            expect(window.page.locator(".connection")).to_have_text("Connected")
        half, shown = len(PAYLOADS) // 2, [set(), set()]  # a page keeps some 250 rows
        for part in (slice(0, half), slice(half, None)):
            show_photos(write(chat, senders[part], PAYLOADS[part]))
            for seen, window in zip(shown, windows, strict=True):
                content = window.page.locator(".message__content")
                expect(content.filter(has_text=text_of_row(PAYLOADS[part][-1]))).to_have_count(1)
                seen.update(content.all_text_contents())
        texts = set(map(text_of_row, PAYLOADS))
        assert all(seen >= texts for seen in shown)
        first = Message.objects.in_chat(chat.pk).oldest_first().first()
        actions.edit_message(senders[0], chat, first, PAYLOADS[30])
        for sender, text in zip(senders[:PHOTOS], PAYLOADS, strict=False):
            events.broadcast(
                group, events.TypingIndicator(user_id=sender.pk, username=text, is_typing=True)
            )
            events.broadcast(group, events.UserJoined(user_id=sender.pk, username=text))
        actions.rename_chat(viewer, chat, PAYLOADS[7][:100])
        last = PAYLOADS[-1] + " the last one"
        actions.post_message(viewer, chat.pk, last)
        for window in windows:
            content = window.page.locator(".message__content")
            expect(content.filter(has_text="the last one")).to_have_count(1)
            expect(window.page.locator(".chat-item", has_text="the last one")).to_have_count(1)
            expect(window.page.locator(".typing")).to_contain_text("typing")
            window.check("live")
