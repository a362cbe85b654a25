"""This machine's part of the policy, as it lies here."""

from __future__ import annotations

from pathlib import Path

from ops.core.errors import Damaged, PolicyError, Problem, Unavailable, UsageError
from ops.core.files import read_json
from ops.jobs.host import folders
from ops.policy import HostPolicy, read_document
from ops.policy.units import units


def read() -> HostPolicy:
    """Return this machine's part of the policy; raise Unavailable when there is none, PolicyError when it is wrong."""
    path = folders.etc() / "policy.json"
    try:
        return read_document(read_json(path))
    except FileNotFoundError as error:
        raise Unavailable(
            f"this machine has no policy: {path} is not there", "run playbooks/site.yml from the control machine"
        ) from error
    except PermissionError as error:
        raise Unavailable(f"this account may not read {path}", "run as root or as user seawall") from error


def validated(path: Path) -> HostPolicy:
    """Return the policy in a rendered file; raise PolicyError unless it can be obeyed on this machine."""
    try:
        policy = read_document(read_json(path))
    except Damaged as error:
        problem = Problem("policy", "not valid JSON; is the file truncated?", str(path))
        raise PolicyError([problem], "run playbooks/site.yml from the control machine") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    units(policy)
    return policy
