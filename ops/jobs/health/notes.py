"""What checks leave for themselves from one round to the next, such as how full a disk was last week.

It stays on the machine, is bounded, and may be lost: a check without notes begins to count anew.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from ops.core.document import Limits, demand_version, parse, read_file
from ops.core.errors import SeawallError
from ops.core.files import write_atomically
from ops.core.schema import Plain
from ops.jobs.host import folders
from ops.policy.model import CheckSpec

# By kind and name of the check.
Notes: TypeAlias = "dict[str, dict[str, Plain]]"
VERSION = 1
LIMITS = Limits(bytes=8 << 20, depth=8, entries=400_000, text=1 << 12)
MOST = 64 << 10  # characters that one check may leave


def key(name: str, spec: CheckSpec) -> str:
    """Return under which name the notes of a check are kept; another kind of the same name finds none of them."""
    return f"{spec.kind} {name}"


def of(notes: Notes, name: str, spec: CheckSpec) -> dict[str, Plain]:
    """Return a check's own notes to write in; those that are kept change only when it has ended."""
    return copy.deepcopy(notes.get(key(name, spec), {}))


def read() -> Notes:
    """Return the notes of the round before; none where there are none, or none that can be read."""
    path = folders.state() / "state" / "health.notes"
    try:
        data = demand_version(
            parse(read_file(path, LIMITS.bytes, str(path), owned=True), LIMITS, str(path)), 1, "notes"
        )
    except (OSError, SeawallError):
        return {}
    checks = data.get("checks")
    told: Mapping[str, Any] = checks if isinstance(checks, Mapping) else {}
    return {name: dict(one) for name, one in told.items() if isinstance(one, Mapping)}


def write(notes: Notes, checks: Mapping[str, CheckSpec]) -> None:
    """Write the notes of the checks that the policy has; raise OSError where that can't be done.

    One that leaves too much, or what is no plain data, loses its own alone.
    """
    named = {key(name, spec) for name, spec in checks.items()}
    kept = {name: text for name, one in notes.items() if name in named and one and (text := _text(one))}
    body = ",\n".join(f"{json.dumps(name)}: {text}" for name, text in sorted(kept.items()))
    folder = folders.state() / "state"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "health.notes", f'{{"version": {VERSION}, "checks": {{\n{body}\n}}}}\n')


def _text(one: Mapping[str, Plain]) -> str:
    try:
        text = json.dumps(one, allow_nan=False)
    except (TypeError, ValueError):
        return ""
    return text if len(text) <= MOST else ""
