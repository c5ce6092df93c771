"""The API of the assistant, under `/api/v1/`; every path also works with a trailing slash."""

from django.urls import path

from .api import AskView, PhotoView

urlpatterns = [
    path("ai/ask", AskView.as_view(), name="ai-ask"),
    path("ai/ask/", AskView.as_view()),
    path("ai/photo", PhotoView.as_view(), name="ai-photo"),
    path("ai/photo/", PhotoView.as_view()),
]
