"""The documents say what is there: commands, options, files, targets of make, kinds and messages."""

import contextlib
import importlib
import io
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ops import cli
from ops.core import kinds

CHECKOUT = Path(__file__).parents[3]
DOCS = sorted([CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")])
KINDS = [
    (package, kind) for package in ("health", "sources", "targets", "drills") for kind in kinds.kinds(f"ops.{package}")
]
SHELL = {"|", ">", ">>", "<", "&&", "||", ";", "&"}
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
each_document = pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)


def blocks(text: str) -> Iterator[str]:
    """Yield the lines that a reader would type: code blocks, but those of `text`, which show an answer."""
    for _, language, block in FENCED.findall(text):
        if language != "text":
            yield from block.splitlines()
    yield from (line.strip() for line in FENCED.sub("", text).splitlines() if line.startswith("    "))


def inline(text: str) -> list[str]:
    return INLINE.findall(FENCED.sub("", text))


def calls(line: str) -> Iterator[list[str]]:
    """Yield the words after each `seawall` in a line; what stands apart by two spaces is its explanation."""
    try:
        words = shlex.split(re.split(r"\s{2,}", line.strip())[0], comments=True)
    except ValueError:
        return  # a line of a longer quotation
    for place, word in enumerate(words):
        if word in {"seawall", ".venv/bin/seawall"} and words[place + 1 :] and not words[place + 1].startswith("-"):
            ends = [end for end in range(place, len(words)) if words[end] in SHELL]
            said = words[place + 1 : min(ends, default=len(words))]
            yield from [said] if said else []


def modules(name: str) -> list[str]:
    """Return the modules behind a command: of the control machine, of a server."""
    return [table[name][0] for table in (cli.CONTROL, cli.SERVER) if name in table]


def understood(words: list[str]) -> bool:
    """Whether a command's own parser takes these words, on the control machine or on a server."""
    for module in modules(words[0]):
        try:
            with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
                cli._parse(words[0], "", importlib.import_module(module), words[1:])
            return True
        except SystemExit as end:
            if not end.code:
                return True
    return False


@each_document
def test_every_command_shown_is_one_that_exists(document: Path) -> None:
    shown = [words for line in blocks(document.read_text("utf-8")) for words in calls(line)]
    assert [f"seawall {shlex.join(words)}" for words in shown if not understood(words)] == []


@each_document
def test_every_command_named_in_passing_exists(document: Path) -> None:
    named = [words[0] for code in inline(document.read_text("utf-8")) for words in calls(code)]
    assert [name for name in named if name.islower() and not modules(name)] == []


@pytest.mark.parametrize("name", sorted(cli.SERVER | cli.CONTROL))
def test_every_command_is_documented(name: str) -> None:
    code = [part for path in DOCS for part in (*inline(path.read_text("utf-8")), *blocks(path.read_text("utf-8")))]
    assert any(f"seawall {name}" in part for part in code)


def slugs(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", FENCED.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@each_document
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", document.read_text("utf-8"))):
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if target.startswith("http"):
            continue
        if not path.exists() or (anchor and anchor not in slugs(path)):
            broken.append(target)
    assert broken == []


def test_the_index_lists_every_document() -> None:
    index = (CHECKOUT / "docs/index.md").read_text("utf-8")
    names = {path.name for path in DOCS} - {"README.md", "index.md"}
    assert [name for name in sorted(names) if f"]({name})" not in index] == []


@pytest.mark.parametrize(("package", "kind"), KINDS)
def test_every_kind_stands_in_the_reference(package: str, kind: str) -> None:
    assert f"\n### {kind}\n" in (CHECKOUT / "docs/policy.md").read_text("utf-8"), (
        f"ops/{package}/{kind}.py has no section: run `seawall policy reference --output docs/policy.md`"
    )


@each_document
def test_every_target_of_make_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    code = "\n".join([*inline(text), *blocks(text)])
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|&& )make ([a-z-]+)", code, re.MULTILINE)) <= targets


@cache
def said() -> str:
    """Return all that the code can say, each text in one piece, what is filled in left out."""
    places = (
        ("ops", "*.py"),
        ("roles", "*.yml"),
        ("playbooks", "*.yml"),
        ("plugins", "*.py"),
        ("tests/policy", "*.py"),
    )
    files = [path for folder, pattern in places for path in sorted((CHECKOUT / folder).rglob(pattern))]
    whole = re.sub(r"['\"]\s*\n\s*f?['\"]", "", "\n".join(path.read_text("utf-8") for path in files))
    return re.sub(r"\s+", " ", whole)


def test_every_message_explained_is_one_that_people_meet() -> None:
    text = (CHECKOUT / "docs/troubleshooting.md").read_text("utf-8")
    messages = re.findall(r"^### `(.+)`$", text, re.MULTILINE)
    assert messages
    pieces = [(message, piece.strip(" :;,")) for message in messages for piece in message.split("…")]
    assert [message for message, piece in pieces if piece not in said()] == []
