"""Words that spoil the healthy inventory of `healthy`, each with what must be said of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ops.fleet.inventory.check import judge

HOSTS = "hosts.yml"
ALL = "group_vars/all/policy.yml"
HIS1 = "host_vars/his1/policy.yml"
ASSET = "policy.assets.his"
OTHER = """\
    other:
      owner: dba
      sources:
        files: {kind: files, options: {paths: [/srv/other]}}
      repository: primary
      schedule: "*-*-* 02:00:00"
      rpo: 26h
      rto: 1h
      retention: {all: 14d}
"""
FILES = "        documents: {kind: files, options: {paths: [/srv/documents]}}\n"
DATABASE = "        database: {kind: postgresql, options: {database: his}}\n"
EXPECTED = '        expectations:\n          some_patients: {sql: "select count(*) from patients", at_least: 1000}\n'
QUESTION = "select count(*) from patients"
ROOT_DISK = "root_disk: {kind: disk, options: {path: /, warn_below: 15%, fail_below: 5%}}"
MARIADB = "    ups_hosts: {hosts: {his1: {}}}\n    mariadb_hosts: {hosts: {his1: {}}}\n"


@dataclass(frozen=True)
class Edit:
    """What somebody wrote in place of a word of the healthy inventory."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Wrong:
    """Edits, the path of the problem, and what must be said of it."""

    path: str
    says: tuple[str, ...]
    edits: tuple[Edit, ...]


def wrong(path: str, says: str | tuple[str, ...], *edits: tuple[str, str, str]) -> Wrong:
    return Wrong(path, (says,) if isinstance(says, str) else says, tuple(Edit(*edit) for edit in edits))


def sources(text: str) -> tuple[str, str, str]:
    return (HIS1, DATABASE + FILES, text)


def more(text: str) -> tuple[str, str, str]:
    """A further source."""
    return (HIS1, FILES, f"{FILES}        {text}\n")


def asked(sql: str) -> tuple[str, str, str]:
    return (HIS1, f'"{QUESTION}"', sql)


def check(text: str) -> tuple[str, str, str]:
    return (HIS1, "policy__host:\n", f"policy__host:\n  checks:\n    {text}\n")


def asset(name: str, text: str = OTHER) -> tuple[str, str, str]:
    return (HIS1, "  exceptions:\n", text.replace("    other:", f"    {name}:", 1) + "  exceptions:\n")


def spoil(inventory: Path, edits: Iterable[Edit]) -> None:
    """Edit an inventory."""
    for edit in edits:
        path = inventory / edit.file
        text = path.read_text()
        assert edit.old in text, edit
        path.write_text(text.replace(edit.old, edit.new, 1))


def demand_refused(inventory: Path, case: Wrong) -> None:
    """Demand that an edited inventory is refused, with what must be said, and where it is written."""
    spoil(inventory, case.edits)
    policies, problems = judge(inventory)
    assert policies == {}
    told = [problem for problem in problems if problem.path == case.path]
    assert told, [str(problem) for problem in problems]
    assert all(problem.where for problem in told)
    assert any(all(part in problem.message for part in case.says) for problem in told), [str(one) for one in told]


def demand_taken(inventory: Path, edits: Iterable[tuple[str, str, str]]) -> None:
    """Demand that an edited inventory has no problem."""
    spoil(inventory, [Edit(*edit) for edit in edits])
    assert [str(problem) for problem in judge(inventory)[1]] == []
