"""The app of the admin: Django's, with a site of ours."""

from django.contrib.admin.apps import AdminConfig


class ChatAdminConfig(AdminConfig):
    """Django's admin, entered by our own sign-in."""

    default_site = "users.admin_site.ChatAdminSite"
