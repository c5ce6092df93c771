"""The browsable API and the page of the schema, for a person with a session."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from chats import actions
from chats.models import Chat, Message
from tests.rest import api_routes

pytestmark = pytest.mark.django_db


class Forms(HTMLParser):
    """The forms of a page: where they go, and the names of their fields."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "form":
            self.forms.append({**values, "fields": {}})
        elif tag in {"input", "textarea", "select"} and self.forms and values.get("name"):
            self.forms[-1]["fields"][values["name"]] = values.get("value", "")


@pytest.fixture
def visitor(ada):
    """A browser in which ada has signed in; CSRF is checked."""
    client = Client(enforce_csrf_checks=True, headers={"Accept": "text/html,*/*;q=0.8"})
    client.force_login(ada)
    return client


@pytest.fixture
def html_of(visitor):
    def get(path, code=200):
        answer = visitor.get(path)
        assert answer.status_code == code, answer.content
        assert answer.headers["Content-Type"].startswith("text/html")
        return answer.content.decode()

    return get


def test_every_path_of_the_chats_has_a_page(html_of, group, ada, grace):
    message, _ = actions.post_message(ada, group.pk, "Hello <b>")
    chat = f"/api/v1/chats/{group.pk}"
    paths = {
        "/api/v1/chats": 200,
        "/api/v1/chats/group": 405,
        f"/api/v1/chats/private/{grace.pk}": 405,
        chat: 200,
        f"{chat}/messages": 200,
        f"{chat}/messages?limit=1": 200,
        f"{chat}/messages?before=2&limit=1": 200,
        f"{chat}/messages?changed_after=0": 200,
        f"{chat}/messages?limit=0": 400,
        f"{chat}/messages/{message.pk}": 200,
        f"{chat}/messages/{message.pk}/read": 405,
        f"{chat}/members": 200,
        f"{chat}/members/{grace.pk}": 200,
        f"{chat}/members/{grace.pk}/permissions": 200,
        "/api/v1/users/me": 200,
        "/api/v1/users?search=g": 200,
        "/api/v1/ai/ask": 405,
    }
    for path, code in paths.items():
        for slash in ("", "/"):
            head, mark, query = path.partition("?")
            assert "Hello <b>" not in html_of(head + slash + mark + query, code)


def post_form(visitor, html, path, **values):
    """Fill in and send the form of a page, with its token, as a browser does."""
    forms = [form for form in Forms(html).forms if form["fields"].keys() >= values.keys()]
    form = next(form for form in forms if "_content" not in form["fields"])
    assert form["method"].upper() == "POST"
    assert form["fields"]["csrfmiddlewaretoken"]
    return visitor.post(path, {**form["fields"], **values})


def test_a_message_is_sent_by_the_form(visitor, html_of, group):
    path = f"/api/v1/chats/{group.pk}/messages"
    answer = post_form(visitor, html_of(path), path, content="Hello\nyou")
    assert answer.status_code == 201, answer.content
    message = Message.objects.get()
    assert (message.content.splitlines(), message.client_id) == (["Hello", "you"], None)
    answer = post_form(visitor, html_of(path), path, content="And", reply_to=str(message.pk))
    assert answer.status_code == 201
    assert Message.objects.get(seq=2).reply_to == message.pk


def test_a_form_shows_its_errors_beside_the_field(visitor, html_of, group):
    path = f"/api/v1/chats/{group.pk}/messages"
    answer = post_form(visitor, html_of(path), path, content=" ", client_id="x" * 65)
    assert answer.status_code == 400
    errors = re.findall(r'class="help-block">\s*([^<]*)', answer.content.decode())
    assert any("no more than 64 characters" in error for error in errors)
    assert not Message.objects.exists()


