"""Signs tokens with a key of their own, which can be changed without ending all sign-ins.

`TOKEN_KEY` signs. What was signed with one of `TOKEN_KEY_FALLBACKS` is still taken.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from users.models import User

ALGORITHM = "HS256"
MARKS_KNOWN = 4096  # passwords whose mark a process caches


def sign(claims: dict[str, Any]) -> str:
    """A token with these claims (JWT, RFC 7519)."""
    return jwt.encode(claims, settings.TOKEN_KEY, ALGORITHM)


def verified(token: str | bytes, *required: str, **options: Any) -> dict[str, Any]:
    """The claims of a token; raises `jwt.InvalidTokenError` if it is no good, or lacks one."""
    required_options: Any = {"require": list(required), **options}
    *others, last = _keys()
    for key in others:
        try:
            return jwt.decode(token, key, [ALGORITHM], options=required_options)
        except jwt.InvalidSignatureError:
            continue
    return jwt.decode(token, last, [ALGORITHM], options=required_options)


def password_mark(user: User) -> str:
    """A 22-character digest of the password hash; changing the password invalidates the token."""
    return _mark(user.password, settings.TOKEN_KEY)


def has_mark(user: User, claims: dict[str, Any]) -> bool:
    """Whether the password is unchanged since the token was issued."""
    given = str(claims.get("pwd"))
    return any(constant_time_compare(given, _mark(user.password, key)) for key in _keys())


def _keys() -> list[str]:
    return [settings.TOKEN_KEY, *settings.TOKEN_KEY_FALLBACKS]


@lru_cache(MARKS_KNOWN)
def _mark(password_hash: str, key: str) -> str:
    digest = salted_hmac("users.signing_in.tokens", password_hash, secret=key, algorithm="sha256")
    return digest.hexdigest()[:22]
