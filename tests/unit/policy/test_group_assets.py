"""Assets of a group: written once, named for each host, overridden or left out there."""

import pytest
from classes_site import ALL, DOCS1, HIS1, SERVERS, change, put, write

from ops.fleet.inventory.check import judge
from ops.policy.units import units

pytestmark = pytest.mark.usefixtures("quick_inventory")


@pytest.fixture
def site(inventory):
    write(inventory)
    return inventory


def told(site):
    return [str(problem).replace(f"{site}/", "") for problem in judge(site)[1]]


def test_each_host_of_the_group_has_it_under_its_own_name(site):
    policies, problems = judge(site)
    assert problems == []
    assert sorted(policies["his1"].assets) == ["etc_his1", "his"]
    assert sorted(policies["docs1"].assets) == ["etc_docs1"]
    assert sorted(policies["docs1"].assets["etc_docs1"].sources) == ["files"]
    assert not policies["backup1"].assets


def test_everything_is_named_after_it(site):
    change(site, SERVERS, "      summary", "      class: critical\n      drill: {kind: files}\n      summary")
    policies, problems = judge(site)
    assert problems == []
    names = {unit.name for unit in units(policies["docs1"])}
    assert {"seawall-backup-etc_docs1", "seawall-copy-etc_docs1-offsite"} <= names
    assert {"backup_age-etc_docs1", "copy_age-etc_docs1-offsite"} <= set(policies["docs1"].checks)
    assert {"seawall-drill-etc_docs1", "seawall-drill-etc_his1"} <= {unit.name for unit in units(policies["drill1"])}
    assert {"drill_age-etc_docs1", "drill_age-etc_his1"} <= set(policies["drill1"].checks)
    assert policies["drill1"].drills["etc_docs1"].host == "docs1"
    assert policies["backup1"].clients["docs1"] == ("drill1",)


def test_a_host_overrides_parts_of_it_under_the_short_name(site):
    put(site, DOCS1, "policy__host:\n  assets:\n    etc: {owner: dba, retention: {daily: 30d}}\n")
    policies, problems = judge(site)
    assert problems == []
    asset = policies["docs1"].assets["etc_docs1"]
    assert (asset.owner, str(asset.retention.all), str(asset.retention.daily)) == ("dba", "14d", "30d")
    assert policies["his1"].assets["etc_his1"].owner == "it_head"


def test_a_host_leaves_it_out(site):
    put(site, DOCS1, "policy__host:\n  assets:\n    etc: none\n")
    policies, problems = judge(site)
    assert problems == []
    assert not policies["docs1"].assets
    assert "etc_his1" in policies["his1"].assets


def test_nothing_to_leave_out_is_told(site):
    put(site, DOCS1, "policy__host:\n  assets:\n    ect: none\n")
    (line,) = told(site)
    assert line == f"{DOCS1}:3: policy.assets.ect: no group of docs1 has an asset 'ect' to leave out; known: etc"


def test_an_asset_of_everybody_is_refused_in_one_line(site):
    change(site, ALL, "  defaults:", "  assets: {etc: {owner: dba}}\n  defaults:")
    (line,) = told(site)
    assert line.startswith(f"{ALL}:13: policy.assets.etc: in policy__all every machine would have this asset")
    assert "an asset belongs to a host, or to a group of servers: write it into policy__host" in line


def test_a_wrong_value_in_a_group_is_told_once_where_it_is_written(site):
    change(site, SERVERS, "summary:", "sumary:")
    (line,) = told(site)
    assert line.startswith(f"{SERVERS}:4: policy.assets.etc.sumary: unknown key 'sumary', did you mean 'summary'?")


def test_a_wrong_value_in_an_override_is_told_in_the_hosts_file(site):
    put(site, DOCS1, "policy__host:\n  assets:\n    etc:\n      rto: soon\n")
    (line,) = told(site)
    assert line.startswith(f"{DOCS1}:4: policy.assets.etc.rto: expected a duration")


def test_two_groups_with_the_same_asset_are_merged_or_disagree(site):
    group = "group_vars/postgresql_hosts/policy.yml"
    put(site, group, "policy__postgresql_hosts:\n  assets:\n    etc: {rto: 3h}\n")
    assert str(judge(site)[0]["his1"].assets["etc_his1"].rto) == "3h"
    change(site, group, "{rto: 3h}", "{summary: Other}")
    (line,) = told(site)
    assert "policy__postgresql_hosts says 'Other', policy__servers says 'Settings of the server'" in line
    assert "decide in policy__host" in line
    put(site, DOCS1, "policy__host: {}\n")
    change(site, HIS1, "    his:", "    etc: none\n    his:")
    assert told(site) == []
    change(site, HIS1, "    etc: none\n", "")
    change(site, group, "{summary: Other}", "none")
    (line,) = told(site)
    assert line.startswith(f"{group}:3: policy.assets.etc: ")
    assert "decide in policy__host" in line
    change(site, HIS1, "    his:", "    etc: none\n    his:")
    assert told(site) == []


def test_an_asset_of_the_host_that_has_the_same_name_is_refused_with_both_places(site):
    change(site, HIS1, "    his:", "    etc_his1: {sources: {files: {kind: files, options: {paths: [/x]}}}}\n    his:")
    first, second = told(site)
    assert first.startswith(f"{SERVERS}:3: policy.assets.etc: the group's asset 'etc' is called 'etc_his1' on his1")
    assert second.startswith(f"{HIS1}:3: policy.assets.etc_his1: ")
    assert "write 'etc' into policy__host" in second


def test_an_asset_of_another_host_that_has_the_same_name_is_refused_with_both_places(site):
    put(site, DOCS1, "policy__host:\n  assets:\n    etc_his1: {sources: {f: {kind: files, options: {paths: [/x]}}}}\n")
    first, second = told(site)
    assert first.startswith(f"{SERVERS}:3: policy.assets.etc: docs1 and his1 both have an asset 'etc_his1'")
    assert second.startswith(f"{DOCS1}:3: policy.assets.etc_his1: ")


def test_two_hosts_whose_names_become_one_are_refused(site):
    change(site, "hosts.yml", "docs1: {}", "HIS-2: {}, his_2: {}")
    (line,) = told(site)
    assert line.startswith(f"{SERVERS}:3: policy.assets.etc: HIS-2 and his_2 both have an asset 'etc_his_2'")


def test_a_name_that_becomes_too_long_is_refused_and_one_that_just_fits_is_not(site):
    change(site, SERVERS, "    etc:", f"    {'e' * 35}:")
    (line,) = told(site)
    assert "on docs1, 41 letters long; expected at most 40; shorten the asset's name" in line
    assert line.startswith(f"{SERVERS}:3: policy.assets.{'e' * 35}: it would be called")
    change(site, SERVERS, f"    {'e' * 35}:", f"    {'e' * 34}:")
    assert told(site) == []
