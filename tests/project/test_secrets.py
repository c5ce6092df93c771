"""Passwords, tokens and cookies are in no address and in no log of any server."""

import json
import re
import secrets as random

import httpx2
import pytest
from django.conf import settings
from websockets.sync.client import connect

from tests.server_process import COMMANDS, WSGI_COMMANDS, ServerProcess
from tests.waiting import wait_for
from tests.worker_process import WorkerProcess

pytestmark = pytest.mark.django_db(transaction=True)

# Each with the access log that it can write.
LOGGED = {
    "daphne": COMMANDS["daphne"],
    "uvicorn": [part for part in COMMANDS["uvicorn-frames"] if part != "--no-access-log"],
    "granian": [*WSGI_COMMANDS["granian"], "--access-log"],
}


@pytest.fixture
def logged(request, monkeypatch):
    """A server process that logs every request; no mail of another one is left."""
    for path in settings.EMAIL_FILE_PATH.glob("*.log"):
        path.unlink()
    commands = WSGI_COMMANDS if request.param == "granian" else COMMANDS
    monkeypatch.setitem(commands, f"{request.param}-logged", LOGGED[request.param])
    process = ServerProcess(f"{request.param}-logged")
    process.wait_until_ready()
    yield process
    process.stop()


@pytest.fixture
def worker(logged):
    """The process that sends the mails."""
    process = WorkerProcess(ORIGINS=logged.url)
    process.wait_until_ready()
    yield process
    process.kill()


def mailed(pattern):
    """The groups of the newest mail that has this pattern, or None."""
    mails = sorted(settings.EMAIL_FILE_PATH.glob("*.log"), key=lambda path: path.stat().st_mtime)
    found = [match for path in mails if (match := re.search(pattern, path.read_text()))]
    return found[-1].groups() if found else None


def mailed_link():
    """The address and the code of the mail for a new password, or None."""
    return mailed(r"(http://\S+)#(\S+)")


def mailed_code():
    """The code that confirms an address, or None."""
    return mailed(r"\n +(\d{4} \d{4})\n")


class Visitor:
    """A person who does everything that takes or gives a secret, and remembers the secrets."""

    def __init__(self, url, websocket_url):
        self.url, self.websocket_url = url, websocket_url
        self.secrets, self.addresses = {}, []
        self.http = httpx2.Client(
            base_url=url,
            trust_env=False,
            timeout=20,
            follow_redirects=True,
            event_hooks={"request": [lambda request: self.addresses.append(str(request.url))]},
        )

    def secret(self, what):
        value = f"{what}-{random.token_hex(12)}"
        self.secrets[what] = value
        return value

    def keep(self, what, value):
        assert len(value) > 20, (what, value)
        self.secrets[f"{what} {len(self.secrets)}"] = value
        return value

    def call(self, path, code, body=None, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.http.post(f"/api/v1/{path}", json=body, headers=headers)
        assert answer.status_code == code, answer.text
        return answer.json() if answer.content else {}

    def keep_tokens(self, answer):
        for name in ("access", "refresh"):
            self.keep(name, answer[name])
        return answer

    def submit(self, path, text, **data):
        """Fill in a form; the page that follows has this text."""
        page = self.http.get(path)
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)
        data["csrfmiddlewaretoken"] = self.keep("token of a form", token.group(1))
        answer = self.http.post(str(page.url), data=data, headers={"Referer": str(page.url)})
        assert text in answer.text, answer.text
        for name, value in self.http.cookies.items():
            self.keep(name, value)
        return answer

    def use_the_api(self):
        password = self.secret("password")
        account = {"username": "mary", "password": password, "email": "mary@example.org"}
        self.call("auth/login", 401, {"username": "mary", "password": self.secret("wrong")})
        pair = self.keep_tokens(self.call("auth/register", 201, account))
        self.secrets["short code"], *_ = wait_for(mailed_code, 10, "for the mail")
        self.call("users/me/email", 400, {"code": self.secret("code")[:20]}, pair["access"])
        self.call("users/me/email", 200, {"code": self.secrets["short code"]}, pair["access"])
        self.call("auth/reauthenticate", 204, {"password": password}, pair["access"])
        pair = self.keep_tokens(
            self.call("auth/login", 200, {"username": "mary", "password": password})
        )
        chat = self.call("chats/group", 201, {"name": "Stars"}, pair["access"])
        self.call(f"chats/{chat['id']}/messages", 201, {"content": "Hello"}, pair["access"])
        self.call("auth/refresh", 400, {"refresh": pair["refresh"], "password": password})
        self.keep_tokens(self.call("auth/refresh", 200, {"refresh": pair["refresh"]}))
        self.call("auth/refresh", 401, {"refresh": self.secret("no refresh token")})
        self.call("chats/group", 401, {"name": "Moons"}, self.secret("no access token"))
        return chat["id"]

    def use_a_socket(self, path, headers):
        with connect(self.websocket_url + path, additional_headers=headers) as socket:
            assert json.loads(socket.recv(timeout=10))["type"] == "welcome"
            socket.send('{"type": "nothing", "data": {}}')

    def use_the_pages(self, chat_id):
        old, new = self.secrets["password"], self.secret("new password")
        wrong = self.secret("wrong on the page")
        self.submit("/accounts/sign-in/", "is wrong", username="mary", password=wrong)
        self.submit("/accounts/sign-in/", "Stars", username="mary", password=old)
        self.submit(
            "/accounts/password/",
            "Your password was changed",
            old_password=old,
            new_password1=new,
            new_password2=new,
        )
        self.submit("/accounts/password-reset/", "a mail is on its way", email="mary@example.org")
        address, code = wait_for(mailed_link, 10, "for the mail")
        self.keep("code of a mail", code)
        newest = self.secret("newest password")
        passwords = {"new_password1": newest, "new_password2": newest}
        self.submit(address, "Please sign in", code=code, **passwords)
        self.submit("/accounts/sign-in/", "Stars", username="mary", password=newest)
        return f"sessionid={self.http.cookies['sessionid']}"


@pytest.mark.parametrize("logged", LOGGED, indirect=True)
def test_no_secret_is_in_a_log_or_in_an_address(logged, worker, request):
    visitor = Visitor(logged.url, logged.websocket_url)
    chat_id = visitor.use_the_api()
    cookie = visitor.use_the_pages(chat_id)
    account = {"username": "mary", "password": visitor.secrets["newest password"]}
    access = visitor.keep_tokens(visitor.call("auth/login", 200, account))["access"]
    if request.node.callspec.params["logged"] != "granian":
        path = f"/api/v1/chats/{chat_id}"
        visitor.use_a_socket(path, {"Authorization": f"Bearer {access}"})
        visitor.use_a_socket(path, {"Cookie": cookie, "Origin": logged.url})
    visitor.http.close()
    wait_for(lambda: "/accounts/password/" in logged.output(), 10, "for the access log")
    assert len(visitor.secrets) > 15
    log = logged.output() + worker.output()
    for what, value in visitor.secrets.items():
        assert value not in log, what
        assert not any(value in address for address in visitor.addresses), what
