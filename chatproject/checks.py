"""System checks, run by `manage.py check --deploy` and `migrate_all` with Django's own."""

import os
import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections

KEY_LENGTH, KEY_VARIETY = 50, 5  # characters, and different ones; as Django's own warning
ORIGIN = re.compile(r"https?://[^/*?#\s]+")  # without a path

LOCALE = "SELECT current_setting('server_encoding') = 'UTF8', lower('I') = 'i', lower('Ä') = 'ä'"


@checks.register(checks.Tags.security, deploy=True)
def proxies_are_counted(**_: Any) -> list[checks.CheckMessage]:
    """Warn if TRUSTED_PROXIES isn't set: a wrong number merges clients or trusts forgeries."""
    if "TRUSTED_PROXIES" in os.environ:
        return []
    text = "TRUSTED_PROXIES is not set: rate limits don't know one client from another."
    hint = "Set it to the number of proxies before these processes; 0 where there is none."
    return [checks.Warning(text, hint=hint, id="chatproject.W001")]


@checks.register(checks.Tags.security, deploy=True)
def keys_are_long(**_: Any) -> list[checks.CheckMessage]:
    """Refuse keys that can be guessed: sessions and tokens are signed with them."""
    keys = {"SECRET_KEY": settings.SECRET_KEY, "TOKEN_KEY": settings.TOKEN_KEY}
    hint = "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
    text = f"{{}} must be {KEY_LENGTH} characters or more, of at least {KEY_VARIETY} kinds."
    return [
        checks.Error(text.format(name), hint=hint, id="chatproject.E002")
        for name, key in keys.items()
        if len(key) < KEY_LENGTH or len(set(key)) < KEY_VARIETY
    ]


@checks.register(checks.Tags.security, deploy=True)
def hosts_are_named(**_: Any) -> list[checks.CheckMessage]:
    """Refuse any host, or none: redirects and links would lead where a request says."""
    found: list[checks.CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        hint = "Name the hosts: ALLOWED_HOSTS=chat.example.org"
        text = "ALLOWED_HOSTS must not be *."
        found.append(checks.Error(text, hint=hint, id="chatproject.E003"))
    if not settings.ORIGINS or not all(map(ORIGIN.fullmatch, settings.ORIGINS)):
        hint = "For example ORIGINS=https://chat.example.org; mails link to the first."
        text = "ORIGINS must be the origins that pages are served from."
        found.append(checks.Error(text, hint=hint, id="chatproject.E004"))
    return found


@checks.register(checks.Tags.security, deploy=True)
def strangers_are_known(**_: Any) -> list[checks.CheckMessage]:
    """Refuse accounts for anybody without an address: whoever is thrown out comes back at once."""
    if settings.REGISTRATION != "open" or settings.REGISTRATION_EMAIL == "confirmed":
        return []
    hint = "Set REGISTRATION_EMAIL=confirmed, or REGISTRATION to invite, approval or closed."
    text = "REGISTRATION=open needs confirmed addresses."
    return [checks.Error(text, hint=hint, id="chatproject.E005")]


@checks.register(checks.Tags.database)
def letters_have_cases(databases: Sequence[str] | None = None, **_: Any) -> list[Any]:
    """Check that PostgreSQL, whose locale decides, folds case as usual (in Turkish, I isn't i)."""
    if "default" not in (databases or ()) or connections["default"].vendor != "postgresql":
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(LOCALE)
        is_utf8, knows_ascii, knows_others = cursor.fetchone()
    hint = "CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
    if not (is_utf8 and knows_ascii):
        text = "The database must be of UTF8, and of a locale in which i and I are one letter."
        return [checks.Error(text, hint=hint, id="chatproject.E001")]
    if not knows_others:
        text = "The database's locale knows cases of ASCII only: who looks for ä misses Ä."
        return [checks.Warning(text, hint=hint, id="chatproject.W002")]
    return []
