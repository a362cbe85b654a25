"""Steps of incidents: of kinds that there are, and each of them says something."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.interfaces.incident import KINDS
from ops.policy.incidents import Incidents


def judge(of: Incidents) -> Iterator[Problem]:
    """Yield what is wrong with what a site says of incidents."""
    for kind, steps in of.steps.items():
        path = f"policy.incidents.steps.{kind}"
        if kind not in KINDS:
            yield Problem(path, f"unknown kind {kind!r}{nearest(kind, list(KINDS))}; known: {', '.join(KINDS)}")
        if not steps:
            yield Problem(path, "is empty; leave it out, and Seawall's own steps are shown")
        for index, step in enumerate(steps):
            if not step.strip():
                yield Problem(f"{path}[{index}]", "is empty; say in one sentence what is to be done")
