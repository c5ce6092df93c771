"""A new password by mail: what is mailed, what is stored, and when a code ends."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chatproject.limits import limits
from tests.conftest import PASSWORD
from users import actions, resets
from users.models import PasswordReset, Session, SignIn, User
from users.models.mailed_code import LIFETIME
from users.signing_in import tokens
from users.signing_in.backends import same_name
from users.signing_in.sessions import SessionStore

from .apps_of_codes import set_up_app
from .mailbox import mailed_to, reset_codes, statements

pytestmark = pytest.mark.django_db

ASK, CODE = "/accounts/password-reset/", "/accounts/password-reset/code/"
NEW_PASSWORD = "another long battery"
ADDRESS = "ada@example.org"


def ask(client=None, email=ADDRESS):
    return (client or Client()).post(ASK, {"email": email})


def mailed_code(username="ada"):
    """The newest code for an account of ada's address."""
    return reset_codes(ADDRESS)[username]


def reset(code, client=None, password=NEW_PASSWORD):
    fields = {"code": code, "new_password1": password, "new_password2": password}
    return (client or Client()).post(CODE, fields)


def is_refused(answer):
    return answer.status_code == 200 and "too old" in answer.content.decode()


def sign_in(password):
    fields = {"username": "ada", "password": password}
    return Client().post("/accounts/sign-in/", fields).status_code == 302


