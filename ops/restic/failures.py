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
_GONE = "no such file or directory"
_AGAIN = "not found in the repository index; storing the file again"  # its blobs were lost, and are there again now
_NUMBER = " (507)"  # some releases of restic put it behind the words
_RETRYING = " returned error, retrying after "
_LOST = ("input/output error", "read-only file system", "no such device", "no such device or address")
_LOST_HINT = "its plug may have been pulled, or it is dying: dmesg and smartctl say more"
_PROGRAM = "subprocess "  # how the words begin of the program whose output is stored
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
    if lost := next(filter(None, map(_lost, error.stderr.splitlines())), ""):
        return Unavailable(f"repository {repository}: its disk answers no more: {lost}", _LOST_HINT)
    if error.exit_code < 0:
        return Unavailable(f"repository {repository}: {error.message}", error.hint)
    full = next(filter(None, map(_of_room, error.stderr.splitlines())), "")
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
    message = f"repository {repository}: {_cause(full)}{said} (restic exit code {error.exit_code})"
    if full:
        return NoRoom(message, _QUOTA_HINT if QUOTA in full else "")
    return SeawallError(message, _FOREIGN_HINT if any(word in error.stderr for word in _FOREIGN) else "")


@dataclass
class Losses:
    """What restic could not read, told line by line: a file that vanished meanwhile is no fault of anybody's.

    Nor is one of which the repository had lost something, and that restic stores again for that.

    It is handed each line of standard error, and says of each whether no further attempt can succeed. The names of
    files in such a line are anybody's words; what went wrong stands at its end.
    """

    vanished: int = 0
    unread: str = ""
    again: int = 0

    def __call__(self, line: str) -> bool:
        """Count what a line tells; return whether there is no room at the repository's host."""
        for document in documents([line]):
            if document.get("message_type") == "error":
                said = plain_error(line)
                if said.endswith(_GONE):
                    self.vanished += 1
                elif said.endswith(_AGAIN):
                    self.again += 1
                else:
                    self.unread = self.unread or said
        return hopeless(line)

    def demand(self, code: int, repository: str) -> None:
        """Raise Incomplete when restic ended so because of anything but files that vanished, or were stored again."""
        if code == PART_UNREAD and (self.unread or not (self.vanished or self.again)):
            said = self.unread or "no message"
            raise Incomplete(f"repository {repository}: part of the source could not be read: {said}")


def hopeless(line: str) -> bool:
    """Whether a line of restic's shows that no further attempt can succeed; it would go on for a quarter of an hour."""
    return no_room(line) or bool(_lost(line))


def lost(line: str) -> bool:
    """Whether a line says that the disk of the repository answers no more."""
    return bool(_lost(line))


def _lost(line: str) -> str:
    """Return what a line says of a disk of this machine that answers no more; empty for one that says anything else.

    Only of the repository itself restic says that it tries again.
    """
    said = line.strip()
    return next((word for word in _LOST if said.endswith(f": {word}") and _RETRYING in said), "")


def no_room(line: str) -> bool:
    """Whether restic was told that there is no room for more; 0.18.0 would go on trying for ever."""
    return bool(_of_room(line))


def _of_room(line: str) -> str:
    """Return what a line says of a repository's host that has no room; empty for a line that says something else.

    What is said of a file of the source, or by the program that is backed up, never means the repository's host: its
    words are those of whoever named a file or a table.
    """
    said = line.strip()
    for document in documents([line]):
        if document.get("message_type") != "exit_error":
            return ""
        said = plain_error(line)
    ends = said.removesuffix(_NUMBER).endswith((FULL, QUOTA))
    return said if ends and not said.startswith(_PROGRAM) else ""


def full_here(stderr: str) -> bool:
    """Whether restic found no space where it restores to; at the repository's host it writes nothing then."""
    return any(plain_error(line).endswith(FULL) for line in stderr.splitlines())


def _cause(full: str) -> str:
    """Return what restic's words mean where it was told that there is no room, to stand before them."""
    if full.removesuffix(_NUMBER).endswith(QUOTA):
        return "the disk of the repository's host is full, or this machine's quota there: "
    return "the disk of the repository's host is full: " if full else ""
