"""Forms that make an account, or edit what people see of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import UserCreationForm, UsernameField
from django.db import transaction

from users import registration, rules
from users.identity import Identity
from users.models import USERNAME_TAKEN, Invitation, User
from users.signing_in import hashers

# Autocomplete tokens (WCAG 1.3.5).
AUTOCOMPLETE = {"first_name": "given-name", "last_name": "family-name", "email": "email"}


class _AccountForm(forms.ModelForm):
    """Account fields with autocomplete, and user names unique regardless of case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in AUTOCOMPLETE.keys() & self.fields.keys():
            self.fields[name].widget.attrs |= {"autocomplete": AUTOCOMPLETE[name], "dir": "auto"}

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
    """Creates an account; of its address, only what a code has confirmed."""

    code = forms.CharField(
        label="Code from the mail",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-reset-code-target": "field"}),
    )
    email = forms.EmailField(
        label="Email address",
        required=False,
        max_length=254,
        help_text="To set a new password when you forget yours. Moderators see it, nobody else.",
    )

    field_order = ("code", "username", "first_name", "last_name", "email")

    def __init__(self, invitation: Invitation | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        del self.fields["email" if self._confirms() else "code"]

    def _confirms(self) -> bool:
        first = self.invitation is not None and self.invitation.kind == Invitation.Kind.FIRST
        return registration.confirms() and not first

    def clean(self) -> dict[str, Any]:
        """The fields, if something lets the person in."""
        data = super().clean()
        if "code" not in self.errors:
            self.entry = registration.entry(self.invitation, data.get("code", ""))
        return data

    def save(self, commit: bool = True) -> User:
        """The account, with what it was made by used up; ValidationError if that has ended."""
        for name, value in self.entry.columns().items():
            setattr(self.instance, name, value)
        with hashers.ahead(self.cleaned_data["password1"]), transaction.atomic():
            user: User = super().save(commit)
            self.entry.use(user)
        return user

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")
        field_classes = {"username": UsernameField}

    def validate_password_for_user(self, user: User, *args: Any, **options: Any) -> None:
        """Refuse a password like the address, too."""
        names = {name: getattr(user, name) for name in self.Meta.fields}
        own = User(**names, email=self.cleaned_data.get("email", ""))
        super().validate_password_for_user(own, *args, **options)  # type: ignore[misc]


class IssuerSignUpForm(_AccountForm):
    """Creates an account without a password, which an issuer signs in to."""

    def __init__(
        self, invitation: Invitation | None, identity: Identity, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.invitation, self.identity = invitation, identity

    def clean(self) -> dict[str, Any]:
        """The fields, if something lets the person in."""
        data = super().clean()
        if self.identity.is_taken():
            raise forms.ValidationError("This was done in the meantime: sign in.")
        self.entry = registration.entry_by_issuer(self.invitation, self.identity.email)
        return data

    def save(self, commit: bool = True) -> User:
        """The account; ValidationError if its invitation has ended."""
        for name, value in self.entry.columns().items():
            setattr(self.instance, name, value)
        self.instance.set_unusable_password()
        with transaction.atomic():
            user: User = super().save(commit)
            self.identity.connect(user)
            self.entry.use(user)
        return user

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")
        field_classes = {"username": UsernameField}


class ProfileForm(_AccountForm):
    """Edits one's names, and who may add one to groups."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["added_by"].required = False  # a form without it changes nothing about it

    class Meta:
        model = User
        fields = ("first_name", "last_name", "added_by")
