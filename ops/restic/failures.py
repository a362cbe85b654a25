"""restic's exit codes as errors of ours, each with what to do.

An exit code that is not known is a failure: restic says that new ones will be added over time.
"""

from __future__ import annotations

from ops.core.errors import CommandError, CommandTimeout, Locked, SeawallError, Unavailable
from ops.restic.messages import plain_error, program_error


class NoRepository(Unavailable):
    """There is no repository at that place."""


class WrongPassword(SeawallError):
    """The repository is there, and the password opens none of its keys."""


class Incomplete(SeawallError):
    """A snapshot was made, but some of the source could not be read."""


def explain(error: CommandError, repository: str) -> SeawallError:
    """Given a failed call of restic, return the error to raise in its place."""
    if isinstance(error, CommandTimeout):
        return Unavailable(
            f"repository {repository}: restic did not end within {error.timeout:.0f} s and was stopped",
            "look at the network and at the repository's host; the next run starts afresh",
        )
    full = next(filter(no_room, error.stderr.splitlines()), None)
    said = full or program_error(error.stderr) or plain_error(error.stderr)
    if error.exit_code == 10:  # noqa: PLR2004 -- these numbers are restic's, see its manual
        return NoRepository(f"repository {repository} does not exist: {said}", "playbooks/site.yml makes it")
    if error.exit_code == 11:  # noqa: PLR2004
        return Locked(f"repository {repository} is locked: {said}", "wait for the other process to end")
    if error.exit_code == 12:  # noqa: PLR2004
        return WrongPassword(
            f"repository {repository}: wrong password or no key found",
            "the password on this machine is not the repository's; run playbooks/site.yml with the right vault",
        )
    if error.exit_code == 3:  # noqa: PLR2004
        return Incomplete(f"repository {repository}: some of the source could not be read: {said}")
    return SeawallError(f"repository {repository}: {_cause(said)} (restic exit code {error.exit_code})")


def no_room(line: str) -> bool:
    """Whether restic was told that the repository's disk is full; 0.18.0 would go on trying for ever."""
    return "507 Insufficient Storage" in line or "no space left on device" in line


def _cause(said: str) -> str:
    """Add to restic's words what they mean, where they hide it."""
    return f"the disk of the repository's host is full: {said}" if no_room(said) else said
