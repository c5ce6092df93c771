"""An address counts for nothing until somebody who reads it has confirmed it."""

from unittest import mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pymongo.errors import AutoReconnect
from rest_framework.test import APIClient

from chatproject.jobs.models import JobQuerySet
from chatproject.limits.rates import Rate
from tests.conftest import PASSWORD, give_password
from users import emails
from users.models import NewEmail, User
from users.models.mailed_code import LIFETIME

from .mailbox import code_for, mailed_to, reset_codes, statements

pytestmark = pytest.mark.django_db

VICTIM = "victim@example.org"
ME, EMAIL = "/api/v1/users/me", "/api/v1/users/me/email"
TEXT = "Your account is locked.\n\nUnlock it: https://elsewhere.example/\n"


def register_by_api(username, email=VICTIM, **names):
    fields = {"username": username, "password": PASSWORD, "email": email, **names}
    return APIClient().post("/api/v1/auth/register", fields).status_code


def register_by_page(username, email=VICTIM, **names):
    fields = {"username": username, "password1": PASSWORD, "password2": PASSWORD, "email": email}
    return Client().post("/accounts/sign-up/", {**fields, **names}).status_code


REGISTER = [register_by_api, register_by_page]


def ask_for_a_reset(email):
    return Client().post("/accounts/password-reset/", {"email": email})


# What a stranger can make of somebody else's address ---------------------------------------------


@pytest.mark.parametrize("register", REGISTER)
def test_a_name_with_a_line_break_is_refused(register):
    for field in ("first_name", "last_name"):
        assert register("mallory", **{field: TEXT + "."}) in (200, 400)
    assert not User.objects.exists()
    assert mail.outbox == []
    assert register("mallory", first_name="Unlock it") in (201, 302)


@pytest.mark.parametrize("register", REGISTER)
def test_no_mail_to_an_unconfirmed_address_has_a_word_of_who_gave_it(register):
    names = {"first_name": "Unlock-it", "last_name": "elsewhere.example"}
    assert register("mallory.example", **names) in (201, 302)
    ask_for_a_reset(VICTIM)
    [text] = mailed_to(VICTIM)  # the code; there is nothing to reset
    for word in ("mallory", *names.values()):
        assert word not in text
    assert "http://localhost" in text  # our own, wherever the request says that it went


