"""Messages with marks in the API, in events, the list and quotes; photos and tombstones."""

from __future__ import annotations

from typing import Any

import pytest

from chats import actions, events
from chats.models import Message, rendered

pytestmark = pytest.mark.django_db

HTML = '<p dir="auto"><strong>Hello</strong></p>'


def test_a_message_has_its_html_beside_its_source_until_it_is_deleted(
    ada: Any, group: Any, api: Any, captured_events: Any
) -> None:
    url = f"/api/v1/chats/{group.pk}/messages"
    captured = captured_events(events.chat_group(group.pk))
    sent = api(ada).post(url, {"content": "**Hello**"}).json()
    assert (sent["content"], sent["html"]) == ("**Hello**", HTML)
    assert api(ada).post(url, {"content": "Hello"}).json()["html"] is None
    reply = api(ada).post(url, {"content": "Yes", "reply_to": sent["id"]}).json()
    assert reply["reply"]["content"] == "Hello"
    edited = api(ada).patch(f"{url}/{sent['id']}", {"content": "*Bye*"}).json()
    assert edited["html"] == '<p dir="auto"><em>Bye</em></p>'
    first = captured.of_type("text_message")[0]
    assert (first["content"], first["html"]) == ("**Hello**", HTML)
    assert captured.of_type("message_edited")[0]["html"] == edited["html"]
    api(ada).delete(f"{url}/{sent['id']}")
    stored = Message.objects.get(pk=sent["id"])
    assert (stored.content, stored.html) == ("", None)
    assert api(ada).get(f"{url}/{sent['id']}").json()["html"] is None


def test_the_list_shows_the_plain_text(ada: Any, group: Any, api: Any) -> None:
    address = "https://example.org/" + "a" * 1_900
    for content, shown in {
        "**Hello** `world`": "Hello world",
        f"[here]({address}) and *there*": "here and there",
        "- " + "*a* " * 200: "a " * 70,
    }.items():
        actions.post_message(ada, group.pk, content)
        assert (
            api(ada).get("/api/v1/chats").json()["results"][0]["last_message"]["content"] == shown
        )


def test_what_an_older_renderer_has_made_is_made_anew_when_it_is_read(
    ada: Any, group: Any, api: Any
) -> None:
    message, _ = actions.post_message(ada, group.pk, "**Hello**")
    old = {"html": "<p>old</p>", "html_version": 0}
    Message.objects.collection().update_one({"_id": message.pk.hex}, {"$set": old})
    url = f"/api/v1/chats/{group.pk}/messages"
    assert api(ada).get(f"{url}/{message.pk}").json()["html"] == HTML
    assert api(ada).get(url).json()["results"][0]["html"] == HTML


def test_the_answers_of_the_bot_have_marks_and_the_text_of_a_photo_none(
    ada: Any, group: Any
) -> None:
    question, _ = actions.post_message(ada, group.pk, "@ai Why?")
    answer = actions.post_bot_message(question, "**Hello**", client_id="answer")
    photo = {"image_url": "https://example.org/a.png", "alt": "*a*", "author": "Ada"}
    shown = actions.post_bot_message(question, "Photo: *a*", client_id="photo", photo=photo)
    assert (answer.html, shown.html) == (HTML, None)
    assert rendered("Photo: *a*", "photo")["html"] is None


def test_a_preview_is_what_the_message_would_be_and_is_stored_nowhere(
    ada: Any, group: Any, api: Any
) -> None:
    url = "/api/v1/chats/preview"
    before = Message.objects.count()
    assert api(ada).post(url, {"content": "**Hello**"}).json() == {"html": HTML}
    assert api(ada).post(url, {"content": "Hello"}).json() == {"html": None}
    for content in (" ", "a" * 10_001):
        refused = api(ada).post(url, {"content": content})
        assert refused.status_code == 400
        assert list(refused.json()) == ["content"]
    assert Message.objects.count() == before
