"""What follows for chats when an account ends or is (de)activated: jobs, however much there is.

Requests that were under way when an account ended may still add it to a chat. They end by their
deadline, so a second job, `SWEEP` later, finds what they did.
"""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job
from chatproject.stores.mongodb.documents import now
from chatproject.stores.outages import is_away

from . import emails
from .models import Block, KnownPlace, NewEmail, User
from .signals import account_deleted, activity_changed
from .signing_in import issuers, second_factors, sign_ins

logger = logging.getLogger(__name__)

LANE, ATTEMPTS, TIME_LIMIT = "endings", 10, 3600.0  # seconds
SWEEP = timedelta(minutes=1)

# What a deletion writes, whatever a process knows of the row.
PERSONAL = (
    *("username", "first_name", "last_name", "email", "password", "last_login"),
    *("is_active", "is_staff", "is_superuser"),
)


def delete_account(user: User) -> None:
    """Erase an account now, and let a job take it out of its groups; its messages stay, unnamed.

    Once the job is queued the account is going to be deleted, even if this process dies.
    """
    DELETED_ACCOUNT.add(str(user.pk), person_id=user.pk)
    _erase(user.pk)


def delete_lost(user_id: int) -> None:
    """Delete an account of which only the id is known, in chats; SQL has lost it."""
    row = User(pk=user_id, username=f"deleted-{user_id}-{secrets.token_hex(4)}", is_active=False)
    row.save(force_insert=True)
    DELETED_ACCOUNT.add(str(user_id), person_id=user_id)


def _erase(user_id: int) -> None:
    """Erase personal data and end all sign-ins; harmless for an account that has none left."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        username, address = user.username, user.email
        NewEmail.objects.filter(user=user).delete()  # first, as `emails.confirm` does
        Block.objects.filter(Q(blocker=user) | Q(blocked=user)).delete()
        user.username = f"deleted-{user.pk}-{secrets.token_hex(4)}"  # nobody else has it
        user.first_name, user.last_name, user.email = "Deleted", "user", ""
        user.is_active = user.is_staff = user.is_superuser = False
        user.last_login = None
        user.set_unusable_password()
        user.save(update_fields=PERSONAL)
        user.groups.clear()
        user.user_permissions.clear()
        second_factors.of(user).delete()
        issuers.of(user).delete()
        KnownPlace.objects.filter(user=user).delete()
        its_row = {"content_type": ContentType.objects.get_for_model(user), "object_id": user.pk}
        LogEntry.objects.filter(**its_row).update(object_repr=str(user))
    sign_ins.end_all(user.pk, "This account was deleted.")
    emails.tell(address, username, "was deleted")


def _forget(job: Job) -> None:
    user_id = int(job.key.split()[0])
    _erase(user_id)
    account_deleted.send(User, user=User.objects.get(pk=user_id))
    if job.key == str(user_id):
        DELETED_ACCOUNT.add(f"{user_id} again", person_id=user_id, due=now() + SWEEP)


def set_active(user: User, *, is_active: bool, **others: bool) -> None:
    """Activate or deactivate an account, and change `others` of its fields.

    That doesn't wait for MongoDB: if the job isn't queued, it is logged.
    """
    _queue(f"{user.pk} later", later=True)  # also if this process dies after the next line
    user.is_active = is_active
    for name, value in others.items():
        setattr(user, name, value)
    user.save(update_fields=["is_active", *others])
    _queue(str(user.pk))


def _queue(key: str, *, later: bool = False) -> None:
    try:
        ACTIVITY.add(key, due=now() + SWEEP if later else None)
    except Exception as error:
        if not is_away(error):
            raise
        logger.error("Groups may keep an inactive owner: %s", type(error).__name__)


def _tell_activity(job: Job) -> None:
    activity_changed.send(User, user_id=int(job.key.split()[0]))


DELETED_ACCOUNT = Kind(
    "deleted_account", _forget, LANE, ATTEMPTS, is_one_each=True, time_limit=TIME_LIMIT
)
ACTIVITY = Kind("account_activity", _tell_activity, LANE, ATTEMPTS, time_limit=TIME_LIMIT)
