"""The API of accounts, under `/api/v1/`; every path also ends in a slash."""

from django.urls import path, re_path

from . import viewsets

urlpatterns = [
    re_path(r"^auth/register/?$", viewsets.RegisterView.as_view(), name="auth-register"),
    re_path(r"^auth/login/?$", viewsets.LoginView.as_view(), name="auth-login"),
    re_path(r"^auth/refresh/?$", viewsets.RefreshView.as_view(), name="auth-refresh"),
    re_path(r"^auth/logout/?$", viewsets.LogoutView.as_view(), name="auth-logout"),
    re_path(r"^users/me/?$", viewsets.MeView.as_view(), name="me"),
    re_path(r"^users/me/sessions/?$", viewsets.SessionsView.as_view(), name="sessions"),
    path("users/me/sessions/<uuid:session_id>", viewsets.SessionView.as_view(), name="session"),
    path("users/me/sessions/<uuid:session_id>/", viewsets.SessionView.as_view()),
    re_path(r"^users/?$", viewsets.PeopleView.as_view(), name="people"),
]
