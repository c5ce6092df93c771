"""Mails are jobs: nobody learns by the time who gets one, and none is lost with a process."""

import time
from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.core import mail
from django.core.mail.backends import locmem

from chatproject.jobs.models import Job
from chatproject.stores.mongodb.documents import now
from tests.jobs import run_due
from users import emails, registration
from users.models import NewEmail, PasswordReset, SignUpAddress
from users.resets import RESET_MAIL

from .mailbox import code_for, reset_codes

pytestmark = pytest.mark.django_db


class BrokenBackend(locmem.EmailBackend):
    def send_messages(self, messages):
        raise SMTPException("No such server")


@pytest.fixture(autouse=True)
def mails_at_once():
    """They aren't here: they wait for a worker."""


def ask(client, email):
    return client.post("/accounts/password-reset/", {"email": email})


def test_a_mail_waits_for_the_worker_and_outlasts_the_process_that_asked(client, ada):
    for email in ("ada@example.org", "nobody@example.org"):
        assert ask(client, email).status_code == 302
    assert mail.outbox == []
    assert Job.objects.filter(kind="reset_mail").count() == 2
    run_due()
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]
    assert not Job.objects.exists()


def test_a_job_holds_no_code(client, ada):
    ask(client, "ada@example.org")
    emails.offer(ada, "new@example.org")
    registration.mail_code("mary@example.org")
    payloads = {job.kind: job.payload for job in Job.objects.all()}
    assert payloads == {
        "reset_mail": {"email": "ada@example.org", "path": "/accounts/password-reset/code/"},
        "sign_up_mail": {"email": "mary@example.org", "path": "/accounts/sign-up/"},
        "confirm_mail": {"user_id": ada.pk, "email": "new@example.org"},
    }
    assert not PasswordReset.objects.exists()
    assert not SignUpAddress.objects.exists()
    before = NewEmail.objects.get().code_hash
    run_due()
    assert reset_codes("ada@example.org").keys() == {"ada"}
    assert NewEmail.objects.get().code_hash != before
    assert emails.confirm(ada, code_for("new@example.org"))


def test_no_code_goes_to_an_address_that_was_given_up(ada):
    emails.offer(ada, "first@example.org")
    emails.offer(ada, "second@example.org")
    run_due()
    assert [message.to for message in mail.outbox] == [["second@example.org"]]


def test_a_mail_that_waits_is_not_queued_again(client, ada):
    ask(client, "ada@example.org")
    ask(client, "Ada@Example.org")
    run_due()
    assert len(mail.outbox) == 1


def test_an_answer_takes_as_long_whether_a_mail_goes_out_or_not(client, ada):
    taken = {"ada@example.org": [], "nobody@example.org": []}
    for _ in range(20):
        for email, times in taken.items():
            start = time.process_time()
            ask(client, email)
            times.append(time.process_time() - start)
    known, unknown = (sorted(times)[10] for times in taken.values())
    assert abs(known - unknown) < 0.3 * unknown


def test_a_mail_that_fails_is_tried_again_and_keeps_no_other_back(client, ada, grace, settings):
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    ask(client, "ada@example.org")
    run_due()
    job = Job.objects.get()
    assert (job.state, job.attempts, job.error) == ("waiting", 1, "SMTPException: No such server")

    settings.EMAIL_BACKEND = backend
    ask(client, "grace@example.org")
    run_due()
    assert [message.to for message in mail.outbox] == [["grace@example.org"]]
    Job.objects.update(due=now())
    run_due()
    assert mail.outbox[1].to == ["ada@example.org"]
    assert not Job.objects.exists()


def test_a_mail_that_never_goes_out_is_kept_as_failed(client, ada, settings):
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    ask(client, "ada@example.org")
    for _ in range(RESET_MAIL.attempts):
        run_due()
        Job.objects.filter(failed_at=None).update(due=now() - timedelta(seconds=1))
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("failed", RESET_MAIL.attempts)


@pytest.mark.parametrize("host", ["evil.example", "testserver", "localhost:8000"])
def test_the_address_in_a_mail_is_ours_whatever_host_was_asked(client, ada, settings, host):
    settings.ALLOWED_HOSTS = ["*"]
    settings.ORIGINS = ["https://chat.example.org", "http://localhost:8000"]
    client.post("/accounts/password-reset/", {"email": "ada@example.org"}, headers={"Host": host})
    run_due()
    [message] = mail.outbox
    assert "https://chat.example.org/accounts/password-reset/code/#" in message.body
    assert ("evil" in message.body + message.subject) is False
