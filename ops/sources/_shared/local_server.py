"""The machine's own server, spoken to by its administrator's account, without a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.run import Stream, run, talk
from ops.interfaces.server import MOST_ANSWERED


@dataclass(frozen=True)
class Local:
    """Programs beside the server, run as one account; root alone can do that."""

    account: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def argv(self, argv: Sequence[str]) -> list[str]:
        """Return the words that run a program as the account."""
        return ["runuser", "-u", self.account, "--", *argv]

    def run(self, argv: Sequence[str], timeout: float) -> str:
        """Run a program to its end and return its output; raise CommandError."""
        return run(self.argv(argv), timeout=timeout, env=self.environment, cwd=Path("/"), most=MOST_ANSWERED).stdout

    def talk(self, argv: Sequence[str], timeout: float) -> AbstractContextManager[Stream]:
        """Run a program that the block talks with."""
        return talk(self.argv(argv), timeout=timeout, env=self.environment, cwd=Path("/"), most=MOST_ANSWERED)

    def seen(self, folder: Path) -> Path:
        """Return where a folder of the server's lies on this machine."""
        return folder
