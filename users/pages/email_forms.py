"""Forms of one's email address."""

from __future__ import annotations

from typing import Any

from django import forms

from users import emails
from users.models import BAD_CODE, User

from .password_forms import PasswordAskedForm


class EmailForm(PasswordAskedForm):
    """Another address, or none."""

    email = forms.EmailField(
        label="Address",
        required=False,
        max_length=254,
        help_text="Leave it empty to have none.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    field_order = ("email", "password")


class EmailCodeForm(forms.Form):
    """The code of the mail to one's new address."""

    code = forms.CharField(
        label="Code from the mail",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_code(self) -> str:
        """The code, which has confirmed the address."""
        code: str = self.cleaned_data["code"]
        if not emails.confirm(self.user, code):
            raise forms.ValidationError(BAD_CODE)
        return code
