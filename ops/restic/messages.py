"""What restic says as JSON: the few messages that are needed, everything else is passed over.

New kinds of messages and new fields may come with any version, and not every line is JSON even under --json;
so only the final summary and the exit code decide, and no line can break the reading.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.core.clock import parse
from ops.core.errors import Damaged
from ops.core.names import Digest, TreePath
from ops.interfaces.entry import Entry, EntryKind

# As restic writes them: Go's bits for set-user-id, set-group-id and sticky.
_SPECIAL = ((1 << 23, stat.S_ISUID), (1 << 22, stat.S_ISGID), (1 << 20, stat.S_ISVTX))


@dataclass(frozen=True)
class Summary:
    """The end of a backup: the snapshot made, what was seen and what was new; sizes in bytes.

    vanished: files that were gone when they were to be read, as happens where people work.
    """

    snapshot: str
    files: int
    bytes: int
    added: int
    vanished: int = 0


@dataclass(frozen=True)
class Lock:
    """What a lock says: the machine that wrote it, the number of the process there, and when it was last refreshed."""

    host: str
    process: int
    time: datetime


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as a repository lists it. tree: of its data; original: the snapshot that it is a copy of, or empty."""

    id: str
    time: datetime
    host: str
    tags: tuple[str, ...]
    paths: tuple[str, ...]
    files: int
    bytes: int
    tree: str = ""
    original: str = ""

    def tag(self, name: str) -> str | None:
        """Return the value of a tag of the form name=value."""
        return next((tag.partition("=")[2] for tag in self.tags if tag.startswith(f"{name}=")), None)


@dataclass(frozen=True)
class Key:
    """A key of a repository. user, host: as whoever added it called itself; current: it opened the repository."""

    id: Digest
    user: str
    host: str
    current: bool


def documents(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON objects among some lines."""
    for line in lines:
        try:
            document = json.loads(line)
        except ValueError:
            continue
        if isinstance(document, dict):
            yield document


def progress_of(document: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return how many bytes are done and of how many, or None when a message does not say; 0: not known yet."""
    if document.get("message_type") != "status":
        return None
    done = document.get("bytes_done", document.get("bytes_restored", 0))
    return int(done), int(document.get("total_bytes", 0))


def summary(document: Mapping[str, Any]) -> Summary | None:
    """Return the summary that a message is, or None when it is another one."""
    if document.get("message_type") != "summary" or not document.get("snapshot_id"):
        return None
    return Summary(
        snapshot=str(document["snapshot_id"]),
        files=int(document.get("total_files_processed", 0)),
        bytes=int(document.get("total_bytes_processed", 0)),
        added=int(document.get("data_added_packed", document.get("data_added", 0))),
    )


def would_do(document: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the path of a file and what restic would do with it; None when a message does not say.

    Each byte of a path that is not UTF-8 comes as U+FFFD, so two paths may be told alike.
    """
    if document.get("message_type") != "verbose_status":
        return None
    return str(document.get("item", "")), str(document.get("action", ""))


def keys(text: str) -> list[Key]:
    """Return the keys that `restic key list --json` printed; raise Damaged."""
    try:
        return [
            Key(
                Digest.parse(str(entry["id"])),
                str(entry.get("userName", "")),
                str(entry.get("hostName", "")),
                bool(entry.get("current")),
            )
            for entry in json.loads(text or "null") or []
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"restic's list of keys can't be read: {error}") from error


def lock(text: str) -> Lock:
    """Return the lock that `restic cat lock` printed; raise Damaged."""
    try:
        told = json.loads(text)
        return Lock(str(told["hostname"]), int(told["pid"]), parse(str(told["time"])))
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise Damaged(f"a lock can't be read: {error}") from error


def snapshots(text: str) -> list[Snapshot]:
    """Return the snapshots that `restic snapshots --json` printed, oldest first; raise Damaged.

    One that can't be is passed over: whoever may write to a repository must not keep others from what was there before.
    """
    try:
        listed = json.loads(text or "null") or []
        return sorted(filter(None, map(_snapshot, listed)), key=lambda one: one.time)
    except (ValueError, TypeError) as error:
        raise Damaged(f"restic's list of snapshots can't be read: {error}") from error


def _snapshot(entry: Mapping[str, Any]) -> Snapshot | None:
    try:
        return _told(entry)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def _told(entry: Mapping[str, Any]) -> Snapshot:
    seen = entry.get("summary") or {}
    return Snapshot(
        id=Digest.parse(str(entry["id"])),
        time=parse(str(entry["time"])),
        host=str(entry.get("hostname", "")),
        tags=tuple(map(str, entry.get("tags") or ())),
        paths=tuple(map(str, entry.get("paths") or ())),
        files=int(seen.get("total_files_processed", 0)),
        bytes=int(seen.get("total_bytes_processed", 0)),
        tree=str(entry.get("tree", "")),
        original=str(entry.get("original") or ""),
    )


def entry(document: Mapping[str, Any]) -> Entry | None:
    """Return the file or link that a line of restic's list is, or None when it is anything else; raise Damaged."""
    kind = document.get("type")
    if kind not in ("file", "symlink") or "mtime" not in document:
        return None
    try:
        return _listed(document, kind)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise Damaged(f"the snapshot lists what can't be: {str(error)[:200]}") from error


def _listed(document: Mapping[str, Any], kind: EntryKind) -> Entry:
    mode, moment = int(document.get("mode", 0)), parse(str(document["mtime"]))
    return Entry(
        path=TreePath.parse(str(document["path"])),
        kind=kind,
        size=int(document.get("size", 0)),
        changed=int(moment.timestamp()) * 1_000_000 + moment.microsecond,
        mode=mode & 0o777 | sum(bit for mark, bit in _SPECIAL if mode & mark),
        owner=(int(document.get("uid", 0)), int(document.get("gid", 0))),
    )


def plain_error(stderr: str) -> str:
    """Return the text of restic's last error, whether it came as JSON or as plain lines."""
    lines = [line for line in stderr.strip().splitlines() if line.strip()]
    for line in reversed(lines):
        for document in documents([line]):
            if document.get("message_type") == "exit_error":
                return str(document.get("message", "")).removeprefix("Fatal: ")
            if document.get("message_type") == "error":
                error = document.get("error")
                return str(error.get("message", error) if isinstance(error, dict) else error)
    fatal = [line for line in lines if line.startswith("Fatal:")]
    return (fatal or lines or ["no message"])[-1].removeprefix("Fatal: ")


def program_error(stderr: str) -> str:
    """Return the last words of the program whose output restic was to store, where its failure was theirs."""
    said = [line.partition(": ")[2] for line in stderr.splitlines() if line.startswith("subprocess ")]
    return said[-1] if said and "command failed" in stderr else ""
