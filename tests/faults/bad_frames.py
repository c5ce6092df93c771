"""Frames that no socket takes: an endless, seeded stream, each with the error that it deserves."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

Frame = str | bytes
Bad = tuple[Frame, str]  # the frame, and the code of the error

INVALID_JSON, VALIDATION = "invalid_json", "validation_error"
GOOD: dict[str, dict[str, Any]] = {
    "typing_indicator": {"is_typing": True},
    "message_read": {"message_id": str(uuid.UUID(int=7))},
}
FIELDS = {"typing_indicator": "is_typing", "message_read": "message_id"}
HUGE = 64 * 1024  # bytes, one less than too many
# As they stand in JSON text; `json.dumps` wouldn't write all of them.
OPERATORS = [
    *('{"$gt":""}', '{"$ne":null}', '{"$where":"sleep(9000)"}', '{"$regex":".*"}'),
    *('{"$expr":{"$function":{}}}', '{"$oid":"5"}', '{"a.b":1}', '{"":1}', '{"$":"$$ROOT"}'),
    *('{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}', '["$$ROOT"]'),
]
NUMBERS = [
    *("0", "1", "-1", "-0", "1.5", "1e308", "-1e-320", str(2**31), str(2**63), str(2**64)),
    *(str(10**30), "1e22", "9007199254740993", "0.1e1"),
]
VALUES = [*OPERATORS, *NUMBERS, "null", "[]", "{}", "[true]", '[[["x"]]]', '{"is_typing":true}']
STRINGS = [
    *("", "x", "true", "\x00", "\ufeff", "\u202e", "é" * 300, "😀" * 100, "\uffff", "$where"),
    *("__class__", "connect", "receive", "on_typing_indicator", "typing_indicator ", "TYPING"),
    *("typing_indicator\x00", "typing_indicator.__func__", "text_message", "error", "close"),
    *("websocket.disconnect", "hub.events", "../../etc/passwd", "' OR 1=1 --", "%00", "{{7*7}}"),
]
NO_IDS = [
    *("5", "z" * 32, "0" * 31, "0" * 33, "-" * 36, "urn:uuid:", "{}", "507f1f77bcf86cd799439011"),
    *("00000000-0000-4000-8000-00000000000g", "٠" * 31, "0x" + "0" * 30 + "g"),
]
NOT_JSON = [
    *("", " ", "{", "}", "[", '"', "{]", "nul", "True", "undefined", "'x'", "{'a':1}", "{a:1}"),
    *('{"a":1,}', "[1,]", "01", "1.", ".5", "+1", "0x10", "1e", "--1", "\x00", "// x", "/**/1"),
    *("NaN", "Infinity", "-Infinity", "[NaN]", '{"x":-Infinity}', '"\\x41"', '"\\u12"', '"\t"'),
    *('"\\ud800"', '"\\udfff\\ud800"', '{"\\ud800":1}', '{"type":"\\udc00","data":{}}'),
    *('{"type":"typing_indicator","data":{"is_typing":NaN}}', '{"type":"x","data":{}}}'),
    *('{"type":"message_read","data":{"message_id":"\\ud83d"}}', "1 2", "{} {}", "9" * 5000),
]


def bad_frames(seed: int, foreign_ids: list[str]) -> Iterator[Bad]:
    """Frames without end; `foreign_ids` are messages that are there, but not in this chat."""
    random_ = random.Random(seed)
    makers: list[tuple[Callable[[random.Random], Bad], int]] = [
        (_binary, 2),
        (_not_json, 6),
        (_cut, 3),
        (_too_deep, 2),
        (_no_object, 2),
        (_wrong_type_field, 4),
        (_wrong_data, 4),
        (_unknown_type, 4),
        (_unknown_field, 4),
        (_wrong_value, 8),
        (lambda r: _message_read(r.choice([*NO_IDS, *STRINGS])), 3),
        (
            lambda r: _message_read(
                r.choice([*foreign_ids, str(uuid.UUID(int=r.getrandbits(128)))])
            ),
            1,
        ),
    ]
    choices, weights = zip(*makers, strict=True)
    number = 0
    while True:
        number += 1
        maker = _too_long if number % 500 == 0 else random_.choices(choices, weights)[0]
        yield maker(random_)


def _frame(kind: str, data: str, extra: str = "") -> str:
    """JSON text of a frame; `kind` and `data` are JSON."""
    return f'{{"type":{kind},"data":{data}{extra}}}'


def _of_any_kind(random_: random.Random) -> str:
    return random_.choice(list(GOOD))


def _binary(random_: random.Random) -> Bad:
    good = json.dumps({"type": "typing_indicator", "data": GOOD["typing_indicator"]}).encode()
    return random_.choice([good, random_.randbytes(random_.randrange(200))]), INVALID_JSON


def _not_json(random_: random.Random) -> Bad:
    blank = random_.choice(["", " ", "\n"])
    return blank + random_.choice(NOT_JSON), INVALID_JSON


def _cut(random_: random.Random) -> Bad:
    """A good frame that ends too early."""
    kind = _of_any_kind(random_)
    text = json.dumps({"type": kind, "data": GOOD[kind]})
    return text[: random_.randrange(1, len(text))], INVALID_JSON


def _too_deep(random_: random.Random) -> Bad:
    depth = random_.choice([1100, 2000, 10_000, 30_000])
    opening, closing = random_.choice([("[", "]"), ('{"$or":', "}")])
    depth = min(depth, HUGE // len(opening + closing) - 20)
    value = opening * depth + "1" + closing * depth
    return random_.choice([value, _frame('"typing_indicator"', value)]), INVALID_JSON


def _no_object(random_: random.Random) -> Bad:
    values = [value for value in VALUES if not value.startswith("{")]
    return random_.choice([*values, '"x"', "true"]), VALIDATION


def _wrong_type_field(random_: random.Random) -> Bad:
    return random_.choice(
        [_frame(random_.choice(VALUES), "{}"), '{"data":{}}', '{"type":"typing_indicator"}', "{}"]
    ), VALIDATION


def _wrong_data(random_: random.Random) -> Bad:
    values = [value for value in VALUES if not value.startswith('{"is_typing')]
    return _frame(json.dumps(_of_any_kind(random_)), random_.choice(values)), VALIDATION


def _unknown_type(random_: random.Random) -> Bad:
    return _frame(json.dumps(random_.choice(STRINGS)), random_.choice(["{}", *OPERATORS[:3]])), (
        VALIDATION
    )


def _unknown_field(random_: random.Random) -> Bad:
    kind, name = _of_any_kind(random_), random_.choice([*STRINGS, "$set", "chat_id", "user_id"])
    extra = f",{json.dumps(name)}:{random_.choice(VALUES)}"
    if random_.random() < 0.5:
        return _frame(json.dumps(kind), json.dumps(GOOD[kind]), extra), VALIDATION
    data = json.dumps(GOOD[kind])
    return _frame(json.dumps(kind), data[:-1] + extra + "}"), VALIDATION


def _wrong_value(random_: random.Random) -> Bad:
    kind = _of_any_kind(random_)
    values = [*VALUES, '"true"', "1", "0"] if kind == "typing_indicator" else [*VALUES, "true"]
    data = f'{{"{FIELDS[kind]}":{random_.choice(values)}}}'
    return _frame(json.dumps(kind), data), VALIDATION


def _message_read(message_id: str) -> Bad:
    return _frame('"message_read"', json.dumps({"message_id": message_id})), VALIDATION


def _too_long(random_: random.Random) -> Bad:
    fill = random_.choice(["x", "é", "\\u0000", "[", " "])
    return _frame('"typing_indicator"', "{}" + fill * HUGE), VALIDATION
