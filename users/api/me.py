"""One's own account over the API: names, address, deletion, where one is signed in."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from chatproject.limits import limits
from chatproject.rest.pagination import StrictLimitOffsetPagination
from chatproject.rest.parsers import JSONParser
from users import actions, emails
from users.models import BAD_CODE, SignIn, User
from users.signing_in import reauthentication, sign_ins
from users.signing_in.authentication import Access

from .openapi import (
    BAD_INPUT,
    BROWSER,
    CONSENT,
    MAILED_CODE,
    NEW_NAME,
    NOT_SIGNED_IN,
    OWN,
    PASSWORD,
    PASSWORD_NEEDED,
)
from .sign_in_serializers import CodeSerializer, PasswordSerializer, SignInSerializer
from .user_serializers import MeSerializer


def current_sign_in(request: Request) -> uuid.UUID | None:
    """The id of the sign-in that made a request; None if its session has none."""
    if isinstance(request.auth, Access):
        return request.auth.sign_in
    return sign_ins.of_session(request._request.session)


def own(request: Request) -> User:
    """The account that made a request."""
    assert isinstance(request.user, User)
    return request.user


class ReauthenticateView(generics.GenericAPIView[Any]):
    """Give one's password again: for one change, within five minutes, that asks for it.

    Those are another address, the deletion of the account, and ending other sign-ins.
    """

    serializer_class = PasswordSerializer
    parser_classes = (JSONParser, FormParser)

    @extend_schema(responses={204: None, 400: BAD_INPUT, 401: NOT_SIGNED_IN}, examples=[PASSWORD])
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        password = serializer.validated_data["password"]
        if not reauthentication.is_password(own(request), password, request._request):
            raise ValidationError({"password": ["This is not your password."]})
        reauthentication.allow(current_sign_in(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    get=extend_schema(description="One's own account.", examples=[OWN]),
    patch=extend_schema(
        description="Change one's names, address, or who may add one to groups. Another address "
        "asks for the password, and is `pending_email` until its code comes back at "
        "`users/me/email`.",
        responses={200: MeSerializer, 403: PASSWORD_NEEDED},
        examples=[OWN, NEW_NAME, CONSENT],
    ),
    delete=extend_schema(
        description="Delete one's account, at once; soon it has left its groups. Its messages stay "
        "without a name. Asks for the password.",
        responses={204: None, 403: PASSWORD_NEEDED},
    ),
)
class MeView(generics.RetrieveUpdateDestroyAPIView[User]):
    """One's own account; another address and the deletion ask for the password."""

    serializer_class = MeSerializer
    http_method_names = ("get", "patch", "delete", "head", "options")

    def get_object(self) -> User:
        return own(self.request)

    def perform_update(self, serializer: BaseSerializer[User]) -> None:
        user, email = own(self.request), serializer.validated_data.get("email")
        limits.PROFILE.spend(user.pk)
        if email not in (None, user.email):
            reauthentication.use(current_sign_in(self.request))
        if email is not None:
            emails.change(user, email, self.request._request)
        serializer.save()

    def perform_destroy(self, instance: User) -> None:
        reauthentication.use(current_sign_in(self.request))
        actions.delete_account(instance)


class EmailView(generics.GenericAPIView[Any]):
    """The code that was mailed to one's new address."""

    serializer_class = CodeSerializer

    @extend_schema(
        description="Confirm one's new address by its code: of three tries, within an hour.",
        responses={200: MeSerializer, 400: BAD_INPUT, 401: NOT_SIGNED_IN},
        examples=[MAILED_CODE, OWN],
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if not emails.confirm(own(request), serializer.validated_data["code"]):
            raise ValidationError({"code": [BAD_CODE]})
        return Response(MeSerializer(own(request)).data)


@extend_schema_view(
    get=extend_schema(description="Where one is signed in, latest used first.", examples=[BROWSER]),
    delete=extend_schema(
        operation_id="users_me_sessions_destroy_others",
        description="Sign out everywhere else: their sockets close at once. Asks for the password.",
        parameters=[],
        responses={204: None, 403: PASSWORD_NEEDED},
    ),
)
class SessionsView(generics.ListAPIView[SignIn]):
    """The sign-ins of a person: browsers' sessions, and tokens of the API."""

    serializer_class = SignInSerializer
    pagination_class = StrictLimitOffsetPagination

    def get_queryset(self) -> QuerySet[SignIn]:
        found: QuerySet[SignIn] = SignIn.objects.of(self.request.user.pk)
        return found

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "current": current_sign_in(self.request)}

    def delete(self, request: Request) -> Response:
        here = current_sign_in(request)
        reauthentication.use(here)
        sign_ins.end_all(request.user.pk, sign_ins.SIGNED_OUT, but=here)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(APIView):
    """One sign-in of a person."""

    @extend_schema(
        description="Sign out there: its tokens are refused and its sockets close at once. Asks "
        "for the password, unless it is this sign-in.",
        responses={204: None, 403: PASSWORD_NEEDED},
    )
    def delete(self, request: Request, session_id: uuid.UUID) -> Response:
        if not SignIn.objects.filter(pk=session_id, user=own(request)).exists():
            raise Http404
        here = current_sign_in(request)
        if session_id != here:
            reauthentication.use(here)
        sign_ins.end(request.user.pk, session_id, sign_ins.SIGNED_OUT)
        return Response(status=status.HTTP_204_NO_CONTENT)
