"""The whole tree of errors that people may see.

SeawallError                1   something failed; the message says what and what to do
├── UsageError              2   the command line asks for what cannot be
├── PolicyError             2   the policy says what cannot be; carries every problem found
├── Unavailable             1   a program, host or repository cannot be reached
├── Damaged                 1   data are not what they should be
├── Locked                  1   somebody else is at it; try again later
└── CommandError            1   a program failed
    └── CommandTimeout      1   a program did not end in time and was killed with its whole group

Stopped is none of them: it passes by whatever makes a finding of a failure, as Python's own KeyboardInterrupt does.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from ops.core.confidential import fit

OUT_OF_MEMORY = "if nobody killed it, memory was short: journalctl -k says so"


class SeawallError(Exception):
    """A failure that is told to a person in one line, with a hint of what to do."""

    code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(SeawallError):
    """The command line asks for what cannot be."""

    code = 2


class Unavailable(SeawallError):
    """A program, host or repository cannot be reached."""


class Damaged(SeawallError):
    """Data are not what they should be."""


class Locked(SeawallError):
    """Somebody else is at it; trying again later is right."""


class CommandError(SeawallError):
    """A program ended with a code that is not one of its good ones."""

    def __init__(self, argv: Sequence[str], exit_code: int, stderr: str, hint: str = "") -> None:
        said = fit(argv[0], _gist(stderr), stderr)
        if exit_code >= 0:
            how = f"failed with code {exit_code}: {said or 'no message'}"
        else:
            how = f"was killed (signal {-exit_code}){f': {said}' if said else ''}"
        hint = hint or (OUT_OF_MEMORY if exit_code == -signal.SIGKILL else "")
        super().__init__(f"{argv[0]} {how}", hint)
        self.argv = list(argv)
        self.exit_code = exit_code
        self.stderr = stderr


def _gist(stderr: str) -> str:
    """Return a program's first error, which is the cause, and its last two lines, which are what came of it."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    causes = [line for line in lines[:-2] if re.search(r"\berror\b", line, re.IGNORECASE)]
    return " | ".join([*causes[:1], *lines[-2:]])


class CommandTimeout(CommandError):
    """A program did not end in time; it and all its children were killed."""

    def __init__(self, argv: Sequence[str], timeout: float, stderr: str) -> None:
        super().__init__(argv, -9, stderr)
        self.message = f"{argv[0]} did not finish within {timeout:.0f} s and was killed"
        self.timeout = timeout


class Stopped(BaseException):
    """Somebody asked this act to end before it was done: nothing has failed, and nothing is proven."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a policy: where (path of the key), what, and where in which file it stands.

    asset: whose value it is, where the path is that of its class.
    """

    path: str
    message: str
    where: str = ""
    asset: str = ""

    def __str__(self) -> str:
        start = f"{self.where}: " if self.where else ""
        return f"{start}{self.path}: {self.message}"


class PolicyError(SeawallError):
    """The policy is wrong; all problems found are carried, not only the first."""

    code = 2

    def __init__(self, problems: Sequence[Problem], hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems), hint)
