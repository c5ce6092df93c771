"""Moderation in Django's admin; what a moderator does is announced live, as any change is."""

from django.contrib import admin

from .chats import ChatAdmin as ChatAdmin
from .messages import MessageAdmin as MessageAdmin

admin.site.site_title = admin.site.site_header = "Chat moderation"
