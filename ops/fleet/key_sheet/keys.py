"""The sheet of keys: made of the inventory's secrets, sealed, tested with nothing but what is printed; all recorded."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

from ops.core import clock
from ops.core.errors import SeawallError, UsageError
from ops.core.names import Digest, Name
from ops.core.verdict import Finding, Verdict, worst
from ops.fleet import inventory
from ops.fleet.control_machine.identity import as_control_machine
from ops.fleet.key_sheet import form, given, ids, render, sealing
from ops.fleet.secrets.authority import fingerprint
from ops.fleet.secrets.unlocked import RepositoryAccess, UnlockedSecrets
from ops.policy import HostPolicy
from ops.policy.model import Site

TEXT, HTML = render.text, render.html


@dataclass(frozen=True)
class Tested:
    """What came of a test: the recorded finding, each key's own, what of the sheet is wrong or missing.

    misread: whether any line was not as it was printed. counts: why a good test is not the one that is due, in words.
    """

    result: Finding
    found: Mapping[str, Finding]
    wrong: Sequence[str]
    misread: bool
    counts: str = ""


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
    noted, keys = _noted(read)
    blocks, said = _blocks(read, password, with_vault=with_vault)
    page = form_of(blocks, own.site, _person())
    said = f"a key sheet with {said} was printed"
    _record(read, own, "key-sheet", lambda: Finding(Verdict.PASS, said))
    paper = given.Given(time=clock.iso(clock.now()), by=_person(), keys=keys)
    given.note(given.place(read.path), replace(noted, paper=paper))
    return page, said


def seal(
    read: inventory.Inventory, own: HostPolicy, password: Path | None, output: Path, *, with_vault: bool, dry: bool
) -> str:
    """Write the sheet into a file, sealed to the policy's holders, and return a sentence on it; that is recorded.

    dry: write and record nothing. Raise UsageError where there is nothing to seal, or nobody to seal it to.
    """
    noted, keys = _noted(read)
    to = sealing.holders(read.path, own.control.holders if own.control else ())
    blocks, said = _blocks(read, password, with_vault=with_vault)
    names = ", ".join(one.name for one in to)
    if dry:
        return f"would seal {said} to {names}"
    sealing.seal(render.text(blocks, own.site, _person()), to, output)
    message = f"a key sheet with {said} was sealed to {names}"
    _record(read, own, "key-seal", lambda: Finding(Verdict.PASS, message))
    holders = {Name(name): key for name, key in sealing.fingerprints(to).items()}
    sealed = given.Given(time=clock.iso(clock.now()), by=_person(), keys=keys, holders=holders)
    given.note(given.place(read.path), replace(noted, sealed=sealed, left=_left(noted, sealed)))
    return message


def _left(noted: given.Noted, sealed: given.Given) -> Mapping[Name, given.Marks]:
    """Return what those can open to whom it was sealed before, and is no more; somebody who is back has not left."""
    before = noted.sealed
    gone = {name: before.keys for name in before.holders if name not in sealed.holders} if before else {}
    return {name: keys for name, keys in {**noted.left, **gone}.items() if name not in sealed.holders}


def _noted(read: inventory.Inventory) -> tuple[given.Noted, Mapping[str, Digest]]:
    """Return who has keys, and the marks of the present ones; raise Damaged."""
    return given.read(given.place(read.path)), given.present(given.marks(read.path, read.policies()))


def _blocks(read: inventory.Inventory, password: Path | None, *, with_vault: bool) -> tuple[list[form.Block], str]:
    """Return what stands on a sheet, and how much that is in words; raise UsageError when it is nothing."""
    opened = UnlockedSecrets(read, password)
    known = ids.read(ids.place(read.path))
    doors = [replace(door, key=known.get(door.machine, {}).get(door.place, "")) for door in opened.away()]
    if not doors:
        raise UsageError("no repository is off-site or on a removable disk; there is nothing to print")
    vault = password.read_text(encoding="utf-8").strip() if with_vault and password else None
    blocks = form.blocks(doors, fingerprint(opened.authority()), _addresses(read, doors), vault)
    return blocks, f"{len(doors)} repositories" + (" and the vault password" if vault else "")


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


def check(read: inventory.Inventory, own: HostPolicy, typed: str, by: str = "") -> Tested:
    """Given a sheet as it was typed or scanned, open what it opens; the test is recorded.

    by: who typed it, where that is not whoever is logged in.
    """
    who = by or _person()
    reading = form.read(typed)
    policies = read.policies().values()
    kinds = {name: one.kind for policy in policies for name, one in policy.repositories.items()}
    found: dict[str, Finding] = {}

    def test() -> Finding:
        found.update(_tested(reading, kinds))
        bad = [name for name, one in found.items() if one.verdict is not Verdict.PASS]
        said = f"{len(found) - len(bad)} of {len(found)} keys open their repositories, typed by {who}"
        return Finding(
            worst(one.verdict for one in found.values()), "; ".join([said, *(f"not {name}" for name in bad)])
        )

    result = _record(read, own, "key-test", test)
    wrong = [*reading.wrong, *(f"{name}: is missing" for name in reading.lacks())]
    counts = _counts(read, who, found) if result.verdict is Verdict.PASS else ""
    return Tested(result, found, wrong, bool(reading.wrong), counts)


def _counts(read: inventory.Inventory, who: str, opened: Collection[str]) -> str:
    """Note a good test where it is the one that is due; else return why it is not."""
    noted, keys = _noted(read)
    if absent := sorted(keys.keys() - {*opened}):
        return f"it is not the yearly test: {', '.join(absent)} was not typed"
    if noted.paper and noted.paper.by == who:
        return f"it is not the yearly test: {who} printed the sheet, and somebody else has to type it (--by NAME)"
    tested = given.Given(time=clock.iso(clock.now()), by=who, keys={name: keys[name] for name in keys})
    given.note(given.place(read.path), replace(noted, tested=tested))
    return ""


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
