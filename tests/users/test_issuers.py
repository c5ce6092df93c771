"""Sign-in by OpenID Connect, at a local issuer that speaks the protocol over HTTP."""

import json
import re
import time
from html import unescape
from urllib.parse import urlsplit

import httpx2
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from chatproject.issuers import apps_of, env_issuers
from chatproject.limits.rates import Rate
from chats.events import user_group
from tests.conftest import PASSWORD
from tests.issuer_server import as_setting, running_issuer
from users import actions
from users.models import Session, SignIn, User
from users.signing_in import reauthentication, sign_ins

from .apps_of_codes import set_up_app
from .mailbox import mailed_to

pytestmark = pytest.mark.django_db

SIGN_IN, SIGN_UP = "/accounts/sign-in/", "/accounts/sign-up/issuer/"
STEP = "/accounts/sign-in/second-step/"
EMMY = {
    "sub": "248289761001",
    "preferred_username": "emmy",
    "given_name": "Emmy",
    "family_name": "Noether",
    "email": "emmy@example.org",
    "email_verified": True,
}
NAMES = {"username": "emmy", "first_name": "Emmy", "last_name": "Noether"}


def offer(settings, *named):
    settings.OIDC_ISSUERS = list(named)
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps_of(settings.OIDC_ISSUERS)}}


@pytest.fixture
def issuer(settings):
    with running_issuer() as issuer:
        offer(settings, as_setting(issuer))
        issuer.person = dict(EMMY)
        yield issuer


def leave(browser, path="/accounts/issuers/example/sign-in/", **fields):
    """The address at the issuer that a page leads on to."""
    page = browser.post(path, fields).content.decode()
    return unescape(re.search(r'content="0; url=([^"]+)"', page).group(1))


def come_back(address):
    """The path that the issuer sends a browser back to."""
    answer = httpx2.get(address)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def go(browser, path="/accounts/issuers/example/sign-in/", **fields):
    """Go to the issuer and back."""
    return browser.get(come_back(leave(browser, path, **fields)))


def is_let_in(browser):
    return browser.get("/accounts/profile/").status_code == 200


def said(browser, path=SIGN_IN):
    return browser.get(path).content.decode()


@pytest.fixture
def emmy(person):
    """Somebody whose account has no password, and is connected to the issuer."""
    user = person("emmy", "Emmy", "Noether")
    user.set_unusable_password()
    user.save()
    SocialAccount.objects.create(user=user, provider="example", uid=EMMY["sub"])
    return user


# Signing in --------------------------------------------------------------------------------------


def test_whoever_the_issuer_knows_is_signed_in_with_a_row_like_any_other(emmy, issuer):
    browser = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    assert "Go on with Example" in said(browser)
    answer = go(browser, next="/accounts/profile/")
    assert (answer.status_code, answer.url) == (302, "/accounts/profile/")
    assert is_let_in(browser)
    [row] = SignIn.objects.filter(user=emmy)
    assert (row.kind, row.device) == ("browser", "Firefox on Linux")
    assert Session.objects.filter(sign_in=row).count() == 1


def test_the_end_of_the_row_ends_the_session_and_its_sockets(emmy, issuer, captured_events):
    browser, told = Client(), captured_events(user_group(emmy.pk))
    go(browser)
    row = SignIn.objects.get(user=emmy)
    sign_ins.end(emmy.pk, row.pk, "ended")
    assert not is_let_in(browser)
    assert [closing["sign_in"] for closing in told.closings()] == [row.pk.hex]


def test_the_second_factor_is_asked_for_after_the_issuer(ada, issuer):
    app, _ = set_up_app(ada)
    SocialAccount.objects.create(user=ada, provider="example", uid=EMMY["sub"])
    browser = Client()
    assert go(browser).url == STEP
    assert not is_let_in(browser)
    browser.post(STEP, {"code": app.code()})
    assert is_let_in(browser)


def test_staff_who_come_by_an_issuer_need_the_second_factor_too(emmy, issuer, settings):
    settings.STAFF_SECOND_FACTOR = True
    User.objects.filter(pk=emmy.pk).update(is_staff=True, is_superuser=True)
    browser = Client()
    assert go(browser, next="/admin/").url == STEP
    assert "Set up a second factor" in said(browser, STEP)
    assert browser.get("/admin/").status_code == 302


