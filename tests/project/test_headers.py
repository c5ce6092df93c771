"""What browsers are told with every answer, and the cookies, as a deployment sets them."""

import gzip
import importlib.util
import logging.config
import re
import sys
from pathlib import Path

import pytest
from django.conf import settings as test_settings
from django.templatetags.static import static
from django.test import Client
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chatproject import settings as production_settings
from chatproject.headers import security_headers
from chatproject.limits.rates import Rate
from chats import actions
from chats.pages import views
from tests.server_process import ServerProcess
from tests.urls import addresses
from users.models import User

pytestmark = pytest.mark.django_db

HOST = "chat.example.org"
COMPRESSION = "chatproject.middleware.CompressionMiddleware"
FORM = "application/x-www-form-urlencoded"
PASSWORD = "correct horse battery staple"
# A policy as a browser reads it: for each directive what may be.
PAGE = {
    "default-src": "'self'",
    "script-src": "'self' 'nonce-*'",
    "style-src": "'self'",
    "img-src": "'self' data: blob: https://images.unsplash.com",
    "media-src": "'self' blob:",
    "connect-src": f"'self' ws://{HOST} wss://{HOST}",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
NO_PAGE = {"default-src": "'none'", "frame-ancestors": "'none'"}


def settings_of_production():
    """The settings, as this environment makes them."""
    name, folder = "chatproject.settings_of_production", Path(production_settings.__path__[0])
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # for its own imports
    try:
        spec.loader.exec_module(module)
    finally:
        for each in [each for each in sys.modules if each.startswith(name)]:
            del sys.modules[each]
    return module


@pytest.fixture
def production(settings, monkeypatch, collected_static):
    """The settings of a deployment, but for its stores and the speed of its passwords."""
    for name, value in {
        "STATIC_ROOT": str(collected_static),
        "DEBUG": "0",
        "ALLOWED_HOSTS": HOST,
        "ORIGINS": f"https://{HOST}",
        "SECRET_KEY": test_settings.SECRET_KEY,
    }.items():
        monkeypatch.setenv(name, value)
    module = settings_of_production()
    others = {"DATABASES", "PASSWORD_HASHERS", "VAR_DIR", "LOGGING", "EMAIL_BACKEND"}
    for name, value in vars(module).items():
        if name.isupper() and name not in others and getattr(settings, name, None) != value:
            setattr(settings, name, value)
    assert settings.SECURE
    return module


@pytest.fixture
def browser_of(production):
    """A function: a browser at https://chat.example.org, with or without somebody signed in."""

    def make(user=None):
        client = Client(HTTP_HOST=HOST, raise_request_exception=False)
        if user is not None:
            client.force_login(user)
        return lambda path, method="get", **options: getattr(client, method)(
            path, secure=True, **{"HTTP_ACCEPT": "text/html", **options}
        )

    return make


def directives(policy):
    pairs = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: re.sub(r"nonce-[\w-]{20,}", "nonce-*", value) for name, _, value in pairs}


def check(answer, *, is_secure=True, host=HOST):
    """Every header, whatever the answer is."""
    headers = answer.headers
    hsts = "max-age=31536000; includeSubDomains; preload" if is_secure else None
    assert headers.get("Strict-Transport-Security") == hsts
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    denied = dict(part.split("=") for part in headers["Permissions-Policy"].split(", "))
    passkeys = {denied.pop(f"publickey-credentials-{verb}") for verb in ("create", "get")}
    assert passkeys in ({"()"}, {"(self)"})  # tests/users/test_passkeys.py says where
    assert set(denied.values()) == {"()"}
    assert denied.keys() >= {"camera", "microphone", "geolocation", "payment", "usb"}
    is_page = headers.get("Content-Type", "").startswith("text/html")
    wanted = PAGE if is_page else NO_PAGE
    if is_page and not host:
        wanted = {**PAGE, "connect-src": "'self'"}
    assert directives(headers["Content-Security-Policy"]) == wanted


def test_every_address_answers_with_every_header(browser_of, ada, group, grace):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    values = {"chat_id": group.pk, "user_id": grace.pk, "id": grace.pk, "object_id": grace.pk}
    codes, kinds = set(), set()
    for visit in (browser_of(), browser_of(ada)):
        for address in addresses():
            for accept in ("text/html", "application/json"):
                answer = visit(address.path(values), HTTP_ACCEPT=accept)
                codes.add(answer.status_code)
                kinds.add(answer.headers.get("Content-Type", "").partition(";")[0])
                check(answer)
                described = address.pattern.startswith("api/v1/^schema")
                assert described or "no-store" in answer.headers["Cache-Control"]
    assert codes >= {200, 302, 401, 404, 405, 406}
    assert max(codes) < 500
    assert kinds >= {"text/html", "application/json", "application/vnd.oai.openapi"}