def test_a_group_is_made_and_a_member_added_by_the_form(visitor, html_of, ada, grace, alan):
    path = "/api/v1/chats/group"
    values = {"name": "Looms", "member_ids": str(grace.pk)}
    answer = post_form(visitor, html_of(path, 405), path, **values)
    assert answer.status_code == 201, answer.content
    chat = Chat.objects.get(name="Looms")
    assert chat.member_ids == [ada.pk, grace.pk]
    path = f"/api/v1/chats/{chat.pk}/members"
    answer = post_form(visitor, html_of(path), path, user_id=str(alan.pk), user_ids="")
    assert answer.status_code == 201, answer.content
    assert Chat.objects.get(pk=chat.pk).member_ids == [ada.pk, grace.pk, alan.pk]


def test_a_session_without_its_csrf_token_changes_nothing(visitor, group):
    path = f"/api/v1/chats/{group.pk}"
    assert visitor.post(f"{path}/messages", {"content": "Hello"}).status_code == 403
    assert visitor.delete(path).status_code == 403
    assert visitor.patch(path, '{"name": "x"}', "application/json").status_code == 403
    assert Chat.objects.get().name == "Engines"
    assert not Message.objects.exists()


def test_a_session_with_its_csrf_token_in_the_header_changes_things(visitor, html_of, group):
    path = f"/api/v1/chats/{group.pk}"
    html_of(path)
    token = visitor.cookies["csrftoken"].value
    answer = visitor.patch(
        path,
        '{"name": "Looms"}',
        content_type="application/json",
        headers={"X-CSRFToken": token, "Accept": "application/json"},
    )
    assert (answer.status_code, answer.json()["name"]) == (200, "Looms")


def test_who_is_not_signed_in_is_told_so(client, group):
    answer = client.get(f"/api/v1/chats/{group.pk}", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("accept", ["text/html", "text/html,*/*;q=0.8"])
@pytest.mark.parametrize("path", ["chats", "auth/login", "users/me", "nothing", "ai/photo"])
def test_a_stranger_gets_json_and_no_browsable_api(client, visitor, path, accept):
    for query in ("", "?format=api"):
        for method in (client.get, client.post, client.options):
            answer = method(f"/api/v1/{path}{query}", headers={"Accept": accept})
            assert answer.status_code < 500
            assert answer.headers["Content-Type"] == "application/json"
    shown = visitor.get(f"/api/v1/{path}", headers={"Accept": accept})
    assert shown.headers["Content-Type"].startswith("text/html")


def test_the_accounts_take_no_multipart(visitor, ada, token_of):
    paths = [f"/{route.path}" for route in api_routes() if "/auth/" in route.path]
    assert len(paths) >= 5
    for path in paths:
        person = Client(headers={"Authorization": f"Bearer {token_of(ada)}"})
        assert person.post(path, {"refresh": "x", "username": "x"}).status_code in (204, 415), path
        page = visitor.get(path).content.decode()
        assert "multipart" not in page
        assert 'name="_content"' in page


def test_pages_run_no_inline_script(html_of, visitor, group):
    for path in (f"/api/v1/chats/{group.pk}/messages", "/api/v1/docs/"):
        html = html_of(path)
        for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL):
            assert "src=" in attributes or "application/json" in attributes or not body.strip()
        assert not re.search(r'<(script|link|img)[^>]+(src|href)="(https?:)?//', html)
        policy = visitor.get(path).headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


def test_the_docs_are_anybody_s_and_refuse_what_they_don_t_take(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.get("/api/v1/docs").status_code == 200
    for path in ("/api/v1/docs", "/api/v1/schema"):
        for accept in ("application/json", "image/png", "text/html"):
            assert client.put(path, headers={"Accept": accept}).status_code in (405, 406)


def test_the_page_of_the_schema_finds_its_script_and_the_schema(html_of, client):
    html = html_of("/api/v1/docs")
    url = re.search(r'<script src="(/api/v1/docs[^"]*)"', html).group(1)
    script = client.get(url.replace("&amp;", "&"))
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema" in script.content.decode()
    assert client.get("/api/v1/schema/").status_code == 200
    assert client.get("/api/v1/schema?format=json").json()["openapi"].startswith("3.")
