"""The API of chats, under `/api/v1/`; every path also ends in a slash."""

from django.urls import re_path

from .ai_views import AskView, PhotoView

urlpatterns = [
    re_path(r"^ai/ask/?$", AskView.as_view(), name="ai-ask"),
    re_path(r"^ai/photo/?$", PhotoView.as_view(), name="ai-photo"),
]