def test_answers_with_tokens_are_not_stored(browser_of, ada):
    visit = browser_of()
    data = {"username": "ada", "password": PASSWORD}
    signed_in = visit("/api/v1/auth/login", "post", data=data, content_type="application/json")
    assert signed_in.json()["access"]
    refresh = {"refresh": signed_in.json()["refresh"]}
    renewed = visit("/api/v1/auth/refresh", "post", data=refresh, content_type="application/json")
    assert renewed.json()["access"]
    for answer in (signed_in, renewed):
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_pages_of_errors_have_every_header(browser_of, ada, group, settings, monkeypatch):
    def fail(*args):
        raise RuntimeError("on purpose")

    visit, chat = browser_of(ada), f"/chats/{group.pk}/"
    answers = {
        400: visit(f"{chat}?before=x"),
        403: visit(f"{chat}leave/"),
        404: visit("/chats/nothing/"),
        405: visit(f"{chat}send/"),
    }
    settings.LIMIT_SENDS = Rate(1, 60)
    for _ in range(2):
        answers[429] = visit(f"{chat}send/", "post", data={"content": "Hello"})
    with monkeypatch.context() as broken:
        broken.setattr(views, "title_of", fail)
        answers[500] = visit(chat)
    with monkeypatch.context() as broken:
        broken.setattr(views, "title_of", away)
        answers[503] = visit(chat)
    for code, answer in answers.items():
        assert answer.status_code == code
        check(answer)
        assert b"Traceback" not in answer.content
        assert b"on purpose" not in answer.content


def away(*args):
    from pymongo.errors import ServerSelectionTimeoutError

    raise ServerSelectionTimeoutError("nobody there")


def test_what_is_refused_before_a_view_has_them_too(browser_of, production):
    client = Client(HTTP_HOST=HOST, enforce_csrf_checks=True)
    refused = client.post("/accounts/sign-in/", secure=True)
    assert refused.status_code == 403
    check(refused)
    foreign = Client(HTTP_HOST="evil.example").get("/", secure=True)
    assert foreign.status_code == 400
    check(foreign, host="")
    plain = Client(HTTP_HOST=HOST).get("/chats/")
    assert (plain.status_code, plain.url) == (301, f"https://{HOST}/chats/")
    check(plain, is_secure=False)
    large = client.post("/accounts/sign-in/", {"username": "x" * 300_000}, secure=True)
    assert large.status_code == 413
    check(large)
    for path, code in ((static("css/all.css"), 200), ("/static/nothing.css", 404)):
        file = browser_of()(path)
        assert file.status_code == code
        check(file)


def test_a_foreign_host_writes_one_line(caplog, production):
    for host in ("evil.example", "evil.example\x7f" + "x" * 5_000, "127.0.0.1\r"):
        for secure in (True, False):
            caplog.clear()
            answer = Client(HTTP_HOST=host).get("/chats/", secure=secure)
            assert answer.status_code == 400
            [record] = caplog.records
            line = logging.Formatter("{message}", style="{").format(record)
            assert "\n" not in line
            assert line.startswith("Foreign host: ")
            assert len(line) < 250


def test_what_strangers_send_writes_no_traceback(production, capsys):
    """By Django's default each of these is a traceback of some hundred lines."""
    logging.config.dictConfig(production.LOGGING)
    answer = Client(HTTP_HOST=HOST).post("/accounts/sign-in/", "a=b&" * 1_200, FORM, secure=True)
    assert answer.status_code == 400
    written = capsys.readouterr().err
    assert "TooManyFields" in written
    assert "Traceback" not in written
    assert max(map(len, written.splitlines())) < 400


