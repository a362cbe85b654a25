"""restic's exit codes as errors of ours, each with what to do.

An exit code that is not known is a failure: restic says that new ones will be added over time.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.confidential import fit
from ops.core.errors import CommandError, CommandTimeout, Locked, SeawallError, Unavailable
from ops.restic.messages import documents, plain_error, program_error

# What restic says of a file that it did not write, or of too many keys; over a short file 0.18 crashes.
_FOREIGN = ("ciphertext verification failed", "maximum number of keys reached", "slice bounds out of range")
_FOREIGN_HINT = (
    "if the disk is sound, somebody added files: seawall repository foreign REPOSITORY names them (on a drill "
    "host with --of HOST); Seawall's page foreign-files.md says what to do"
)
_QUOTA_HINT = (
    "on the backup host, seawall repository arrivals tells which; raise the machine's quota in the policy, or make room"
)
FULL = "no space left on device"
QUOTA = "507 Insufficient Storage"  # rest-server says so of a full disk, too
PART_UNREAD = 3  # a snapshot was made; restic's manual has the numbers


class NoRepository(Unavailable):
    """There is no repository at that place."""


class WrongPassword(SeawallError):
    """The repository is there, and the password opens none of its keys."""


class NoRoom(SeawallError):
    """The repository's host takes no more: its disk is full, or the machine's quota there."""


class Incomplete(SeawallError):
    """A snapshot was made, but some of the source could not be read."""


def explain(error: CommandError, repository: str) -> SeawallError:
    """Given a failed call of restic, return the error to raise in its place."""
    if isinstance(error, CommandTimeout):
        return Unavailable(
            f"repository {repository}: restic did not finish within {error.timeout:.0f} s and was stopped",
            "check the network and the repository's host; the next run starts from scratch",
        )
    if error.exit_code < 0:
        return Unavailable(f"repository {repository}: {error.message}", error.hint)
    full = next(filter(no_room, error.stderr.splitlines()), None)
    said = fit("restic", full or program_error(error.stderr) or plain_error(error.stderr), error.stderr)
    if error.exit_code == 10:  # noqa: PLR2004 -- these numbers are restic's, see its manual
        return NoRepository(f"repository {repository} does not exist: {said}", "playbooks/site.yml creates it")
    if error.exit_code == 11:  # noqa: PLR2004
        return Locked(f"repository {repository} is locked: {said}", "wait for the other process to finish")
    if error.exit_code == 12:  # noqa: PLR2004
        return WrongPassword(
            f"repository {repository}: wrong password or no key found",
            "the password on this machine does not open the repository; run playbooks/site.yml with the right vault",
        )
    message = f"repository {repository}: {_cause(said)} (restic exit code {error.exit_code})"
    if full:
        return NoRoom(message, _QUOTA_HINT if QUOTA in full else "")
    return SeawallError(message, _FOREIGN_HINT if any(word in error.stderr for word in _FOREIGN) else "")


@dataclass
class Losses:
    """What restic could not read, told line by line: a file that vanished meanwhile is no fault of anybody's.

    It is handed each line of standard error, and says of each whether no further attempt can succeed.
    """

    vanished: int = 0
    unread: str = ""

    def __call__(self, line: str) -> bool:
        """Count what a line tells; return whether there is no room at the repository's host."""
        for document in documents([line]):
            if document.get("message_type") == "error":
                if "no such file or directory" in line:
                    self.vanished += 1
                else:
                    self.unread = self.unread or plain_error(line)
        return no_room(line)

    def demand(self, code: int, repository: str) -> None:
        """Raise Incomplete when restic ended so because of anything but files that vanished."""
        if code == PART_UNREAD and (self.unread or not self.vanished):
            said = self.unread or "no message"
            raise Incomplete(f"repository {repository}: part of the source could not be read: {said}")


def no_room(line: str) -> bool:
    """Whether restic was told that there is no room for more; 0.18.0 would go on trying for ever."""
    return QUOTA in line or FULL in line


def _cause(said: str) -> str:
    """Add to restic's words what they mean, where they hide it."""
    if QUOTA in said:
        return f"the disk of the repository's host is full, or this machine's quota there: {said}"
    return f"the disk of the repository's host is full: {said}" if no_room(said) else said
