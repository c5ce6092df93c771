"""Styles and modules: each is served once, by an address that changes with its content."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.test import Client
from django.urls import reverse

from chatproject import static_files

STATIC = Path(settings.BASE_DIR) / "static"
MODULES = static_files.modules()
IMPORTS = re.compile(r'(?:\bfrom |\bimport\(|^import )"([^"]+)"', re.MULTILINE)


@pytest.fixture
def page() -> str:
    return Client().get(reverse("users:sign_in")).content.decode()


def test_every_module_has_a_name_by_which_others_import_it() -> None:
    paths = {str(path.relative_to(STATIC)) for path in STATIC.rglob("*.js")}
    assert {*MODULES.values(), static_files.APPLICATION} == paths
    assert len(MODULES) > 30


@pytest.mark.parametrize("path", [*MODULES.values(), static_files.APPLICATION])
def test_a_module_imports_others_by_their_names_only(path: str) -> None:
    text = (STATIC / path).read_text()
    names = set(IMPORTS.findall(text))
    assert names <= MODULES.keys()


def test_a_page_names_the_address_of_every_module_and_fetches_them_at_once(page: str) -> None:
    [text] = re.findall(r'<script type="importmap" nonce="[^"]+">(.*?)</script>', page)
    imports = json.loads(text)["imports"]
    assert imports == {name: f"/static/{path}" for name, path in MODULES.items()}
    preloaded = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    assert sorted(preloaded) == sorted(imports.values())


def test_every_style_is_joined_in_its_order(collected_static: Path) -> None:
    names = {str(path.relative_to(STATIC)) for path in STATIC.rglob("*.css")}
    assert {*static_files.STYLES, "css/api.css"} == names
    joined = (collected_static / static_files.JOINED_STYLES).read_text()
    places = [joined.index((STATIC / name).read_text()) for name in static_files.STYLES]
    assert places == sorted(places)


@pytest.mark.parametrize("style", ['@import "a.css";', "p { background: url(a.png) }"])
def test_a_style_that_means_something_else_when_joined_is_refused(
    style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Folder:
        def path(self, name: str) -> str:
            return str(tmp_path / name)

    (tmp_path / "odd.css").write_text(f"p {{ color: red }}\n{style}\n")
    with pytest.raises(CommandError, match=r"odd\.css:2: "):
        static_files._style("odd.css", Folder(), "odd.css")


def test_collected_files_have_a_hash_in_their_names_and_are_compressed(
    collected_static: Path,
) -> None:
    manifest = json.loads((collected_static / "staticfiles.json").read_text())["paths"]
    for path in (*MODULES.values(), static_files.APPLICATION, static_files.JOINED_STYLES):
        hashed = collected_static / manifest[path]
        assert re.search(r"\.[0-9a-f]{12}\.(js|css)$", hashed.name)
        assert hashed.read_text() == (collected_static / path).read_text()
        assert hashed.stat().st_size < 400 or hashed.with_name(f"{hashed.name}.gz").is_file()
