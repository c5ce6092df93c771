"""The group of moderators: staff in it see chats, messages and people in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import router
from django.db.models import Q

MODERATORS = "Moderators"
PERMISSIONS = {
    "chats": ("view_chat", "view_message", "moderate_chat"),
    "users": ("view_user", "change_user", "view_invitation", "change_invitation"),
}


def make_moderators(using: str, **_: Any) -> None:
    """Create the group, after a migration, unless it exists: administrators may change it.

    Not in a data migration: Django creates permissions only after all migrations.
    """
    if not router.allow_migrate_model(using, Group):
        return
    group, is_new = Group.objects.using(using).get_or_create(name=MODERATORS)
    if is_new:
        group.permissions.set(moderator_permissions(using))


def moderator_permissions(using: str = "default") -> list[Permission]:
    """The permissions that the group gets: to view chats, to moderate, and to edit people."""
    wanted = Q()
    for app, codenames in PERMISSIONS.items():
        wanted |= Q(content_type__app_label=app, codename__in=codenames)
    return list(Permission.objects.using(using).filter(wanted))
