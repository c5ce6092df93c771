"""The API of accounts, under `/api/v1/`; every path also ends in a slash."""

from django.urls import path, re_path

import chatproject.rest.paths  # noqa: F401 - registers `<any_uuid:…>`
import users.converters  # noqa: F401 - registers `<user_id:…>`

from . import accounts, blocks, invitations, me

urlpatterns = [
    re_path(r"^auth/register/?$", accounts.RegisterView.as_view(), name="auth-register"),
    re_path(
        r"^auth/register/email/?$", accounts.RegisterEmailView.as_view(), name="auth-register-email"
    ),
    re_path(r"^auth/login/?$", accounts.LoginView.as_view(), name="auth-login"),
    re_path(
        r"^auth/login/second-factor/?$",
        accounts.SecondFactorView.as_view(),
        name="auth-second-factor",
    ),
    re_path(r"^auth/refresh/?$", accounts.RefreshView.as_view(), name="auth-refresh"),
    re_path(r"^auth/logout/?$", accounts.LogoutView.as_view(), name="auth-logout"),
    re_path(r"^auth/reauthenticate/?$", me.ReauthenticateView.as_view(), name="reauthenticate"),
    re_path(r"^invitations/?$", invitations.InvitationsView.as_view(), name="invitations"),
    re_path(
        r"^invitations/open/?$", invitations.OpenInvitationView.as_view(), name="open-invitation"
    ),
    path("invitations/<any_uuid:invitation_id>", invitations.InvitationView.as_view()),
    path("invitations/<any_uuid:invitation_id>/", invitations.InvitationView.as_view()),
    re_path(r"^users/me/?$", me.MeView.as_view(), name="me"),
    re_path(r"^users/me/email/?$", me.EmailView.as_view(), name="email"),
    re_path(r"^users/me/blocks/?$", blocks.BlocksView.as_view(), name="blocks"),
    path("users/me/blocks/<user_id:user_id>", blocks.BlockView.as_view(), name="block"),
    path("users/me/blocks/<user_id:user_id>/", blocks.BlockView.as_view()),
    re_path(r"^users/me/sessions/?$", me.SessionsView.as_view(), name="sessions"),
    path("users/me/sessions/<any_uuid:session_id>", me.SessionView.as_view(), name="session"),
    path("users/me/sessions/<any_uuid:session_id>/", me.SessionView.as_view()),
    re_path(r"^users/?$", accounts.PeopleView.as_view(), name="people"),
]
