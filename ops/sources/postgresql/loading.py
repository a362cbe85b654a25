"""Running pg_restore so that one object which can't be loaded stops none of the others, and each that fails is known.

Settings of the cluster, of the database and of roles do not hinder it: what would is overruled for its sessions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ops.core.confidential import keep, phrases
from ops.core.errors import CommandError, Damaged
from ops.interfaces.server import LoadedMaterial
from ops.sources._shared.local_server import Local
from ops.sources.postgresql.contents import LIST, Entry, entries
from ops.sources.postgresql.session import untriggered
from ops.sources.postgresql.sql import PRELOADED

_MOST_SAID = 8 << 20  # bytes of what pg_restore says of errors
_ARGUMENT = 100_000  # characters in one word of a command line
# What a database can be set to that keeps data out of it; programs say so themselves where they know better.
OVERRULED = {
    "role": "none",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read\\ committed",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    **dict.fromkeys(PRELOADED, ""),
}
LIMITLESS = " ".join(f"-c {name}={value}" for name, value in OVERRULED.items())
# Nobody's own functions are nearer than the server's, in whatever database the superuser is; times come in one form,
# and errors in the language in which they are read here.
SETTINGS = f"{LIMITLESS} -c search_path= -c track_activities=on -c datestyle=ISO -c lc_messages=C"
# Triggers that are there by now do not fire, nor do those on a change of definitions, which write of what they saw.
QUIET = f"{SETTINGS} -c session_replication_role=replica"
# The first word is how many of the next ones list the objects that alone are meant; then comes the program.
_SCRIPT = r"""
count=$1
shift
if [ "$count" -gt 0 ]; then
  list=$(mktemp) || exit 1
  trap 'rm -f "$list"' EXIT
  while [ "$count" -gt 0 ]; do printf '%s\n' "$1"; shift; count=$((count - 1)); done >"$list"
  set -- "$@" --use-list="$list"
fi
"""
# Its words on what goes well are many and say nothing.
_LOAD = rf"""
{{ "$@" 2>&1; echo "seawall-code $?"; }} |
grep -av '^pg_restore: \(creating\|processing\|launching\|finished\|entering\|connecting\|executing\|skipping\) ' |
tail -c {_MOST_SAID}
"""
_CODE = re.compile(r"^seawall-code (\d+)\s*\Z", re.MULTILINE)
# Its workers write the pieces of their lines one by one, so those of two that fail at once stand between each other.
_PIECES = r"(?:(?:pg_restore|error|warning|detail|hint):| )*"
_FAILED = re.compile(rf"^{_PIECES}from TOC entry (\d+); [^\n]*", re.MULTILINE)
_SILENT = re.compile(rf"(?:{_PIECES}(?:while PROCESSING TOC:)?\n)*{_PIECES}\Z")
_WENT_ON = "errors ignored on restore:"
# There is no use in trying again, or in trying the next object.
_FATAL = ("No space left on device", "server closed the connection", "terminating connection", "out of memory")


@dataclass(frozen=True)
class Failure:
    """An object that was not loaded. said: the server's words, which may quote rows: for root's eyes alone."""

    entry: Entry
    said: str

    @property
    def reason(self) -> str:
        """What sort of error it was, without any word of the data."""
        return phrases(self.said)


@dataclass(frozen=True)
class Archive:
    """A dump of pg_dump on its way into a server.

    material: the dump. path: where the program finds it; nothing: on its standard input. own: the machine's own
    server, none for a throwaway one, whose programs are run in it anyway. major: the least that the server is of.
    awake: whether triggers on definitions that always fire do so, for they are ours.
    """

    material: LoadedMaterial
    path: str
    own: Local | None = None
    major: int = 0
    awake: bool = False

    @property
    def quiet(self) -> str:
        """Options of sessions in which no trigger fires."""
        return QUIET + ("" if self.awake else untriggered(self.major))

    def listed(self) -> list[Entry]:
        """Return what is in it."""
        return entries(self.run('"$@"', LIST))

    def loaded(
        self, database: str, words: Sequence[str], numbers: Sequence[int] = (), options: str = ""
    ) -> list[Failure]:
        """Load it into a database, or these objects of it; return each that failed.

        words: further options of pg_restore. options: of its sessions, if others than a superuser's. Raise CommandError
        when it did not come to its end, for what could be
        anything: a dump that is cut off, a full disk, a server that has gone.
        """
        program = ("env", f"PGOPTIONS={options or self.quiet}", "pg_restore", "--no-password", "--verbose", *words)
        said = self.run(_LOAD, (*program, f"--dbname={database}"), numbers)
        code = _CODE.search(said)
        if code and code[1] == "0":
            return []
        if not code or _WENT_ON not in said or any(word in said for word in _FATAL):
            raise CommandError(["pg_restore"], int(code[1]) if code else 1, said)
        keep(f"pg_restore:\n{said}")
        return self._failures(said)

    def run(self, script: str, program: Sequence[str], numbers: Sequence[int] = ()) -> str:
        """Run a program with the dump, in a script that has it as its words; return its output."""
        chunks = _chunks(numbers)
        words = ["sh", "-c", _SCRIPT + script, "sh", str(len(chunks)), *chunks, *program]
        path = [self.path] if self.path else []
        return self.material.fed((self.own.argv(words) if self.own else words) + path)

    def _failures(self, said: str) -> list[Failure]:
        """Return what failed, each with the errors that it made."""
        known = {entry.number: entry for entry in self.listed()}
        found = errors(said)
        if not found or not {*found} <= {*known}:
            raise Damaged("pg_restore does not say which objects could not be loaded")
        return [Failure(entry, found[number]) for number, entry in known.items() if number in found]


def errors(said: str) -> dict[int, str]:
    """Return the numbers of the objects that pg_restore names as failed, with the words that stand behind each.

    Objects that failed at once, so that nobody can tell whose words are whose, have the words of all of them.
    """
    found: dict[int, str] = {}
    places = [*_FAILED.finditer(said)]
    together: list[int] = []
    for place, after in zip(places, [*(one.start() for one in places[1:]), len(said)], strict=True):
        words = said[place.end() : after]
        together.append(int(place[1]))
        if not _SILENT.match(words):
            found.update({number: found.get(number, "") + words for number in together})
            together = []
    return found | {number: found.get(number, "") for number in together}


def _chunks(numbers: Sequence[int]) -> list[str]:
    """Return numbers of objects as few words, one number a line; no word of a command line may be too long."""
    each = _ARGUMENT // 12
    return ["\n".join(map(str, numbers[at : at + each])) for at in range(0, len(numbers), each)]
