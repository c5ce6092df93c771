"""Accounts in the admin; a moderator's deactivation takes effect at once."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from chatproject.text.bidi import isolate

from . import actions, emails, group_invitations, invitations
from .models import Arrival, Invitation, User
from .pages.password_forms import SetPasswordForm
from .signing_in import hashers, second_factor_changes

# What allauth registers shows secrets, and would let people sign in past our own actions.
for model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(model)

# A moderator who could set an email address or a password could take over the account.
MODERATOR_READS = ("username", "email", "is_staff", "is_bot", "groups", "last_login", "date_joined")
MODERATOR_FIELDSETS = (
    (None, {"fields": ("username", "is_active")}),
    ("Personal info", {"fields": ("first_name", "last_name", "email")}),
    ("Account", {"fields": ("is_staff", "is_bot", "groups", "last_login", "date_joined")}),
)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Administrators manage accounts; moderators edit names and deactivate."""

    change_password_form = SetPasswordForm
    list_display = (
        *("username", "name", "email", "awaits_approval"),
        *("is_active", "is_staff", "is_bot", "last_login"),
    )
    list_filter = ("awaits_approval", "is_active", "is_staff", "is_bot", "groups")
    show_full_result_count = False
    actions = ("approve", "refuse", "deactivate", "activate", "reset_second_factor")

    # Actions -------------------------------------------------------------------------------------

    @admin.action(description="Let in who waits for a moderator", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let the selected people in who wait; their addresses are told."""
        chosen = self._chosen(request, queryset.filter(awaits_approval=True))
        for user in chosen:
            actions.activate(user)
            self.log_change(request, user, "Let in.")
        self.message_user(request, f"{len(chosen)} let in.")

    @admin.action(description="Refuse who waits for a moderator", permissions=["change"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Remove the selected accounts that wait; their addresses are told."""
        chosen = self._chosen(request, queryset.filter(awaits_approval=True))
        for user in chosen:
            self.log_change(request, user, "Refused.")
            actions.refuse(user)
        self.message_user(request, f"{len(chosen)} refused.")

    @admin.action(description="Deactivate: sign out everywhere, at once", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Deactivate the selected people, except oneself."""
        chosen = self._chosen(request, queryset)
        for user in chosen:
            actions.deactivate(user)
            self.log_change(request, user, "Deactivated.")
        self.message_user(request, f"{len(chosen)} deactivated.")

    @admin.action(description="Activate again", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Reactivate the selected people, except deleted accounts, whose data is gone."""
        chosen = [user for user in self._chosen(request, queryset) if not actions.is_gone(user)]
        for user in chosen:
            actions.activate(user)
            self.log_change(request, user, "Activated.")
        self.message_user(request, f"{len(chosen)} activated.")

    @admin.action(description="Reset the second factor: for who has lost it", permissions=["reset"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Remove the second factors of the selected people, and end their sign-ins."""
        chosen = self._chosen(request, queryset)
        for user in chosen:
            second_factor_changes.reset(user)
            self.log_change(request, user, "Second factor reset.")
        self.message_user(request, f"{len(chosen)} reset.")

    def has_reset_permission(self, request: HttpRequest) -> bool:
        """Superusers only: whoever knows the password is in after it."""
        return bool(request.user.is_superuser)

    def _chosen(self, request: HttpRequest, queryset: QuerySet[User]) -> list[User]:
        return [
            user
            for user in queryset.filter(is_bot=False)
            if user != request.user and self.has_change_permission(request, user)
        ]

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        """Clearing "active" does what the `deactivate` action does; a former address is told."""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            former, username = form.initial["email"], obj.username
            transaction.on_commit(lambda: emails.tell(former, username, "has another address now"))
        if change and obj.is_active and obj.awaits_approval:
            transaction.on_commit(lambda: actions.activate(obj))
        if change and not obj.is_active and "is_active" in form.changed_data:
            # After the commit: closed sockets reconnect at once and must find the account inactive.
            transaction.on_commit(lambda: actions.deactivate(obj))

    # Permissions ---------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return MODERATOR_FIELDSETS

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not request.user.is_superuser:
            return MODERATOR_READS
        # The bot is looked up by its user name.
        return ("username",) if obj and obj.is_bot else super().get_readonly_fields(request, obj)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        password = request.POST.get("password1")
        if not password or not self.has_add_permission(request):
            return super().add_view(request, *args, **kwargs)
        with hashers.ahead(password):
            return super().add_view(request, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        if str(request.user.pk) in (*args, *kwargs.values()):  # one's own: asks for the old one
            return redirect("users:password_change")
        return super().user_change_password(request, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only: people sign up for themselves."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: messages refer to the row. Owners delete their account; moderators deactivate."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers may change a superuser."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not getattr(obj, "is_superuser", False))


class ArrivalInline(admin.TabularInline):
    """Who came by an invitation."""

    model = Arrival
    fields = readonly_fields = ("user", "at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: people come by themselves."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees the invitation."""
        return bool(request.user.has_perm("users.view_invitation"))


class InvitationList(ChangeList):
    """A page of invitations with the names of their groups, by one query more."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        _name_groups(self.result_list)


def _name_groups(shown: list[Any]) -> None:
    ids = {invitation.chat_id for invitation in shown if invitation.chat_id}
    titles = group_invitations.titles_of(ids) if ids else {}
    for invitation in shown:
        name = titles.get(invitation.chat_id, "Deleted group")
        invitation.group_title = isolate(name) if invitation.chat_id else ""


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    """All invitations and who came by them; they are made on the page of whoever invites."""

    list_display = (
        "created_at",
        "kind",
        "group",
        "made_by",
        "uses_left",
        "max_uses",
        "expires_at",
        "revoked_at",
    )
    list_filter = ("kind", "created_at")
    list_select_related = ("made_by",)
    search_fields = ("made_by__username",)
    fields = readonly_fields = list_display
    inlines = (ArrivalInline,)
    show_full_result_count = False
    actions = ("revoke",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return InvitationList

    def get_object(self, *args: Any) -> Invitation | None:
        found: Invitation | None = super().get_object(*args)
        if found:
            _name_groups([found])
        return found

    def group(self, invitation: Any) -> str:
        """The name of the group to which it leads; empty if it leads to the site alone."""
        title: str = invitation.group_title
        return title

    @admin.action(description="Withdraw: nobody comes by it any more", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """Withdraw the selected invitations."""
        chosen = list(queryset.filter(revoked_at=None))
        for invitation in chosen:
            invitations.revoke(queryset, invitation.pk)
            self.log_change(request, invitation, "Withdrawn.")
        self.message_user(request, f"{len(chosen)} withdrawn.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: the code would have to be shown."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: it tells who came by whom."""
        return False
