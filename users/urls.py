"""Paths of the account pages, under /accounts/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

import chatproject.rest.paths  # noqa: F401 - registers `<any_uuid:…>`
import users.converters  # noqa: F401 - registers `<user_id:…>`

from . import block_pages, email_pages, invitation_pages, reset_pages, sign_up_pages, views

app_name = "users"

urlpatterns = [
    path("sign-up/", sign_up_pages.SignUp.as_view(), name="sign_up"),
    path("sign-up/address/", sign_up_pages.SignUpAddress.as_view(), name="sign_up_address"),
    path("invitation/", sign_up_pages.OpenInvitation.as_view(), name="invitation"),
    path("invitations/", invitation_pages.Invitations.as_view(), name="invitations"),
    path(
        "invitations/<any_uuid:invitation_id>/revoke/",
        invitation_pages.RevokeInvitation.as_view(),
        name="revoke_invitation",
    ),
    path("sign-in/", views.SignInPage.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("profile/", views.Profile.as_view(), name="profile"),
    path("password/", views.PasswordChange.as_view(), name="password_change"),
    path("blocks/", block_pages.Blocks.as_view(), name="blocks"),
    path("blocks/<user_id:user_id>/end/", block_pages.Unblock.as_view(), name="unblock"),
    path("sign-ins/", views.SignIns.as_view(), name="sign_ins"),
    path("sign-ins/end-others/", views.EndOtherSignIns.as_view(), name="end_other_sign_ins"),
    path("sign-ins/<any_uuid:sign_in_id>/end/", views.EndSignIn.as_view(), name="end_sign_in"),
    path("delete/", views.DeleteAccount.as_view(), name="delete_account"),
    path("email/", email_pages.EmailChange.as_view(), name="email"),
    path("email/code/", email_pages.EmailCode.as_view(), name="email_code"),
    path("password-reset/", reset_pages.PasswordReset.as_view(), name="password_reset"),
    path("password-reset/code/", reset_pages.NewPassword.as_view(), name="password_reset_code"),
]
