"""Another site can't write in somebody's name: each write by a session needs its CSRF token."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from django.test import Client

from chatproject.stale_pages import NOTHING_CHANGED
from chats import actions
from chats.models import Chat
from tests.urls import addresses
from users.models import User

pytestmark = pytest.mark.django_db

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# Those that look at no session: there is nothing to write in somebody's name.
NO_SESSION = {
    r"api/v1/^auth/register/?$",
    r"api/v1/^auth/register/email/?$",
    r"api/v1/^invitations/open/?$",
    r"api/v1/^auth/login/?$",
    r"api/v1/^auth/login/second-factor/?$",
    r"api/v1/^auth/refresh/?$",
    r"api/v1/^schema/?$",
    r"api/v1/^docs/?$",
}


@pytest.fixture
def values(ada, grace, group):
    """What the parameters of the patterns are filled with; ada may do everything."""
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    message, _ = actions.post_message(ada, group.pk, "Hello")
    return {
        "chat_id": group.pk,
        "message_id": message.pk,
        "user_id": grace.pk,
        "id": grace.pk,
        "object_id": grace.pk,
        "content_type_id": 1,
        "app_label": "users",
        "url": "anything",
        "emoji": "\u2764",
    }


@pytest.fixture
def session(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    return client


def test_no_address_takes_a_write_of_a_session_without_the_token(session, values, group, ada):
    not_refused, refused = set(), 0
    for address in addresses():
        for method in UNSAFE:
            answer = session.generic(method, address.path(values), "{}", "application/json")
            said = answer.content.decode() + str(getattr(answer, "data", ""))
            if answer.status_code == 403 and ("CSRF" in said or NOTHING_CHANGED in said):
                refused += 1
            else:
                not_refused.add(address.pattern)
    assert not_refused == NO_SESSION
    assert refused > 300
    assert list(Chat.objects.values_list("pk", "name", "last_rev")) == [(group.pk, "Engines", 1)]
    assert User.objects.get(pk=ada.pk).check_password("correct horse battery staple")


@pytest.mark.parametrize("foreign", [{}, {"HTTP_ORIGIN": "https://evil.example"}])
def test_the_token_of_the_own_page_lets_a_write_through_and_no_other_does(
    session, values, group, foreign
):
    chat = f"/chats/{group.pk}/rename/"
    session.get(chat)
    token = session.cookies["csrftoken"].value
    writes = [
        ("POST", chat, "application/x-www-form-urlencoded", f"csrfmiddlewaretoken={token}&name=A"),
        ("PATCH", f"/api/v1/chats/{group.pk}", "application/json", '{"name": "B"}'),
        ("POST", "/admin/logout/", "application/x-www-form-urlencoded", ""),
    ]
    for method, path, kind, body in writes:
        wrong = session.generic(method, path, body, kind, HTTP_X_CSRFTOKEN="a" * 64, **foreign)
        assert wrong.status_code == (302 if token in body and not foreign else 403)
        right = session.generic(method, path, body, kind, HTTP_X_CSRFTOKEN=token, **foreign)
        assert right.status_code == (403 if foreign else {"PATCH": 200}.get(method, 302)), path
    assert Chat.objects.get().name == ("Engines" if foreign else "B")


class Forms(HTMLParser):
    """The forms of a page that write: where to, and the names of their fields."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "form":
            self._inside = values.get("method", "get").lower() == "post"
            if self._inside:
                self.found.append((values.get("action") or "", []))
        elif tag in {"input", "button"} and self._inside:
            self.found[-1][1].append(values.get("name"))

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False


def test_every_form_that_writes_carries_the_token_to_our_own_site(session, values):
    forms = 0
    for client in (session, Client()):
        for address in addresses():
            path = address.path(values)
            answer = client.get(path, HTTP_ACCEPT="text/html")
            kind = answer.headers.get("Content-Type", "")
            if answer.status_code != 200 or not kind.startswith("text/html"):
                continue
            for action, names in Forms(answer.content.decode()).found:
                forms += 1
                # In the browsable API a script puts it into a header.
                assert "csrfmiddlewaretoken" in names or path.startswith("/api/"), path
                assert urljoin("http://testserver" + path, action).startswith("http://testserver/")
    assert forms > 40


OWN = {"HTTP_ORIGIN": "http://testserver"}


def go_on(client, answer, **typed):
    """Submit the form of the page that answers a stale form."""
    (form,) = re.findall('<form class="form".*?</form>', answer.content.decode(), re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', form))
    (action,) = re.findall('action="([^"]+)"', form)
    return client.post(action, fields | typed, **OWN)


def test_a_form_of_a_stale_page_can_go_on_with_what_was_typed(session, group, ada):
    path = f"/chats/{group.pk}/rename/?from=here"
    session.get(path)
    stale = session.cookies["csrftoken"].value
    session.get("/accounts/profile/")
    session.cookies["csrftoken"] = "a" * 32  # as a sign-in in another tab does
    typed = {"name": 'A & "B" <i>', "csrfmiddlewaretoken": stale}
    answer = session.post(path, typed, **OWN)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "A &amp; &quot;B&quot; &lt;i&gt;" in page
    assert f"@{ada.username}" in page  # in whose name it goes on
    assert Chat.objects.get().name == "Engines"
    answer = go_on(session, answer, name=typed["name"])
    assert answer.status_code == 302
    assert Chat.objects.get().name == typed["name"]


def test_what_isn_t_known_to_come_from_our_own_page_is_offered_no_going_on(session, group):
    answer = session.post(f"/chats/{group.pk}/rename/", {"name": "Taken over"})
    assert answer.status_code == 403
    assert NOTHING_CHANGED in answer.content.decode()
    assert "Taken over" not in answer.content.decode()
    assert "<form" not in answer.content.decode().split("<main")[1]


PASSWORD = "correct horse battery staple"


def test_a_stale_sign_in_asks_for_the_password_again_and_goes_on(ada):
    client = Client(enforce_csrf_checks=True)
    typed = {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": "a" * 64}
    answer = client.post("/accounts/sign-in/?next=/chats/new/", typed, **OWN)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert 'value="ada"' in page
    assert PASSWORD not in page
    assert 'type="password"' in page
    answer = go_on(client, answer, password=PASSWORD)
    assert (answer.status_code, answer.url) == (302, "/chats/new/")
    assert int(client.session["_auth_user_id"]) == ada.pk


@pytest.mark.parametrize("path", ["/accounts/sign-in/", "/accounts/sign-up/", "/admin/login/"])
def test_signing_in_a_second_time_in_another_tab_leads_on_and_says_who_is_signed_in(
    session, ada, path
):
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    typed = {"username": "grace", "password": PASSWORD, "csrfmiddlewaretoken": "a" * 64}
    answer = session.post(path + "?next=/chats/", typed, **OWN, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] in {"/chats/", "/admin/"}
    assert "You were signed in already, as ada." in answer.content.decode()
