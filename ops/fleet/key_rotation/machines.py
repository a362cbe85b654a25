"""What a change of passwords asks of machines: which ones they hold, and of a backup host to exchange keys.

No password crosses the way: a machine tells the SHA-256 of its file, and a password of 200 bits can't be guessed by it.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import PyinfraError

from ops.core.errors import SeawallError, Unavailable
from ops.core.printable import printable
from ops.fleet.facts.held_secrets import HeldSecrets
from ops.fleet.inventory import Inventory
from ops.fleet.secrets.turnover import OWN, Passwords
from ops.fleet.ssh.ask import ask, find_ways, reached
from ops.fleet.ssh.text import last_line
from ops.interfaces import joined

EXCHANGE_SECONDS = 300


def holders(machine: str, place: str, passwords: Passwords) -> dict[str, dict[str, str]]:
    """Return which machines hold which of a repository's passwords: the host, the file, and the file's SHA-256."""
    found: dict[str, dict[str, str]] = {machine: {}}
    for label, password in passwords.items():
        digest = hashlib.sha256(f"{password}\n".encode()).hexdigest()
        if label == OWN:
            found[machine][joined.password_file(place)] = digest
            continue
        found[machine][joined.reader_file(place, label)] = digest
        found.setdefault(label, {})[joined.password_file(joined.read_from(machine, place))] = digest
    return found


def lacking(inventory: Inventory, wanted: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the hosts that don't hold all the files that are wanted, each with what is wrong."""
    words = {host: {"files": sorted(files)} for host, files in wanted.items()}
    found = {}
    for host, answer in ask(inventory, HeldSecrets, words, hosts=list(wanted)).items():
        if answer.fact is None:
            found[host] = answer.trouble
        elif others := [file for file, digest in wanted[host].items() if answer.fact.get(file) != digest]:
            found[host] = f"does not have the new password in {', '.join(sorted(others))}"
    return found


@dataclass(frozen=True)
class Keeper:
    """The backup host of a machine's repository, reached as the inventory says."""

    inventory: Inventory
    host: str
    machine: str

    def words(self, trust: Collection[str], retire: Collection[str], reason: str) -> list[str]:
        """Return the command that has it trust some keys and move others aside."""
        named = [*(w for one in sorted(trust) for w in ("--trust", one))]
        named += [w for one in sorted(retire) for w in ("--retire", one)]
        return ["seawall", "repository", "keys", self.machine, *named, "--reason", reason]

    def exchange(self, trust: Collection[str], retire: Collection[str], reason: str) -> str:
        """Have it do so, and return the name of the move; raise SeawallError, with what a person can type there."""
        words = self.words(trust, retire, reason)
        try:
            return str(json.loads(self._said([*words, "--json"])).get("move", ""))
        except (Unavailable, ValueError, AttributeError) as error:
            hint = f"let whoever administers {self.host} run, as root: {shlex.join(words)}"
            raise SeawallError(f"{self.host} did not exchange the keys: {printable(str(error))}", hint) from error

    def bring_back(self, move: str, reason: str) -> None:
        """Have it move keys back; raise SeawallError."""
        self._said(["seawall", "repository", "set-aside", self.machine, "--back", move, "--reason", reason])

    def _said(self, words: Sequence[str]) -> str:
        ways, without = find_ways(self.inventory, [self.host])
        if self.host in without:
            raise Unavailable(without[self.host].trouble)
        with reached(ways) as state:
            (machine,) = state.inventory
            command = StringCommand(shlex.join(words))
            try:
                good, _ = machine.run_shell_command(command, _timeout=EXCHANGE_SECONDS)
            except PyinfraError as error:
                raise Unavailable(printable(str(error))) from error
            reply = machine.connector.reply  # type: ignore[attr-defined]
        if not good:
            raise Unavailable(last_line(reply.errors) or last_line(reply.output))
        return str(reply.output)


def named(troubles: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each host with something wrong."""
    yield from (f"{host} {said}" for host, said in sorted(troubles.items()))
