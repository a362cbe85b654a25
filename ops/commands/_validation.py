"""Checking a policy file before it replaces a machine's own: the same words on a server and on the control machine."""

from __future__ import annotations

import json
from pathlib import Path

from ops.jobs.host.own_policy import validated
from ops.policy.units import units


def validate(path: Path, *, as_json: bool) -> int:
    """Say that a policy file is valid and return the exit code; raise PolicyError with every problem."""
    policy = validated(path)
    if as_json:
        print(json.dumps({"version": 1, "host": policy.host, "problems": []}))
    else:
        print(f"{path}: valid; {policy.host}, {len(units(policy))} units")
    return 0
