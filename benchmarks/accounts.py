"""The people of a run: rows of SQL, and a token for each."""

from datetime import timedelta

from .meter import FOLDER


def make(count: int) -> None:
    """Empty both stores of ours and make the users 1 to `count`."""
    from django.db import connections

    from users.models import User

    connections["default"].close()
    for file in FOLDER.glob("accounts.sqlite3*"):
        file.unlink()
    migrate()
    User.objects.bulk_create(
        User(pk=pk, username=f"user{pk}", first_name=f"User {pk}", password=f"!{pk}")
        for pk in range(1, count + 1)
    )


def migrate() -> None:
    """Bring the tables of kept data up to those of the code."""
    from django.core.management import call_command

    call_command("migrate_all")


def tokens() -> dict[int, str]:
    """A new access token of each user, good for a day."""
    from django.utils import timezone

    from users.models import SignIn, User
    from users.signing_in.authentication import access_token

    SignIn.objects.all().delete()
    ends = timezone.now() + timedelta(days=1)
    sign_ins = [SignIn(user=user, kind="api", expires_at=ends) for user in User.objects.all()]
    SignIn.objects.bulk_create(sign_ins)
    return {row.user_id: access_token(row.user, row.pk, ends) for row in sign_ins}
