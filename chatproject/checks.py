"""System checks, run by `manage.py check --deploy` and `migrate_all` with Django's own."""

import os
from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

LOCALE = "SELECT current_setting('server_encoding') = 'UTF8', lower('I') = 'i', lower('Ä') = 'ä'"


@checks.register(checks.Tags.security, deploy=True)
def proxies_are_counted(**_: Any) -> list[checks.CheckMessage]:
    """Warn if TRUSTED_PROXIES isn't set: a wrong number merges clients or trusts forgeries."""
    if "TRUSTED_PROXIES" in os.environ:
        return []
    text = "TRUSTED_PROXIES is not set: rate limits don't know one client from another."
    hint = "Set it to the number of proxies before these processes; 0 where there is none."
    return [checks.Warning(text, hint=hint, id="chatproject.W001")]


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