@pytest.mark.parametrize("waits", [False, True])
def test_an_account_that_is_deactivated_or_waits_is_not_signed_in(emmy, issuer, waits):
    User.objects.filter(pk=emmy.pk).update(is_active=False, awaits_approval=waits)
    browser = Client()
    assert go(browser).url == SIGN_IN
    text = "waits for a moderator" if waits else "can’t be signed in to"
    assert text in said(browser)
    assert not is_let_in(browser)
    assert not SignIn.objects.exists()


def test_sign_ins_by_an_issuer_are_limited_by_address(emmy, issuer, settings):
    settings.LIMIT_ISSUERS = Rate(3, 3600)
    go(Client())
    browser = Client()
    address = leave(browser)
    assert browser.get(come_back(address)).status_code == 429
    assert not is_let_in(browser)
    other = Client(REMOTE_ADDR="198.51.100.7")
    go(other)
    assert is_let_in(other)


def test_another_site_uses_up_nobody_s_sign_ins_by_an_issuer(emmy, issuer, settings):
    settings.LIMIT_ISSUERS = Rate(2, 3600)
    for _ in range(5):  # pictures on a page, say: browsers send no session with them
        answer = Client().get("/accounts/issuers/example/callback/?state=x&code=y")
        assert answer.status_code == 302
    browser = Client()
    go(browser)
    assert is_let_in(browser)


def test_several_issuers_don_t_know_each_other_s_people(emmy, issuer, settings):
    with running_issuer() as second:
        second.person = dict(EMMY)
        offer(settings, as_setting(issuer), as_setting(second, "other"))
        browser = Client()
        assert go(browser, "/accounts/issuers/other/sign-in/").url == SIGN_UP
        assert not is_let_in(browser)
        # What one has answered is no answer of the other.
        back = come_back(leave(browser)).replace("/example/", "/other/")
        assert browser.get(back).url == SIGN_IN
        assert not is_let_in(browser)
    assert Client().post("/accounts/issuers/nobody/sign-in/").status_code == 404
    assert Client().get("/accounts/issuers/openid_connect/callback/").status_code == 404


# Answers that can't be believed ------------------------------------------------------------------

FOREIGN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FORGERIES = {
    "another's signature": lambda i: setattr(i, "key", FOREIGN_KEY),
    "no signature": lambda i: i.__dict__.update(key=None, algorithm="none"),
    "a password for a key": lambda i: i.__dict__.update(key="k" * 64, algorithm="HS256"),
    "an unknown key": lambda i: setattr(i, "kid", "key-2"),
    "another issuer": lambda i: i.changes.update(iss="https://evil.example"),
    "another client": lambda i: i.changes.update(aud="another"),
    "a client among others": lambda i: i.changes.update(aud=["chat", "x"], azp="x"),
    "an old token": lambda i: i.changes.update(exp=int(time.time()) - 120),
    "another nonce": lambda i: i.changes.update(nonce="another"),
    "no nonce": lambda i: i.changes.update(nonce=None),
    "two people": lambda i: i.userinfo.update(sub="another"),
    "no person": lambda i: i.userinfo.update(sub=None),
    "a broken answer": lambda i: i.discovery.update(token_endpoint=f"{i.url}/nothing"),
    "a long subject": lambda i: [said.update(sub="x" * 200) for said in (i.changes, i.userinfo)],
    "an endless token": lambda i: i.answer.update(expires_in=1e30),
    "a number without end": lambda i: i.answer.update(expires_in=float("inf")),
    "keys elsewhere": lambda i: i.elsewhere.update({"/jwks": "/keys"}),
    "no keys": lambda i: i.discovery.update(jwks_uri=f"{i.url}/nothing"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_an_issuer_can_t_have_said_signs_nobody_in(emmy, issuer, forgery):
    browser = Client()
    FORGERIES[forgery](issuer)
    answer = go(browser)
    assert (answer.status_code, answer.url) == (302, SIGN_IN)
    assert "Signing in by Example didn’t work" in said(browser)
    assert not is_let_in(browser)
    assert not SignIn.objects.exists()


def test_a_discovery_document_of_another_issuer_leads_nowhere(emmy, issuer):
    issuer.discovery["issuer"] = "https://evil.example"
    answer = Client().post("/accounts/issuers/example/sign-in/")
    assert answer.url == SIGN_IN


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("authorization_endpoint", "javascript:alert(1)//"),
        ("token_endpoint", "http://issuer.example/token"),
        ("token_endpoint", None),
        ("userinfo_endpoint", "//issuer.example/"),
        ("jwks_uri", "file:///etc/passwd"),
    ],
)
def test_a_discovery_document_leads_to_no_address_without_tls(emmy, issuer, name, address):
    issuer.discovery[name] = address
    assert Client().post("/accounts/issuers/example/sign-in/").url == SIGN_IN


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/token", "/jwks", "/userinfo"]
)
def test_an_issuer_that_answers_byte_by_byte_is_not_waited_for(emmy, issuer, settings, path):
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 1
    issuer.slow = path
    browser, began = Client(), time.monotonic()
    if path in ("/token", "/jwks", "/userinfo"):
        assert go(browser).url == SIGN_IN
    else:
        assert browser.post("/accounts/issuers/example/sign-in/").url == SIGN_IN
    assert time.monotonic() - began < 10  # a whole answer takes a minute or more
    assert not is_let_in(browser)


