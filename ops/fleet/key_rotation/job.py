"""Changing the passwords of a machine's repository: nothing is uploaded anew, and at each moment somebody can open it.

The steps follow from what the inventory and the repository hold, so that whatever was interrupted goes on:

1. New passwords are made, sealed and written into the inventory; then their keys are added to the repository, each is
   proven to read what the present one reads, and the backup host is told to trust them. Both open.
2. The inventory gives the new ones to machines from now on: `site.yml` brings them there.
3. When every machine has them, the backup host moves the old keys aside. No other machine could: neither the server nor
   this one may delete there. Where a new key then does not open, the old ones come back at once.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.core.errors import Damaged, SeawallError
from ops.core.names import Digest
from ops.core.quantity import counted
from ops.core.verdict import Finding, Verdict
from ops.fleet.key_rotation.machines import Keeper, holders, lacking, named
from ops.fleet.key_rotation.opening import SHUT, Opening
from ops.fleet.key_sheet import ids
from ops.fleet.secrets.turnover import OWN, Passwords, Turnover

if TYPE_CHECKING:
    from ops.fleet.inventory import Inventory

MOST_RETIRED = 20  # so many keys may one password open: whoever knew it may have added some


@dataclass(frozen=True)
class Rotation:
    """The change of one repository's passwords. hosts: whether machines of the inventory hold them."""

    inventory: Inventory
    opening: Opening
    turnover: Turnover
    reason: str
    hosts: bool = True

    def go_on(self) -> Finding:
        """Do all steps that can be done now; a warning says what a person has to do before the next.

        Raise SeawallError for what went wrong; then the present passwords open, or the former ones.
        """
        told = ""
        if not self.turnover.former():
            told = self._added()
            self.turnover.switch()
        if self.hosts and (left := self._not_there()):
            return Finding(Verdict.WARN, f"{left}{told}")
        self._retired()
        self.turnover.end()
        return Finding(Verdict.PASS, "the new password opens, and the old one no more; print a new key sheet")

    def _added(self) -> str:
        """Add the keys that are not there yet, prove them all, and have them trusted; return what did not go well."""
        present = self.turnover.present()
        old = self.opening.demand_few_keys(present[OWN])
        if not (went_on := bool(self.turnover.next())):
            self.turnover.begin()
        following = self.turnover.next()
        added = {
            label: (went_on and self.opening.key_of(password)) or self.opening.add(present[OWN], password, label)
            for label, password in following.items()
        }
        seen = self.opening.snapshots(present[OWN], old)
        for label, key in added.items():
            if not {*seen} <= {*self.opening.snapshots(following[label], key)}:
                raise Damaged(f"{self.opening.name}: the new key {key[:8]} does not read all that the old one reads")
        self._note(added[OWN])
        try:
            self._keeper().exchange({*added.values()}, (), self.reason)
        except SeawallError as error:  # the old keys are there; until they are moved, this one is only named foreign
            return f"; {error.message}: {error.hint}"
        return ""

    def _not_there(self) -> str:
        """Return what to do where a machine lacks a new password; empty where all have them."""
        wanted = holders(self.opening.access.machine, self.opening.access.place, self._changed())
        troubles = lacking(self.inventory, wanted)
        if not troubles:
            return ""
        play = ["ansible-playbook", "-i", str(self.inventory.path), "playbooks/site.yml", "--limit", ",".join(wanted)]
        begin = "new and old password open; next, bring the new ones to the machines, and run this command again"
        return f"{begin}: {shlex.join(play)} ({'; '.join(named(troubles))})"

    def _retired(self) -> None:
        """Have the keys of the former passwords moved aside, as long as the present ones open; prove it."""
        present, former = self._changed(), self.turnover.former()
        keys = {label: self._demand_opens(password) for label, password in present.items()}
        for _ in range(MOST_RETIRED):
            old = {found for password in former.values() if (found := self.opening.key_of(password))}
            if not old:
                return
            if old & {*keys.values()}:
                raise Damaged(f"{self.opening.name}: an old and a new password open the same key")
            move = self._keeper().exchange({*keys.values()}, old, self.reason)
            self._demand_still_open(present, keys, move)
        raise Damaged(f"{self.opening.name}: the old password still opens keys", "seawall repository arrivals there")

    def _demand_still_open(self, present: Passwords, keys: Mapping[str, Digest], move: str) -> None:
        """Have what was moved come back where a new password opens nothing without it; raise Damaged then."""
        shut = [label for label, password in present.items() if self.opening.key_of(password, keys[label]) is None]
        if not shut:
            return
        if move:
            self._keeper().bring_back(move, "a new key did not open without it")
        count = counted(len(shut), "new password")
        hint = f"the old keys were brought back on {self.opening.access.keeper}" if move else ""
        raise Damaged(f"{self.opening.name}: {count} opened nothing without the old keys", hint)

    def _changed(self) -> Passwords:
        """Return the present passwords of which there are former ones."""
        former = self.turnover.former()
        return {label: password for label, password in self.turnover.present().items() if label in former}

    def _demand_opens(self, password: str) -> Digest:
        found = self.opening.key_of(password)
        if found is None:
            raise Damaged(f"{self.opening.name}: a password in the inventory does not open the repository", SHUT)
        return found

    def _keeper(self) -> Keeper:
        return Keeper(self.inventory, self.opening.access.keeper, self.opening.access.machine)

    def _note(self, key: Digest) -> None:
        """Note beside the inventory with which key the machine opens it from now on."""
        place = ids.place(self.inventory.path)
        ids.replace(place, self.opening.access.machine, self.opening.access.place, key)
