"""Forms of invitations."""

from __future__ import annotations

import uuid

from django import forms

from users import invitations


def once_field() -> forms.CharField:
    """A hidden field by which a form that is sent twice does what it does once."""
    return forms.CharField(
        required=False,
        max_length=64,
        empty_value=None,
        initial=lambda: uuid.uuid4().hex,
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
    )


class InvitationForm(forms.Form):
    """The code of an invitation."""

    code = forms.CharField(
        label="Code of the invitation",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-reset-code-target": "field"}),
    )


class NewInvitationForm(forms.Form):
    """An invitation to make."""

    days = forms.IntegerField(
        label="Days that it works",
        initial=invitations.DAYS,
        min_value=1,
        max_value=invitations.MAX_DAYS,
    )
    max_uses = forms.IntegerField(
        label="People it lets in", initial=1, min_value=1, max_value=invitations.MAX_USES
    )
    client_id = once_field()
