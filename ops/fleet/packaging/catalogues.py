"""The catalogues of languages: which messages there are, and what a machine reads of what translators wrote.

  python -m ops.fleet.packaging.catalogues make     write the .mo of each language whose .po is newer, as `make setup`
  python -m ops.fleet.packaging.catalogues renew    bring the template and every .po to the messages of the source

Translators write `locale/LANGUAGE/LC_MESSAGES/seawall.po`. Only this module needs Babel.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from jinja2.ext import babel_extract

from ops.core.errors import Damaged
from ops.core.files import write_atomically

DOMAIN = "seawall"
TEMPLATE = f"{DOMAIN}.pot"
WORDS: dict[str, Any] = {"tr": None, "trn": (1, 2), "_": None, "ngettext": (1, 2)}
TOLD = ["Translators:"]
BEGUN = datetime(2026, 11, 27, tzinfo=UTC)  # the time of each run would make every run a change
COLUMNS = 120
TITLE = "# The messages of Seawall."

_Found = tuple[int, str, tuple[str, ...], list[str]]


def sources(checkout: Path) -> list[Path]:
    """Return the catalogues that translators write, in the order of their languages."""
    return sorted(checkout.glob(f"locale/*/LC_MESSAGES/{DOMAIN}.po"))


def language(source: Path) -> str:
    """Return the language of a catalogue, which is the name of its folder."""
    return source.parents[1].name


def messages(checkout: Path) -> Catalog:
    """Return every message of the source, with the files that say it."""
    found = Catalog(
        project="Seawall", version="0.1", creation_date=BEGUN, header_comment="# The messages of Seawall.", fuzzy=False
    )
    ways: tuple[tuple[str, str, Any], ...] = (("ops", "*.py", calls), ("templates", "*.j2", babel_extract))
    for start, pattern, way in ways:
        for path in sorted((checkout / start).rglob(pattern)):
            place = (path.relative_to(checkout).as_posix(), 1)
            with path.open("rb") as file:
                for _, said, comments, _ in extract(way, file, WORDS, TOLD, {"silent": "false"}):
                    found.add(said, locations=[place], auto_comments=comments)
    return found


def calls(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[_Found]:  # noqa: ARG001 -- Babel's form
    """Yield the messages of a Python file, as Babel wants them; those in an f-string, too, unlike its own way."""
    text = file.read().decode()
    if not re.search(rf"\b(?:{'|'.join(keywords)})\s*\(", text):
        return  # most files say nothing, and to parse them takes a hundred times as long
    lines = text.splitlines()
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    for node in sorted(found, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node.func, ast.Name) and node.func.id in keywords:
            said = tuple(one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str))
            before = lines[node.lineno - 2].strip() if node.lineno > 1 else ""
            comments = [before.removeprefix("#").strip()] if any(tag in before for tag in comment_tags) else []
            if said:
                yield node.lineno, node.func.id, said, comments


def template(checkout: Path) -> bytes:
    """Return the template that a further language begins with, the same bytes from the same source."""
    return _written(messages(checkout))


def read(source: Path) -> Catalog:
    """Return what translators wrote; raise Damaged for what is no catalogue."""
    try:
        with source.open("rb") as file:
            return read_po(file, locale=language(source), domain=DOMAIN, abort_invalid=True)
    except (PoFileError, ValueError, OSError) as error:
        raise Damaged(f"{source} is no catalogue: {error}", "correct it by hand, or take it from git") from error


def compiled(source: Path) -> bytes:
    """Given a catalogue that translators wrote, return what machines read: the same bytes from the same text."""
    out = io.BytesIO()
    write_mo(out, read(source))
    return out.getvalue()


def make(checkout: Path) -> list[Path]:
    """Write what machines read beside each catalogue that is newer; return what was written."""
    written = []
    for source in sources(checkout):
        made = source.with_suffix(".mo")
        if not made.exists() or made.stat().st_mtime <= source.stat().st_mtime:
            write_atomically(made, compiled(source), mode=0o644)
            written.append(made)
    return written


def renew(checkout: Path) -> list[Path]:
    """Bring the template and every catalogue to the messages of the source; what is new is left empty."""
    wanted = messages(checkout)
    (checkout / "locale" / TEMPLATE).write_bytes(_written(wanted))
    for source in sources(checkout):
        known = read(source)
        known.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
        known.obsolete.clear()
        source.write_bytes(_written(known))
    return [checkout / "locale" / TEMPLATE, *sources(checkout)]


def _written(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalogue, width=COLUMNS, include_lineno=False, sort_output=False)
    return out.getvalue()


def main() -> None:
    """Do what the first word says in the checkout that this module is of."""
    acts = {"make": make, "renew": renew}
    if len(sys.argv) != 2 or sys.argv[1] not in acts:  # noqa: PLR2004 -- the program and its word
        sys.exit(str(__doc__).strip())
    for path in acts[sys.argv[1]](Path(__file__).resolve().parents[3]):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
