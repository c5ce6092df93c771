"""Forms that ask for a password, or set a new one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, AuthenticationForm, SetPasswordMixin
from django.db import transaction

from users import actions, resets
from users.models import BAD_CODE, PasswordReset, User
from users.signing_in import hashers

CONFIRM = "Confirm first that it is you, where you sign in."


class SignInForm(AuthenticationForm):
    """Shows the same error for a wrong user name, a wrong password and an inactive account."""

    error_messages = {
        "invalid_login": "The user name or the password is wrong.",
        "inactive": "The user name or the password is wrong.",
    }


class SetPasswordForm(AdminPasswordChangeForm):
    """Sets a user's password in the admin; ends every sign-in of that user."""

    def save(self, commit: bool = True) -> User:
        user = super().save(commit)
        actions.password_changed(user)
        return user


class ResetForm(forms.Form):
    """An address to which a code goes."""

    email = forms.EmailField(
        max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class NewPasswordForm(SetPasswordMixin, forms.Form):
    """A new password, by the code of a mail (`resets.find`), in one form: nothing is kept."""

    code = forms.CharField(
        label="Code from the mail",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-reset-code-target": "field"}),
    )
    new_password1, new_password2 = SetPasswordMixin.create_password_fields(
        label1="New password", label2="New password confirmation"
    )
    found: tuple[PasswordReset, User] | None = None

    def clean_code(self) -> str:
        """The code, if it is good."""
        code: str = self.cleaned_data["code"]
        self.found = resets.find(code)
        if self.found is None:
            raise forms.ValidationError(BAD_CODE)
        return code

    def clean(self) -> dict[str, Any]:
        """The fields, if the passwords are equal and good for the user."""
        self.validate_passwords("new_password1", "new_password2")
        if self.found is not None:
            self.validate_password_for_user(self.found[1], "new_password2")
        return super().clean() or {}

    def save(self) -> User | None:
        """The user, with the new password; None if the code was used in the meantime."""
        assert self.found is not None
        reset, user = self.found
        with hashers.ahead(self.cleaned_data["new_password1"]), transaction.atomic():
            if not reset.use():
                return None
            changed: User = self.set_password_and_save(user, "new_password1")
        return changed


class PasswordAskedForm(forms.Form):
    """Asks for the password before something that no open session is enough for.

    Who has none, as they sign in by an issuer, must be `confirmed` by it.
    """

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any, confirmed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.confirmed = user, confirmed
        if not user.has_usable_password():
            del self.fields["password"]

    def clean_password(self) -> str:
        """The password, if it is the user's."""
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password

    def clean(self) -> dict[str, Any]:
        """The fields, if they are the person's."""
        if "password" not in self.fields and not self.confirmed:
            raise forms.ValidationError(CONFIRM)
        return super().clean() or {}
