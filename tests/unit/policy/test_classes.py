"""Classes of assets: what assets take from them, and what is refused at its line in the class."""

import re

import pytest
from classes_site import ALL, FIRST, HIS1, SERVERS, change, put, write

from ops.fleet.inventory.check import judge
from ops.policy.compile import document, read_document

pytestmark = pytest.mark.usefixtures("quick_inventory")


@pytest.fixture
def site(inventory):
    write(inventory)
    return inventory


def his(site):
    policies, problems = judge(site)
    assert problems == []
    return policies["his1"].assets["his"]


def rules(site):
    retention = his(site).retention
    return {name: age and age.span.days for name, age in vars(retention).items() if name != "yearly"}


def told(site):
    return [str(problem).replace(f"{site}/", "") for problem in judge(site)[1]]


def test_what_an_asset_does_not_say_comes_from_its_class_and_then_from_standard(site):
    asset = his(site)
    assert (asset.class_, asset.owner, str(asset.rto), str(asset.rpo)) == ("critical", "it_head", "2h", "1d 2h")
    assert asset.copies["offsite"].to == "offsite"
    assert asset.drill.host == "drill1"


def test_retention_is_merged_by_rule_as_layers_are(site):
    assert rules(site) == {"all": 14, "daily": 60, "monthly": 730}
    change(site, HIS1, "class: critical", "class: critical\n      retention: {all: 7d, monthly: none}")
    assert rules(site) == {"all": 7, "daily": 60, "monthly": None}


@pytest.mark.parametrize(
    ("own", "left"),
    [
        ("{all: 60d}", {"all": 60, "daily": None, "monthly": 730}),
        ("{all: 59d}", {"all": 59, "daily": 60, "monthly": 730}),
        ("{daily: 3y}", {"all": 14, "daily": 1095, "monthly": None}),
        ("{all: 5y}", {"all": 1826, "daily": None, "monthly": None}),
    ],
)
def test_a_rule_of_the_class_that_has_no_effect_beside_the_assets_own_is_left_out(site, own, left):
    change(site, HIS1, "class: critical", f"class: critical\n      retention: {own}")
    assert rules(site) == left


def test_a_rule_without_effect_that_a_class_or_an_asset_has_itself_is_told(site):
    change(site, HIS1, "class: critical", "class: critical\n      retention: {all: 60d, daily: 30d}")
    (line,) = told(site)
    assert line.startswith(f"{HIS1}:5: policy.assets.his.retention.daily: 30d has no effect")
    change(site, HIS1, "      retention: {all: 60d, daily: 30d}\n", "")
    change(site, ALL, "daily: 60d", "daily: 10d")
    (line,) = told(site)
    assert line.startswith(f"{ALL}:{FIRST + 7}: policy.defaults.standard.retention.daily: 10d has no effect")


def test_what_an_asset_says_itself_wins_and_keeps_the_rest_of_the_class(site):
    change(site, HIS1, "class: critical", "class: critical\n      owner: dba\n      drill: {every: 62d}")
    asset = his(site)
    assert (asset.owner, asset.drill.host, str(asset.drill.every)) == ("dba", "drill1", "62d")


def test_none_leaves_out_the_drill_or_the_copies(site):
    change(site, HIS1, "class: critical", "class: critical\n      drill: none")
    assert his(site).drill is None
    change(site, HIS1, "class: critical", "class: critical\n      copies: none")
    assert his(site).copies == {}


def test_none_leaves_out_one_copy(site):
    change(site, HIS1, "class: critical", "class: critical\n      copies: {offsite: none}")
    assert his(site).copies == {}
    change(site, HIS1, "{offsite: ", "{ofsite: ")
    assert told(site) == [
        f"{HIS1}:5: policy.assets.his.copies.ofsite: there is no copy 'ofsite' to leave out, did you mean 'offsite'?; "
        "known: offsite"
    ]


def test_a_class_can_leave_out_what_standard_has(site):
    change(site, SERVERS, "      summary", "      drill: none\n      summary")
    change(site, ALL, "    critical:", "      drill: {host: drill1, every: 31d}\n    critical:")
    change(site, ALL, "      drill: {host: drill1, every: 31d}\n    unused", "      drill: none\n    unused")
    assert his(site).drill is None


def test_a_drill_that_does_not_fit_the_sources_is_told_where_its_kind_is_to_be_written(site):
    change(site, SERVERS, "      summary", "      class: critical\n      summary")
    (line,) = told(site)
    assert line.startswith(f"{SERVERS}:3: policy.assets.etc.drill.kind: a drill of kind database needs a database")
    change(site, ALL, "every: 31d", "kind: database, every: 31d")
    (line,) = told(site)
    assert line.startswith(f"{ALL}:{FIRST + 12}: policy.defaults.critical.drill.kind: a drill of kind database needs")
    assert line.endswith("(asset etc)")
    change(site, SERVERS, "      summary", "      drill: {kind: files}\n      summary")
    assert told(site) == []


def test_an_unknown_class_gets_the_nearest_word(site):
    change(site, HIS1, "class: critical", "class: critcal")
    assert told(site) == [
        f"{HIS1}:4: policy.assets.his.class: there is no class 'critcal', did you mean 'critical'?; "
        "known: critical, standard, unused"
    ]


