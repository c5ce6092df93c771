"""The settings, their example file, and the rules that lint can't hold."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_the_example_names_every_setting_and_no_other() -> None:
    reads = r"""(?:env_\w+|environ\.get)\(\s*["']([A-Z0-9_]+)"""
    sources = [*ROOT.glob("chatproject/settings/*.py"), *ROOT.glob("chatproject/**/commands/*.py")]
    read = {name for path in sources for name in re.findall(reads, path.read_text())}
    elsewhere = {"DEMO", "DATABASE_URL"}  # by a subscript, by dj_database_url
    named = set(re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read | elsewhere == named


def test_outside_development_a_missing_secret_key_is_one_clear_line() -> None:
    done = _manage("check", SECRET_KEY="", DEBUG="0")
    assert done.returncode == 1
    assert "Set SECRET_KEY to a long random string" in done.stderr.splitlines()[-1]


def test_a_setting_that_is_no_number_is_named() -> None:
    done = _manage("check", ACCESS_TOKEN_LIFETIME="soon")
    assert done.returncode == 1
    assert "ACCESS_TOKEN_LIFETIME must be a whole number" in done.stderr


def test_a_setting_that_is_neither_yes_nor_no_is_named() -> None:
    done = _manage("check", STAFF_SECOND_FACTOR="required")
    assert done.returncode == 1
    assert "STAFF_SECOND_FACTOR must be 1, true, yes or on, or 0, false, no or off." in done.stderr
    assert _manage("check", STAFF_SECOND_FACTOR=" Yes ").returncode == 0
    assert _manage("check", STAFF_SECOND_FACTOR="").returncode == 0


def test_a_length_of_messages_that_an_answer_cannot_hold_is_refused() -> None:
    done = _manage("check", MESSAGE_MAX_LENGTH="40001")
    assert done.returncode == 1
    assert "MESSAGE_MAX_LENGTH must be 1 to 40000 characters." in done.stderr
    assert _manage("check", MESSAGE_MAX_LENGTH="40000").returncode == 0


def test_a_rate_limit_that_is_none_is_named() -> None:
    done = _manage("check", LIMIT_SENDS="300 a minute")
    assert done.returncode == 1
    expected = "LIMIT_SENDS must be 1 to 1000000 in 1 second to 30 days, such as 60/10s"
    assert expected in done.stderr
    done = _manage("check", TRUSTED_PROXIES="-1")
    assert "TRUSTED_PROXIES must be 0 or more." in done.stderr


def test_who_gets_in_is_one_of_four_words_and_domains_need_confirmed_addresses() -> None:
    done = _manage("check", REGISTRATION="everybody")
    assert "REGISTRATION must be one of open, invite, approval, closed." in done.stderr
    done = _manage("check", REGISTRATION_DOMAINS="example.org", REGISTRATION_EMAIL="optional")
    assert "REGISTRATION_DOMAINS needs REGISTRATION_EMAIL=confirmed." in done.stderr
    show = "from django.conf import settings; print(settings.REGISTRATION)"
    assert _manage("shell", "--no-imports", "-c", show, DEBUG="1").stdout == "open\n"
    assert _manage("shell", "--no-imports", "-c", show, **SECURE).stdout == "invite\n"


@pytest.mark.parametrize("more", [{}, {"REGISTRATION_EMAIL": "confirmed"}])
def test_a_deployment_is_open_to_anybody_with_a_confirmed_address(more: dict[str, str]) -> None:
    done = _manage("check", "--deploy", **{**SECURE, "REGISTRATION": "open"}, **more)
    assert (done.returncode == 0) == bool(more)


def test_a_deployment_must_say_how_many_proxies_there_are() -> None:
    check = ("check", "--deploy", "--fail-level", "WARNING")
    production = {"DEBUG": "0", "SECRET_KEY": "k" + "".join(map(str, range(99)))}
    done = _manage(*check, **production)
    assert done.returncode == 1
    assert "TRUSTED_PROXIES is not set" in done.stderr
    done = _manage(*check, **SECURE)
    assert done.returncode == 0, done.stderr


SECURE = {
    "DEBUG": "0",
    "SECRET_KEY": "k" + "".join(map(str, range(99))),
    "TRUSTED_PROXIES": "0",
    "ALLOWED_HOSTS": "chat.example.org",
    "ORIGINS": "https://chat.example.org",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must not be *."),
        ({"ALLOWED_HOSTS": "chat.example.org,*"}, "ALLOWED_HOSTS must not be *."),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be 50 characters or more"),
        ({"SECRET_KEY": "ab" * 50}, "SECRET_KEY must be 50 characters or more, of at least 5"),
        ({"TOKEN_KEY": "short"}, "TOKEN_KEY must be 50 characters or more"),
        ({"REGISTRATION": "open"}, "REGISTRATION=open needs confirmed addresses."),
        ({"ORIGINS": ""}, "ORIGINS must be the origins"),
        ({"ORIGINS": "chat.example.org"}, "ORIGINS must be the origins"),
        ({"ORIGINS": "https://chat.example.org/"}, "ORIGINS must be the origins"),
    ],
)
def test_a_deployment_that_is_open_is_refused(changed: dict[str, str], said: str) -> None:
    done = _manage("check", "--deploy", **{**SECURE, **changed})
    assert done.returncode == 1
    assert said in done.stderr


def _manage(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "chatproject.settings", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
