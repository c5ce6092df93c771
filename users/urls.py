"""Paths of the account pages, under /accounts/."""

from django.urls import path

from . import views

app_name = "users"

urlpatterns = [
    path("sign-up/", views.SignUp.as_view(), name="sign_up"),
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("profile/", views.Profile.as_view(), name="profile"),
    path("password/", views.PasswordChange.as_view(), name="password_change"),
    path("delete/", views.DeleteAccount.as_view(), name="delete_account"),
    path("password-reset/", views.PasswordReset.as_view(), name="password_reset"),
    path(
        "password-reset/<uidb64>/<token>/",
        views.PasswordResetConfirm.as_view(),
        name="password_reset_confirm",
    ),
]