def test_an_issuer_that_is_away_is_told(emmy, settings):
    with running_issuer() as issuer:
        offer(settings, as_setting(issuer))
    browser = Client()
    assert browser.post("/accounts/issuers/example/sign-in/").url == SIGN_IN
    assert "Signing in by Example didn’t work" in said(browser)


def test_only_the_browser_that_began_comes_back_and_once(emmy, issuer):
    browser = Client()
    back = come_back(leave(browser))
    stranger = Client()
    assert stranger.get(back).url == SIGN_IN
    assert not is_let_in(stranger)
    browser.get(back)
    assert is_let_in(browser)
    browser.logout()
    assert browser.get(back).url == SIGN_IN
    assert not is_let_in(browser)


@pytest.mark.parametrize("query", ["", "?error=access_denied", "?code=x", "?code=x&state=y"])
def test_whoever_comes_back_with_nothing_is_told(issuer, query):
    browser = Client()
    assert browser.get(f"/accounts/issuers/example/callback/{query}").url == SIGN_IN
    assert "didn’t work" in said(browser)


def test_the_next_page_is_one_of_ours(emmy, issuer):
    assert go(Client(), next="https://evil.example/").url == "/chats/"


def test_another_site_begins_nothing(issuer):
    headers = {"Origin": "https://evil.example"}
    answer = Client().post("/accounts/issuers/example/sign-in/", headers=headers)
    assert answer.status_code == 403
    assert Client().get("/accounts/issuers/example/sign-in/").status_code == 405


# Making an account -------------------------------------------------------------------------------


def test_somebody_unknown_makes_an_account_with_the_confirmed_address(issuer):
    browser = Client()
    assert go(browser).url == SIGN_UP
    assert not User.objects.filter(username="emmy").exists()
    page = said(browser, SIGN_UP)
    assert 'value="emmy"' in page
    assert "emmy@example.org" in page
    assert browser.post(SIGN_UP, NAMES).url == "/chats/"
    assert is_let_in(browser)
    user = User.objects.get(username="emmy")
    assert (user.email, user.has_usable_password()) == ("emmy@example.org", False)
    account = SocialAccount.objects.get(user=user)
    assert (account.provider, account.uid, account.extra_data) == ("example", EMMY["sub"], {})
    assert not SocialToken.objects.exists()
    again = Client()
    go(again)
    assert is_let_in(again)
    assert SignIn.objects.filter(user=user).count() == 2


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes"])
def test_an_address_that_the_issuer_has_not_confirmed_counts_for_nothing(issuer, verified):
    issuer.person["email_verified"] = verified
    browser = Client()
    go(browser)
    browser.post(SIGN_UP, NAMES)
    assert User.objects.get(username="emmy").email == ""


def test_one_source_must_say_that_an_address_is_confirmed(issuer):
    issuer.changes["email"] = "victim@example.org"  # of it, the id token says nothing more
    browser = Client()
    go(browser)
    browser.post(SIGN_UP, NAMES)
    assert User.objects.get(username="emmy").email == ""


@pytest.mark.parametrize("verified", [False, True])
def test_no_address_connects_an_identity_to_an_account_that_is_there(ada, issuer, verified):
    issuer.person |= {"email": ada.email, "email_verified": verified}
    browser = Client()
    assert go(browser).url == SIGN_UP
    assert not is_let_in(browser)
    assert not SocialAccount.objects.exists()
    assert not SignIn.objects.exists()


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_where_registration_is_not_open_an_issuer_s_people_make_no_account(issuer, settings, mode):
    settings.REGISTRATION = mode
    browser = Client()
    go(browser)
    assert browser.get(SIGN_UP).status_code == 403
    assert browser.post(SIGN_UP, NAMES).status_code == 403
    assert not User.objects.filter(username="emmy").exists()


