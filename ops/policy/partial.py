"""What can still be judged of a policy of which a part is broken, so that all problems are told at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ops.core.errors import Problem
from ops.core.schema import Plain
from ops.policy.model import VERSION

_NAMED = ("contacts", "repositories", "assets", "checks", "duties")
_STAND_INS: dict[str, Plain] = {"version": VERSION, "site": {"name": "-"}}


def without_broken(merged: Mapping[str, Plain], problems: Sequence[Problem]) -> tuple[dict[str, Plain], set[str]]:
    """Given a merged policy and its problems, return it without the parts they lie in, and the names left out."""
    part: dict[str, Plain] = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in merged.items()
    }
    names: set[str] = set()
    for problem in problems:
        _, _, path = problem.path.partition(".")
        section, _, below = path.partition(".")
        if section in _STAND_INS:
            part[section] = _STAND_INS[section]
            continue
        name = re.split(r"[.\[]", below)[0]
        inside = part.get(section)
        if section in _NAMED and name and isinstance(inside, dict):
            inside.pop(name, None)
            names.add(name)
        else:
            part.pop(section, None)
    return part, names


def misses(problem: Problem, names: set[str]) -> bool:
    """Whether a problem is only that a name was not found which was left out."""
    return any(re.match(rf"there is no \w+ {re.escape(repr(name))}", problem.message) for name in names)
