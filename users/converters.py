"""Parts of paths that name people."""

from django.urls import register_converter


class UserIdConverter:
    """`<user_id:…>`: an id of a user, up to 18 digits, so that it fits the stores."""

    regex = "[0-9]{1,18}"
    to_python = int
    to_url = str


register_converter(UserIdConverter, "user_id")
