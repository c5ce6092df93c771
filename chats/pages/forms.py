"""Forms of the chat pages: they check types and lengths, the actions all other rules."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.conf import settings

from chats.errors import Invalid
from chats.models import Chat
from users.pages.invitation_forms import once_field


class MessageForm(forms.Form):
    """A message being sent or edited."""

    content = forms.CharField(strip=False, max_length=settings.MESSAGE_MAX_LENGTH)
    client_id = forms.CharField(required=False, empty_value=None)
    reply_to = forms.UUIDField(required=False)

    def clean_content(self) -> str:
        """The text with LF as line ends: browsers submit CR LF."""
        content: str = self.cleaned_data["content"]
        return content.replace("\r\n", "\n")


class NameForm(forms.Form):
    """The name of a group."""

    name = forms.CharField(
        max_length=settings.CHAT_NAME_MAX_LENGTH,
        label="Name of the group",
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )


class DeleteGroupForm(forms.Form):
    """The name of the group to delete, typed by whoever deletes it."""

    name = forms.CharField(
        label="Type the name of the group to delete it",
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, name: str, *args: Any) -> None:
        super().__init__(*args)
        self.expected = name

    def clean_name(self) -> str:
        """The name, whatever the blanks and the Unicode normalisation of the keyboard."""
        name: str = self.cleaned_data["name"]
        if _plain(name) != _plain(self.expected):
            raise forms.ValidationError("This isn't the name of the group: nothing was deleted.")
        return name


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


class AccessForm(forms.Form):
    """Who may join a group by themselves, what they read, and what @ai reads."""

    access = forms.ChoiceField(
        choices=Chat.Access.choices, label="Who may join by themselves", widget=forms.RadioSelect
    )
    history_for_new_members = forms.BooleanField(
        required=False, label="New members read what was said before"
    )
    assistant_sees_history = forms.BooleanField(
        required=False, label="@ai reads the last messages when it is asked"
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        if not settings.AI_API_KEY:
            del self.fields["assistant_sees_history"]  # nobody asks, so nobody decides


class IdsField(forms.Field):
    """Ids of users, picked with check boxes; the action refuses those that don't exist."""

    widget = forms.SelectMultiple
    default_error_messages = {"required": "Pick at least one person."}

    def to_python(self, value: list[str] | None) -> list[int]:
        if len(value or []) > settings.CHAT_MAX_MEMBERS:
            raise forms.ValidationError(f"Pick at most {settings.CHAT_MAX_MEMBERS} people.")
        if not all(re.fullmatch("[0-9]{1,18}", item) for item in value or []):
            raise forms.ValidationError("These aren't people.")
        return [int(item) for item in value or []]


class GroupForm(NameForm):
    """A new group: its name and the ids of its members."""

    member_ids = IdsField()
    client_id = once_field()


class MemberForm(forms.Form):
    """A person to add to a group."""

    user_id = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class PermissionsForm(forms.Form):
    """A member's four permissions; browsers leave out a check box that is off, so it is False."""

    can_send_messages = forms.BooleanField(required=False, label="Send messages")
    can_change_permissions = forms.BooleanField(
        required=False, label="Rename the chat and change permissions"
    )
    can_remove_members = forms.BooleanField(required=False, label="Remove members")
    can_delete_other_messages = forms.BooleanField(
        required=False, label="Delete messages of others"
    )


def first_error(form: forms.Form) -> Invalid:
    """The first error of an invalid form, as the `Invalid` that an action would raise."""
    field, errors = next(iter(form.errors.items()))
    return Invalid(field, str(errors[0]))
