"""Changes to accounts, each with everything that must happen along with it."""

from __future__ import annotations

import uuid

from . import emails, endings
from .endings import delete_account as delete_account
from .models import User
from .signing_in import issuers, sign_ins


def deactivate(user: User) -> None:
    """Disable an account; its sessions, tokens and sockets end now."""
    endings.set_active(user, is_active=False)
    sign_ins.end_all(user.pk, "This account was deactivated.")


def activate(user: User) -> None:
    """Let people sign in to the account again, or for the first time."""
    waited = user.awaits_approval
    endings.set_active(user, is_active=True, awaits_approval=False)
    if waited:
        _let_in(user)


def _let_in(user: User) -> None:
    """Tell a confirmed address, or mail a code to one that isn't."""
    emails.tell(user.email, user.username, "was let in by a moderator: you can sign in now")
    if email := emails.pending(user):
        emails.offer(user, email)


def is_gone(user: User) -> bool:
    """Whether an account was deleted: nothing is left by which anybody could sign in to it."""
    return not (user.has_usable_password() or issuers.of(user).exists())


def refuse(user: User) -> None:
    """Remove an account that waits for a moderator: it never did anything."""
    deleted, _ = User.objects.filter(pk=user.pk, awaits_approval=True, is_active=False).delete()
    if deleted:
        emails.tell(user.email, user.username, "was refused by a moderator, and is gone")


def password_changed(user: User, *, here: uuid.UUID | None = None) -> None:
    """End all sign-ins of a user, but `here`, after a new password; tell the address."""
    sign_ins.end_all(user.pk, "The password was changed.", but=here)
    emails.tell(user.email, user.username, "has a new password")
