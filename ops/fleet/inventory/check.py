"""Judging the policy of a whole inventory: every problem with its file and line, and what deserves a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core import clock
from ops.core.errors import Problem, UsageError
from ops.fleet import inventory
from ops.fleet.inventory import absent, ansible_words, devices, files, hosts, locate, unread, values, variables
from ops.fleet.inventory.documents import SEALED_FILE, Document, documents, doubled, pairs
from ops.fleet.inventory.locate import Layer
from ops.fleet.pack_numbers import offers
from ops.policy.compile import compile_site, notes_by_host, problems_by_host
from ops.policy.hostvars import read_layers
from ops.policy.joining import joined
from ops.policy.origins import once
from ops.policy.surroundings import UPS_DEVICES, surroundings

if TYPE_CHECKING:
    from ops.fleet.inventory import Inventory
    from ops.policy import HostPolicy

NOT_READ = {"YAML", files.FILE}  # paths of problems with which Ansible would not read the inventory either


@dataclass(frozen=True)
class Findings:
    """What is found in an inventory: every host's policy, or else the problems; and notes, which forbid nothing."""

    policies: Mapping[str, HostPolicy] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    notes: Sequence[Problem] = ()


@dataclass(frozen=True)
class _Text:
    """An inventory as its files say it. tops: those of hosts and groups."""

    files: files.Files
    documents: Sequence[Document]
    tops: Sequence[Document]
    layers: Sequence[Layer]


def judge(path: Path) -> tuple[dict[str, HostPolicy], list[Problem]]:
    """Given an inventory, return every host's policy, or else every problem with its file and line."""
    found = examine(path)
    return dict(found.policies), list(found.problems)


def examine(path: Path) -> Findings:
    """Given an inventory, return what is found in it; raise UsageError where there is none."""
    if not path.exists():
        raise UsageError(f"there is no inventory {path}")
    problems: list[Problem] = []
    text = _text(path, problems)
    if any(problem.path in NOT_READ for problem in problems):
        return Findings(problems=_ordered(problems))
    try:
        read = inventory.read(path)
    except UsageError:
        if sealed := _sealed(text):
            return Findings(problems=_ordered(sealed))
        raise
    if none := absent.no_hosts(path, text.files, text.documents, read.groups):
        why = list(hosts.misshapen(text.tops)) if path.name not in files.VARS else []
        return Findings(problems=_ordered([*problems, *(why or none)]))
    notes: list[Problem] = []
    _absences(path, text, read, problems, notes)
    policies = _policies(read, text, problems)
    if policies:
        problems.extend(_of_packs(read, policies, text.layers))
        notes.extend(_worth_a_word(read, policies, text.layers))
        notes.extend(absent.idle(policies, read.groups, hosts.groups(text.tops), text.documents))
    told = {problem.where for problem in problems}
    return Findings(
        {} if problems else policies, _ordered(problems), _ordered([note for note in notes if note.where not in told])
    )


def _text(path: Path, problems: list[Problem]) -> _Text:
    found = files.find(path)
    read = documents(files.sources(found, problems), problems)
    displaced = unread.displaced(read)
    usable = [document for document in read if document not in displaced]
    tops = [document for document in usable if document.source.owner is None]
    return _Text(found, [*usable, *displaced], tops, locate.layers(usable, problems))


def _sealed(text: _Text) -> list[Problem]:
    """Without the vault's password Ansible reads no file that is sealed as a whole, and then no other one either."""
    said = "sealed as a whole, so Ansible reads nothing without the vault's password; seal the values in it instead"
    sealed = [document.source for document in text.documents if document.source.text.startswith(SEALED_FILE)]
    return [Problem(files.FILE, said, f"{source.path}:1") for source in sealed]


