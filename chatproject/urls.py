"""URLs of pages and API; those of the sockets are in `chats/live/routing.py`."""

from django.contrib import admin
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from chatproject.rest.errors import NothingHere
from chatproject.rest.schema import SchemaView

handler500 = "chatproject.middleware.server_error"

api: list[URLPattern | URLResolver] = [
    path("", include("chats.api.urls")),
    path("", include("chats.assistant.urls")),
    path("", include("users.api.urls")),
    path("", RedirectView.as_view(pattern_name="docs")),
    re_path(r"^schema/?$", SchemaView.as_view(), name="schema"),
    # Split: the script has its own URL, so that the content security policy allows it.
    re_path(
        r"^docs/?$",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api/docs.html"),
        name="docs",
    ),
    re_path("", NothingHere.as_view()),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("", RedirectView.as_view(pattern_name="chats:list"), name="home"),
    path("chats/", include("chats.pages.urls")),
    path("accounts/", include("users.pages.urls")),
    # The admin's own form wouldn't end the user's other sign-ins.
    path("admin/password_change/", RedirectView.as_view(pattern_name="users:password_change")),
    path("admin/", admin.site.urls),
    path("favicon.ico", lambda _: redirect(static("icons/logo.svg")), name="favicon"),
]