def test_cookies_go_over_https_alone_and_the_session_s_to_no_script(browser_of, ada):
    visit = browser_of()
    form = visit("/accounts/sign-in/")
    token = form.cookies["csrftoken"]
    data = {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": token.value}
    origin = {"HTTP_ORIGIN": f"https://{HOST}"}
    signed_in = visit("/accounts/sign-in/", "post", data=data, **origin)
    assert signed_in.status_code == 302
    session, token = (signed_in.cookies[name] for name in ("sessionid", "csrftoken"))
    for cookie in (session, token):
        assert cookie["secure"]
        assert cookie["samesite"] == "Lax"
        assert cookie["domain"] == ""
    assert session["httponly"]
    again = visit("/accounts/sign-in/")
    assert not {"sessionid", "csrftoken"} - again.client.cookies.keys()


def test_a_nonce_is_used_once(browser_of, ada):
    visit, seen = browser_of(ada), set()
    for _ in range(20):
        page = visit("/chats/")
        [nonce] = re.findall(r"'nonce-([\w-]+)'", page.headers["Content-Security-Policy"])
        inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page.content.decode())
        run = [attributes for attributes in inline if "application/json" not in attributes]
        assert run == [f' type="importmap" nonce="{nonce}"']
        seen.add(nonce)
    assert len(seen) == 20


def test_what_is_secret_in_a_page_differs_in_each_answer(browser_of, settings, ada, group):
    visit = browser_of(ada)
    pages = [visit(f"/chats/{group.pk}/").content.decode() for _ in range(3)]
    for pattern in (r'name="csrf-token" content="([^"]+)"', r'nonce="([^"]+)"'):
        assert len({re.findall(pattern, page)[0] for page in pages}) == 3
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"


@pytest.mark.parametrize("path", ["/chats/{chat}/", "/api/v1/chats/{chat}/messages"])
def test_answers_are_compressed_where_there_is_no_proxy(browser_of, ada, group, path):
    for number in range(20):
        actions.post_message(ada, group.pk, f"message {number} " + "of some length " * 10)
    visit, path = browser_of(ada), path.format(chat=group.pk)
    plain, answer = visit(path), visit(path, HTTP_ACCEPT_ENCODING="gzip")
    assert "Content-Encoding" not in plain.headers
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.content) < len(plain.content) / 4
    assert len(gzip.decompress(answer.content)) == pytest.approx(len(plain.content), abs=100)


def test_a_proxy_compresses_by_itself(monkeypatch, production):
    assert COMPRESSION in test_settings.MIDDLEWARE
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    assert COMPRESSION not in settings_of_production().MIDDLEWARE


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", ["daphne", "uvicorn", "uvicorn-frames"])
def test_the_answers_to_handshakes_have_every_header(server, ada, token_of):
    process = ServerProcess(server, {"SECURE_HSTS_SECONDS": "31536000", "SECURE": "1"})
    process.wait_until_ready()
    url, headers = f"{process.websocket_url}/api/v1/users/me", {"X-Forwarded-Proto": "https"}
    try:
        bearer = {**headers, "Authorization": f"Bearer {token_of(ada)}"}
        with connect(url, additional_headers=bearer) as socket:
            check(socket.response)
        for foreign in (headers, {**headers, "Origin": "https://evil.example"}):
            with pytest.raises(InvalidStatus) as refused:
                connect(url, additional_headers=foreign)
            assert refused.value.response.status_code == 403
            check(refused.value.response)
    finally:
        process.stop()


def test_the_documented_nginx_gives_its_own_answers_every_header(production, settings):
    text = (settings.BASE_DIR / "docs" / "deployment.md").read_text()
    maps = dict(re.findall(r'map \$upstream_http_\w+ \$(\w+) \{ "" "?(.*?)"?; \}', text))
    sources = dict(re.findall(r"map \$upstream_http_(\w+) \$(\w+)", text))
    added = dict(re.findall(r"^    add_header ([\w-]+) \$(\w+) always;$", text, re.MULTILINE))
    ours = security_headers(is_secure=True)
    assert added.keys() == ours.keys()
    for name, value in ours.items():
        variable = sources[name.lower().replace("-", "_")]
        assert added[name] == variable
        assert set(maps[variable].split(", ")) <= set(value.split(", "))
    locations = text.partition("location /static/")[2].partition("```")[0]
    others, _, of_files = locations.partition("location /attachments/")
    assert "add_header" not in others  # it would replace those of the server
    # Of files: those of the answer that lets somebody load one, which nginx drops.
    passed_on = dict(re.findall(r"add_header ([\w-]+) \$upstream_http_(\w+) always;", of_files))
    assert passed_on.keys() >= ours.keys()
    assert all(name.lower().replace("-", "_") == source for name, source in passed_on.items())