def test_an_account_by_an_issuer_waits_for_a_moderator_as_any_other(issuer, settings):
    settings.REGISTRATION = "approval"
    browser = Client()
    go(browser)
    browser.post(SIGN_UP, NAMES)
    user = User.objects.get(username="emmy")
    assert (user.is_active, user.awaits_approval) == (False, True)
    assert not is_let_in(browser)
    go(browser)
    assert not is_let_in(browser)
    actions.activate(user)
    go(browser)
    assert is_let_in(browser)


@pytest.mark.parametrize(
    ("claims", "is_made"),
    [
        ({}, True),
        ({"email": "emmy@example.net"}, False),
        ({"email_verified": False}, False),
        ({"email": None}, False),
    ],
)
def test_domains_hold_for_the_addresses_of_issuers(issuer, settings, claims, is_made):
    settings.REGISTRATION_EMAIL, settings.REGISTRATION_DOMAINS = "confirmed", ["example.org"]
    issuer.person |= claims
    browser = Client()
    go(browser)
    browser.post(SIGN_UP, NAMES)
    assert User.objects.filter(username="emmy").exists() == is_made


def test_names_of_an_issuer_keep_our_rules(ada, issuer):
    browser = Client()
    go(browser)
    for wrong in ({"username": "ada"}, {"username": "admin"}, {"first_name": "A\u202eB"}):
        assert browser.post(SIGN_UP, {**NAMES, **wrong}).status_code == 200
    assert not SocialAccount.objects.exists()


def test_registrations_by_an_issuer_are_limited(issuer, settings):
    settings.LIMIT_REGISTER = Rate(1, 3600)
    browser = Client()
    go(browser)
    browser.post(SIGN_UP, {**NAMES, "username": ""})
    assert browser.post(SIGN_UP, NAMES).status_code == 429


def test_nobody_makes_an_account_without_having_come_back_from_an_issuer(issuer):
    assert Client().get(SIGN_UP).url == SIGN_IN
    assert Client().post(SIGN_UP, NAMES).url == SIGN_IN
    browsers = [Client(), Client()]
    for browser in browsers:
        go(browser)
    browsers[0].post(SIGN_UP, NAMES)
    answer = browsers[1].post(SIGN_UP, {**NAMES, "username": "other"})
    assert "in the meantime" in answer.content.decode()
    assert SocialAccount.objects.count() == 1


# One's own account -------------------------------------------------------------------------------

CONNECT, DISCONNECT = (f"/accounts/issuers/example/{verb}/" for verb in ("connect", "disconnect"))
CONFIRM = "/accounts/issuers/example/confirm/"


@pytest.fixture
def browser(ada):
    client = Client()
    client.force_login(ada)
    return client


def test_an_account_is_connected_by_its_password_and_its_address_is_told(ada, issuer, browser):
    assert "not connected" in said(browser, "/accounts/issuers/")
    browser.post(CONNECT, {"password": "wrong"})
    assert not issuer.asked
    go(browser, CONNECT, password=PASSWORD)
    assert SocialAccount.objects.get().user == ada
    assert "one more issuer" in mailed_to(ada.email)[-1]
    other = Client()
    go(other)
    assert is_let_in(other)
    browser.post(DISCONNECT, {"password": "wrong"})
    assert SocialAccount.objects.exists()
    browser.post(DISCONNECT, {"password": PASSWORD})
    assert not SocialAccount.objects.exists()
    assert go(Client()).url == SIGN_UP


def test_an_identity_that_belongs_to_somebody_else_stays_theirs(ada, emmy, issuer, browser):
    go(browser, CONNECT, password=PASSWORD)
    assert SocialAccount.objects.get().user == emmy
    assert "belongs to another account" in said(browser, "/accounts/issuers/")


def test_who_signs_in_meanwhile_is_connected_to_nothing(ada, grace, issuer, browser):
    back = come_back(leave(browser, CONNECT, password=PASSWORD))
    session = browser.session
    state = session["socialaccount_states"]
    browser.force_login(grace)
    session = browser.session
    session["socialaccount_states"] = state
    session.save()
    browser.get(back)
    assert not SocialAccount.objects.exists()