def _absences(path: Path, text: _Text, read: Inventory, problems: list[Problem], notes: list[Problem]) -> None:
    """Add what is not read, or not as it was meant."""
    spoken = hosts.groups(text.tops)
    problems.extend(hosts.misshapen(text.tops))
    problems.extend(hosts.layers_twice(text.tops, text.layers))
    told = {problem.where for problem in problems}
    problems.extend(problem for problem in hosts.doubles(text.tops) if problem.where not in told)
    notes.extend(hosts.shared_addresses(text.tops))
    for document in text.documents:
        problems.extend(variables.nearly_ours(document, read.groups))
        problems.extend(devices.wrong(document))
        problems.extend(variables.without_layer(document))
        notes.extend([*variables.nearly_ansibles(document), *variables.no_addresses(document)])
        if document.root is not None:  # in layers and in files of hosts, it is a problem
            notes.extend(doubled(document.root, document.source.path))
    for owner, problem in unread.of_nobody(text.documents, _known_as(read), read.groups):
        _place_of_nobody(owner, problem, text, problems, notes)
    notes.extend(absent.without_hosts(text.layers, read.groups))
    for layer in text.layers:
        notes.extend([*values.cut_short(layer), *values.typographic(layer)])
    for worse, lesser in (
        absent.near_groups(spoken, read.groups),
        unread.passed_over(_folder(path), text.files, text.documents, text.layers),
        ansible_words.explained(read.warnings, path),
    ):
        told = {problem.where.rpartition(":")[0] for problem in problems}
        problems.extend(problem for problem in worse if problem.path != files.FILE or _file(problem) not in told)
        notes.extend(lesser)


def _known_as(read: Inventory) -> dict[str, str]:
    """Return the hosts, each with its address."""
    return {host: str(said.get("ansible_host", "")) for host, said in read.variables.items()}


def _place_of_nobody(
    owner: files.Owner, problem: Problem, text: _Text, problems: list[Problem], notes: list[Problem]
) -> None:
    """What nobody reads is a problem where it is ours; where a word was said of it already, that is enough."""
    folder = f"{owner[0]}_vars/{owner[1]}"
    told = any(folder in known.where for known in problems)
    ours = any(layer.owner == owner for layer in text.layers)
    if told and ours:
        return
    (problems if ours or told else notes).append(problem)


def _policies(read: Inventory, text: _Text, problems: list[Problem]) -> dict[str, HostPolicy]:
    """Return every host's policy, if there is no problem; else add those that the policy has."""
    whole: list[Problem] = []
    said = read_layers(read.variables, read.groups, whole)
    around = surroundings(read.variables, read.groups, offers(read.variables, read.path))
    found = list(_marked(whole, text.layers, "", read.groups))
    nobodys = {problem.path for problem in whole if "no group" in problem.message}
    problems[:] = [problem for problem in problems if problem.path not in nobodys]  # one word on each is enough
    by_host = problems_by_host(said, around)
    for host, of_host in by_host.items():
        found.extend(_at_the_host(_marked(of_host, text.layers, host, read.groups), host, text.tops))
    found = joined(once(found), read.groups["all"])
    every = [problem for of_host in by_host.values() for problem in of_host]
    if missing := absent.no_layer_of_all(_folder(read.path), text.documents, text.layers, every):
        lost = any(absent.ALL in f"{problem.path} {problem.message}" for problem in problems)
        rest = [problem for problem in found if not _follows(problem) and problem.path != absent.ALL]
        found = [*([] if lost else missing), *rest]
    found = _without_consequences(found, text, problems)
    problems.extend(found)
    lines = {problem.where for problem in problems}
    for layer in text.layers:
        problems.extend(problem for problem in values.changed(layer) if problem.where not in lines)
    return {} if problems else compile_site(said, around)


def _at_the_host(problems: Iterator[Problem], host: str, tops: Sequence[Document]) -> Iterator[Problem]:
    """What is wrong with a host's name, and what stands in no layer of a host, stands where the host is named."""
    for problem in problems:
        nowhere = problem.where == f"host {host}" or problem.path == f"hosts.{host}"
        yield replace(problem, where=hosts.place(host, tops) or problem.where) if nowhere else problem


