"""Forms of the chat pages; the rules about values are those of the actions."""

from __future__ import annotations

from django import forms
from django.conf import settings


class MessageForm(forms.Form):
    content = forms.CharField(strip=False, max_length=settings.MESSAGE_MAX_LENGTH)
    client_id = forms.CharField(required=False, empty_value=None)
    reply_to = forms.UUIDField(required=False)


class NameForm(forms.Form):
    name = forms.CharField(max_length=settings.CHAT_NAME_MAX_LENGTH, label="Name of the group")


class IdsField(forms.MultipleChoiceField):
    """Ids of users, picked by check boxes; the action says which don't exist."""

    def to_python(self, value: object) -> list[int]:
        try:
            return [int(item) for item in super().to_python(value)]
        except ValueError:
            raise forms.ValidationError("These aren't people.") from None

    def validate(self, value: list[int]) -> None:
        if self.required and not value:
            raise forms.ValidationError("Pick at least one person.")


class GroupForm(NameForm):
    member_ids = IdsField()


class MemberForm(forms.Form):
    user_id = forms.IntegerField()


class PermissionsForm(forms.Form):
    """The four switches of a member: one that is off isn't sent."""

    can_send_messages = forms.BooleanField(required=False, label="Send messages")
    can_change_permissions = forms.BooleanField(
        required=False, label="Rename the chat and change permissions"
    )
    can_remove_members = forms.BooleanField(required=False, label="Remove members")
    can_delete_other_messages = forms.BooleanField(
        required=False, label="Delete messages of others"
    )
