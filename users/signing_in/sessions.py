"""Sessions in SQL (the setting `SESSION_ENGINE`); the table has no key that a cookie could hold.

A row is named by a hash of the key in the browser's cookie, and belongs to a sign-in, with which it
ends. Only sync methods are overridden: nothing here uses sessions from async code.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from users.models import PasswordReset, Session, SignIn

from . import sign_ins


def name_of(key: str) -> str:
    """The name of a session's row: 160 bits of SHA-256 of its key."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Stores sessions under the hash of their key, each with its sign-in."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = Session.objects.filter(
            session_key=name_of(self.session_key or ""), expire_date__gt=timezone.now()
        ).first()
        if row is None:
            self._session_key = None
        return row

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Seconds until the session expires if it isn't used, or ends however much it is."""
        age, last = super().get_expiry_age(**kwargs), sign_ins.last_end(self)
        left = (last - timezone.now()).total_seconds() if last else age
        return max(0, min(age, int(left)))

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """When that is."""
        date, last = super().get_expiry_date(**kwargs), sign_ins.last_end(self)
        return min(date, last) if last else date

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=name_of(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        row.session_key = name_of(row.session_key)
        row.sign_in_id = sign_ins.of_session(data)
        return row

    def save(self, must_create: bool = False) -> None:
        """Save the session; if its sign-in has ended meanwhile, empty, as nobody's.

        Otherwise Django would try new keys for ever: no row can refer to an ended sign-in.
        """
        if must_create:
            data = self._get_session(no_load=True)  # type: ignore[attr-defined]
            sign_in = sign_ins.of_session(data)
            if sign_in and not SignIn.objects.filter(pk=sign_in).exists():
                data.clear()
        super().save(must_create)

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=name_of(key)).delete()

    def flush(self) -> None:
        """End the session and its sign-in, when the user signs out or signs in as somebody else.

        The sign-in stays if the session continues under another key: Django also calls this for a
        session that it read just before its owner set a new password.
        """
        sign_in, user_id = sign_ins.of_session(self), self.get(SESSION_KEY)
        row = Session.objects.filter(session_key=name_of(self.session_key or ""))
        was_there, _ = row.delete()
        super().flush()
        if was_there and sign_in and user_id:
            sign_ins.end(int(user_id), sign_in, "You have signed out.")

    @classmethod
    def clear_expired(cls) -> None:
        """Delete expired sessions, sign-ins and mailed codes (`manage.py clearsessions`)."""
        PasswordReset.objects.filter(expires_at__lt=timezone.now()).delete()
        SignIn.objects.filter(expires_at__lt=timezone.now()).delete()
        super().clear_expired()