def _worth_a_word(read: Inventory, policies: Mapping[str, HostPolicy], layers: Sequence[Layer]) -> Iterator[Problem]:
    """Yield what the policy may say and somebody should yet look at again, with file and line."""
    said = read_layers(read.variables, read.groups, [])
    found: list[Problem] = []
    for host, of_host in notes_by_host(said, policies, clock.now().date()).items():
        found.extend(_marked(of_host, layers, host, read.groups))
    yield from joined(once(found), read.groups["all"])


def _of_packs(read: Inventory, policies: Mapping[str, HostPolicy], layers: Sequence[Layer]) -> Iterator[Problem]:
    """Yield what is wrong with the packs of clauses; they are the same for every host."""
    host, policy = next(iter(policies.items()))
    if not policy.packs:
        return
    from ops.fleet.conformity import load

    for problem in load.wrong(policy.packs, read.path):
        ours = problem.path.startswith("policy.")
        yield from _marked([problem], layers, host, read.groups) if ours else [problem]


def _follows(problem: Problem) -> bool:
    """Whether a problem may be there only because policy__all is missing."""
    return "missing key" in problem.message or "there is no " in problem.message


def _without_consequences(found: Sequence[Problem], text: _Text, problems: list[Problem]) -> list[Problem]:
    """Return the problems that are no consequence of another one; add the ones of which they are."""
    torn = [problem for layer in text.layers for problem in values.torn(layer)]
    torn_at = {problem.where for problem in torn}
    misnamed = _misnamed_groups(problems)
    problems[:] = [problem for problem in problems if problem.path not in {f"group_vars/{name}" for name in misnamed}]
    owners = {layer.owner for layer in text.layers if layer.name == absent.ALL}
    wrong = owners - {None, ("group", "all")}
    unread_devices = any(UPS_DEVICES in problem.message for problem in problems)
    problems.extend(torn)
    return [
        problem
        for problem in found
        if not (
            ("found {'__ansible_vault'" in problem.message)  # it is said that this is no plain data
            or (problem.where in torn_at and ("unknown key" in problem.message or "is empty; " in problem.message))
            or (unread_devices and "no UPS is described" in problem.message)
            or any(f"the group {name} lacks" in problem.message for name in misnamed)
            or (wrong and (problem.path == absent.ALL or _follows(problem)))
        )
    ]


def _misnamed_groups(problems: Sequence[Problem]) -> list[str]:
    """Return the groups that lack hosts only because their name, or a word in them, is not written right."""
    said = [(problem.path.partition(".")[0], problem.message) for problem in problems]
    return [name for name in unread.PLAYED if any(name == group or f"is {name} meant?" in text for group, text in said)]


def _marked(
    problems: Sequence[Problem], layers: Sequence[Layer], host: str, groups: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    empty = [layer for layer in layers if not pairs(layer.tree)]
    for problem in problems:
        torn = not host and "expected a mapping" in problem.message  # of one host, which it does not name
        found = locate.locate(problem.path, empty if torn else layers, host, groups)
        others = sorted({str(one.mark) for one in found[1:]} - {str(one.mark) for one in found[:1]})
        message = problem.message
        if others and "decide in policy__host" in message:
            message = f"{message} (the other one is at {', '.join(others)})"
        if found and found[0].whole:
            message += next((hint for node in found[0].nodes if (hint := values.hint(node, message))), "")
        path = f"policy.{problem.path.partition(').')[2]}" if problem.path.startswith("policy (") else problem.path
        if not found or problem.path.startswith("hosts."):  # it is not in the policy
            where = f"host {host}" if host else ""
        else:
            where = str(found[0].mark)
        yield replace(problem, path=path, message=message, where=where)


def _ordered(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(set(problems), key=_place)


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _file(problem: Problem) -> str:
    return problem.where.rpartition(":")[0]


def _place(problem: Problem) -> tuple[str, int, str, str]:
    file, _, line = problem.where.rpartition(":")
    return file, int(line) if line.isdigit() else 0, problem.path, problem.message
