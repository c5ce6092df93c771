"""Mails are sent beside the request: nobody learns by the time who gets one."""

import threading
import time
from smtplib import SMTPException

import pytest
from django.core import mail
from django.core.mail.backends import locmem

from tests.waiting import wait_for
from users import mails

pytestmark = pytest.mark.django_db


class HeldBackend(locmem.EmailBackend):
    """A mail server that answers when it is let."""

    goes_on = threading.Event()

    def send_messages(self, messages):
        assert self.goes_on.wait(10)
        return super().send_messages(messages)


class BrokenBackend(locmem.EmailBackend):
    def send_messages(self, messages):
        raise SMTPException("No such server")


@pytest.fixture(autouse=True)
def mails_at_once(monkeypatch):
    """They aren't here: what `users/mails.py` does is what is tested."""
    HeldBackend.goes_on.clear()
    yield
    HeldBackend.goes_on.set()


def ask(client, email):
    return client.post("/accounts/password-reset/", {"email": email})


def test_the_answer_does_not_wait_for_the_mail(client, ada, settings):
    settings.EMAIL_BACKEND = f"{__name__}.HeldBackend"
    for email in ("ada@example.org", "nobody@example.org"):
        assert ask(client, email).status_code == 302
    assert mail.outbox == []
    HeldBackend.goes_on.set()
    wait_for(lambda: mail.outbox, what="for the mail")
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]


def test_an_answer_takes_as_long_whether_a_mail_goes_out_or_not(client, ada, settings):
    settings.EMAIL_BACKEND = f"{__name__}.HeldBackend"
    taken = {"ada@example.org": [], "nobody@example.org": []}
    for _ in range(20):
        for email, times in taken.items():
            start = time.process_time()
            ask(client, email)
            times.append(time.process_time() - start)
    known, unknown = (sorted(times)[10] for times in taken.values())
    assert abs(known - unknown) < 0.3 * unknown


def test_a_mail_that_fails_is_logged_and_keeps_no_other_back(client, ada, settings, caplog):
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    assert ask(client, "ada@example.org").status_code == 302
    wait_for(lambda: "A mail was not sent" in caplog.text, what="for the log")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ask(client, "ada@example.org")
    wait_for(lambda: mail.outbox, what="for the mail")


def test_what_waits_is_bounded(monkeypatch, caplog):
    monkeypatch.setattr(mails, "_room", threading.BoundedSemaphore(1))
    held, done = threading.Event(), []
    mails.in_background(lambda: held.wait(10))
    mails.in_background(lambda: done.append("dropped"))
    assert "one is dropped" in caplog.text
    held.set()
    wait_for(lambda: mails._room.acquire(blocking=False), what="for room")
    mails._room.release()
    mails.in_background(lambda: done.append("done"))
    wait_for(lambda: done, what="for the next")
    assert done == ["done"]


@pytest.mark.parametrize("host", ["evil.example", "testserver", "localhost:8000"])
def test_the_address_in_a_mail_is_ours_whatever_host_was_asked(client, ada, settings, host):
    settings.ALLOWED_HOSTS = ["*"]
    settings.ORIGINS = ["https://chat.example.org", "http://localhost:8000"]
    client.post("/accounts/password-reset/", {"email": "ada@example.org"}, headers={"Host": host})
    wait_for(lambda: mail.outbox, what="for the mail")
    [message] = mail.outbox
    assert "https://chat.example.org/accounts/password-reset/code/#" in message.body
    assert ("evil" in message.body + message.subject) is False
