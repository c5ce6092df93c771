"""What the schema says of the accounts API: the access token, examples, refusals."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from users import invitations
from users.registration import INVITED_ONLY
from users.signing_in import second_factors, second_step_errors, second_steps
from users.signing_in.backends import WAITS
from users.signing_in.reauthentication import NEEDED

ADA = {"id": 1, "username": "ada", "name": "Ada Lovelace", "is_bot": False}
TOKENS = OpenApiExample(
    "Tokens",
    {"access": "eyJhbGciOi…", "refresh": "eyJhbGciOi…", "user": ADA},
    response_only=True,
    status_codes=["200", "201"],
)
REFRESH = OpenApiExample("The last one", {"refresh": "eyJhbGciOi…"}, request_only=True)
PERSON = OpenApiExample("Ada", ADA, response_only=True, status_codes=["200"])
OWN = OpenApiExample(
    "Ada",
    {
        **ADA,
        "email": "ada@example.org",
        "pending_email": "",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "added_by": "anyone",
        "date_joined": "2025-05-01T09:00:00Z",
    },
    response_only=True,
    status_codes=["200"],
)
NEW_NAME = OpenApiExample("Another name", {"first_name": "Augusta"}, request_only=True)
CONSENT = OpenApiExample("Who may add one", {"added_by": "shared"}, request_only=True)
PASSWORD = OpenApiExample("Ada", {"password": "correct horse battery staple"}, request_only=True)
MAILED_CODE = OpenApiExample("The mail's", {"code": "1234 5678"}, request_only=True)
NEW_ADDRESS = OpenApiExample("Ada's", {"email": "ada@example.org"}, request_only=True)
CREDENTIALS = OpenApiExample(
    "Ada", {"username": "ada", "password": "correct horse battery staple"}, request_only=True
)
A_SECOND_FACTOR = OpenApiExample(
    "An app's", {"ticket": "pZ7c…", "code": "123456"}, request_only=True
)
NEW_INVITATION = OpenApiExample("For three", {"days": 7, "max_uses": 3}, request_only=True)
_INVITATION = {
    "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "code": "",
    "link": "",
    "created_at": "2025-05-01T09:00:00Z",
    "expires_at": "2025-05-08T09:00:00Z",
    "revoked_at": None,
    "max_uses": 3,
    "uses_left": 2,
    "is_live": True,
    "arrivals": [{"user": ADA, "at": "2025-05-02T10:00:00Z"}],
}
AN_INVITATION = OpenApiExample("For three", _INVITATION, response_only=True, status_codes=["200"])
MADE_INVITATION = OpenApiExample(
    "New",
    {
        **_INVITATION,
        "code": "mJ4v…",
        "link": "https://chat.example.org/accounts/invitation/#mJ4v…",
        "uses_left": 3,
        "arrivals": [],
    },
    response_only=True,
    status_codes=["201"],
)
INVITATION_CODE = OpenApiExample("The link's", {"code": "mJ4v…"}, request_only=True)
INVITED = OpenApiExample(
    "By Ada",
    {"invited_by": "Ada Lovelace", "group": "Engines"},
    response_only=True,
    status_codes=["200"],
)
MAY_NOT_INVITE = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "Only staff invite people here, or nobody.",
    examples=[OpenApiExample("Not staff", {"detail": invitations.MAY_NOT_INVITE})],
)
BAD_INPUT = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "A field is out of its limits; the answer names it.",
    examples=[OpenApiExample("A field", {"username": ["This user name is taken."]})],
)
AWAITS_APPROVAL = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "The account was made, and waits for a moderator.",
    examples=[OpenApiExample("It waits", {"detail": WAITS})],
)
NO_REGISTRATION = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "Nobody makes an account here alone, or only by an invitation.",
    examples=[OpenApiExample("By invitation", {"detail": INVITED_ONLY})],
)
NOT_SIGNED_IN = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "The credentials or the token are not good.",
    examples=[OpenApiExample("Credentials", {"detail": "The user name or the password is wrong."})],
)
SECOND_FACTOR_REQUIRED = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "The password is right. With `code` `second_factor_required`, `ticket` is good for "
    "`auth/login/second-factor`, for `expires_in` seconds and five tries; `methods` are `totp` "
    "(the code of an app) and `recovery_codes`. With `second_factor_missing`, staff must set one "
    "up, on the page for signing in.",
    examples=[
        OpenApiExample(
            "It has one",
            {
                "detail": second_step_errors.REQUIRED,
                "code": "second_factor_required",
                "ticket": "pZ7c…",
                "methods": ["recovery_codes", "totp"],
                "expires_in": 300,
            },
        ),
        OpenApiExample(
            "It has none",
            {"detail": second_step_errors.SET_IT_UP, "code": "second_factor_missing"},
        ),
    ],
)
NO_SECOND_FACTOR = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "The code is wrong (`code_wrong`), or the ticket has ended (`ticket_ended`).",
    examples=[
        OpenApiExample("A code", {"detail": second_factors.WRONG, "code": "code_wrong"}),
        OpenApiExample("A ticket", {"detail": second_steps.ENDED, "code": "ticket_ended"}),
    ],
)
PASSWORD_NEEDED = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "The password wasn't given again, or a session's CSRF token is missing.",
    examples=[OpenApiExample("The password", {"detail": NEEDED})],
)
BROWSER = OpenApiExample(
    "A browser",
    {
        "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "kind": "browser",
        "is_current": True,
        "device": "Firefox on Linux",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "address": "192.0.2.7",
        "created_at": "2025-05-01T09:00:00Z",
        "last_used_at": "2025-05-03T17:20:00Z",
        "expires_at": "2025-05-17T17:20:00Z",
    },
    response_only=True,
    status_codes=["200"],
)
SEARCH = OpenApiParameter(
    "search",
    {"type": "string", "minLength": 1, "maxLength": 150},
    description="Beginnings of words of a user name, first or last name; all must match. Case, "
    "accents and an @ don't matter.",
    required=True,
)


class JWTScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI schema describes access tokens."""

    target_class = "users.signing_in.authentication.JWTAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
