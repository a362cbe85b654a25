"""A mariadb client that stays, and the words by which MariaDB's programs are called.

They read no file of settings and are given no password: who they are is what the system says of their process.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ops.core.confidential import fit
from ops.core.errors import Unavailable
from ops.core.run import Stream

_ERROR = re.compile(r"Error\t(\d+)\t(.*)")
DAY = 86_400.0
HINT = "check that the server is running (systemctl status mariadb); playbooks/site.yml creates the account"
HINT_INSIDE = "check that the server in the container is running and knows the account; docs/containers.md"
LARGEST = "--max-allowed-packet=1G"
# Binary mode: no line of a dump is a command to the client itself, such as one that starts a shell.
_CAREFUL = ("--binary-mode", "--default-character-set=utf8mb4", LARGEST)
# Rows that were there before their table had a check stay as they are; the manifest has how many there are. So do
# tables that were made while the server was less strict. No setting of the server's refuses a load or ends it halfway.
LOADING = (
    *_CAREFUL,
    "--init-command=set session check_constraint_checks = 0, innodb_strict_mode = 0, autocommit = 1,"
    " completion_type = 'NO_CHAIN', tx_read_only = 0, max_statement_time = 0, sql_quote_show_create = 1",
)
_TALKING = ("--batch", "--raw", "--skip-column-names", "--unbuffered", "--skip-reconnect", "--connect-timeout=10")
ALL_ROWS = 2**64 - 1  # sql_select_limit, where nobody changed it
# What a server's settings may say otherwise, and what would end a session that waits or counts for long.
_STEADY = (
    "set session sql_mode = '', wait_timeout = 604800, max_statement_time = 0, idle_transaction_timeout = 0,"
    " net_write_timeout = 3600, autocommit = 1, completion_type = 'NO_CHAIN', tx_read_only = 0,"
    " sql_quote_show_create = 1, sql_select_limit = {rows}, time_zone = '+00:00', lock_wait_timeout = {seconds}"
)


def program(name: str, socket: str, user: str) -> list[str]:
    """Return one of MariaDB's programs with its first words; no socket: the one that its environment names."""
    return [name, "--no-defaults", *([f"--socket={socket}", "--protocol=socket"] if socket else []), f"--user={user}"]


def talking(client: Sequence[str], database: str = "", *, force: bool = False) -> list[str]:
    """Return a client to talk with; force: it goes on after an error, as `Session.attempt` needs it."""
    more = [*(["--force"] if force else []), *([f"--database={database}"] if database else [])]
    return [*client, *_TALKING, *_CAREFUL, *more]


@dataclass(frozen=True)
class Refusal:
    """Why the server refuses a statement: the number of its error, and its words."""

    number: int
    words: str


class Session:
    """A client that stays: asked in SQL, it answers one JSON document in each line."""

    def __init__(self, program: Stream, hint: str = HINT, seconds: int = 60, patience: float | None = None) -> None:
        """Take over a client; seconds: for locks. patience: seconds for one answer, by default as long as it takes."""
        self.program = program
        self.hint = hint
        self.patience = patience
        # Names are told as they are, with their line ends: none of them can hold what nobody knows.
        self._end = f"seawall-end-of-answer-{secrets.token_hex(16)}"
        self.tell(_STEADY.format(seconds=seconds, rows=ALL_ROWS))

    def tell(self, statement: str) -> list[str]:
        """Run a statement and return the lines of its answer."""
        self.program.write(f"{statement};\nselect '{self._end}';\n")
        answer = self.program.until(self._end, self.patience)
        if answer is None:
            raise Unavailable(f"MariaDB: {reason(self.program)}", self.hint)
        return answer

    def attempt(self, statement: str) -> Refusal | None:
        """Run a statement whose answer is of no interest, and say why the server refuses it, if it does."""
        lines = self.tell(f"{statement};\nshow errors")
        found = next((found for line in reversed(lines) if (found := _ERROR.match(line))), None)
        return Refusal(int(found[1]), found[2]) if found else None

    def ask(self, query: str) -> list[Any]:
        """Run a query whose rows are one JSON document each."""
        return [json.loads(line) for line in self.tell(query)]

    def one(self, query: str) -> Any:
        """Run a query that answers one row with one JSON document."""
        return self.ask(query)[0]


def reason(program: Stream) -> str:
    """Return the last error that the server or the client told; else the last thing that was said at all."""
    lines = [line.strip() for line in program.last_words().splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("ERROR")]
    return fit("mariadb", (told or lines or ["the session ended without a message"])[-1], "\n".join(lines))


def name(value: str) -> str:
    """Return a name as SQL wants it."""
    return "`" + value.replace("`", "``") + "`"


def text(value: str) -> str:
    """Return a text as SQL wants it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def release(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version, as in `10.11.18-MariaDB-0+deb12u1`; of none, zeros."""
    found = re.search(r"(\d+)\.(\d+)\.\d+-MariaDB", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
