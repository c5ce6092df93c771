"""A browser that another site directs changes nothing here, not even where no token is needed."""

import json

import httpx2
import pytest

from chatproject.limits.rates import Rate
from tests.urls import addresses
from users.models import SignIn, User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
OWN = "http://testserver"
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://testserver"},
    {"Origin": "http://testserver:81"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver, http://testserver"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]
WELCOME = [
    {},
    {"Origin": OWN},
    {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]
CREDENTIALS = {"username": "ada", "password": PASSWORD}
NEW = {"username": "mallory", "password": "eight horses battery staple"}
# What needs no token, by API and by pages, with what makes it do something.
OPEN = {
    "/api/v1/auth/login": CREDENTIALS,
    "/api/v1/auth/login/second-factor": {"ticket": "x", "code": "123456"},
    "/api/v1/auth/register": NEW,
    "/api/v1/auth/refresh": {"refresh": "x"},
    "/accounts/sign-in/": CREDENTIALS,
    "/accounts/sign-up/": {**NEW, "password1": NEW["password"], "password2": NEW["password"]},
    "/accounts/password-reset/": {"email": "ada@example.org"},
    "/accounts/password-reset/code/": {"code": "MQ.x"},
    "/admin/login/": CREDENTIALS,
}


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", OPEN)
def test_another_site_can_t_use_what_needs_no_token(client, ada, mailoutbox, path, headers):
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "json"):
        if kind == "multipart/form-data":
            answer = client.post(path, OPEN[path], headers=headers)
        else:
            kind = "application/json" if kind == "json" else kind
            answer = client.generic("POST", path, json.dumps(OPEN[path]), kind, headers=headers)
        assert answer.status_code == 403
        assert "another site" in answer.content.decode()
        assert not answer.cookies
    assert not SignIn.objects.exists()
    assert not User.objects.filter(username="mallory").exists()
    assert mailoutbox == []


@pytest.mark.parametrize("headers", WELCOME, ids=str)
def test_our_own_pages_and_other_programs_sign_in_and_register(client, ada, headers):
    for path in ("/api/v1/auth/login", "/api/v1/auth/register"):
        answer = client.post(path, OPEN[path], "application/json", headers=headers)
        assert answer.status_code in (200, 201), answer.content
    assert client.post("/accounts/sign-in/", CREDENTIALS, headers=headers).status_code == 302
    assert SignIn.objects.count() == 3


def test_the_origins_of_the_settings_are_our_own(client, ada, settings):
    settings.ORIGINS = ["https://chat.example.org"]
    headers = {"Origin": "https://chat.example.org", "Sec-Fetch-Site": "cross-site"}
    answer = client.post("/api/v1/auth/login", CREDENTIALS, "application/json", headers=headers)
    assert answer.status_code == 200


def test_another_site_spends_none_of_a_person_s_tries(client, ada, settings):
    settings.LIMIT_SIGN_IN = settings.LIMIT_SIGN_IN_ADDRESS = Rate(2, 3600)
    wrong = {"username": "ada", "password": "wrong"}
    for _ in range(10):
        client.post("/api/v1/auth/login", wrong, headers={"Origin": "https://evil.example"})
    assert client.post("/api/v1/auth/login", CREDENTIALS, "application/json").status_code == 200


def test_a_token_may_come_from_anywhere(api, group, ada):
    path = f"/api/v1/chats/{group.pk}/messages"
    answer = api(ada).post(path, {"content": "Hello"}, HTTP_ORIGIN="app://elsewhere")
    assert answer.status_code == 201


def test_no_address_takes_a_write_of_another_site(client, ada, group):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    client.force_login(ada)
    values = {"chat_id": group.pk, "user_id": ada.pk, "id": ada.pk, "object_id": ada.pk}
    for address in addresses():
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = client.generic(
                method, address.path(values), headers={"Origin": "https://evil.example"}
            )
            assert (answer.status_code, "another site" in answer.content.decode()) == (403, True)


@pytest.mark.django_db(transaction=True)
def test_a_server_process_refuses_them_too(live_server_process, ada):
    url = f"{live_server_process.url}/api/v1/auth/login"
    with httpx2.Client(trust_env=False) as http:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert http.post(url, json=CREDENTIALS, headers=headers).status_code == 403
        for origin in (live_server_process.url, None):
            headers = {"Origin": origin} if origin else {}
            assert http.post(url, json=CREDENTIALS, headers=headers).status_code == 200
