"""Every form of the browsable API works as a browser renders it, with one field filled in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from chats import actions
from chats.assistant import ai
from chats.models import Chat, ChatPermissions
from chats.permissions import permissions_for
from tests.conftest import PASSWORD
from tests.rest import api_routes
from users import invitations

pytestmark = pytest.mark.django_db

BODIES = {"POST", "PUT", "PATCH"}


@dataclass
class Form:
    """A form of a page: the methods of its buttons, and its fields as a browser would send them."""

    methods: set[str]
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def is_raw(self) -> bool:
        return "_content" in self.fields


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area: str | None = None
        self._select: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = values.get("data-method", values.get("method", "GET"))
            self.forms.append(Form({method.upper()}))
        if not self.forms:
            return
        form, name = self.forms[-1], values.get("name", "")
        if tag == "button" and "data-method" in values:
            form.methods = {values["data-method"]}
        elif tag == "input" and name and values.get("type") not in ("checkbox", "radio"):
            form.fields[name] = values.get("value", "")
        elif tag == "textarea":
            self._area, form.fields[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in values:
            form.fields[self._select] = values["value"]

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.forms[-1].fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            content = self.forms[-1].fields[self._area]
            self.forms[-1].fields[self._area] = content.removeprefix("\n")
            self._area = None
        elif tag == "select":
            self._select = None


@pytest.fixture
def world(group: Any, ada: Any, grace: Any, alan: Any, stranger: Any, settings: Any) -> Any:
    """Ids for the paths, and what each form is filled in with: one field, and what is answered."""
    settings.AI_API_KEY, settings.INVITATIONS = "key", "members"
    message, _ = actions.post_message(ada, group.pk, "Hello")
    invitation, code = invitations.make(ada, days=1, max_uses=1)
    ids = {
        "chat_id": group.pk,
        "message_id": message.pk,
        "user_id": grace.pk,
        "invitation_id": invitation.pk,
        "emoji": "\u2764",
    }
    chat = "chats/{chat_id}"
    fills: dict[tuple[str, str], list[tuple[dict[str, Any], int]]] = {
        ("POST", "auth/register"): [({"username": "new"}, 400)],  # and a password
        ("POST", "auth/register/email"): [({"email": "new@example.org"}, 204)],
        ("POST", "auth/login"): [({"username": "ada"}, 400)],
        ("POST", "auth/refresh"): [({"refresh": "x"}, 401)],
        ("POST", "auth/logout"): [({}, 400)],
        ("POST", "auth/reauthenticate"): [({"password": PASSWORD}, 204)],
        ("POST", "invitations"): [({"days": 2}, 201)],
        ("POST", "invitations/open"): [({"code": code}, 200)],
        ("PATCH", "users/me"): [({"first_name": "Augusta"}, 200), ({"email": ada.email}, 200)],
        ("POST", "users/me/email"): [({"code": "1234 5678"}, 400)],
        ("POST", "chats/private/{user_id}"): [({}, 201)],
        ("POST", "chats/group"): [({"name": "Looms"}, 201)],
        ("PATCH", chat): [({"name": "Looms"}, 200)],
        ("POST", f"{chat}/clear"): [({}, 204)],
        ("POST", f"{chat}/messages"): [({"content": "Hi"}, 201)],
        ("PATCH", f"{chat}/messages/{{message_id}}"): [({"content": "Hi"}, 200)],
        ("POST", f"{chat}/messages/{{message_id}}/read"): [({}, 204)],
        ("POST", f"{chat}/messages/{{message_id}}/reactions"): [({"emoji": "\u2764"}, 201)],
        ("POST", f"{chat}/messages/{{message_id}}/pin"): [({}, 200)],
        ("POST", f"{chat}/messages/{{message_id}}/stop"): [({}, 204)],
        ("POST", "chats/preview"): [({"content": "Hi"}, 200)],
        ("POST", f"{chat}/attachments"): [({"alt": "A loom"}, 400)],  # and a file
        ("POST", f"{chat}/unread"): [({"message_id": str(message.pk)}, 204)],
        ("POST", f"{chat}/members"): [
            ({"user_id": stranger.pk}, 201),
            ({"user_ids": [stranger.pk]}, 201),
        ],
        ("PATCH", f"{chat}/members/{{user_id}}/permissions"): [
            ({"can_remove_members": True}, 200),
        ],
        ("PUT", "users/me/blocks/{user_id}"): [({}, 204)],
        ("POST", "auth/login/second-factor"): [({"code": "123456"}, 400)],  # and of which sign-in
        ("POST", "chats/directory/{chat_id}/join"): [({}, 404)],  # it isn't to be found
        ("POST", "chats/join"): [({"code": "nothing"}, 400)],
        ("POST", f"{chat}/bans"): [({"user_id": stranger.pk}, 204)],
        ("POST", f"{chat}/invitations"): [({"days": 2}, 201)],
        ("POST", f"{chat}/requests/{{user_id}}"): [({}, 404)],  # nobody asked
        ("POST", "ai/ask"): [({"user_input": "Why?"}, 200)],
    }
    return ids, fills


WRITES = sorted(
    (method, route.path.removeprefix("api/v1/"))
    for route in api_routes()
    for method in route.methods & BODIES
)
ROUTES = {route.path.removeprefix("api/v1/"): route for route in api_routes()}


def test_every_endpoint_that_takes_a_body_is_here(world: Any) -> None:
    assert sorted(world[1]) == WRITES


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_form_works_as_it_is_rendered_with_one_field_filled_in(
    method: str, path: str, world: Any, ada: Any, alan: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(ai, "ask", lambda text: f"So you ask: {text}")
    ids, fills = world
    url = "/api/v1/" + path.format(**ids)
    client = Client(headers={"Accept": "text/html"})
    client.force_login(ada)
    for values, code in fills[method, path]:
        page = client.get(url).content.decode()
        forms = [form for form in Forms(page).forms if method in form.methods]
        assert [form for form in forms if form.is_raw], "no form takes this method"
        for form in forms:
            answer = _send(client, method, url, form, values)
            # What is there already is no new one; a page that shows "204" has a body.
            expected = {code, 200} if code in (201, 204) else {code}
            assert answer.status_code in expected, (form, _error(answer))
            _remove_newcomers(ids, ada)


def _send(client: Client, method: str, url: str, form: Form, values: dict[str, Any]) -> Any:
    if form.is_raw:
        body = json.dumps({**json.loads(form.fields["_content"] or "{}"), **values})
        return client.generic(method, url, body, form.fields["_content_type"])
    assert form.fields.keys() >= values.keys()
    typed = {
        name: " ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in values.items()
    }
    return client.post(url, {**form.fields, **typed})


def _error(answer: Any) -> str:
    return re.sub(r"<[^>]+>", "", answer.content.decode())[-1500:]


def _remove_newcomers(ids: Any, ada: Any) -> None:
    chat = Chat.objects.get(pk=ids["chat_id"])
    for user_id in chat.member_ids[3:]:
        actions.remove_member(ada, chat, user_id)


def test_the_form_of_permissions_changes_only_what_one_changes(
    group: Any, ada: Any, grace: Any
) -> None:
    actions.set_permissions(ada, group, grace.pk, can_delete_other_messages=True)
    before = permissions_for(Chat.objects.get(), grace.pk).as_flags()
    client = Client(headers={"Accept": "text/html"})
    client.force_login(ada)
    url = f"/api/v1/chats/{group.pk}/members/{grace.pk}/permissions"
    [form] = [each for each in Forms(client.get(url).content.decode()).forms if each.is_raw]
    assert json.loads(form.fields["_content"]) == before
    assert _send(client, "PATCH", url, form, {"can_remove_members": True}).status_code == 200
    after = permissions_for(Chat.objects.get(), grace.pk).as_flags()
    assert after == {**before, "can_remove_members": True}
    assert ChatPermissions.objects.count() > 0


def test_links_to_pages_work_after_skip(group: Any, ada: Any) -> None:
    for number in range(5):
        actions.post_message(ada, group.pk, str(number))
    client = Client(headers={"Accept": "text/html"})
    client.force_login(ada)
    url = f"/api/v1/chats/{group.pk}/messages"
    page = client.get(f"{url}?limit=1&skip=2&after=0").content.decode()
    links = set(re.findall(r'href="(http://[^"]*/messages\?[^"]*)"', page))
    assert len(links) >= 4
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link


def test_what_swagger_fills_in_by_itself_is_taken(group: Any, ada: Any, api: Any) -> None:
    schema = Client().get("/api/v1/schema?format=json").json()
    values = {"chat_id": group.pk, "search": "a", "query": "a", "changed_after": 0}
    tried = 0
    for path, operations in schema["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [])
        filled = {
            each["name"]: each["schema"]["default"]
            for each in parameters
            if each["in"] == "query" and "default" in each["schema"]
        }
        for each in parameters:
            if each["in"] == "query" and each["name"] in values:
                url = path.format(**values) if "{" not in path.format(**values) else None
                if path.endswith("photo") or url is None:
                    continue
                query = {**filled, each["name"]: values[each["name"]]}
                assert api(ada).get(url, query).status_code == 200, (url, query)
                tried += 1
    assert tried >= 2
