"""Makes `static/vendor/emoji.json`, the emoji of Unicode, from the npm package `emojibase-data`.

`python -m chatproject.development.emoji FOLDER`, where the package is unpacked (`npm pack
emojibase-data`). The licences of the data are in `static/vendor/emoji.LICENSE.md`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "static" / "vendor" / "emoji.json"
GROUPS = {
    0: "Smileys and emotion",
    1: "People and body",
    3: "Animals and nature",
    4: "Food and drink",
    5: "Travel and places",
    6: "Activities",
    7: "Objects",
    8: "Symbols",
    9: "Flags",
}  # by their number in the package; the others are parts of emoji, and none by themselves
SHORTCODES = ("github", "emojibase")  # presets of the package; the first name is the one shown


def main(folder: Path) -> None:
    """Write the file: the groups in Unicode's order, and of each emoji what a picker needs.

    That is: itself, its name, its `:names:`, words to find it by and, if there are any, its forms
    in skin tones, as `skins` says.
    """
    english = folder / "en"
    presets = [_read(english / "shortcodes" / f"{name}.json") for name in SHORTCODES]
    every = sorted(_read(english / "data.json"), key=lambda one: one.get("order", 0))
    groups = [
        {"name": name, "emoji": [_entry(one, presets) for one in every if one.get("group") == key]}
        for key, name in GROUPS.items()
    ]
    version = max(float(one["version"]) for one in every)
    data = {"unicode": version, "groups": groups}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_text(text + "\n", encoding="utf-8")


def _entry(one: dict[str, Any], presets: list[dict[str, Any]]) -> list[Any]:
    found = [_list(preset.get(one["hexcode"])) for preset in presets]
    names = dict.fromkeys(name for each in found for name in each)
    label, tags = one["label"], one.get("tags", [])
    words = [tag for tag in tags if tag not in label and tag not in names]
    entry = [_emoji(one), label, " ".join(names), " ".join(words)]
    return [*entry, _skins(one["skins"])] if "skins" in one else entry


def _skins(skins: Iterable[dict[str, Any]]) -> list[str]:
    """The five of one skin tone each, lightest first, and then those of two people with others."""
    return [_emoji(one) for one in sorted(skins, key=lambda one: (len(_tones(one)), _tones(one)))]


def _emoji(one: dict[str, Any]) -> str:
    """It as Unicode's `emoji-test.txt` has it, fully qualified; `emoji` has more U+FE0F."""
    codes = [chr(int(code, 16)) for code in one["hexcode"].split("-")]
    is_text_alone = one["type"] == 0 and len(codes) == 1
    return "".join(codes) + "\ufe0f" * is_text_alone


def _tones(one: dict[str, Any]) -> list[int]:
    return list(dict.fromkeys(_list(one["tone"])))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