def test_the_host_of_a_request_is_in_no_mail(ada, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client = Client(headers={"Host": "elsewhere.example"})
    client.post("/accounts/password-reset/", {"email": ada.email})
    [text] = mailed_to(ada.email)
    assert "elsewhere.example" not in text


@pytest.mark.parametrize("register", REGISTER)
def test_accounts_with_somebody_else_s_address_make_no_mails_of_one_request(register, settings):
    settings.LIMIT_PASSWORD_RESET = Rate(3, 3600)
    codes = [register(f"mallory{number}") for number in range(12)]
    assert codes[3:] == [429] * 9
    assert len(mailed_to(VICTIM)) == 3
    settings.LIMIT_PASSWORD_RESET = Rate(1000, 1)
    ask_for_a_reset(VICTIM)
    assert len(mailed_to(VICTIM)) == 3


def test_one_mail_lists_all_accounts_that_have_confirmed_an_address(person, ada):
    for username in ("mary", "jane", "mallory"):
        user = person(username)
        User.objects.filter(pk=user.pk).update(email="")
        emails.offer(user, "ADA@example.org")
        if username != "mallory":
            assert emails.confirm(user, code_for("ADA@example.org"))
    mail.outbox.clear()
    ask_for_a_reset("ada@Example.org")
    [message] = mail.outbox
    assert message.to == ["ada@example.org"]
    assert reset_codes("ada@example.org").keys() == {"ada", "mary", "jane"}


def test_an_address_that_a_database_takes_for_another_is_another(person, monkeypatch):
    person("mallory")
    User.objects.update(email="ada@stra\u00dfe.example")
    everybody = mock.Mock(return_value=User.objects.order_by("pk"))
    monkeypatch.setattr(User.objects, "filter", everybody)  # as a broad collation would answer
    assert ask_for_a_reset("ada@strasse.example").status_code == 302
    assert everybody.called
    assert mail.outbox == []


# Confirming --------------------------------------------------------------------------------------


def test_an_address_counts_once_its_code_comes_back(ada, api):
    client = api(ada)
    give_password(client)
    answer = client.patch(ME, {"email": "new@example.org"})
    assert answer.status_code == 200
    assert (answer.json()["email"], answer.json()["pending_email"]) == (
        *("ada@example.org", "new@example.org"),
    )
    ask_for_a_reset("new@example.org")
    assert len(mailed_to("new@example.org")) == 1
    assert client.post(EMAIL, {"code": "0000 0000"}).status_code == 400
    answer = client.post(EMAIL, {"code": code_for("new@example.org")})
    assert answer.status_code == 200
    assert (answer.json()["email"], answer.json()["pending_email"]) == ("new@example.org", "")
    ask_for_a_reset("new@example.org")
    assert reset_codes("new@example.org").keys() == {"ada"}
    [notice] = mailed_to("ada@example.org")
    assert "has another address now" in notice
    assert "new@example.org" not in notice


def test_an_address_is_confirmed_on_its_page(ada):
    client = Client()
    client.force_login(ada)
    fields = {"email": "new@example.org", "password": PASSWORD}
    page = client.post("/accounts/email/", fields, follow=True)
    assert page.request["PATH_INFO"] == "/accounts/email/code/"
    assert "new@example.org" in page.content.decode()
    wrong = client.post("/accounts/email/code/", {"code": "0000 0000"})
    assert wrong.context["form"].errors.keys() == {"code"}
    fields = {"code": code_for("new@example.org").replace(" ", "-")}
    page = client.post("/accounts/email/code/", fields, follow=True)
    assert "Your address is confirmed." in page.content.decode()
    ada.refresh_from_db()
    assert ada.email == "new@example.org"
    assert "No address waits" in client.get("/accounts/email/code/").content.decode()


@pytest.mark.parametrize("register", REGISTER)
def test_whoever_registers_with_an_address_confirms_it_later_or_never(register):
    assert register("mary", "mary@example.org") in (201, 302)
    mary = User.objects.get()
    assert (mary.email, emails.pending(mary)) == ("", "mary@example.org")
    client = Client()
    fields = {"username": "mary", "password": PASSWORD}
    assert client.post("/accounts/sign-in/", fields).status_code == 302
    assert "mary@example.org" in client.get("/accounts/profile/").content.decode()
    assert emails.confirm(mary, code_for("mary@example.org"))
    mary.refresh_from_db()
    assert mary.email == "mary@example.org"


@pytest.mark.parametrize("register", REGISTER)
def test_a_password_like_the_address_is_refused(register, monkeypatch):
    monkeypatch.setattr(f"{__name__}.PASSWORD", "mary-and-percy")
    assert register("frank", "mary-and-percy@example.org") in (200, 400)
    assert not User.objects.exists()


def test_three_wrong_tries_end_a_code(ada):
    emails.offer(ada, "new@example.org")
    code = code_for("new@example.org")
    for wrong in ("0", "99999999", code[::-1] + "0"):
        assert not emails.confirm(ada, wrong)
    assert not emails.confirm(ada, code)
    emails.offer(ada, "new@example.org")
    for wrong in ("0", "99999999"):
        assert not emails.confirm(ada, wrong)
    assert emails.confirm(ada, code_for("new@example.org"))


@pytest.mark.django_db(transaction=True)
def test_of_many_tries_at_once_three_are_compared(ada, at_once):
    emails.offer(ada, "new@example.org")
    code = code_for("new@example.org")
    guesses = [f"{number:08}" for number in range(8)]
    at_once(8, lambda: emails.confirm(ada, guesses.pop()))
    assert NewEmail.objects.get().tries_left == 0
    assert not emails.confirm(ada, code)


def test_a_second_mail_ends_the_first_code_and_an_hour_the_second(ada):
    emails.offer(ada, "new@example.org")
    first = code_for("new@example.org")
    emails.offer(ada, "new@example.org")
    second = code_for("new@example.org")
    assert first == second or not emails.confirm(ada, first)
    NewEmail.objects.update(expires_at=NewEmail.objects.get().expires_at - LIFETIME)
    assert not emails.confirm(ada, second)


def test_a_code_works_once_and_for_its_person(ada, grace):
    emails.offer(ada, "new@example.org")
    code = code_for("new@example.org")
    assert not emails.confirm(grace, code)
    assert emails.confirm(ada, code)
    assert not emails.confirm(ada, code)


def test_a_code_is_stored_in_no_form_that_can_be_used(ada):
    emails.offer(ada, "new@example.org")
    code = code_for("new@example.org").replace(" ", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM users_newemail")
        stored = str(cursor.fetchall())
    assert "new@example.org" in stored
    assert code not in stored


def test_the_present_address_ends_the_wait_and_none_counts_at_once(ada, api):
    client = api(ada)
    emails.offer(ada, "new@example.org")
    answer = client.patch(ME, {"email": "ada@example.org"})
    assert (answer.status_code, answer.json()["pending_email"]) == (200, "")
    emails.offer(ada, "new@example.org")
    give_password(client)
    answer = client.patch(ME, {"email": ""})
    assert (answer.json()["email"], answer.json()["pending_email"]) == ("", "")
    [notice] = mailed_to("ada@example.org")
    assert "has no address any more" in notice


def test_what_an_operator_sets_is_confirmed(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    options = {"username": "root", "email": "root@example.org", "interactive": False}
    call_command("createsuperuser", verbosity=0, **options)
    ask_for_a_reset("root@example.org")
    assert reset_codes("root@example.org").keys() == {"root"}
    root = User.objects.get()
    client = Client()
    client.force_login(root)
    page = f"/admin/users/user/{root.pk}/change/"
    initial = client.get(page).context["adminform"].form.initial
    fields = {name: value for name, value in initial.items() if value not in (None, [], False)}
    for name in ("last_login", "date_joined"):
        moment = fields.pop(name)
        fields |= {f"{name}_0": moment.date().isoformat(), f"{name}_1": f"{moment:%H:%M:%S}"}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(page, {**fields, "email": "new@example.org"}).status_code == 302
    assert "has another address now" in mailed_to("root@example.org")[-1]
    ask_for_a_reset("new@example.org")
    assert reset_codes("new@example.org").keys() == {"root"}


# Who has an account isn't told -------------------------------------------------------------------


def work_of(call):
    """The answer, what was asked of SQL, how many passwords were hashed, and what was mailed."""
    mail.outbox.clear()
    hasher = MD5PasswordHasher()
    hashed = mock.patch.object(MD5PasswordHasher, "encode", side_effect=hasher.encode)
    with CaptureQueriesContext(connection) as context, hashed as hashes:
        answer = call()
    subjects = [message.subject for message in mail.outbox]
    return answer, statements(context), hashes.call_count, subjects


def change_by_api(user, api, email):
    client = api(user)
    give_password(client)
    answer = client.patch(ME, {"email": email})
    return answer.status_code, {**answer.json(), "pending_email": ""}


def change_by_page(user, api, email):
    client = Client()
    client.force_login(user)
    fields = {"email": email, "password": PASSWORD}
    answer = client.post("/accounts/email/", fields)
    return answer.status_code, answer.url


ADDRESSES = ("grace@example.org", "other@example.org")  # grace's, and nobody's


@pytest.mark.parametrize("register", REGISTER)
def test_registering_is_the_same_answer_and_work_whether_an_address_has_an_account(register, grace):
    names = iter(["mary", "jane"])
    known, unknown = (work_of(lambda e=email: register(next(names), e)) for email in ADDRESSES)
    assert known == unknown
    assert known[0] in (201, 302)
    assert known[2:] == (1, ["Confirm your address"])


@pytest.mark.parametrize("change", [change_by_api, change_by_page])
def test_a_change_is_the_same_answer_and_work_whether_an_address_has_an_account(
    change, ada, grace, api
):
    emails.offer(ada, "first@example.org")
    Client().force_login(ada)  # the place is a known one then
    known, unknown = (work_of(lambda e=email: change(ada, api, e)) for email in ADDRESSES)
    assert known == unknown
    assert known[3] == ["Confirm your address"]


# Mails -------------------------------------------------------------------------------------------


def test_without_a_mail_server_people_sign_up_all_the_same(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1  # nobody listens
    assert register_by_api("mary", "mary@example.org") == 201
    assert register_by_page("jane", "jane@example.org") == 302


def test_while_mongodb_is_away_people_sign_up_and_only_their_mail_is_missing(monkeypatch, caplog):
    def away(*_):
        raise AutoReconnect("away")

    monkeypatch.setattr(JobQuerySet, "add", away)
    assert register_by_api("mary", "mary@example.org") == 201
    assert register_by_page("jane", "jane@example.org") == 302
    assert caplog.text.count("A mail was not queued: AutoReconnect") == 2
    # Here nothing was done: it is to be asked for again.
    assert ask_for_a_reset("mary@example.org").status_code == 503
