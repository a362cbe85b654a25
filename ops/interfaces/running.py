"""The mark of an act that runs: which act, and which process does it, so that one that was killed is known as such.

It is a file beside the states, `state/ACT.running`; the act removes it at its end.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse
from ops.core.errors import Damaged
from ops.core.names import HostName, Name
from ops.core.schema import Plain, encode

VERSION = 1
LIMITS = Limits(bytes=1 << 12, depth=2, entries=20, text=1 << 10)
_BOOT_LETTERS = 64


@dataclass(frozen=True, kw_only=True)
class Running:
    """An act that runs. kind: of act; subject: what it is about; started: when, in UTC.

    account: the number of who does it. process: the number of the process; born: when that was started, in the
    kernel's ticks since the boot, whose identity `boot` is: the same number may be another process's later.
    """

    kind: Name
    subject: HostName
    host: HostName
    started: str
    account: int
    process: int
    born: int
    boot: str

    def __post_init__(self) -> None:
        """Demand what is not said by the types."""
        clock.parse(self.started)
        if self.process <= 0 or self.account < 0 or len(self.boot) > _BOOT_LETTERS:
            raise ValueError("expected the numbers of a process and an account, and the identity of a boot")

    def written(self) -> dict[str, Plain]:
        """Return it as it is kept."""
        return {"version": VERSION, **encode(self)}


def read(content: bytes, file: str) -> Running:
    """Return the act that a mark is of; raise Damaged with the file, the path of the key and what was expected.

    Releases up to 0.1 wrote only the time.
    """
    try:
        return decode(Running, demand_version(parse(content, LIMITS, file), VERSION, file), file)
    except ValueError as error:
        raise Damaged(f"{file}: {error}") from error
