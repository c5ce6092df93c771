"""`manage.py changepassword`: Django's, which by itself doesn't end tokens and sockets."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword

from users import actions
from users.models import User


class Command(changepassword.Command):
    """Sets a password, and ends every sign-in of that user."""

    help = f"{changepassword.Command.help} Ends every sign-in of that user."

    def handle(self, *args: Any, **options: Any) -> str | None:
        username = options["username"] or getpass.getuser()
        answer = super().handle(*args, **{**options, "username": username})
        actions.password_changed(User.objects.get(username=username))
        return answer
