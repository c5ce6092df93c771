"""Accounts in the admin: moderators deactivate people, which takes effect at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from . import actions
from .models import User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    list_display = ("username", "name", "email", "is_active", "is_staff", "is_bot", "last_login")
    list_filter = ("is_active", "is_staff", "is_bot", "groups")
    show_full_result_count = False
    actions = ("deactivate", "activate")

    @admin.action(description="Deactivate: sign out everywhere, at once", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Deactivate the chosen people, but not oneself or a superuser."""
        chosen = [
            user
            for user in queryset.filter(is_superuser=False, is_bot=False)
            if user != request.user
        ]
        for user in chosen:
            actions.deactivate(user)
            self.log_change(request, user, "Deactivated.")
        self.message_user(request, f"{len(chosen)} deactivated.")

    @admin.action(description="Activate again", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset.filter(is_bot=False):
            actions.activate(user)
            self.log_change(request, user, "Activated.")

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        """The form's switch does what the action does."""
        super().save_model(request, obj, form, change)
        if change and not obj.is_active and "is_active" in form.changed_data:
            actions.deactivate(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Moderators don't make themselves or others superusers."""
        if request.user.is_superuser:
            return super().get_readonly_fields(request, obj)
        return ("is_superuser", "is_staff", "groups", "user_permissions", "password", "username")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows stay: messages refer to them. An account is deleted by its owner, or deactivated."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not getattr(obj, "is_superuser", False))
