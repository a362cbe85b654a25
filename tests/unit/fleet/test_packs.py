"""The packs that are shipped, and those that a site writes: what is in them, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from conforming import SITE, own_pack

from ops.core.errors import PolicyError, Problem, UsageError
from ops.fleet.conformity import load
from ops.fleet.conformity.pack import Pack
from ops.fleet.inventory import Inventory
from ops.fleet.inventory.check import judge

COUNTS = {
    "hcf-hemod-po-10": 16,
    "records-protection-plan": 15,
    "cnrdd-m-it": 26,
    "hospital-it-contingency": 21,
    "hospital-infosec-rules": 26,
}
BY_PERSON = {"duty", "document"}
BY_MACHINE = {"check", "host_check", "act", "record", "policy", "ledger", "incidents", "planned"}
OWN = own_pack("Back up", {"done": {"act": "backup"}})


def shipped(name: str) -> Pack:
    pack = load.read(load.SHIPPED / f"{name}.yml", found := [])
    assert found == []
    assert pack is not None
    return pack


def test_each_procedure_has_its_pack_with_all_of_its_clauses() -> None:
    assert {name: len(shipped(name).clauses) for name in load.shipped()} == COUNTS
    assert sum(COUNTS.values()) == 104


@pytest.mark.parametrize("name", COUNTS)
def test_who_decides_on_a_clause_follows_from_its_controls(name: str) -> None:
    for number, clause in shipped(name).clauses.items():
        kinds = {control.kind for control in clause.controls.values()}
        if clause.kind == "M":
            assert kinds <= BY_MACHINE, number
        elif clause.kind == "P":
            assert kinds & BY_PERSON, number
        elif clause.kind == "MP":
            assert kinds & BY_PERSON, number
            assert kinds & BY_MACHINE, number


def test_a_duty_of_one_name_is_one_duty_in_all_packs() -> None:
    """One attestation serves all of them."""
    asked: dict[str, set[str]] = {}
    for pack in COUNTS:
        for clause in shipped(pack).clauses.values():
            for name, control in clause.controls.items():
                if control.duty:
                    asked.setdefault(name, set()).add(control.asks)
    assert {name: words for name, words in asked.items() if len(words) > 1} == {}


def test_only_the_plan_for_records_is_of_an_incomplete_source() -> None:
    assert [name for name in COUNTS if not shipped(name).complete] == ["records-protection-plan"]


def site(folder: Path, packs: dict, own: dict | str | None = None) -> Inventory:
    if own is not None:
        content = own if isinstance(own, str) else yaml.safe_dump(own)
        (folder / "ours.yml").write_text(content, encoding="utf-8")
    return Inventory(folder, {"his1": {"policy__all": {**SITE, "packs": packs}}}, {"all": ("his1",)})


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SITE, "repositories", {})
    monkeypatch.delitem(SITE, "control")


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"controls": {"x": {"check": "dsk"}}}, "unknown check 'dsk', did you mean 'disk'"),
        ({"controls": {"x": {"host_check": "acounts"}}}, "did you mean 'accounts'"),
        ({"controls": {"x": {"policy": "owner"}}}, "did you mean 'owners'"),
        ({"controls": {"x": {"record": "backups"}}}, "did you mean 'backup'"),
        ({"controls": {"x": {"magic": "yes"}}}, "magic"),
        ({"controls": {"x": {}}}, "expected exactly one of"),
        ({"controls": {"x": {"check": "disk", "act": "backup"}}}, "expected exactly one of"),
        ({"controls": {"x": {"duty": "Look"}}}, "a duty needs either"),
        ({"controls": {"x": {"act": "backup", "to": ["offsite"]}}}, "only a copy goes somewhere"),
        ({"controls": {"x": {"check": "disk", "every": "2d"}}}, "only a duty comes again"),
        ({"controls": {}}, "nothing says how this clause is met"),
        ({"kind": "X"}, "kind"),
        ({"demand": " "}, "say in one sentence"),
    ],
)
def test_a_pack_that_is_wrong_is_refused_and_one_that_is_right_is_taken(
    tmp_path: Path, change: dict, told: str
) -> None:
    use = {"ours": {"file": "ours.yml"}}
    assert [one.name for one in load.used(site(tmp_path, use, OWN))] == ["ours"]
    wrong = {**OWN, "clauses": {"1": {**OWN["clauses"]["1"], **change}}}
    with pytest.raises(PolicyError) as refused:
        load.used(site(tmp_path, use, wrong))
    assert told in str(refused.value)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("use", "told"),
    [
        ({"hcf-hemod-po-1": {}}, "did you mean 'hcf-hemod-po-10'"),
        ({"hcf-hemod-po-10": {"clauses": {"7.9": {"at_most": "2d"}}}}, "no clause '7.9'"),
        ({"hcf-hemod-po-10": {"duties": {"disc_stok": "stock"}}}, "there is no duty 'stock'"),
        ({"ours": {"file": "nowhere.yml"}}, "there is no file"),
        ({"ours": {"file": "../ours.yml"}}, "leads out of the inventory"),
        ({"Ours!": {"file": "ours.yml"}}, "no name of a pack"),
        (
            {
                "hcf-hemod-po-10": {
                    "clauses": {
                        "5": {"excuse": {"reason": "x", "owner": "dba", "approver": "dba", "until": "2027-01-01"}}
                    }
                }
            },
            "somebody else has to agree",
        ),
        (
            {"hcf-hemod-po-10": {"clauses": {"5": {"excuse": {"reason": "x", "owner": "dba", "approver": "it_head"}}}}},
            "until",
        ),
        ({"hcf-hemod-po-10": {"document": {"sha256": "12"}}}, "a SHA-256"),
    ],
)
def test_a_use_that_is_wrong_is_refused(tmp_path: Path, use: dict, told: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load.used(site(tmp_path, use))
    assert told in str(refused.value)


@pytest.mark.usefixtures("bare")
def test_a_site_changes_numbers_and_controls_of_a_clause(tmp_path: Path) -> None:
    clauses = {
        "7.1": {"at_most": "12h"},
        "7.8": {"controls": {"drilled": {"at_most": "7d"}, "paper": {"policy": "owners"}}},
        "8, bullet 10": {"controls": {"disc_read": {"check": "disk"}}},
    }
    (used,) = load.used(site(tmp_path, {"hcf-hemod-po-10": {"clauses": clauses}}))
    assert str(used.pack.clauses["7.1"].controls["space"].at_most) == "12h"
    drilled = used.pack.clauses["7.8"].controls
    assert (drilled["drilled"].act, str(drilled["drilled"].at_most), drilled["paper"].policy) == (
        "drill",
        "7d",
        "owners",
    )
    assert used.pack.clauses["8, bullet 10"].controls["disc_read"].kind == "check"


@pytest.mark.usefixtures("bare")
def test_no_pack_and_an_unknown_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="turns on no pack"):
        load.used(site(tmp_path, {}))
    with pytest.raises(UsageError, match="turns on no pack 'other'"):
        load.used(site(tmp_path, {"cnrdd-m-it": {}}), "other")


@pytest.mark.parametrize("content", ["[1, 2]", "{a: ", "a: !!python/object:os.system x", "\t"])
def test_a_file_that_is_no_pack_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ours.yml"
    path.write_text(content)
    found: list[Problem] = []
    assert load.read(path, found) is None
    assert found


@pytest.mark.usefixtures("bare")
def test_the_duties_that_are_asked_for_are_a_policy_that_is_valid(tmp_path: Path) -> None:
    packs = {name: {} for name in COUNTS}
    wanted = load.duties(load.used(site(tmp_path, packs)), {})
    assert len(wanted) > 40
    duties = {name: {**duty, "who": "dba"} for name, duty in wanted.items()}
    variables = {"his1": {"policy__all": {**SITE, "packs": packs, "duties": duties}}}
    inventory = Inventory(tmp_path, variables, {"all": ("his1",)})
    own = inventory.policies()["his1"].site_duties
    assert load.duties(load.used(inventory), own) == {}


def test_policy_check_judges_the_packs_with_file_and_line(checkout: Path, tmp_path: Path) -> None:
    inventory = shutil.copytree(checkout / "inventories/minimal", tmp_path / "site")
    policy = inventory / "group_vars/all/policy.yml"
    before = policy.read_text()
    for packs, told in (("{hcf-hemod-po-10: {}}", ""), ("{hcf-hemod-po-1: {}}", "did you mean 'hcf-hemod-po-10'")):
        policy.write_text(f"{before.rstrip()}\n  packs: {packs}\n")
        policies, found = judge(inventory)
        assert bool(policies) is not bool(told)
        assert [told in str(problem) for problem in found] == ([True] if told else [])
        assert not told or f"policy.yml:{len(before.rstrip().splitlines()) + 1}" in found[0].where


@pytest.mark.usefixtures("bare")
def test_of_a_pack_that_is_cut_short_the_line_is_told(tmp_path: Path) -> None:
    (tmp_path / "cut.yml").write_text('version: 1\ntitle: "Ours')
    found: list[Problem] = []
    assert load.read(tmp_path / "cut.yml", found) is None
    assert "line 2: found unexpected end of stream" in found[0].message


@pytest.mark.usefixtures("quick_inventory")
def test_a_pack_that_ansible_would_take_for_hosts_is_told_as_one_problem(tmp_path: Path) -> None:
    hospital = Path(shutil.copytree(load.SHIPPED.parents[1] / "inventories/hospital", tmp_path / "hospital"))
    for folder, told in ((".packs", []), ("packs", ["clauses"])):
        (hospital / folder).mkdir()
        (hospital / folder / "ours.yml").write_text(yaml.safe_dump(OWN))
        assert [problem.path for problem in judge(hospital)[1]] == told
