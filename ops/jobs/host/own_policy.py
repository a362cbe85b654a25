"""This machine's part of the policy, as it lies here."""

from __future__ import annotations

from pathlib import Path

from ops.core.errors import Damaged, PolicyError, Problem, Unavailable, UsageError
from ops.core.files import read_json
from ops.jobs.host import folders
from ops.policy import HostPolicy, read_document
from ops.policy.rules.rendered import judge
from ops.policy.units import units


def read() -> HostPolicy:
    """Return this machine's part of the policy; raise Unavailable when there is none, PolicyError when it is wrong."""
    path = demand_server()
    try:
        return read_document(read_json(path))
    except PermissionError as error:
        raise Unavailable(f"this account may not read {path}", "run as root or as user seawall") from error


def demand_server() -> Path:
    """Return where this machine's part of the policy lies; raise Unavailable when it is no server of the site."""
    path = folders.etc() / "policy.json"
    try:
        path.lstat()
    except FileNotFoundError as error:
        raise Unavailable(
            f"this machine has no policy, so it is not a server of the site: {path} is not there",
            "run this on a server (ssh SERVER seawall ...); to make this one, run playbooks/site.yml for it",
        ) from error
    except OSError:
        pass  # whoever reads it says why it can't be read
    return path


def demand_ledgers_server(directory: Path) -> None:
    """Raise Unavailable for the folder of this machine's own ledger, when this machine is no server of the site."""
    if directory == folders.state() / "ledger":
        demand_server()


def validated(path: Path) -> HostPolicy:
    """Return the policy in a rendered file; raise PolicyError unless it can be obeyed on this machine."""
    try:
        policy = read_document(read_json(path))
    except Damaged as error:
        problem = Problem("policy", "not valid JSON; is the file truncated?", str(path))
        raise PolicyError([problem], "run playbooks/site.yml from the control machine") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    if problems := list(judge(policy)):
        raise PolicyError(problems, "run playbooks/site.yml from the control machine")
    units(policy)
    return policy
