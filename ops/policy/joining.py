"""Problems that several hosts have at one place of the inventory, told once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ops.core.errors import Problem

_HOST = "\0"  # stands for the host's name in a message


def joined(problems: Iterable[Problem], hosts: Collection[str]) -> list[Problem]:
    """Return each problem once; those of one place that differ in the host alone are one that names all of them."""
    names = re.compile(
        rf"(?<![\w.:-])(?:{'|'.join(map(re.escape, sorted(hosts, key=len, reverse=True)))})(?![\w:-]|\.\w)"
    )
    alike: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in dict.fromkeys(problems):
        form = names.sub(_HOST, problem.message) if hosts and problem.where else problem.message
        alike.setdefault((problem.where, problem.path, form), []).append(problem)
    return [one for (_, _, form), same in alike.items() for one in _as_one(form, same, names)]


def _as_one(form: str, same: Sequence[Problem], names: re.Pattern[str]) -> Sequence[Problem]:
    named = [{*names.findall(problem.message)} for problem in same]
    if len(same) == 1 or any(len(hosts) != 1 for hosts in named):
        return same
    return [replace(same[0], message=form.replace(_HOST, ", ".join(sorted(set().union(*named)))))]
