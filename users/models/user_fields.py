"""The fields of an account with rules of their own: names, what is searched, who may add one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from chatproject.text.confusables import skeleton
from chatproject.text.folding import words
from users.rules import is_like_the_bot

USERNAME_TAKEN = "This user name is taken."


def not_the_bot(username: str) -> None:
    """Refuse a user name under which a person could pass as the bot; a validator."""
    if is_like_the_bot(username):
        raise ValidationError(USERNAME_TAKEN)


class SkeletonField(models.CharField):
    """What the user name looks like; unique, so that no two can be taken for one another."""

    def pre_save(self, model_instance: Any, add: bool) -> str:
        look = skeleton(model_instance.username)
        setattr(model_instance, self.attname, look)
        return look


class SearchTextField(models.TextField):
    """The folded words of all names, each after a blank: what `search` looks into."""

    SOURCES = frozenset({"username", "first_name", "last_name"})

    def pre_save(self, model_instance: Any, add: bool) -> str:
        names = [getattr(model_instance, name) for name in ("first_name", "last_name", "username")]
        text = "".join(f" {word}" for word in words(" ".join(names)))
        setattr(model_instance, self.attname, text)
        return text


class AddedBy(models.TextChoices):
    """Who may add a person to groups."""

    ANYONE = "anyone", "Anyone"
    SHARED = "shared", "People I share a chat with"
    NOBODY = "nobody", "Nobody"


def initial_added_by() -> str:
    """What a new account begins with: the setting `ADDED_BY`."""
    value: str = settings.ADDED_BY
    return value
