"""Changes to accounts, each with everything that must happen along with it."""

from __future__ import annotations

import secrets
import uuid

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from . import emails, sign_ins
from .models import NewEmail, User
from .signals import account_deleted

# What a deletion writes, whatever this process knows of the row.
PERSONAL = (
    *("username", "first_name", "last_name", "email", "password", "last_login"),
    *("is_active", "is_staff", "is_superuser"),
)


def deactivate(user: User) -> None:
    """Disable an account; its sessions, tokens and sockets end now."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    sign_ins.end_all(user.pk, "This account was deactivated.")


def activate(user: User) -> None:
    """Let people sign in to the account again, or for the first time."""
    waited = user.awaits_approval
    user.is_active, user.awaits_approval = True, False
    user.save(update_fields=["is_active", "awaits_approval"])
    if waited:
        _let_in(user)


def _let_in(user: User) -> None:
    """Tell a confirmed address, or mail a code to one that isn't."""
    emails.tell(user.email, user.username, "was let in by a moderator: you can sign in now")
    if email := emails.pending(user):
        emails.offer(user, email)


def refuse(user: User) -> None:
    """Remove an account that waits for a moderator: it never did anything."""
    deleted, _ = User.objects.filter(pk=user.pk, awaits_approval=True, is_active=False).delete()
    if deleted:
        emails.tell(user.email, user.username, "was refused by a moderator, and is gone")


def password_changed(user: User, *, here: uuid.UUID | None = None) -> None:
    """End all sign-ins of a user, but `here`, after a new password; tell the address."""
    sign_ins.end_all(user.pk, "The password was changed.", but=here)
    emails.tell(user.email, user.username, "has a new password")


def delete_account(user: User) -> None:
    """Remove the account from its groups and erase personal data; its messages stay, unnamed."""
    account_deleted.send(User, user=user)
    username, address = user.username, user.email
    user.username = f"deleted-{user.pk}-{secrets.token_hex(4)}"  # nobody else has it
    user.first_name, user.last_name, user.email = "Deleted", "user", ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    with transaction.atomic():
        NewEmail.objects.filter(user=user).delete()  # first, as `emails.confirm` does
        user.save(update_fields=PERSONAL)
        user.groups.clear()
        user.user_permissions.clear()
        its_row = {"content_type": ContentType.objects.get_for_model(user), "object_id": user.pk}
        LogEntry.objects.filter(**its_row).update(object_repr=str(user))
    sign_ins.end_all(user.pk, "This account was deleted.")
    emails.tell(address, username, "was deleted")
    account_deleted.send(User, user=user)  # again: of groups that it was added to meanwhile
