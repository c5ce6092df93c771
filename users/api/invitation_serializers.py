"""JSON of invitations."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chatproject.rest.fields import StrictSerializer, TextField, WholeNumberField
from users import group_invitations, invitations
from users.models import Arrival, Invitation

from .user_serializers import UserSerializer


class ArrivalSerializer(serializers.ModelSerializer[Arrival]):
    """Who came by an invitation, and when."""

    user = UserSerializer()

    class Meta:
        model = Arrival
        fields = ("user", "at")
        read_only_fields = fields


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """An invitation, as who made it sees it."""

    link = serializers.SerializerMethodField(help_text="When it is made only; later empty.")
    code = serializers.CharField(read_only=True, help_text="When it is made only; later empty.")
    arrivals = ArrivalSerializer(many=True, read_only=True)

    class Meta:
        model = Invitation
        fields = (
            *("id", "code", "link", "created_at", "expires_at", "revoked_at"),
            *("max_uses", "uses_left", "is_live", "arrivals"),
        )
        read_only_fields = fields

    is_live = serializers.BooleanField(read_only=True)

    def get_link(self, invitation: Invitation) -> str:
        """The address to hand on."""
        return invitations.link(invitation.code) if invitation.code else ""


class GroupInvitationSerializer(InvitationSerializer):
    """An invitation to a group, as who made it sees it, and those who may remove members."""

    made_by = UserSerializer(read_only=True)

    class Meta(InvitationSerializer.Meta):
        fields = (*InvitationSerializer.Meta.fields, "made_by")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class NewInvitationSerializer(StrictSerializer):
    """An invitation to make."""

    days = WholeNumberField(
        default=invitations.DAYS,
        min_value=1,
        max_value=invitations.MAX_DAYS,
        help_text="How long it works.",
    )
    max_uses = WholeNumberField(
        default=1,
        min_value=1,
        max_value=invitations.MAX_USES,
        help_text="How many people it lets in.",
    )
    client_id = TextField(
        max_length=64,
        required=False,
        allow_null=True,
        help_text="Yours; sending the same again answers with the invitation that was made.",
    )


class InvitationCodeSerializer(StrictSerializer):
    """The code of an invitation."""

    code = TextField(max_length=200, write_only=True)


class OpenedSerializer(serializers.Serializer[Any]):
    """What the holder of a code is told."""

    invited_by = serializers.SerializerMethodField(help_text="A name; of the first account, none.")
    group = serializers.SerializerMethodField(help_text="A name; null if it is to the site.")

    def get_invited_by(self, invitation: Invitation) -> str:
        """The name of who made it."""
        return invitation.made_by.name if invitation.made_by else ""

    def get_group(self, invitation: Invitation) -> str | None:
        """The name of the group that it leads to."""
        return group_invitations.name_of(invitation)
