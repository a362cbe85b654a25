"""A key with nothing after it leaves nothing out: it is told, with its line, and `none` is what to write."""

import pytest
from classes_site import ALL, DOCS1, FIRST, HIS, HIS1, SERVERS, change, put, write

from ops.fleet.inventory.check import judge

pytestmark = pytest.mark.usefixtures("quick_inventory")
NONE = "is empty; write `none` to leave it out, or remove the key"
VALUE = "is empty; give it a value, or remove the key"
MAPPING = "expected a mapping, found nothing; write what is in it, or remove the key"


@pytest.fixture
def site(inventory):
    write(inventory)
    return inventory


def told(site):
    return [str(problem).replace(f"{site}/", "") for problem in judge(site)[1]]


@pytest.mark.parametrize(
    ("written", "path", "instead"),
    [
        ("copies:\n        # offsite: {to: offsite, calendar: last day}", "copies", NONE),
        ("copies: null", "copies", NONE),
        ("copies: ~", "copies", NONE),
        ("copies: {offsite: }", "copies.offsite", NONE),
        ("copies: {offsite: {grace: }}", "copies.offsite.grace", VALUE),
        ("drill:", "drill", NONE),
        ("drill: {every: }", "drill.every", VALUE),
        ("drill: {options: }", "drill.options", VALUE),
        ("retention:", "retention", NONE),
        ("retention: {monthly: }", "retention.monthly", NONE),
        ("random_delay:", "random_delay", VALUE),
        ("owner:", "owner", VALUE),
    ],
)
def test_an_empty_key_of_an_asset_or_a_class_is_told(site, written, path, instead):
    healthy = (site / HIS1).read_text()
    change(site, HIS1, "class: critical", f"class: critical\n      {written}")
    assert told(site) == [f"{HIS1}:5: policy.assets.his.{path}: {instead}"]
    put(site, HIS1, healthy)
    change(site, ALL, "    unused:\n", f"    unused:\n      {written}\n")
    assert told(site) == [f"{ALL}:{FIRST + 14}: policy.defaults.unused.{path}: {instead}"]


def test_an_asset_of_a_group_is_left_out_by_the_word_alone(site):
    put(site, DOCS1, "policy__host:\n  assets:\n    etc:\n      # rto: 2h\n")
    assert told(site) == [f"{DOCS1}:3: policy.assets.etc: {NONE}"]
    put(site, DOCS1, "policy__host: {}\n")
    change(site, SERVERS, "    etc:", "    logs:\n    etc:")
    assert told(site) == [f"{SERVERS}:3: policy.assets.logs: {MAPPING}"]


@pytest.mark.parametrize("key", ["quota", "quotas", "port"])
def test_an_empty_option_of_a_repository_is_told_and_no_limit_goes_with_it(site, key):
    place = "kind: rest_server, place: primary, host: backup1"
    change(site, ALL, place, f"{place}, options: {{{key}: }}")
    (problem,) = told(site)
    assert problem.endswith(f"policy.repositories.primary.options.{key}: {VALUE}")
    assert problem.startswith(f"{ALL}:")


@pytest.mark.parametrize("written", ["defaults: {critical: }", "defaults:", "control:"])
def test_an_empty_class_or_section_is_told(site, written):
    put(site, HIS1, HIS.replace("policy__host:", f"policy__host:\n  {written}"))
    path = "defaults.critical" if "critical" in written else written.rstrip(":")
    assert told(site) == [f"{HIS1}:2: policy.{path}: {MAPPING if 'critical' in written else VALUE}"]


def test_an_empty_key_is_told_where_another_layer_has_it_too(site):
    """The layer above would hide it, until somebody removes what is there."""
    change(site, SERVERS, "      summary", "      copies:\n      summary")
    put(site, DOCS1, "policy__host:\n  assets:\n    etc: {copies: {usb: {to: offsite, calendar: last day}}}\n")
    assert told(site) == [f"{SERVERS}:4: policy.assets.etc.copies: {NONE}"]


def test_the_options_of_a_source_are_not_taken_away_from_a_groups_asset(site):
    put(site, DOCS1, "policy__host:\n  assets:\n    etc: {sources: {files: {options: }}}\n")
    assert told(site) == [f"{DOCS1}:3: policy.assets.etc.sources.files.options: {VALUE}"]


def test_nothing_within_the_options_of_a_kind_is_judged_here(site):
    change(site, HIS1, "{database: his}", "{database: his, only: }")
    assert VALUE not in "".join(told(site))
