"""The accounts API: registration, signing in and out, one's own account, finding people."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth import authenticate
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.rest.pagination import StrictLimitOffsetPagination

from . import actions, sign_ins, tokens
from .authentication import Access
from .backends import remember_place
from .models import SignIn, User
from .openapi import (
    BAD_INPUT,
    BROWSER,
    CREDENTIALS,
    NEW_NAME,
    NOT_SIGNED_IN,
    OWN,
    PERSON,
    REFRESH,
    SEARCH,
    TOKENS,
)
from .serializers import (
    LoginSerializer,
    MeSerializer,
    RefreshSerializer,
    RegisterSerializer,
    SignInSerializer,
    TokensSerializer,
    UserSerializer,
)


class OpenView(generics.GenericAPIView[Any]):
    """An endpoint that needs no account; a bad token in the header is no reason to refuse."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def answer(self, user: User, pair: dict[str, str], code: int = status.HTTP_200_OK) -> Response:
        """The response with a token pair and its user."""
        return Response({**pair, "user": UserSerializer(user).data}, status=code)


class RegisterView(OpenView):
    """Make an account and sign in to it."""

    serializer_class = RegisterSerializer

    @extend_schema(
        responses={201: TokensSerializer, 400: BAD_INPUT}, examples=[TOKENS, CREDENTIALS]
    )
    def post(self, request: Request) -> Response:
        limits.REGISTER.spend(client_network(request._request))
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = serializer.save()
        remember_place(user, request._request)
        return self.answer(user, tokens.sign_in(user, request._request), status.HTTP_201_CREATED)


class LoginView(OpenView):
    """Sign in; a wrong name and a wrong password get the same answer after the same time."""

    serializer_class = LoginSerializer

    @extend_schema(
        responses={200: TokensSerializer, 400: BAD_INPUT, 401: NOT_SIGNED_IN},
        examples=[TOKENS, CREDENTIALS],
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = authenticate(request._request, **serializer.validated_data)
        if not isinstance(user, User):
            raise AuthenticationFailed("The user name or the password is wrong.")
        return self.answer(user, tokens.sign_in(user, request._request))

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class RefreshView(OpenView):
    """A new pair for a refresh token; using one twice ends its whole sign-in."""

    serializer_class = RefreshSerializer

    @extend_schema(
        responses={200: TokensSerializer, 400: BAD_INPUT, 401: NOT_SIGNED_IN},
        examples=[TOKENS, REFRESH],
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user, pair = tokens.rotate(serializer.validated_data["refresh"], request._request)
        return self.answer(user, pair)

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class LogoutView(APIView):
    """End the sign-in of this access token, and close its sockets."""

    @extend_schema(request=None, responses={204: None, 400: BAD_INPUT, 401: NOT_SIGNED_IN})
    def post(self, request: Request) -> Response:
        if not isinstance(request.auth, Access):
            raise ValidationError({"detail": "Only an access token is signed out here."})
        sign_ins.end(request.auth.user.pk, request.auth.sign_in, "You have signed out.")
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    get=extend_schema(description="One's own account.", examples=[OWN]),
    patch=extend_schema(description="Change one's names or address.", examples=[OWN, NEW_NAME]),
    delete=extend_schema(
        description="Delete one's account: it leaves its groups, its messages stay without a name."
    ),
)
class MeView(generics.RetrieveUpdateDestroyAPIView[User]):
    """One's own account; deleting it leaves its messages without a name."""

    serializer_class = MeSerializer
    http_method_names = ("get", "patch", "delete", "head", "options")

    def get_object(self) -> User:
        user = self.request.user
        assert isinstance(user, User)
        return user

    def perform_destroy(self, instance: User) -> None:
        actions.delete_account(instance)


def current_sign_in(request: Request) -> uuid.UUID | None:
    """The id of the sign-in that made a request; None if its session has none."""
    if isinstance(request.auth, Access):
        return request.auth.sign_in
    return sign_ins.of_session(request._request.session)


@extend_schema_view(
    get=extend_schema(description="Where one is signed in, latest used first.", examples=[BROWSER]),
    delete=extend_schema(
        operation_id="users_me_sessions_destroy_others",
        description="Sign out everywhere else: their sockets close at once.",
        parameters=[],
        responses={204: None},
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
        sign_ins.end_all(request.user.pk, sign_ins.SIGNED_OUT, but=current_sign_in(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(APIView):
    """One sign-in of a person."""

    @extend_schema(
        description="Sign out there: its tokens are refused and its sockets close at once.",
        responses={204: None},
    )
    def delete(self, request: Request, session_id: uuid.UUID) -> Response:
        if not sign_ins.end(request.user.pk, session_id, sign_ins.SIGNED_OUT):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    parameters=[SEARCH],
    responses={200: UserSerializer(many=True), 400: BAD_INPUT},
    examples=[PERSON],
)
class PeopleView(generics.ListAPIView[User]):
    """People to talk to, by the beginning of their names."""

    serializer_class: type[BaseSerializer[User]] = UserSerializer
    pagination_class = StrictLimitOffsetPagination
    query_parameters = ("search",)

    def get_queryset(self) -> QuerySet[User]:
        search = self.request.query_params.get("search", "").strip()
        if not 1 <= len(search) <= 150 or "\x00" in search:
            raise ValidationError({"search": ["This takes 1 to 150 characters."]})
        return User.objects.search(search).exclude(pk=self.request.user.pk)
