"""Forms of the account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AuthenticationForm,
    UserCreationForm,
    UsernameField,
)
from django.contrib.auth.tokens import default_token_generator
from django.utils.http import urlsafe_base64_decode

from . import rules, sign_ins
from .models import USERNAME_TAKEN, User

# Autocomplete tokens (WCAG 1.3.5).
AUTOCOMPLETE = {"first_name": "given-name", "last_name": "family-name", "email": "email"}


class SignInForm(AuthenticationForm):
    """Shows the same error for a wrong user name, a wrong password and an inactive account."""

    error_messages = {
        "invalid_login": "The user name or the password is wrong.",
        "inactive": "The user name or the password is wrong.",
    }


class _AccountForm(forms.ModelForm):
    """Account fields with autocomplete, and user names unique regardless of case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, purpose in AUTOCOMPLETE.items():
            self.fields[name].widget.attrs |= {"autocomplete": purpose, "dir": "auto"}

    def clean_username(self) -> str:
        """The user name, if it is free in any case and not reserved."""
        username: str = self.cleaned_data["username"]
        if self._others().called(username).exists():
            raise forms.ValidationError(USERNAME_TAKEN)
        rules.not_reserved(username)
        return username

    def clean(self) -> dict[str, Any]:
        """The fields, if the name isn't a reserved one."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.instance.is_staff:
            rules.person_name(data.get("first_name", ""), data.get("last_name", ""))
        return data

    def _others(self) -> Any:
        return User.objects.exclude(pk=self.instance.pk)


class SignUpForm(_AccountForm, UserCreationForm):
    """Creates an account."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email")
        field_classes = {"username": UsernameField}
        help_texts = {
            "email": "To set a new password when you forget yours. Nobody else sees it.",
        }


class ProfileForm(_AccountForm):
    """Edits one's names and email address."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email")


class SetPasswordForm(AdminPasswordChangeForm):
    """Sets a user's password in the admin; ends every sign-in of that user."""

    def save(self, commit: bool = True) -> User:
        user = super().save(commit)
        sign_ins.end_all(user.pk, "The password was changed.")
        return user


class ResetCodeForm(forms.Form):
    """The code of a reset mail: the account's encoded id, a dot, and the token."""

    code = forms.CharField(
        label="Code from the mail",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-reset-code-target": "field"}),
    )

    def clean_code(self) -> tuple[str, str]:
        """The encoded user id and the token; refused if used, expired or of no active account."""
        uid, _, token = self.cleaned_data["code"].partition(".")
        try:
            user = User.objects.get(pk=int(urlsafe_base64_decode(uid)), is_active=True)
        except (ValueError, OverflowError, User.DoesNotExist):
            user = None
        if not default_token_generator.check_token(user, token):
            raise forms.ValidationError("This code was used already or is too old.")
        return uid, token


class DeleteAccountForm(forms.Form):
    """Asks for the password before an account is deleted for good."""

    password = forms.CharField(
        strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """The password, if it is the user's."""
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password
