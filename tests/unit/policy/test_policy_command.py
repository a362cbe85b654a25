"""The command `seawall policy` on the control machine."""

import json

import classes_site
import pytest
from classes_site import change
from test_refusals import CASES, spoil

from ops import cli

ALL = "group_vars/all/policy.yml"
HIS1 = "host_vars/his1/policy.yml"
GROUP = "group_vars/postgresql_hosts/policy.yml"

pytestmark = pytest.mark.usefixtures("quick_inventory")


def test_the_command_tells_everything_and_exits_with_2(inventory, capsys):
    assert cli.run(["policy", "check", str(inventory)]) == 0
    assert "the policy of 4 hosts is valid; assets: his" in capsys.readouterr().out
    spoil(inventory, CASES["unknown repository"])
    spoil(inventory, CASES["owner who is nobody"])
    assert cli.run(["policy", "check", str(inventory)]) == 2
    said = capsys.readouterr().err
    assert f"{inventory / HIS1}:5: policy.assets.his.owner: there is no contact 'it_hed'" in said
    assert f"{inventory / HIS1}:10: policy.assets.his.repository: " in said
    assert "2 problems" in said


def test_show_says_where_each_value_comes_from(inventory, capsys):
    assert cli.run(["policy", "show", "his1", "-i", str(inventory)]) == 0
    lines = {line.split(" = ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["assets.his.rpo"].endswith(f"# {inventory / HIS1}:13")
    assert lines["checks.memory.kind"].endswith(f"# {inventory / GROUP}:4")
    assert lines["site.name"].endswith(f"# {inventory / ALL}:4")
    assert lines["assets.his.copies.offsite.grace"].endswith("# default")
    assert lines["checks.backup_age-his.kind"].endswith("# derived")
    assert lines["host"].endswith("# derived")
    assert cli.run(["policy", "show", "his2", "-i", str(inventory)]) == 2
    assert "did you mean 'his1'?" in capsys.readouterr().err


def shown(inventory, capsys, *words):
    assert cli.run(["policy", "show", *words, "-i", str(inventory)]) == 0
    text = capsys.readouterr().out.partition(", next dates")[0].replace(f"{inventory}/", "")
    lines = [line.partition(" = ") for line in text.splitlines()]
    return {path: rest.partition("  # ")[2] for path, equals, rest in lines if equals}


def test_show_names_the_class_or_the_group_in_which_a_value_is_written(inventory, capsys):
    classes_site.write(inventory)
    change(inventory, HIS1, "    his:", "    etc: {class: critical, drill: {kind: files}, copies: none}\n    his:")
    first = classes_site.FIRST
    origins = shown(inventory, capsys, "his1")
    assert origins["assets.his.rpo"] == f"class standard, {ALL}:{first + 5}"
    assert origins["assets.his.rto"] == f"class critical, {ALL}:{first + 9}"
    assert origins["assets.his.retention.daily"] == f"class standard, {ALL}:{first + 7}"
    assert origins["assets.his.retention.monthly"] == f"class critical, {ALL}:{first + 10}"
    assert origins["assets.his.class"] == f"{HIS1}:5"
    assert origins["assets.his.random_delay"] == "default"
    assert origins["assets.etc_his1.sources.files.options.paths[0]"] == f"{classes_site.SERVERS}:5"
    assert origins["assets.etc_his1.drill.kind"] == f"{HIS1}:3"
    assert origins["assets.etc_his1.copies"] == f"{HIS1}:3"
    drilled = shown(inventory, capsys, "drill1")
    assert drilled["drills.etc_his1.asset.drill.host"] == f"class critical, {ALL}:{first + 12}"
    assert drilled["drills.etc_his1.asset.sources.files.kind"] == f"{classes_site.SERVERS}:5"
    assert drilled["drills.etc_his1.host"] == "derived"


def test_show_says_where_duties_of_the_site_and_of_a_host_are_written(inventory, capsys):
    change(inventory, ALL, "  checks:", "  duties:\n    ups: {what: Test each UPS, who: dba, every: 92d}\n  checks:")
    change(inventory, HIS1, "  assets:", "  duties:\n    fans: {what: Clean the fans, who: dba, every: 92d}\n  assets:")
    origins = shown(inventory, capsys, "his1")
    assert origins["site_duties.ups.what"] == f"{ALL}:12"
    assert origins["duties.fans.who"] == f"{HIS1}:4"


def test_show_can_be_narrowed_to_an_asset(inventory, capsys):
    classes_site.write(inventory)
    paths = shown(inventory, capsys, "his1", "his")
    assert {path.split(".")[0] for path in paths} == {"assets", "checks"}
    assert not [path for path in paths if "etc_his1" in path]
    assert "checks.copy_age-his-offsite.kind" in paths
    assert {path.split(".")[1] for path in shown(inventory, capsys, "drill1", "his")} == {"his", "drill_age-his"}
    assert cli.run(["policy", "show", "his1", "his", "-i", str(inventory)]) == 0
    dates = capsys.readouterr().out.partition("next dates")[2]
    assert "his" in dates
    assert "etc_his1" not in dates
    assert shown(inventory, capsys, "his1", "etc") == shown(inventory, capsys, "his1", "etc_his1")
    assert cli.run(["policy", "show", "his1", "hiss", "-i", str(inventory)]) == 2
    assert "his1 neither has nor drills an asset 'hiss', did you mean 'his'?" in capsys.readouterr().err


def test_a_value_that_yaml_merges_in_is_written_and_no_default(inventory, capsys):
    change(inventory, ALL, "  checks:\n    root_disk: {", "  checks:\n    root_disk: &disk {")
    with (inventory / ALL).open("a") as file:
        file.write("    other_disk: {<<: *disk}\n")
    assert shown(inventory, capsys, "his1")["checks.other_disk.kind"] == f"{ALL}:13"


def test_what_deserves_a_word_is_noted_at_its_line_and_forbids_nothing(inventory, capsys):
    classes_site.write(inventory)
    change(
        inventory,
        HIS1,
        "    his:",
        "    web: {sources: {nginx: {kind: files, options: {paths: [/etc/nginx]}}}}\n    his:",
    )
    assert cli.run(["policy", "check", str(inventory)]) == 0
    (note,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    assert note.startswith(f"note: {inventory / HIS1}:3: policy.assets.web.sources.nginx: /etc/nginx lies in /etc: ")
    assert cli.run(["policy", "check", str(inventory), "--json"]) == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert set(note) == {"where", "path", "message"}
