"""The API of accounts, under `/api/v1/`; every path also ends in a slash."""

from django.urls import path, re_path

import chatproject.rest.paths  # noqa: F401 - registers `<any_uuid:…>`
import users.converters  # noqa: F401 - registers `<user_id:…>`

from . import api, block_api, invitation_api, me_api

urlpatterns = [
    re_path(r"^auth/register/?$", api.RegisterView.as_view(), name="auth-register"),
    re_path(
        r"^auth/register/email/?$", api.RegisterEmailView.as_view(), name="auth-register-email"
    ),
    re_path(r"^auth/login/?$", api.LoginView.as_view(), name="auth-login"),
    re_path(
        r"^auth/login/second-factor/?$",
        api.SecondFactorView.as_view(),
        name="auth-second-factor",
    ),
    re_path(r"^auth/refresh/?$", api.RefreshView.as_view(), name="auth-refresh"),
    re_path(r"^auth/logout/?$", api.LogoutView.as_view(), name="auth-logout"),
    re_path(r"^auth/reauthenticate/?$", me_api.ReauthenticateView.as_view(), name="reauthenticate"),
    re_path(r"^invitations/?$", invitation_api.InvitationsView.as_view(), name="invitations"),
    re_path(
        r"^invitations/open/?$", invitation_api.OpenInvitationView.as_view(), name="open-invitation"
    ),
    path("invitations/<any_uuid:invitation_id>", invitation_api.InvitationView.as_view()),
    path("invitations/<any_uuid:invitation_id>/", invitation_api.InvitationView.as_view()),
    re_path(r"^users/me/?$", me_api.MeView.as_view(), name="me"),
    re_path(r"^users/me/email/?$", me_api.EmailView.as_view(), name="email"),
    re_path(r"^users/me/blocks/?$", block_api.BlocksView.as_view(), name="blocks"),
    path("users/me/blocks/<user_id:user_id>", block_api.BlockView.as_view(), name="block"),
    path("users/me/blocks/<user_id:user_id>/", block_api.BlockView.as_view()),
    re_path(r"^users/me/sessions/?$", me_api.SessionsView.as_view(), name="sessions"),
    path("users/me/sessions/<any_uuid:session_id>", me_api.SessionView.as_view(), name="session"),
    path("users/me/sessions/<any_uuid:session_id>/", me_api.SessionView.as_view()),
    re_path(r"^users/?$", api.PeopleView.as_view(), name="people"),
]
