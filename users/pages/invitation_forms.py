"""Forms of invitations."""

from __future__ import annotations

from django import forms

from users import invitations


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
