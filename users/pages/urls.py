"""Paths of the account pages, under /accounts/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

import chatproject.rest.paths  # noqa: F401 - registers `<any_uuid:…>`
import users.converters  # noqa: F401 - registers `<user_id:…>`

from . import (
    blocks,
    email,
    invitations,
    issuers,
    own_issuers,
    passkeys,
    resets,
    second_factors,
    sign_in,
    sign_up,
    views,
)

app_name = "users"

urlpatterns = [
    path("sign-up/", sign_up.SignUp.as_view(), name="sign_up"),
    path("sign-up/address/", sign_up.SignUpAddress.as_view(), name="sign_up_address"),
    path("sign-up/issuer/", sign_up.SignUpByIssuer.as_view(), name="issuer_sign_up"),
    path("invitation/", sign_up.OpenInvitation.as_view(), name="invitation"),
    path("invitations/", invitations.Invitations.as_view(), name="invitations"),
    path(
        "invitations/<any_uuid:invitation_id>/revoke/",
        invitations.RevokeInvitation.as_view(),
        name="revoke_invitation",
    ),
    path("sign-in/", sign_in.SignInPage.as_view(), name="sign_in"),
    path("sign-in/passkey/", passkeys.SignInByPasskey.as_view(), name="passkey_sign_in"),
    path("sign-in/passkey/challenge/", passkeys.UsingOptions.as_view(), name="passkey_using"),
    path("sign-in/second-step/", sign_in.SecondStepPage.as_view(), name="second_step"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("profile/", views.Profile.as_view(), name="profile"),
    path("password/", views.PasswordChange.as_view(), name="password_change"),
    path("blocks/", blocks.Blocks.as_view(), name="blocks"),
    path("blocks/<user_id:user_id>/end/", blocks.Unblock.as_view(), name="unblock"),
    path("sign-ins/", views.SignIns.as_view(), name="sign_ins"),
    path("sign-ins/end-others/", views.EndOtherSignIns.as_view(), name="end_other_sign_ins"),
    path("sign-ins/<any_uuid:sign_in_id>/end/", views.EndSignIn.as_view(), name="end_sign_in"),
    path("second-factors/", second_factors.OwnSecondFactors.as_view(), name="second_factors"),
    path("second-factors/app/", second_factors.SetUpApp.as_view(), name="set_up_app"),
    path("second-factors/passkey/", passkeys.AddPasskey.as_view(), name="add_passkey"),
    path(
        "second-factors/passkey/challenge/",
        passkeys.MakingOptions.as_view(),
        name="passkey_making",
    ),
    path(
        "second-factors/recovery-codes/",
        second_factors.NewRecoveryCodes.as_view(),
        name="new_recovery_codes",
    ),
    path(
        "second-factors/<user_id:factor_id>/turn-off/",
        second_factors.TurnOff.as_view(),
        name="turn_off_factor",
    ),
    path("issuers/", own_issuers.OwnIssuers.as_view(), name="issuers"),
    path("issuers/confirm/", own_issuers.ConfirmPage.as_view(), name="confirm"),
    path(
        "issuers/<slug:issuer_id>/sign-in/",
        issuers.SignInByIssuer.as_view(),
        name="issuer_sign_in",
    ),
    path(
        "issuers/<slug:issuer_id>/callback/",
        issuers.Callback.as_view(),
        name="issuer_callback",
    ),
    path(
        "issuers/<slug:issuer_id>/connect/",
        own_issuers.Connect.as_view(),
        name="connect_issuer",
    ),
    path(
        "issuers/<slug:issuer_id>/confirm/",
        own_issuers.Confirm.as_view(),
        name="confirm_by_issuer",
    ),
    path(
        "issuers/<slug:issuer_id>/disconnect/",
        own_issuers.Disconnect.as_view(),
        name="disconnect_issuer",
    ),
    path("delete/", views.DeleteAccount.as_view(), name="delete_account"),
    path("email/", email.EmailChange.as_view(), name="email"),
    path("email/code/", email.EmailCode.as_view(), name="email_code"),
    path("password-reset/", resets.PasswordReset.as_view(), name="password_reset"),
    path("password-reset/code/", resets.NewPassword.as_view(), name="password_reset_code"),
]
