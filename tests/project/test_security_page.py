"""SECURITY.md says nothing that no test holds, and no pin is older than its floors."""

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "SECURITY.md").read_text()
CLAIMS = re.findall(r"^\| (.+) \| `(tests/[\w/]+\.py)::(\w+)` \|$", PAGE, re.MULTILINE)
FLOORS = re.findall(r"^\| ([a-z0-9-]+) \| ([\d.]+) \| .*?((?:CVE|GHSA)-[\w-]+)", PAGE, re.MULTILINE)
PINS = sorted(ROOT.glob("requirements*.txt"))


def rows(heading: str) -> list[str]:
    """The rows of the tables between this heading of the page and the next of its level."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [line for line in lines if not re.match(r"\| (claim|package|---)", line)]


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def pinned(path: Path) -> dict[str, tuple[int, ...]]:
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([\d.]+)", path.read_text(), re.MULTILINE)
    return {name.lower(): version(number) for name, number in pins}


def test_every_claim_names_a_test_that_is_there() -> None:
    assert len(CLAIMS) == len(rows("Claims")) > 40
    for claim, path, name in CLAIMS:
        tree = ast.parse((ROOT / path).read_text())
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        names = {node.name for node in ast.walk(tree) if isinstance(node, functions)}
        assert name in names, f"{claim}: {path} has no {name}"


def test_every_floor_names_a_package_that_is_pinned_and_a_weakness() -> None:
    assert len(FLOORS) == len(rows("Floors of dependencies")) > 20
    assert len({name for name, _, _ in FLOORS}) == len(FLOORS)
    everywhere = set().union(*(pinned(path) for path in PINS))
    assert {name for name, _, _ in FLOORS} <= everywhere


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_no_pin_is_older_than_its_floor(path: Path) -> None:
    pins = pinned(path)
    assert "django" in pins or "bench" in path.name
    old = {
        name: pins[name] for name, floor, _ in FLOORS if pins.get(name, (9999,)) < version(floor)
    }
    assert old == {}


def test_no_version_that_is_allowed_is_older_than_its_floor() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    found = (
        re.match(r"([\w.-]+)(?:\[[\w,]+\])?(?:>=|==)([\d.]+)", each) for each in chain(*groups)
    )
    allowed = {match[1].lower(): version(match[2]) for match in found if match}
    old = {
        name: allowed[name]
        for name, floor, _ in FLOORS
        if allowed.get(name, (9999,)) < version(floor)
    }
    assert old == {}
    assert len(allowed.keys() & {name for name, _, _ in FLOORS}) > 10
