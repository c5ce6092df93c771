"""Moderation: chats and messages to look at, and the actions that people see at once."""

from django.contrib import admin

from .chats import ChatAdmin as ChatAdmin
from .messages import MessageAdmin as MessageAdmin

admin.site.site_title = admin.site.site_header = "Chat moderation"
