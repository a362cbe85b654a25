"""The sheet of keys: made of the inventory's secrets, and tested with nothing but what is printed; both recorded."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

from ops.core.errors import SeawallError, UsageError
from ops.core.verdict import Finding, Verdict, worst
from ops.fleet import inventory
from ops.fleet.control_machine.identity import as_control_machine
from ops.fleet.key_sheet import form, ids, render
from ops.fleet.secrets.authority import fingerprint
from ops.fleet.secrets.unlocked import RepositoryAccess, UnlockedSecrets
from ops.policy import HostPolicy
from ops.policy.model import Site

TEXT, HTML = render.text, render.html


@dataclass(frozen=True)
class Tested:
    """What came of a test: the recorded finding, each key's own, what of the sheet is wrong or missing.

    misread: whether any line was not as it was printed.
    """

    result: Finding
    found: Mapping[str, Finding]
    wrong: Sequence[str]
    misread: bool


def sheet(
    read: inventory.Inventory,
    own: HostPolicy,
    password: Path | None,
    form_of: Callable[[Sequence[form.Block], Site, str], str],
    *,
    with_vault: bool,
) -> tuple[str, str]:
    """Return the sheet of keys and a sentence on it; that it was printed is recorded.

    password: the file with the vault's. form_of: TEXT or HTML. with_vault: whether that password stands on it, too.
    Raise UsageError when there is nothing to print.
    """
    opened = UnlockedSecrets(read, password)
    known = ids.read(ids.place(read.path))
    doors = [replace(door, key=known.get(door.machine, {}).get(door.place, "")) for door in opened.away()]
    if not doors:
        raise UsageError("no repository is off-site or on a removable disk; there is nothing to print")
    vault = password.read_text(encoding="utf-8").strip() if with_vault and password else None
    blocks = form.blocks(doors, fingerprint(opened.authority()), _addresses(read, doors), vault)
    page = form_of(blocks, own.site, _person())
    said = f"a key sheet with {len(doors)} repositories was printed" + (", and the vault password" if vault else "")
    _record(read, own, "key-sheet", lambda: Finding(Verdict.PASS, said))
    return page, said


def _addresses(read: inventory.Inventory, doors: list[RepositoryAccess]) -> dict[str, str]:
    """Return the numeric addresses of the repositories' hosts, as far as the inventory has them."""
    found = {}
    for keeper in sorted({door.keeper for door in doors if door.keeper}):
        address = str(read.connection(keeper).get("ansible_host", ""))
        try:
            found[keeper] = str(ip_address(address))
        except ValueError:
            continue  # a name, which somebody must look up elsewhere; the runbook says so
    return found


def check(read: inventory.Inventory, own: HostPolicy, typed: str) -> Tested:
    """Given a sheet as it was typed or scanned, open what it opens; the test is recorded."""
    reading = form.read(typed)
    policies = read.policies().values()
    kinds = {name: one.kind for policy in policies for name, one in policy.repositories.items()}
    found: dict[str, Finding] = {}

    def test() -> Finding:
        found.update(_tested(reading, kinds))
        bad = [name for name, one in found.items() if one.verdict is not Verdict.PASS]
        said = f"{len(found) - len(bad)} of {len(found)} keys open their repositories"
        return Finding(
            worst(one.verdict for one in found.values()), "; ".join([said, *(f"not {name}" for name in bad)])
        )

    result = _record(read, own, "key-test", test)
    wrong = [*reading.wrong, *(f"{name}: is missing" for name in reading.lacks())]
    return Tested(result, found, wrong, bool(reading.wrong))


def _tested(reading: form.Reading, kinds: Mapping[str, str]) -> dict[str, Finding]:
    """Open every repository with nothing but what the sheet says, and the kinds of the places by name."""
    from ops.fleet.key_sheet.trial import tested

    doors = list(reading.doors(kinds))
    if not doors:
        return {"sheet": Finding(Verdict.FAIL, "has no repository with a complete set of lines")}
    with tempfile.TemporaryDirectory(prefix="seawall-keys-") as folder:
        return {f"{door.place}/{door.machine}": tested(door, reading, Path(folder)) for door in doors}


def _record(read: inventory.Inventory, own: HostPolicy, act: str, look: Callable[[], Finding]) -> Finding:
    """Do what is looked for as an act of the control machine: by whom, when, and how it ended."""
    from ops.interfaces.outcome import OutcomeFacts
    from ops.jobs.run.job import Outcome, perform

    def work() -> Outcome:
        try:
            one = look()
        except SeawallError as error:
            one = Finding(Verdict.UNKNOWN, error.message)
        return Outcome(one.verdict, one.message, OutcomeFacts() if one.verdict is Verdict.PASS else None)

    with as_control_machine(read.path, own, {}):
        outcome = perform(act, act, "keys", own.host, work)
    return Finding(outcome.verdict, outcome.message)


def _person() -> str:
    return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
