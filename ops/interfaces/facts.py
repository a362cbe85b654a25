"""What a manifest keeps of a part, whichever kind it is; every kind adds its own.

These formats outlive releases: a field that came later has a default, for older manifests lack it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.names import FileMode
from ops.core.schema import spare


@dataclass(frozen=True)
class Ownership:
    """To whom a file belongs, by name or number, and its mode in octal digits."""

    owner: str
    group: str
    mode: FileMode


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts of one part, of the instant in which its data were taken.

    warnings: sentences for people, with names of tables but none of files or patients; the set counts all the same.
    """

    warnings: tuple[str, ...] = spare(())

    @property
    def row_count(self) -> int:
        """How many rows the data have in all; 0 for what has none."""
        return 0

    @property
    def file_count(self) -> int:
        """How many files were taken; 0 where that says nothing."""
        return 0

    @property
    def database_name(self) -> str:
        """The name of the database that was taken; empty for what is not one of several on a server."""
        return ""

    @property
    def loaded_bytes(self) -> int:
        """How much room the data take in a server, as far as it is known; 0 for what is not loaded into one."""
        return 0

    @property
    def ownership(self) -> Ownership | None:
        """To whom a file belonged that is stored as a stream, which has neither owner nor mode; None where unknown."""
        return None

    @property
    def restore_hint(self) -> str:
        """A sentence for whoever restores; empty for most."""
        return ""
