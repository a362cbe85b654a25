"""What was exported, encrypted, as it lies here: so that the same bytes can be delivered again.

A file is whole before it has its name, and its note stands before it leaves: whoever is killed between delivery and
record delivers the same bytes under the same name once more. Clear text is never here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.files import digest, sync_directory, write_json
from ops.core.names import Digest, FileName
from ops.core.schema import encode
from ops.jobs.host import folders

VERSION = 1
KEPT = 12  # of the newest exports, those that nobody acknowledged; of the others the newest alone
_LIMITS = Limits(bytes=1 << 16, depth=4, entries=100, text=1 << 12)
_UNFINISHED = ".unfinished"
_NOTE = ".json"


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """An export that is encrypted. time: of its data; made: when that was done. pending: not known to be delivered.

    key_sha256: of the text of the recipient's key; key_expires: when it ends, if ever. first: when it was first
    delivered; empty: never.
    """

    file: FileName
    sha256: Digest
    bytes: int
    time: str
    made: str
    recipient: str
    key_sha256: str = ""
    key_expires: str | None = None
    rows: int | None = None
    files: int | None = None
    pending: bool = True
    first: str = ""


class Outbox:
    """The folder of one export."""

    def __init__(self, export: str) -> None:
        self.folder = folders.state() / "state" / "exports" / export

    def path(self, parcel: Parcel) -> Path:
        """Return where the encrypted bytes are."""
        return self.folder / parcel.file

    def parcels(self) -> list[Parcel]:
        """Return what lies here, the oldest first; raise Damaged for a note that can't be read."""
        return [_read(path) for path in sorted(self.folder.glob(f"*{_NOTE}"))]

    def fill(self, name: FileName, write: Callable[[IO[bytes]], None]) -> Path:
        """Have a new file written, whole or not at all; return its path. What a killed run left goes first."""
        self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        for left in self.folder.glob(f"*{_UNFINISHED}"):
            left.unlink()
        self._forget_unnoted()
        if (self.folder / name).exists():
            raise Unavailable(f"{name} was made in this very second", "try again")
        path = self.folder / f"{name}{_UNFINISHED}"
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def take(self, unfinished: Path, parcel: Parcel) -> None:
        """Give a written file its name, and its note."""
        unfinished.rename(self.path(parcel))
        sync_directory(self.folder)
        self.note(parcel)

    def note(self, parcel: Parcel) -> None:
        """Keep what is known of a parcel."""
        write_json(self.folder / f"{parcel.file}{_NOTE}", {"version": VERSION, **encode(parcel)}, mode=0o640)

    def demand_same(self, parcel: Parcel) -> None:
        """Raise Damaged unless the bytes that lie here are those that were encrypted."""
        try:
            same = digest(self.path(parcel)) == parcel.sha256
        except OSError as error:
            raise Damaged(f"{parcel.file} is no more here: {error.strerror}", "export again: --again") from error
        if not same:
            raise Damaged(f"{parcel.file} is not what was encrypted", "export again: --again")

    def settled(self, parcel: Parcel, when: str) -> Parcel:
        """Note that a parcel was delivered and recorded."""
        known = replace(parcel, pending=False, first=parcel.first or when)
        self.note(known)
        return known

    def forget(self, parcel: Parcel) -> None:
        """Remove a parcel and its note."""
        self.path(parcel).unlink(missing_ok=True)
        (self.folder / f"{parcel.file}{_NOTE}").unlink(missing_ok=True)

    def tidy(self, waiting: set[str]) -> None:
        """Keep what is not delivered, the newest, and of the newest twelve those that nobody acknowledged."""
        parcels = self.parcels()
        for place, parcel in enumerate(reversed(parcels)):
            kept = parcel.pending or place == 0 or (place < KEPT and parcel.sha256 in waiting)
            if not kept:
                self.forget(parcel)

    def _forget_unnoted(self) -> None:
        noted = {path.name.removesuffix(_NOTE) for path in self.folder.glob(f"*{_NOTE}")}
        for path in self.folder.glob("*.gpg"):
            if path.name not in noted:
                with suppress(OSError):
                    path.unlink()


def _read(path: Path) -> Parcel:
    try:
        plain = parse(read_file(path, _LIMITS.bytes, str(path), owned=True), _LIMITS, str(path))
        found = decode(Parcel, demand_version(plain, VERSION, str(path)), str(path))
    except SeawallError as error:
        raise Damaged(error.message, f"remove {path} and its export; then export again: --again") from error
    if f"{found.file}{_NOTE}" != path.name:
        raise Damaged(f"{path} is the note of another file")
    return found