def test_an_account_without_a_password_keeps_one_issuer(emmy, issuer):
    browser = Client()
    go(browser)
    go(browser, CONFIRM)
    browser.post(DISCONNECT)
    assert "must stay connected" in said(browser, "/accounts/issuers/")
    assert SocialAccount.objects.filter(user=emmy).exists()


def changes(emmy):
    other = SignIn.objects.create(user=emmy, kind="api", expires_at=sign_ins.timezone.now())
    return {
        "/accounts/email/": {"email": ""},
        "/accounts/sign-ins/end-others/": {},
        f"/accounts/sign-ins/{other.pk}/end/": {},
        "/accounts/second-factors/recovery-codes/": {},
        DISCONNECT: {},
        "/accounts/delete/": {},
    }


def test_without_a_password_the_issuer_confirms_each_change(emmy, issuer):
    browser = Client()
    go(browser)
    todo = changes(emmy)
    for path, fields in todo.items():
        browser.post(path, {**fields, "password": ""})
    emmy.refresh_from_db()
    assert (emmy.is_active, emmy.email) == (True, "emmy@example.org")
    assert SignIn.objects.filter(user=emmy).count() == 2
    assert "confirm first" in said(browser, "/accounts/email/")
    assert go(browser, CONFIRM, next="/accounts/email/").url == "/accounts/email/"
    for page in ("email", "sign-ins", "second-factors", "second-factors/app", "issuers", "delete"):
        assert "confirm first" not in said(browser, f"/accounts/{page}/")
    browser.post("/accounts/email/", {"email": ""})
    emmy.refresh_from_db()
    assert emmy.email == ""
    browser.post("/accounts/sign-ins/end-others/")
    assert SignIn.objects.filter(user=emmy).count() == 1
    SignIn.objects.update(password_given_at=sign_ins.timezone.now() - reauthentication.GOOD_FOR)
    browser.post("/accounts/delete/")
    emmy.refresh_from_db()
    assert emmy.is_active


def test_an_issuer_that_asked_for_no_password_confirms_nothing(emmy, issuer):
    browser = Client()
    go(browser)
    for stale in (int(time.time()) - 3600, None):
        issuer.changes["auth_time"] = stale
        go(browser, CONFIRM)
    browser.post("/accounts/delete/")
    issuer.changes.clear()
    issuer.person["sub"] = "somebody else"
    go(browser, CONFIRM)
    browser.post("/accounts/delete/")
    emmy.refresh_from_db()
    assert emmy.is_active


def test_a_time_that_is_none_confirms_nothing(emmy, issuer):
    browser = Client()
    go(browser)
    issuer.changes["auth_time"] = 10**400
    assert go(browser, "/accounts/issuers/example/confirm/").url == "/accounts/issuers/"
    assert "Confirmed" not in said(browser, "/accounts/issuers/")


def test_whoever_has_no_password_is_activated_again_and_a_deleted_account_is_not(emmy):
    assert not actions.is_gone(emmy)
    actions.delete_account(emmy)
    assert not SocialAccount.objects.exists()
    assert actions.is_gone(emmy)


# The setting -------------------------------------------------------------------------------------

GOOD = {
    "id": "example",
    "name": "Example",
    "issuer": "https://login.example.org",
    "client_id": "chat",
    "client_secret": "s",
}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("{", "must be a JSON list"),
        ("{}", "must be a JSON list"),
        (json.dumps([{**GOOD, "client_id": ""}]), "as texts"),
        (json.dumps([{"id": "example"}]), "client_id, client_secret, id, issuer, name"),
        (json.dumps([{**GOOD, "id": "A/B"}]), "an id must be"),
        (json.dumps([{**GOOD, "issuer": "http://login.example.org"}]), "must be an https address"),
        (json.dumps([GOOD, GOOD]), "each id must be there once"),
    ],
)
def test_issuers_that_are_none_are_refused_by_name(monkeypatch, value, error):
    monkeypatch.setenv("OIDC_ISSUERS", value)
    with pytest.raises(ImproperlyConfigured, match=f"OIDC_ISSUERS.*{error}"):
        env_issuers("OIDC_ISSUERS")
    monkeypatch.setenv("OIDC_ISSUERS", json.dumps([GOOD]))
    assert env_issuers("OIDC_ISSUERS") == [GOOD]
