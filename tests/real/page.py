"""The page of what became of real databases, made of the tests' results."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from journey import ACTS

PAGE = Path(__file__).parents[2] / "docs/real-applications.md"
HEAD = """\
# Real databases that come back

`make real` makes this page. It takes PostgreSQL's own regression database and the databases of free applications, with
the schemas and first rows of their own packages. Tables that an application leaves empty are given a few rows where
these take them. On a server of each Debian release every database is backed up, drilled, restored beside and restored
in place, by the commands that an administrator types.

**pass** means that every rung of the proof passed: structure, accounts, rows, their content, sequences, integrity. A
backup that ends in **warn** found something in the original that a restore keeps as it is, such as a sequence that is
behind its column.

The ring takes up to 40 minutes and needs the Debian archive and Python's registry of packages, so it is not part of
`make test`.
"""
COLUMNS = ("database", "tables", "rows", *ACTS, "rungs")


def written(results: Iterable[Mapping[str, Any]], not_run: Iterable[str]) -> None:
    """Write the page: a table for each server, and what was not run."""
    servers: dict[str, list[Mapping[str, Any]]] = {}
    for one in results:
        servers.setdefault(one["server"], []).append(one)
    lines = [HEAD]
    for server in sorted(servers, key=lambda name: (not name.startswith("PostgreSQL"), name)):
        lines += [f"## {server}", "", _row(COLUMNS), _row("---" for _ in COLUMNS)]
        lines += [_row(_cells(one)) for one in servers[server]]
        lines.append("")
    if left := sorted(not_run):
        lines += ["## Not run", "", *(f"- {line}" for line in left), ""]
    PAGE.write_text("\n".join(lines).rstrip() + "\n", "utf-8")


def read(places: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the results that lie at some places, where there are any."""
    texts = [path.read_text("utf-8") for path in places if path.exists()]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def _cells(one: Mapping[str, Any]) -> list[str]:
    passed = sum(verdict == "pass" for verdict in one["rungs"].values())
    verdicts = [one["verdicts"].get(act, "not reached") for act in ACTS]
    return [one["name"], f"{one['tables']:,}", f"{one['rows']:,}", *verdicts, f"{passed} of {len(one['rungs'])}"]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
