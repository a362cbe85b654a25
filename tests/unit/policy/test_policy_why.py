"""`seawall policy why` says of a key what it means, what it is on each host, and who wrote that."""

import json

import classes_site
import pytest
from classes_site import change

from ops import cli
from ops.fleet.inventory.check import judge
from ops.fleet.inventory.meaning import meaning
from ops.policy.compile import document
from ops.policy.listing import leaves

ALL = "group_vars/all/policy.yml"
HIS1 = "host_vars/his1/policy.yml"

pytestmark = pytest.mark.usefixtures("quick_inventory")


def why(inventory, capsys, *words, code=0):
    assert cli.run(["policy", "why", *words, "-i", str(inventory)]) == code
    said = capsys.readouterr()
    return (said.err if code else said.out).replace(f"{inventory}/", "")


def test_a_key_is_told_with_its_meaning_its_default_and_its_line(inventory, capsys):
    said = why(inventory, capsys, "assets.his.rpo").splitlines()
    assert said[:3] == [
        "assets.his.rpo",
        "    how much work may be lost: the maximum age of the newest good set.",
        "    default: required",
    ]
    assert said[3].split() == ["his1", "1d", "2h", "#", f"{HIS1}:13"]
    said = why(inventory, capsys, "assets.his.copies.offsite.grace")
    assert "default: 1d\n  his1  1d" in said
    assert said.count("# default") == 1


def test_a_word_finds_every_key_that_ends_with_it_and_a_section_all_below_it(inventory, capsys):
    said = why(inventory, capsys, "rpo")
    assert "assets.his.rpo\n" in said
    assert "checks.backup_age-his.options.rpo\n" in said
    assert "# derived" in said
    assert "\nassets.his.schedule" not in said
    below = why(inventory, capsys, "assets.his.drill")
    assert "assets.his.drill.host\n" in below
    assert "assets.his.rpo\n" not in below


def test_each_host_is_told_by_itself_and_one_alone_if_it_is_named(inventory, capsys):
    said = why(inventory, capsys, "site.name")
    assert len([line for line in said.splitlines() if f"# {ALL}:4" in line]) == 4
    said = why(inventory, capsys, "site.name", "--host", "his1")
    assert len([line for line in said.splitlines() if f"# {ALL}:4" in line]) == 1
    assert "did you mean 'his1'?" in why(inventory, capsys, "site.name", "--host", "his2", code=2)


def test_what_a_class_says_names_the_class(inventory, capsys):
    classes_site.write(inventory)
    change(inventory, HIS1, "    his:", "    etc: {class: critical, drill: {kind: files}, copies: none}\n    his:")
    assert f"# class standard, {ALL}:{classes_site.FIRST + 5}" in why(inventory, capsys, "assets.his.rpo")


def test_a_key_that_nobody_wrote_is_told_all_the_same(inventory, capsys):
    said = why(inventory, capsys, "hardening.ssh.idle", "--host", "his1")
    assert "default: 15min\n  his1  -" in said
    assert "# nobody wrote it" in said


def test_a_key_that_there_is_not_is_an_error_with_the_nearest_one(inventory, capsys):
    said = why(inventory, capsys, "assets.his.rpoo", code=2)
    assert "there is no key 'assets.his.rpoo', did you mean 'assets.his.rpo'?" in said
    assert "there is no key 'nonsense'" in why(inventory, capsys, "nonsense", code=2)


def test_json_holds_the_same(inventory, capsys):
    told = json.loads(why(inventory, capsys, "assets.his.rpo", "--json"))
    (one,) = told["values"]
    assert (told["version"], one["host"], one["path"], one["value"]) == (1, "his1", "assets.his.rpo", "1d 2h")
    assert one["meaning"]["default"] == "required"


def test_every_value_that_a_policy_can_have_has_a_meaning(inventory):
    policies, problems = judge(inventory)
    assert not problems
    nameless = {
        "version",
        "host",
        "drills",
        "clients",
        "kept",
        "peers",
        "site_duties",
    }  # no inventory holds these: Seawall makes them
    for policy in policies.values():
        data = document(policy)
        lacking = [
            place
            for place, _ in leaves(dict(data))
            if place.partition(".")[0].partition("[")[0] not in nameless and not meaning(place, data).text
        ]
        assert lacking == []
