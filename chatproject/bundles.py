"""Production's styles and modules, a file of each: `collectstatic` makes them of all the others.

Of import and export it understands the few forms that our modules have, each at the start of a
line, and refuses any other rather than make a wrong bundle.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.management import CommandError
from whitenoise.storage import CompressedManifestStaticFilesStorage

# In the order in which they overrule each other.
STYLES = [
    f"css/{name}.css"
    for name in (
        *("tokens", "base", "page", "button", "form", "messages", "avatar", "menu", "dialog"),
        *("app", "chat-list", "chat", "message", "composer", "people", "sign-ins"),
    )
]
APPLICATION = "js/application.js"
IMPORT_MAP = {
    "@hotwired/stimulus": "vendor/stimulus.js",
    "controllers/": "js/controllers/",
    "models/": "js/models/",
    "helpers/": "js/helpers/",
}
STYLES_BUNDLE, MODULES_BUNDLE = "css/bundle.css", "js/bundle.js"

NAMES = r"\{ (\w+(?:, \w+)*) \}"
IMPORT = re.compile(rf'import (?:(\w+)|{NAMES}) from "([^"]+)"')
IMPORT_LATER = re.compile(r'\bimport\("([^"]+)"\)')
EXPORT_LIST = re.compile(rf"export {NAMES};")
EXPORT_DEFAULT = re.compile(r"export default class (?=extends )")
EXPORT = re.compile(r"export (?=(?:const|class|function|async function) (\w+))")
ODD = re.compile(r"(?:^|[;}])\s*(?:import|export)\b|\bimport\s*[(.]|^(?!async )\w.*\bawait\b")
ODD_STYLE = re.compile(r"@import|@charset|\burl\(")


class BundlingStorage(CompressedManifestStaticFilesStorage):
    """Static files whose names have a hash of what is in them, and the bundles."""

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        files = {
            name: Path(storage.path(path)).read_text()
            for name, (storage, path) in paths.items()
            if name.startswith(("css/", "js/", "vendor/"))
        }
        bundles = {STYLES_BUNDLE: bundle_styles(files), MODULES_BUNDLE: bundle_modules(files)}
        for name, text in ({} if dry_run else bundles).items():
            self.delete(name)
            paths[name] = self, self.save(name, ContentFile(text.encode()))
        yield from super().post_process(paths, dry_run=dry_run, **options)


def bundle_styles(files: Mapping[str, str]) -> str:
    for name in STYLES:
        if found := ODD_STYLE.search(files[name]):
            line = files[name].count("\n", 0, found.start()) + 1
            raise CommandError(f"{name}:{line}: {found[0]} means something else in a bundle.")
    return "\n".join(files[name] for name in STYLES)


def bundle_modules(files: Mapping[str, str]) -> str:
    modules = Modules(files)
    modules.add(APPLICATION)
    return "\n".join(modules.texts.values())


class Modules:
    """Modules, each after what it imports: a call of a function that answers what it exports."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self.texts: dict[str, str] = {}
        self.exports: dict[str, dict[str, str]] = {}  # and what they are called in the module

    def add(self, name: str) -> None:
        exports = self.exports[name] = {}
        lines = [
            self._line(line, exports, f"{name}:{number}")
            for number, line in enumerate(self.files[name].split("\n"), 1)
        ]
        answer = ", ".join(f"{name}: {inside}" for name, inside in exports.items())
        text = "\n".join((f"(() => {{ // {name}", *lines, f"return {{ {answer} }};", "})();"))
        self.texts[name] = f"const {self._variable(name)} = {text}"

    def _variable(self, name: str) -> str:
        return f"${list(self.exports).index(name)}"

    def _line(self, line: str, exports: dict[str, str], at: str) -> str:
        """A line without import and export; what it exports is noted."""
        if found := IMPORT.fullmatch(line):
            default, names, target = found.groups()
            wanted = names or f"default: {default}"
            return f"const {{ {wanted} }} = {self._import(target, names or 'default', at)};"
        line = IMPORT_LATER.sub(
            lambda found: f"Promise.resolve({self._import(found[1], '', at)})", line
        )
        if found := EXPORT_LIST.fullmatch(line):
            exports |= {name: name for name in found[1].split(", ")}
            return ""
        if found := EXPORT_DEFAULT.match(line):
            exports["default"] = "$default"
            return f"class $default {line[found.end() :]}"
        if found := EXPORT.match(line):
            exports[found[1]] = found[1]
            line = line[found.end() :]
        if ODD.search(line):
            raise CommandError(f"{at}: this form is not known: {line}")
        return line

    def _import(self, target: str, names: str, at: str) -> str:
        """The variable of a module, which is added before the one that imports these names."""
        start = next((start for start in IMPORT_MAP if target.startswith(start)), "")
        name = target.replace(start, IMPORT_MAP.get(start, ""), 1)
        if name not in self.files:
            raise CommandError(f"{at}: there is no {target}.")
        if name not in self.exports:
            self.add(name)
        elif name not in self.texts:
            raise CommandError(f"{at}: {target} imports this module itself.")
        if missing := set(re.findall(r"\w+", names)) - self.exports[name].keys():
            raise CommandError(f"{at}: {target} exports no {min(missing)}.")
        return self._variable(name)