def everything_stored():
    """All tables of SQL as text, and the contents of all sessions."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found.append(str(cursor.fetchall()))
    sessions = [SessionStore().decode(row.session_data) for row in Session.objects.all()]
    return "\n".join([*found, *map(str, sessions)])


def test_a_forgotten_password_is_set_anew_by_a_code_that_works_once(ada):
    tokens.sign_in(ada)
    assert ask().status_code == 302
    code = mailed_code()
    assert reset(code).url == "/accounts/sign-in/"
    assert not sign_in(PASSWORD)
    assert sign_in(NEW_PASSWORD)
    assert not SignIn.objects.filter(kind="api").exists()
    assert is_refused(reset(code, password="a third long battery"))
    assert sign_in(NEW_PASSWORD)
    assert "has a new password" in mailed_to(ADDRESS)[-1]


@pytest.mark.parametrize("has_app", [False, True])
def test_whoever_reads_the_mail_is_at_a_known_place_if_no_second_factor_is_asked_for(ada, has_app):
    if has_app:
        set_up_app(ada)
    ask()
    reset(mailed_code(), Client(REMOTE_ADDR="198.51.100.7"))
    assert limits.is_remembered(same_name("ada"), "198.51.100.7") is not has_app


def test_nothing_that_is_stored_sets_a_password(ada, grace):
    client = Client()
    client.force_login(grace)
    ask(client)
    code = mailed_code()
    client.post(CODE, {"code": code}, follow=True)  # as far as one gets without a password
    stored = everything_stored()
    selector, verifier, _ = code.split(".")
    # It is looked for in the right places.
    assert selector in stored
    assert f"'_auth_user_id': '{grace.pk}'" in stored
    assert verifier not in stored
    # Nor does anything of the row, in the place of what was mailed.
    row = PasswordReset.objects.get()
    for text in (row.code_hash, row.address_hash, *row.accounts.values()):
        assert is_refused(reset(f"{selector}.{text}.{ada.pk}"))
        PasswordReset.objects.update(tries_left=3)
    assert reset(code).status_code == 302


def test_three_wrong_tries_end_a_code(ada):
    ask()
    code = mailed_code()
    for wrong in ("x", "y"):
        assert is_refused(reset(code.replace(".", f".{wrong}", 1)))
    assert not is_refused(reset(code, password="short"))  # a right code isn't a wrong try
    assert is_refused(reset(code.replace(".", ".z", 1)))
    assert is_refused(reset(code))
    assert sign_in(PASSWORD)


def test_bad_codes_are_refused_and_nobody_ends_a_code_without_knowing_a_part_of_it(ada):
    ask()
    code = mailed_code()
    _, verifier, user_id = code.split(".")
    bad = ["nothing", "é.é.é", "." * 200, "..", f".{verifier}.{user_id}", f"x.{verifier}", "a.b.c"]
    for text in bad:
        assert is_refused(reset(text)), text
    assert "null characters" in reset("\x00.\x00").content.decode().lower()
    assert reset(code).status_code == 302


def test_a_code_is_for_the_accounts_of_its_mail(ada, grace):
    ask()
    selector, verifier, _ = mailed_code().split(".")
    for user_id in (grace.pk, "", "-1", "9" * 30, "x"):
        assert is_refused(reset(f"{selector}.{verifier}.{user_id}"))
    grace.refresh_from_db()
    assert grace.check_password(PASSWORD)


def test_a_second_mail_ends_the_first_code(ada):
    ask()
    first = mailed_code()
    ask(email="ADA@example.org")
    assert is_refused(reset(first))
    assert reset(mailed_code()).status_code == 302


def test_an_hour_ends_a_code(ada):
    ask()
    code = mailed_code()
    row = PasswordReset.objects.get()
    almost = row.expires_at - LIFETIME + timedelta(seconds=10)
    PasswordReset.objects.update(expires_at=almost)
    assert not is_refused(reset(code, password="short"))
    PasswordReset.objects.update(expires_at=row.expires_at - LIFETIME)
    assert is_refused(reset(code))
    ask(email="other@example.org")  # clears it away
    assert PasswordReset.objects.count() == 1
    PasswordReset.objects.update(expires_at=row.expires_at - LIFETIME)
    call_command("clearsessions")
    assert not PasswordReset.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda ada: (ada.set_password("a third long battery"), ada.save()),
        lambda ada: User.objects.filter(pk=ada.pk).update(email="new@example.org"),
        actions.deactivate,
        actions.delete_account,
    ],
)
def test_another_password_or_address_and_the_end_of_an_account_end_its_code(ada, change):
    ask()
    code = mailed_code()
    change(ada)
    assert is_refused(reset(code))


@pytest.mark.django_db(transaction=True)
def test_of_many_uses_at_once_one_sets_the_password(ada, at_once):
    ask()
    code, numbers = mailed_code(), iter(range(6))
    answers = at_once(6, lambda: reset(code, password=f"{NEW_PASSWORD} {next(numbers)}"))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [302]


@pytest.mark.django_db(transaction=True)
def test_of_many_mails_at_once_one_code_is_good(ada, at_once):
    answers = at_once(6, ask)
    assert [answer.status_code for answer in answers] == [302] * 6
    assert PasswordReset.objects.count() == 1
    texts = mailed_to(ADDRESS)
    codes = [re.search(r"#(\S+)", text).group(1) for text in texts]
    good = [code for code in codes if resets.find(code)]
    assert 1 <= len(codes) <= 6  # who asks while a mail waits gets that one
    assert len(good) == 1


def work_of(email):
    """The answer's page and what was asked of SQL, without their values."""
    client = Client()
    with CaptureQueriesContext(connection) as context:
        answer = ask(client, email)
    asked = statements(context)
    page = client.get(answer.url).content.decode()
    strip = re.compile(r'(csrf[^>]*(?:value|content)=|nonce=)"[^"]*"')
    return answer.status_code, strip.sub("", page), asked


def test_asking_is_the_same_answer_and_work_whether_an_account_exists_or_not(ada, person):
    person("gone", is_active=False)
    pending = person("mary")
    User.objects.filter(pk=pending.pk).update(email="")
    known, *others = (
        work_of(email)
        for email in (ADDRESS, "nobody@example.org", "gone@example.org", "mary@example.org")
    )
    assert len(mail.outbox) == 1
    assert len(known[2]) > 3
    for other in others:
        assert other == known
