"""Reads settings from the environment; what has the wrong form is refused by name."""

import os

from django.core.exceptions import ImproperlyConfigured

from chatproject.limits.rates import Rate

YES, NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def env_list(name: str, default: str = "") -> list[str]:
    """The comma-separated values of an environment variable."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def env_int(name: str, default: int) -> int:
    """The whole number in an environment variable; ImproperlyConfigured if it isn't one."""
    try:
        return int(os.environ.get(name, default))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None


def env_rate(name: str, default: str) -> Rate:
    """The rate in an environment variable; ImproperlyConfigured if it isn't one."""
    try:
        return Rate.parse(os.environ.get(name, default))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be {error}.") from None


def env_choice(name: str, default: str, *choices: str) -> str:
    """One of these words in an environment variable; ImproperlyConfigured if it is another."""
    value = os.environ.get(name) or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}.")
    return value


def env_bool(name: str, default: bool = False) -> bool:
    """Whether an environment variable is 1, true, yes or on, in any case; empty is no.

    ImproperlyConfigured for a word that is neither: a misspelt one would turn a protection off.
    """
    value = os.environ.get(name, str(int(default))).strip().lower()
    if value not in YES | NO:
        raise ImproperlyConfigured(f"{name} must be 1, true, yes or on, or 0, false, no or off.")
    return value in YES
