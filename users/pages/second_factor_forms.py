"""Forms of second factors."""

from __future__ import annotations

from typing import Any

from django import forms

from users.models import User
from users.signing_in import second_factor_changes, second_factors

from .password_forms import PasswordAskedForm


def code_field(label: str) -> forms.CharField:
    """A field for a code."""
    attrs = {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
    return forms.CharField(label=label, max_length=20, widget=forms.TextInput(attrs=attrs))


class CodeForm(forms.Form):
    """A code of an app, or a recovery code."""

    code = code_field("Code")


class AppForm(forms.Form):
    """The first code of an app, by which it is set up."""

    code = code_field("The code that the app shows")
    replaces = False  # whether it may take the place of another app

    def __init__(self, user: User, *args: Any, secret: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.secret = user, secret

    def clean_code(self) -> str:
        """The code, if it is right."""
        code: str = self.cleaned_data["code"]
        if not second_factors.is_code_of(self.secret, code):
            raise forms.ValidationError(second_factors.WRONG)
        return code

    @property
    def key(self) -> str:
        """The secret, for an app that reads no picture, in groups of four characters."""
        text = second_factors.in_clear(self.secret)
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))

    @property
    def qr_code(self) -> str:
        """The address of the picture that an app reads."""
        return second_factors.qr_code(self.user, self.secret)

    def save(self) -> list[str] | None:
        """Set the app up; see `second_factor_changes.set_up_app`."""
        code = self.cleaned_data["code"]
        return second_factor_changes.set_up_app(
            self.user, self.secret, code, replaces=self.replaces
        )


class OwnAppForm(AppForm, PasswordAskedForm):
    """An app, set up by whoever is signed in, by their password."""

    replaces = True
    field_order = ("code", "password")

    def __init__(self, user: User, *args: Any, secret: str, **kwargs: Any) -> None:
        self.secret = secret
        PasswordAskedForm.__init__(self, user, *args, **kwargs)
