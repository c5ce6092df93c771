"""The REST API and its schema."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "users.signing_in.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PARSER_CLASSES": [
        "chatproject.rest.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "chatproject.rest.renderers.ContentNegotiation",
    "DEFAULT_RENDERER_CLASSES": [
        "chatproject.rest.renderers.JSONRenderer",
        "chatproject.rest.renderers.BrowsableAPIRenderer",
    ],
    "EXCEPTION_HANDLER": "chatproject.rest.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Chat",
    "DESCRIPTION": "Private and group chats: history, messages, members and permissions.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],  # the schema is the same for everybody
    "COMPONENT_SPLIT_REQUEST": True,
    # Form bodies are only for the browsable API.
    "PARSER_WHITELIST": ["chatproject.rest.parsers.JSONParser"],
    "PREPROCESSING_HOOKS": ["chatproject.rest.openapi.without_trailing_slashes"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chatproject.rest.openapi.with_common_refusals",
        "chatproject.rest.openapi.with_links",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AccessEnum": "chats.models.Chat.Access",
        "KindEnum": "chats.models.Message.Kind",
        "SignInKindEnum": "users.models.SignIn.Kind",
    },
    "PATH_CONVERTER_OVERRIDES": {
        "any_uuid": {"type": "string", "format": "uuid"},
        "user_id": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
