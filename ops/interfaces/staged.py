"""A fault that an alarm drill lays out in a folder of its own: what the check of it is given to look at.

The folder is there only while a drill lasts. `fault.json` says which fault it is, and what the kind of check is told
that judges such a thing in earnest; in `state` lie the states of acts that this kind is to see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.schema import Plain, encode

VERSION = 1
NAME = "seawall-alarm-drill"
FOLDER = f"/run/{NAME}"
FILE, STATES = "fault.json", "state"
LIMITS = Limits(bytes=1 << 16, depth=8, entries=1000, text=1 << 12)
# By the fault, the kind of check that looks at such a thing when it is no drill.
JUDGED_BY: Mapping[str, str] = {"quota": "arrivals", "ups": "ups", "copy": "copy_age", "host": "interface"}


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What is laid out. fault: its name. options: of the kind of check that judges it, as a policy would write them."""

    fault: str
    options: Mapping[str, Any] = field(default_factory=dict)


def written(staged: Staged) -> dict[str, Plain]:
    """Return it as it lies in its file."""
    return {"version": VERSION, **encode(staged)}


def read(content: bytes, file: str) -> Staged:
    """Return what a file says; raise Damaged, with the file and what was expected."""
    return decode(Staged, demand_version(parse(content, LIMITS, file), VERSION, file), file)
