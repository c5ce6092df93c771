"""Paths of the account pages, under /accounts/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

import chatproject.rest.paths  # noqa: F401 - registers `<any_uuid:…>`
import users.converters  # noqa: F401 - registers `<user_id:…>`

from . import (
    block_pages,
    email_pages,
    invitation_pages,
    issuer_pages,
    own_issuer_pages,
    passkey_pages,
    reset_pages,
    second_factor_pages,
    sign_in_pages,
    sign_up_pages,
    views,
)

app_name = "users"

urlpatterns = [
    path("sign-up/", sign_up_pages.SignUp.as_view(), name="sign_up"),
    path("sign-up/address/", sign_up_pages.SignUpAddress.as_view(), name="sign_up_address"),
    path("sign-up/issuer/", sign_up_pages.SignUpByIssuer.as_view(), name="issuer_sign_up"),
    path("invitation/", sign_up_pages.OpenInvitation.as_view(), name="invitation"),
    path("invitations/", invitation_pages.Invitations.as_view(), name="invitations"),
    path(
        "invitations/<any_uuid:invitation_id>/revoke/",
        invitation_pages.RevokeInvitation.as_view(),
        name="revoke_invitation",
    ),
    path("sign-in/", sign_in_pages.SignInPage.as_view(), name="sign_in"),
    path("sign-in/passkey/", passkey_pages.SignInByPasskey.as_view(), name="passkey_sign_in"),
    path("sign-in/passkey/challenge/", passkey_pages.UsingOptions.as_view(), name="passkey_using"),
    path("sign-in/second-step/", sign_in_pages.SecondStepPage.as_view(), name="second_step"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("profile/", views.Profile.as_view(), name="profile"),
    path("password/", views.PasswordChange.as_view(), name="password_change"),
    path("blocks/", block_pages.Blocks.as_view(), name="blocks"),
    path("blocks/<user_id:user_id>/end/", block_pages.Unblock.as_view(), name="unblock"),
    path("sign-ins/", views.SignIns.as_view(), name="sign_ins"),
    path("sign-ins/end-others/", views.EndOtherSignIns.as_view(), name="end_other_sign_ins"),
    path("sign-ins/<any_uuid:sign_in_id>/end/", views.EndSignIn.as_view(), name="end_sign_in"),
    path("second-factors/", second_factor_pages.OwnSecondFactors.as_view(), name="second_factors"),
    path("second-factors/app/", second_factor_pages.SetUpApp.as_view(), name="set_up_app"),
    path("second-factors/passkey/", passkey_pages.AddPasskey.as_view(), name="add_passkey"),
    path(
        "second-factors/passkey/challenge/",
        passkey_pages.MakingOptions.as_view(),
        name="passkey_making",
    ),
    path(
        "second-factors/recovery-codes/",
        second_factor_pages.NewRecoveryCodes.as_view(),
        name="new_recovery_codes",
    ),
    path(
        "second-factors/<user_id:factor_id>/turn-off/",
        second_factor_pages.TurnOff.as_view(),
        name="turn_off_factor",
    ),
    path("issuers/", own_issuer_pages.OwnIssuers.as_view(), name="issuers"),
    path("issuers/confirm/", own_issuer_pages.ConfirmPage.as_view(), name="confirm"),
    path(
        "issuers/<slug:issuer_id>/sign-in/",
        issuer_pages.SignInByIssuer.as_view(),
        name="issuer_sign_in",
    ),
    path(
        "issuers/<slug:issuer_id>/callback/",
        issuer_pages.Callback.as_view(),
        name="issuer_callback",
    ),
    path(
        "issuers/<slug:issuer_id>/connect/",
        own_issuer_pages.Connect.as_view(),
        name="connect_issuer",
    ),
    path(
        "issuers/<slug:issuer_id>/confirm/",
        own_issuer_pages.Confirm.as_view(),
        name="confirm_by_issuer",
    ),
    path(
        "issuers/<slug:issuer_id>/disconnect/",
        own_issuer_pages.Disconnect.as_view(),
        name="disconnect_issuer",
    ),
    path("delete/", views.DeleteAccount.as_view(), name="delete_account"),
    path("email/", email_pages.EmailChange.as_view(), name="email"),
    path("email/code/", email_pages.EmailCode.as_view(), name="email_code"),
    path("password-reset/", reset_pages.PasswordReset.as_view(), name="password_reset"),
    path("password-reset/code/", reset_pages.NewPassword.as_view(), name="password_reset_code"),
]
