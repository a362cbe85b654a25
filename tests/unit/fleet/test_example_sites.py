"""The five example sites: each is valid with its pack, and would not be without what the pack brings."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import cli
from ops.fleet.conformity import load
from ops.fleet.inventory import origin
from ops.fleet.inventory.check import judge
from ops.fleet.pack_numbers import parse
from ops.policy.compile import document
from ops.policy.pack_files import SHIPPED, Offer, offers, shipped

EXAMPLES = Path(__file__).parents[3] / "inventories/examples"
ALL = "group_vars/all/policy.yml"
# What nobody wrote there.
OFFERED = {
    "cnrdd-m-it": {"assets.donors.retention.yearly", "assets.donors.drill.every"},
    "hospital-it-contingency": {
        "assets.his.schedule",
        "assets.his.copies.offsite.calendar",
        "assets.his.copies.disks.calendar",
        *(f"alarms.fault_classes.class_1.limits[{index}].{key}" for index in (0, 1) for key in ("after", "what")),
    },
    "hospital-infosec-rules": {
        "assets.his.schedule",
        "assets.his.copies.offsite.calendar",
        "assets.his.copies.discs.calendar",
    },
}

pytestmark = pytest.mark.usefixtures("quick_inventory")


def copied(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / name, folder / "site"))


def changed(path: Path, **change: Any) -> None:
    said = yaml.safe_load(path.read_text("utf-8"))
    said["policy__all"] |= change
    path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")


def test_each_pack_has_its_example() -> None:
    assert sorted(path.name for path in EXAMPLES.iterdir()) == shipped()


@pytest.mark.parametrize("name", shipped())
def test_an_example_is_valid_and_what_its_pack_brings_names_it(name: str) -> None:
    policies, problems = judge(EXAMPLES / name)
    assert problems == []
    told = {
        value.path
        for host, policy in policies.items()
        for value in origin.Layers(EXAMPLES / name).values(document(policy))
        if value.origin.startswith(f"pack {name}, ") and value.path.startswith(("assets.", "alarms."))
    }
    assert told == OFFERED.get(name, set())


@pytest.mark.parametrize("name", OFFERED)
def test_without_its_pack_an_example_lacks_keys(name: str, tmp_path: Path) -> None:
    site = copied(name, tmp_path)
    changed(site / ALL, packs={})
    assert "missing key" in "".join(str(problem) for problem in judge(site)[1])


def test_a_pack_that_cannot_be_read_is_said_and_never_passed_over(tmp_path: Path) -> None:
    site = copied("hcf-hemod-po-10", tmp_path)
    (site / ".packs").mkdir()
    own = site / ".packs/ours.yml"
    changed(site / ALL, packs={"ours": {"file": ".packs/ours.yml"}})
    shutil.copy(SHIPPED / "hcf-hemod-po-10.yml", own)
    assert judge(site)[1] == []
    text = own.read_text("utf-8")
    for wrong, said in (
        ("title: [", "is not readable as YAML: line "),
        (text.replace("defaults: {}", "defaults: {assets.*.rpoo: {value: 1d, clause: '5'}}"), "has no key"),
        (text.replace("defaults: {}", "defaults: {assets.*.rpo: {value: 1, clause: '5'}}"), "a duration such as"),
        (text.replace("defaults: {}", "defaults: {assets.*.rpo: {value: 1d, clause: '4'}}"), "has no clause '4'"),
        (text.replace("defaults: {}", "defaults: {assets.*.rpo: 1d}"), "expected a mapping"),
    ):
        own.write_text(wrong, encoding="utf-8")
        assert said in "".join(str(problem) for problem in judge(site)[1])
    own.unlink()
    assert "there is no file" in "".join(str(problem) for problem in judge(site)[1])


def test_no_file_outside_of_the_inventory_is_read(tmp_path: Path) -> None:
    (tmp_path / "ours.yml").write_text("defaults: {assets.*.rpo: {value: 1d, clause: '1'}}", encoding="utf-8")
    for file in ("../ours.yml", str(tmp_path / "ours.yml")):
        told = offers({"his1": {"policy__all": {"packs": {"ours": {"file": file}}}}}, tmp_path / "site", parse)
        assert told.get("ours", Offer()).defaults == {}


@pytest.mark.parametrize("name", shipped())
def test_the_numbers_of_a_shipped_pack_are_those_of_its_controls(name: str) -> None:
    """Where a control has a calendar of copies to a place, that is the number."""
    pack = load.read(SHIPPED / f"{name}.yml", [])
    assert pack is not None
    for key, default in pack.defaults.items():
        controls = pack.clauses[default.clause].controls.values()
        place = key.removeprefix("assets.*.copies.").removesuffix(".calendar")
        asked = {str(one.calendar) for one in controls if one.calendar and place in one.to}
        assert asked <= {str(default.value)}


def test_why_says_which_pack_a_value_came_from_and_what_others_demand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = copied("hospital-infosec-rules", tmp_path)
    changed(site / ALL, packs={"hospital-it-contingency": {}, "hospital-infosec-rules": {}}, hardening={"ssh": {}})
    assert cli.run(["policy", "why", "assets.his.copies.offsite.calendar", "-i", str(site)]) == 0
    said = capsys.readouterr().out
    assert "# pack hospital-infosec-rules, 存储 1-2\n" in said
    assert "# hospital-it-contingency (2.2.1) demands day 10, day 20, last day\n" in said
    assert cli.run(["policy", "why", "hardening.accounts.password_age", "-i", str(site)]) == 0
    said = capsys.readouterr().out
    assert "# nobody wrote it\n" in said
    assert "demands 60d, once the rest is written\n" in said
