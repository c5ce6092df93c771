"""One file of styles and one of modules, for production."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.test import Client
from django.urls import reverse

from chatproject import bundles

STATIC = Path(settings.BASE_DIR) / "static"
ENTRY = "js/application.js"
OTHER = "js/models/other.js"


@pytest.fixture
def files() -> dict[str, str]:
    """Our own styles and modules, as `collectstatic` finds them."""
    paths = [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]
    return {str(path.relative_to(STATIC)): path.read_text() for path in paths}


def test_every_module_is_in_once_and_after_those_that_it_imports(files: dict[str, str]) -> None:
    bundle = bundles.bundle_modules(files)
    heads = re.findall(r"^const (\$\d+) = \(\(\) => \{ // (.+)$", bundle, re.MULTILINE)
    order, names = [name for _, name in heads], dict(heads)
    assert sorted(order) == sorted(name for name in files if name.endswith(".js"))
    texts = re.split(r"^const \$\d+ = \(\(\) => .+$", bundle, flags=re.MULTILINE)[1:]
    for name, text in zip(order, texts, strict=True):
        used = [names[each] for each in re.findall(r"(?:\} = |resolve\()(\$\d+)", text)]
        assert len(used) == len(re.findall(r'(?:from |import\()"', files[name]))
        assert all(order.index(other) < order.index(name) for other in used)


def test_every_style_is_in_once_in_its_order(files: dict[str, str]) -> None:
    bundle = bundles.bundle_styles(files)
    assert {*bundles.STYLES, "css/api.css"} == {name for name in files if name.endswith(".css")}
    places = [bundle.index(files[name]) for name in bundles.STYLES]
    assert places == sorted(places)


def test_a_module_sees_what_it_imports_under_the_names_that_it_imports() -> None:
    bundle = bundles.bundle_modules(
        {
            ENTRY: 'import Other from "models/other.js"\nimport { a, b } from "models/more.js"\n'
            'const later = () => import("models/more.js")\n',
            OTHER: "export default class extends Array {}\n",
            "js/models/more.js": "export const a = 1\nconst b = 2\nexport { b };\n",
        }
    )
    assert bundle == (
        "const $1 = (() => { // js/models/other.js\nclass $default extends Array {}\n\n"
        "return { default: $default };\n})();\n"
        "const $2 = (() => { // js/models/more.js\nconst a = 1\nconst b = 2\n\n\n"
        "return { a: a, b: b };\n})();\n"
        "const $0 = (() => { // js/application.js\n"
        "const { default: Other } = $1;\nconst { a, b } = $2;\n"
        "const later = () => Promise.resolve($2)\n\nreturn {  };\n})();"
    )


@pytest.mark.parametrize(
    "line",
    [
        'import * as all from "models/other.js"',
        'import { one as two } from "models/other.js"',
        'import Other, { one } from "models/other.js"',
        'import "models/other.js"',
        '  import { one } from "models/other.js"',
        'start(); import { one } from "models/other.js"',
        "import {",
        'export * from "models/other.js"',
        'export { one } from "models/other.js"',
        "export { one as two };",
        "export let one = 1",
        "export const { one } = {}",
        "export default class Named {}",
        "export default 1",
        "const address = import.meta.url",
        "const other = import(name)",
        "const answer = await fetch(address)",
    ],
)
def test_a_form_that_it_does_not_know_is_refused_with_its_place(line: str) -> None:
    files = {ENTRY: f"// The first line.\n{line}\n", OTHER: "export const one = 1\n"}
    with pytest.raises(CommandError, match=r"^js/application\.js:2: this form is not known: "):
        bundles.bundle_modules(files)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('import { one } from "models/none.js"', "there is no models/none.js."),
        ('import { one } from "./models/other.js"', "there is no ./models/other.js."),
        ('import { two } from "models/other.js"', "models/other.js exports no two."),
        ('import Other from "models/other.js"', "models/other.js exports no default."),
        ('import { one } from "models/circle.js"', "models/circle.js imports this module itself."),
    ],
)
def test_what_cannot_be_imported_is_refused_with_its_place(line: str, reason: str) -> None:
    files = {
        ENTRY: 'import { one } from "models/circle.js"\n',
        "js/models/circle.js": f"{line}\nexport const one = 1\n",
        OTHER: "export const one = 1\n",
    }
    with pytest.raises(CommandError) as refusal:
        bundles.bundle_modules(files)
    assert str(refusal.value) == f"js/models/circle.js:1: {reason}"


@pytest.mark.parametrize("odd", ['@import "a.css";', '@charset "utf-8";', "a { src: url(a.svg) }"])
def test_a_style_that_would_mean_something_else_in_a_bundle_is_refused(
    odd: str, files: dict[str, str]
) -> None:
    files["css/base.css"] = f"p {{\n}}\n{odd}\n"
    with pytest.raises(CommandError, match=r"^css/base\.css:3: "):
        bundles.bundle_styles(files)


@pytest.mark.django_db
def test_a_page_in_development_has_the_files_themselves(client: Client) -> None:
    html = client.get(reverse("users:sign_in")).content.decode()
    styles = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)">', html)
    assert styles == bundles.STYLES
    assert re.findall(r'<script type="module" src="([^"]+)">', html) == [
        "/static/js/application.js"
    ]
    for start, path in bundles.IMPORT_MAP.items():
        assert f'"{start}": "/static/{path}"' in html
    preloaded = set(re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', html))
    assert preloaded >= {"vendor/stimulus.js", "js/models/outbox.js"}
    assert not any("/later/" in name for name in preloaded)
