"""The accounts API: registration, signing in and out, finding people; one's own: `me_api.py`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.limits.at_once import password_of
from chatproject.rest.pagination import StrictLimitOffsetPagination
from chatproject.rest.parsers import JSONParser
from users import group_invitations, mails, registration, repeats
from users.models import SecondStep, User
from users.signing_in import second_factors, second_steps, sign_ins, tokens
from users.signing_in.authentication import Access
from users.signing_in.backends import WAITS, remember_place
from users.signing_in.second_step_errors import SET_IT_UP, SecondFactorRequired, StepRefused

from .openapi import (
    A_SECOND_FACTOR,
    AWAITS_APPROVAL,
    BAD_INPUT,
    CREDENTIALS,
    NEW_ADDRESS,
    NO_REGISTRATION,
    NO_SECOND_FACTOR,
    NOT_SIGNED_IN,
    PERSON,
    REFRESH,
    SEARCH,
    SECOND_FACTOR_REQUIRED,
    TOKENS,
)
from .registration_serializers import RegisterSerializer, SignUpAddressSerializer
from .sign_in_serializers import (
    LoginSerializer,
    RefreshSerializer,
    SecondFactorSerializer,
    TokensSerializer,
)
from .user_serializers import UserSerializer


class OpenView(generics.GenericAPIView[Any]):
    """An endpoint that needs no account; a bad token in the header is no reason to refuse."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (JSONParser, FormParser)

    def answer(self, user: User, pair: dict[str, str], code: int = status.HTTP_200_OK) -> Response:
        """The response with a token pair and its user."""
        return Response({**pair, "user": UserSerializer(user).data}, status=code)


class RegisterView(OpenView):
    """Make an account and sign in to it; an address waits for the code that it is mailed."""

    serializer_class = RegisterSerializer

    @extend_schema(
        responses={
            201: TokensSerializer,
            202: AWAITS_APPROVAL,
            400: BAD_INPUT,
            403: NO_REGISTRATION,
        },
        examples=[TOKENS, CREDENTIALS],
    )
    def post(self, request: Request) -> Response:
        """Sent again within a minute, as after a lost answer, it is answered like the first."""
        try:
            user = self._make(request)
        except (ValidationError, PermissionDenied):
            made = repeats.just_made(request._request, *_credentials(request.data))
            if made is None:
                raise
            user = made
        if not user.is_active:
            return Response({"detail": WAITS}, status=status.HTTP_202_ACCEPTED)
        if second_factors.is_asked_for(user):
            return Response({"detail": SET_IT_UP}, status=status.HTTP_202_ACCEPTED)
        remember_place(user, request._request)
        return self.answer(user, tokens.sign_in(user, request._request), status.HTTP_201_CREATED)

    def _make(self, request: Request) -> User:
        network = client_network(request._request)
        limits.REGISTER.spend(network)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        email = serializer.validated_data["email"]
        if email:
            mails.spend(email, request._request)
        repeats.begin(serializer.validated_data["username"])
        with password_of(network):
            user: User = serializer.save()
        registration.welcome(user, email)
        group_invitations.arrive(user, serializer.validated_data["entry"].invitation)
        return user


def _credentials(data: Any) -> tuple[Any, Any]:
    return (data.get("username"), data.get("password")) if isinstance(data, dict) else (None, None)


class RegisterEmailView(OpenView):
    """Mail a code to the address of an account that is to be made.

    `auth/register` takes it as `code`. The answer is the same whether the address has an account
    or not.
    """

    serializer_class = SignUpAddressSerializer

    @extend_schema(
        responses={204: None, 400: BAD_INPUT, 403: NO_REGISTRATION}, examples=[NEW_ADDRESS]
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        email = serializer.validated_data["email"]
        mails.spend(email, request._request)
        registration.mail_code(email)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LoginView(OpenView):
    """Sign in; a wrong name and a wrong password get the same answer after the same time.

    An account with a second factor gets a ticket for `auth/login/second-factor` instead of tokens.
    """

    serializer_class = LoginSerializer

    @extend_schema(
        responses={
            200: TokensSerializer,
            400: BAD_INPUT,
            401: NOT_SIGNED_IN,
            403: SECOND_FACTOR_REQUIRED,
        },
        examples=[TOKENS, CREDENTIALS],
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            user = authenticate(request._request, **serializer.validated_data)
        except DjangoValidationError as waits:
            raise AuthenticationFailed(waits.message) from None
        if not isinstance(user, User):
            raise AuthenticationFailed("The user name or the password is wrong.")
        if second_factors.is_asked_for(user):
            raise SecondFactorRequired(user)
        return self.answer(user, tokens.sign_in(user, request._request))

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class SecondFactorView(OpenView):
    """The second step of a sign-in: a code of an app, or a recovery code, with its ticket."""

    serializer_class = SecondFactorSerializer

    @extend_schema(
        responses={200: TokensSerializer, 400: BAD_INPUT, 401: NO_SECOND_FACTOR},
        examples=[TOKENS, A_SECOND_FACTOR],
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        step = SecondStep.of_ticket(given["ticket"])
        if step is None:
            raise StepRefused("ticket_ended", second_steps.ENDED)
        if not second_steps.try_code(step, given["code"], request._request):
            raise StepRefused("code_wrong", second_factors.WRONG)
        return self.answer(step.user, tokens.sign_in(step.user, request._request))

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

    parser_classes = (JSONParser, FormParser)

    @extend_schema(request=None, responses={204: None, 400: BAD_INPUT, 401: NOT_SIGNED_IN})
    def post(self, request: Request) -> Response:
        if not isinstance(request.auth, Access):
            raise ValidationError({"detail": "Only an access token is signed out here."})
        sign_ins.end(request.auth.user.pk, request.auth.sign_in, "You have signed out.")
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
        limits.SEARCHES.spend(self.request.user.pk)
        return User.objects.search(search).exclude(pk=self.request.user.pk)
