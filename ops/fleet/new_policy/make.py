"""Making a new inventory: looked at, rendered, checked as `seawall policy check` does, and put in place as a whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath

from ops.core.errors import Damaged, PolicyError, Problem, SeawallError, UsageError
from ops.core.files import sync_directory
from ops.core.printable import printable
from ops.fleet.inventory import Inventory
from ops.fleet.inventory.check import judge
from ops.fleet.new_policy.answers import Answers
from ops.fleet.new_policy.look import Seen, look
from ops.fleet.new_policy.propose import ETC, Proposal, propose
from ops.fleet.new_policy.render import ASSET, files
from ops.fleet.ssh.ask import Answer
from ops.policy.assets import name_on

KEEPER_RELEASE = "trixie"  # rest-server is in no older Debian
CONNECTION = {"ansible_user", "ansible_become"}  # the only variables of Ansible's own that are written


@dataclass(frozen=True)
class Draft:
    """An inventory that is not written yet. texts: of its files. proposals: what each server's assets were made of."""

    texts: Mapping[str, str]
    proposals: Mapping[str, Proposal]


def look_at(answers: Answers) -> dict[str, Answer[Seen | None]]:
    """Look at every machine over SSH; what goes wrong with one is its answer."""
    own = {"ansible_user": answers.user, "ansible_become": str(answers.user != "root")}
    variables = {machine.name: {"ansible_host": machine.address, **own} for machine in answers.machines}
    keepers = [host.name for host in (answers.backup_host, answers.offsite_host) if host]
    return look(Inventory(Path(), variables, {}), keepers, [server.name for server in answers.servers])


def draft(answers: Answers, seen: Mapping[str, Seen], today: date) -> Draft:
    """Return the inventory for what was answered and seen; a server that was not seen gets its settings only."""
    taken = {ETC, *(name_on(server.name, ETC) for server in answers.servers)}
    nothing = Seen(release="")
    proposals = {server.name: propose(server.name, seen.get(server.name, nothing), taken) for server in answers.servers}
    return Draft(_without_refused(answers, proposals, seen, today), proposals)


def _without_refused(
    answers: Answers, proposals: Mapping[str, Proposal], seen: Mapping[str, Seen], today: date
) -> dict[str, str]:
    """Return the files; what the check refuses of a proposal is a note in them, for no server may stop the rest."""
    texts = files(answers, proposals, seen, today)
    while any(proposal.assets for proposal in proposals.values()) and (problems := _problems(texts)):
        refused = _refused(texts, problems)
        for server, proposal in proposals.items():
            everything = {asset.name: problems[0].message for asset in proposal.assets}
            proposal.give_up(refused.get(server, {}) if refused else everything)
        texts = files(answers, proposals, seen, today)
    return texts


def _problems(texts: Mapping[str, str]) -> list[Problem]:
    """Return what the check says of files, each problem with its place in them."""
    with tempfile.TemporaryDirectory(prefix="seawall-") as parent:
        folder = Path(parent, "site")
        _put(texts, folder)
        return [replace(one, where=one.where.removeprefix(f"{folder}/")) for one in judge(folder)[1]]


def _refused(texts: Mapping[str, str], problems: Sequence[Problem]) -> dict[str, dict[str, str]]:
    """Return by server and asset why it is refused: each problem in a server's file is that of the asset it is in."""
    refused: dict[str, dict[str, str]] = {}
    for problem in problems:
        file, _, line = problem.where.rpartition(":")
        folder, _, rest = file.partition("/")
        if folder == "host_vars" and (above := ASSET.findall("\n".join(texts[file].split("\n")[: int(line)]))):
            refused.setdefault(rest.partition("/")[0], {}).setdefault(above[-1], problem.message)
    return refused


def write(made: Draft, folder: Path, *, dry_run: bool) -> list[str]:
    """Check an inventory and put it in place as a whole; return the names of its assets.

    Raise PolicyError when it would not pass the check, UsageError when something has come into its place, and
    SeawallError when it can't be written; in each case nothing is left behind. dry_run: check it only.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as parent:
            beside = Path(parent, folder.name)
            _put(made.texts, beside)
            assets = _demand_valid(beside, folder)
            if not dry_run:
                _place(beside, folder)
    except OSError as error:
        raise SeawallError(f"{folder} can't be written: {error.strerror}") from error
    return assets


def _put(texts: Mapping[str, str], beside: Path) -> None:
    for name, text in texts.items():
        _demand_ours(name, text)
        path = beside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _demand_ours(name: str, text: str) -> None:
    """Raise Damaged for a file with any other variable than its own: Ansible would do what that says, and do it here.

    Servers say some of what stands in these files. That nothing of it is more than a text is not left to chance.
    """
    import yaml

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Damaged(f"{name} would be no YAML; nothing was written") from error
    if found is not None and not isinstance(found, dict):
        raise Damaged(f"{name} would hold no variables; nothing was written")
    if strange := sorted(str(key) for key in set(found or {}) - _own(PurePosixPath(name))):
        raise Damaged(f"{name} would set {printable(', '.join(strange)[:200])}; nothing was written")


def _own(path: PurePosixPath) -> set[str]:
    """Return the variables that belong into a file of the inventory."""
    if path.parts[0] == "host_vars":
        return {"policy__host"}
    if path.parts[0] == "group_vars":
        return CONNECTION if path.stem == "connection" else {f"policy__{path.parts[1]}"}
    return {"all"}


def _demand_valid(beside: Path, folder: Path) -> list[str]:
    policies, problems = judge(beside)
    if problems:
        shown = [replace(one, where=one.where.replace(str(beside), str(folder))) for one in problems]
        raise PolicyError(shown, "the answers lead to a policy that is not valid; nothing was written")
    return sorted(name for policy in policies.values() for name in policy.assets)


def _place(beside: Path, folder: Path) -> None:
    if os.path.lexists(folder):
        raise UsageError(f"{folder} already exists; nothing was written")
    beside.rename(folder)
    sync_directory(folder.parent)


def warnings(answers: Answers, looked: Mapping[str, Answer[Seen | None]]) -> list[str]:
    """Return what a person should know of the machines before going on."""
    told = []
    keepers = {host.name for host in (answers.backup_host, answers.offsite_host) if host}
    for name, answer in looked.items():
        if answer.fact is None:
            told.append(f"{name} was not looked at: {answer.trouble}")
            continue
        if name in keepers and answer.fact.release != KEEPER_RELEASE:
            release = printable(answer.fact.release) or "?"
            told.append(f"{name} runs Debian {release}; a backup host needs 13 ({KEEPER_RELEASE})")
        told.extend(
            f"{name} does not know the name {keeper}; add it to its DNS or /etc/hosts, or backups will fail"
            for keeper in sorted(keepers & {*answer.fact.unresolved})  # no other name was asked for
        )
    return told