@pytest.mark.parametrize("class_", ["critical", "unused"])
@pytest.mark.parametrize(
    ("line", "path", "says"),
    [
        ("rtoo: 3h", "rtoo", "unknown key 'rtoo', did you mean 'rto'?"),
        ("sources: {}", "sources", "unknown key 'sources'"),
        ("random_delay: 7", "random_delay", "expected a duration such as"),
        ("copies: {usb: {tto: offsite}}", "copies.usb.tto", "unknown key 'tto', did you mean 'to'?"),
        ("retention: {montly: 2y}", "retention.montly", "unknown key 'montly', did you mean 'monthly'?"),
        ("drill: {evry: 31d}", "drill.evry", "unknown key 'evry', did you mean 'every'?"),
        ("drill: {kind: machin}", "drill.kind", "unknown kind 'machin', did you mean 'machine'?"),
        ("drill: {kind: machine, options: {srvices: []}}", "drill.options.srvices", "did you mean 'services'?"),
        ("drill: {asks: database.his}", "drill.asks", "write it into the assets, not into a class"),
        ("drill: {expectations: {}}", "drill.expectations", "write it into the assets, not into a class"),
    ],
)
def test_a_wrong_word_in_a_class_is_told_once_even_if_nobody_uses_it(site, class_, line, path, says):
    head, _, rest = (site / ALL).read_text().partition(f"    {class_}:\n")
    rest = re.sub(rf"^      {line.partition(':')[0]}: .*\n", "", rest, flags=re.MULTILINE)
    put(site, ALL, f"{head}    {class_}:\n      {line}\n{rest}")
    number = (site / ALL).read_text().splitlines().index(f"      {line}") + 1
    found = told(site)
    assert [each for each in found if each.startswith(f"{ALL}:{number}: policy.defaults.{class_}.{path}: ")]
    assert [each for each in found if says in each]
    assert len([each for each in found if f"{ALL}:{number}: " in each and says in each]) == 1
    assert not [each for each in found if not each.startswith(ALL)]


def test_a_wrong_value_of_a_class_is_told_once_for_all_its_assets(site):
    change(site, ALL, "rpo: 26h", "rpo: 12h")
    (line,) = told(site)
    assert line.startswith(f"{ALL}:{FIRST + 5}: policy.defaults.standard.rpo: 12h can't be met: ")
    assert line.endswith("(assets etc, his)")


def test_a_value_that_is_wrong_for_one_asset_names_it(site):
    change(site, ALL, "{to: offsite, calendar", "{to: primary, calendar")
    assert told(site) == [
        f"{ALL}:{FIRST + 11}: policy.defaults.critical.copies.offsite.to: 'primary' is already the asset's own "
        "repository (asset his)"
    ]


@pytest.mark.parametrize(
    ("line", "path", "says"),
    [
        ("owner: dbaa", "owner", "there is no contact 'dbaa', did you mean 'dba'?"),
        ("repository: primery", "repository", "there is no repository 'primery', did you mean 'primary'?"),
        ("copies: {usb: {to: ofsite}}", "copies.usb.to", "there is no repository 'ofsite', did you mean 'offsite'?"),
        ("drill: {host: dril1}", "drill.host", "there is no host 'dril1', did you mean 'drill1'?"),
    ],
)
def test_a_name_that_is_not_there_is_told_even_if_nobody_uses_the_class(site, line, path, says):
    change(site, ALL, "    unused:\n", f"    unused:\n      {line}\n")
    (found,) = told(site)
    assert found.startswith(f"{ALL}:{FIRST + 14}: policy.defaults.unused.{path}: {says}")


def test_what_neither_the_asset_nor_its_classes_say_is_missing_once(site):
    change(site, ALL, "      owner: it_head\n", "")
    assert told(site) == [
        f"{SERVERS}:3: policy.assets.etc.owner: missing key: policy.assets.etc requires 'owner'",
        f"{HIS1}:3: policy.assets.his.owner: missing key: policy.assets.his requires 'owner'",
    ]


def test_what_a_class_says_in_part_and_no_asset_completes_is_missing_in_the_class(site):
    change(site, ALL, "drill: {host: drill1, every: 31d}", "drill: {host: drill1}")
    assert told(site) == [
        f"{ALL}:{FIRST + 12}: policy.defaults.critical.drill.every: missing key: policy.defaults.critical.drill "
        "requires 'every' (asset his)"
    ]


def test_what_queries_one_asset_is_told_once_in_a_class_that_is_used(site):
    change(site, ALL, "every: 31d}", "every: 31d, asks: database.lis}")
    (line,) = told(site)
    assert line.startswith(f"{ALL}:{FIRST + 12}: policy.defaults.critical.drill.asks: queries the data of one asset")


def test_a_document_has_whole_assets_and_their_class_and_older_ones_are_read(site):
    policies, _ = judge(site)
    data = document(policies["his1"])
    assert "defaults" not in data
    assert data["assets"]["his"]["class"] == "critical"
    assert data["assets"]["his"]["rto"] == "2h"
    assert "class" not in data["assets"]["etc_his1"]
    assert read_document(data).assets["his"].class_ == "critical"
    del data["assets"]["his"]["class"]
    assert read_document(data).assets["his"].class_ == "standard"


def test_a_group_and_a_host_can_override_a_class(site):
    change(site, HIS1, "policy__host:", "policy__host:\n  defaults: {critical: {rto: 90min}}")
    assert his(site).rto.seconds == 90 * 60
