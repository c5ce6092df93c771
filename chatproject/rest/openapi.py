"""Hooks of drf-spectacular: what the OpenAPI schema says about every endpoint."""

from __future__ import annotations

from typing import Any

Endpoint = tuple[str, str, str, Any]  # path, its regular expression, method, view


def without_trailing_slashes(endpoints: list[Endpoint], **_: Any) -> list[Endpoint]:
    """Preprocessing hook: list every path once, without a trailing slash."""
    found: dict[tuple[str, str], Endpoint] = {}
    for path, regex, method, view in endpoints:
        path = path.rstrip("/")
        found.setdefault((path, method), (path, regex, method, view))
    return list(found.values())


COMMON = {
    "400": ("The request can't be read.", "JSON parse error - Expecting value"),
    "401": ("Not signed in.", "Authentication credentials were not provided."),
    "403": (
        "A session without its CSRF token, or a write that a browser sends for another site.",
        "CSRF Failed: CSRF token missing.",
    ),
    "404": ("Not there, or not yours to see.", "Not found."),
    "406": ("No such format.", "Could not satisfy the request Accept header."),
    "413": (
        "The body is larger than `BODY_MAX_SIZE`, 256 KiB by default.",
        "The body is too large: this takes at most 262144 bytes.",
    ),
    "415": ("No such kind of body.", "Unsupported media type in request."),
    "429": ("Too often; try again after `Retry-After` seconds.", "You are sending too fast."),
    "503": ("A store is away; try again after `Retry-After` seconds.", "Please try again."),
}


def with_common_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook: add the error responses common to endpoints that don't declare them."""
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for code in _codes(path, method, operation):
                operation["responses"].setdefault(code, _common_response(code))
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.setdefault("Refusal", _REFUSAL)
    schemas.setdefault("TooOften", _TOO_OFTEN)
    return result


_REFUSAL = {
    "type": "object",
    "description": "Why something can't be done, for people.",
    "properties": {"detail": {"type": "string"}},
    "required": ["detail"],
}


_TOO_OFTEN = {
    "type": "object",
    "description": "A rate limit; `retry_after` is in seconds.",
    "properties": {
        "detail": {"type": "string"},
        "limit": {"type": "string"},
        "retry_after": {"type": "integer", "minimum": 1},
    },
    "required": ["detail", "limit", "retry_after"],
}


LIMITED_READS = ("/users", "/ai/photo")  # endings of the paths


def _codes(path: str, method: str, operation: dict[str, Any]) -> set[str]:
    codes = {"406", "503"}
    if method != "get" or path.endswith(LIMITED_READS):
        codes.add("429")
    if operation.get("security") != [{}]:
        codes.add("401")
    if "{" in path:
        codes.add("404")
    if operation.get("parameters"):
        codes.add("400")
    if method != "get":
        codes |= {"400", "403", "413", "415"}
    return codes


def _common_response(code: str) -> dict[str, Any]:
    description, detail = COMMON[code]
    schema: dict[str, Any] = {"$ref": "#/components/schemas/Refusal"}
    if code == "400":  # besides `detail`, also errors by field name
        schema = {"type": "object", "additionalProperties": {}}
    example: dict[str, Any] = {"detail": detail}
    if code == "429":
        schema = {"$ref": "#/components/schemas/TooOften"}
        example |= {"limit": "sends", "retry_after": 3}
    content = {"schema": schema, "example": example}
    return {"description": description, "content": {"application/json": content}}


# Links (OpenAPI 3, "Link Object"): which calls an answer makes possible. By operation id and
# status: the operations to call next, and where their parameters come from.
_CHAT = {"chat_id": "$response.body#/id"}
_SAME_CHAT = {"chat_id": "$request.path.chat_id"}
_MESSAGE = {**_SAME_CHAT, "message_id": "$response.body#/id"}
_LISTED_MESSAGE = {**_SAME_CHAT, "message_id": "$response.body#/results/0/id"}
_MEMBER = {**_SAME_CHAT, "user_id": "$response.body#/1/id"}  # the first is the owner
_OF_A_CHAT = (
    *("chats_retrieve", "chats_partial_update", "chats_destroy"),
    *("chats_messages_list", "chats_messages_create"),
    *("chats_members_list", "chats_members_create"),
)
_OF_A_MESSAGE = (
    *("chats_messages_retrieve", "chats_messages_partial_update", "chats_messages_destroy"),
    "chats_messages_read_create",
)
_OF_A_MEMBER = (
    *("chats_members_retrieve", "chats_members_destroy"),
    *("chats_members_permissions_retrieve", "chats_members_permissions_partial_update"),
)
LINKS: dict[tuple[str, str], list[tuple[tuple[str, ...], dict[str, str]]]] = {
    ("chats_group_create", "201"): [(_OF_A_CHAT, _CHAT)],
    ("chats_private_create", "200"): [(_OF_A_CHAT, _CHAT)],
    ("chats_private_create", "201"): [(_OF_A_CHAT, _CHAT)],
    ("chats_list", "200"): [(_OF_A_CHAT, {"chat_id": "$response.body#/results/0/id"})],
    ("chats_messages_create", "201"): [(_OF_A_MESSAGE, _MESSAGE)],
    ("chats_messages_list", "200"): [(_OF_A_MESSAGE, _LISTED_MESSAGE)],
    ("chats_members_list", "200"): [(_OF_A_MEMBER, _MEMBER)],
    ("chats_members_create", "201"): [(_OF_A_MEMBER, _MEMBER)],
    ("users_list", "200"): [
        (("chats_private_create",), {"user_id": "$response.body#/results/0/id"}),
        (("chats_group_create",), {}),
    ],
    ("auth_login_create", "200"): [(("auth_refresh_create",), {})],
    ("auth_register_create", "201"): [(("auth_refresh_create",), {})],
}
_BODIES = {"auth_refresh_create": {"refresh": "$response.body#/refresh"}}


def with_links(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook: add `LINKS` to the responses."""
    for operations in result["paths"].values():
        for operation in operations.values():
            for code, response in operation["responses"].items():
                for targets, parameters in LINKS.get((operation["operationId"], code), []):
                    for target in targets:
                        link: dict[str, Any] = {"operationId": target, "parameters": parameters}
                        if target in _BODIES:
                            link["requestBody"] = _BODIES[target]
                        response.setdefault("links", {})[target] = link
    return result
