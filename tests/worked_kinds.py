"""The kinds that docs/add-a-kind.md shows, as a reader of that page adds them: each is one file and its test."""

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/add-a-kind.md"
SUITES = Path("tests/contract")
PACKAGES = ("health", "sources", "targets")
_PATH = re.compile(r"`((?:ops|tests)/[\w/]+\.py)`")
_ENTRY = re.compile(r"The entry in `(\w+)` of `(tests/contract/\w+\.py)` is\n`([^`]+,)`")
_ADDED = re.compile(r"^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown() -> dict[Path, str]:
    """Return each file that the page shows, by the path that was named last before it."""
    return {path: code for path, code in _blocks() if path.parent != SUITES}


def extend(checkout: Path) -> None:
    """Add to the contract suites of a copy what the page says: entries of their tables, and what these need above."""
    text, needs = PAGE.read_text("utf-8"), dict(_blocks())
    for table, name, entry in _ENTRY.findall(text):
        path = checkout / name
        suite, head = path.read_text("utf-8"), f"\n{table} = {{\n"
        assert suite.count(head) == 1, f"{name} has no table {table}"
        above = needs.get(Path(name), "")
        path.write_text(suite.replace(head, f"\n{above}\n{head}    {entry}\n"), "utf-8")


def play(checkout: Path) -> None:
    """Add to the play of faults of a copy what the page shows as added."""
    for part in re.split(r"^\+\+\+ ", _ADDED.findall(PAGE.read_text("utf-8"))[0], flags=re.MULTILINE)[1:]:
        name, *pieces = part.split("\n@@\n")
        for lines in map(str.splitlines, pieces):
            before = "".join(f"{line[1:]}\n" for line in lines if line.startswith(" "))
            text = (checkout / name).read_text("utf-8")
            assert text.count(before) == 1, f"{name} has not once what the page adds to: {before}"
            after = "".join(f"{line[1:]}\n" for line in lines)
            (checkout / name).write_text(text.replace(before, after), "utf-8")


def _blocks() -> Iterator[tuple[Path, str]]:
    text = PAGE.read_text("utf-8")
    for code in _CODE.finditer(text):
        yield Path(_PATH.findall(text[: code.start()])[-1]), code[1]


def write(folder: Path) -> list[Path]:
    """Write the files below a folder; return the tests among them."""
    for path, code in shown().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(code, encoding="utf-8")
    return [folder / path for path in shown() if path.parts[0] == "tests"]


def add(folder: Path) -> None:
    """Let the packages of kinds have the files below a folder, too, as long as this process lives."""
    for name in PACKAGES:
        importlib.import_module(f"ops.{name}").__path__.append(str(folder / "ops" / name))


@contextmanager
def added(folder: Path) -> Iterator[None]:
    """The same, until the block ends."""
    packages = [importlib.import_module(f"ops.{name}") for name in PACKAGES]
    before = [list(package.__path__) for package in packages]
    add(folder)
    try:
        yield
    finally:
        for package, path in zip(packages, before, strict=True):
            package.__path__[:] = path
        for path in shown():
            name = ".".join(path.with_suffix("").parts)
            if sys.modules.pop(name, None):
                delattr(importlib.import_module(name.rpartition(".")[0]), path.stem)
