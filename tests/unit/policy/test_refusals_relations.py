"""What does not fit the inventory's groups, the kinds, or the rest of the policy; and what does."""

from pathlib import Path

import pytest
from spoiled import (
    ALL,
    ASSET,
    HIS1,
    HOSTS,
    OTHER,
    Edit,
    Wrong,
    asset,
    check,
    demand_refused,
    demand_taken,
    more,
    spoil,
    wrong,
)

from ops.core.errors import Problem
from ops.fleet.inventory.check import judge
from ops.policy.joining import joined

pytestmark = pytest.mark.usefixtures("quick_inventory")

GROUPS = {
    "asset outside servers": wrong(
        ASSET, ("the group servers lacks his1", "add his1 to servers"), (HOSTS, "{his1: {}}}", "{docs1: {}}}")
    ),
    "database outside its group": wrong(
        f"{ASSET}.sources.database",
        ("the group postgresql_hosts lacks his1", "add his1 to postgresql_hosts"),
        (HOSTS, "postgresql_hosts: {hosts: {his1: {}}}", "postgresql_hosts: {hosts: {drill1: {}}}"),
    ),
    "another database outside its group": wrong(
        f"{ASSET}.sources.lab",
        "the group mariadb_hosts lacks his1",
        more("lab: {kind: mariadb, options: {database: lab}}"),
        (HIS1, "every: 31d", "every: 31d\n        asks: database"),
    ),
    "clusters of a machine outside the group": wrong(
        "policy.assets.other.sources.tree",
        "the group postgresql_hosts lacks his1",
        asset(
            "other",
            OTHER.replace(
                "files: {kind: files, options: {paths: [/srv/other]}}",
                "tree: {kind: machine, options: {clusters: [5432]}}",
            ),
        ),
        (HOSTS, "postgresql_hosts: {hosts: {his1: {}}}", "postgresql_hosts: {hosts: {drill1: {}}}"),
    ),
    "repository outside backup_hosts": wrong(
        "policy.repositories.offsite.host",
        ("the group backup_hosts lacks drill1", "add drill1 to backup_hosts"),
        (ALL, "host: offsite1", "host: drill1"),
    ),
    "drill outside drill_hosts": wrong(
        f"{ASSET}.drill.host",
        ("the group drill_hosts lacks docs1", "add docs1 to drill_hosts"),
        (HOSTS, "servers: {hosts: {his1: {}}}", "servers: {hosts: {his1: {}, docs1: {}}}"),
        (HIS1, "host: drill1", "host: docs1"),
    ),
    "no such group at all": wrong(
        f"{ASSET}.drill.host",
        "the group drill_hosts lacks drill1",
        (HOSTS, "drill_hosts", "test_machines"),
    ),
    "UPS outside ups_hosts": wrong(
        "policy.checks.mains",
        ("the group ups_hosts lacks his1",),
        check("mains: {kind: ups}"),
        (HOSTS, "    ups_hosts: {hosts: {his1: {}}}\n", ""),
    ),
    "UPS that nobody described": wrong(
        "policy.checks.mains", ("no UPS is described for his1", "define ups_devices"), check("mains: {kind: ups}")
    ),
    "host with a name that is no name of a host": wrong(
        "hosts.bäckup1",
        ("can't be the name of a machine", "ansible_host"),
        (HOSTS, "backup1", "bäckup1"),
        (ALL, "host: backup1", "host: bäckup1"),
    ),
    "host that is called as a part of a repository": wrong(
        "hosts.data",
        ("a backup host takes it for a part of a repository", "such as data1"),
        (HOSTS, "backup1", "data"),
        (ALL, "host: backup1", "host: data"),
    ),
    "IPv6 address as a host's name": wrong(
        "hosts.2001:db8::21",
        ("can't be the name of a machine", "such as backup1", "write its address as `ansible_host`"),
        (HOSTS, "backup1", '"2001:db8::21"'),
        (ALL, "host: backup1", 'host: "2001:db8::21"'),
    ),
}

CONTROL = "  control: {owner: dba, repository: offsite, rpo: 8d, rto: 4h, retention: {all: 60d}}\n  checks:\n"


def control(old: str, new: str) -> tuple[str, str, str]:
    return (ALL, "  checks:\n", CONTROL.replace(old, new))


REPOSITORIES = {
    "without a host": wrong("policy.repositories.offsite.host", "is missing", (ALL, ", host: offsite1", "")),
    "offsite on the host of primary": wrong(
        "policy.repositories.offsite.host",
        ("backup1 keeps primary, too", "would be lost together"),
        (ALL, "host: offsite1", "host: backup1"),
    ),
    "removable on the host of primary": wrong(
        "policy.repositories.offsite.host",
        "primary and removable would be lost together",
        (ALL, "place: offsite, host: offsite1", "place: removable, host: backup1"),
    ),
    "local on another machine": wrong(
        "policy.repositories.primary.place",
        ("local means on the machine itself", "expected primary"),
        (ALL, "place: primary", "place: local"),
    ),
    "control machine on the site": wrong(
        "policy.control.repository",
        "primary is primary; expected a repository that survives",
        control("offsite", "primary"),
    ),
    "control machine called as a host": wrong(
        "policy.control.name", "'his1' is a host of the inventory", control("owner:", "name: his1, owner:")
    ),
    "backup that a person would have to carry on": wrong(
        f"{ASSET}.repository",
        ("discs is of kind disc, which takes only copies", "expected another one"),
        (ALL, "  repositories:\n", "  repositories:\n    discs: {kind: disc, place: removable, options: {path: /d}}\n"),
        (HIS1, "repository: primary", "repository: discs"),
    ),
    "two at one place": wrong(
        "policy.repositories.primary.host",
        "backup1 keeps third, too, at the same place",
        (ALL, "  repositories:\n", "  repositories:\n    third: {kind: rest_server, place: primary, host: backup1}\n"),
    ),
    "kept by the machine itself": wrong(
        f"{ASSET}.repository",
        "is kept by his1 itself",
        (HOSTS, "{backup1: {}", "{his1: {}, backup1: {}"),
        (ALL, "host: backup1", "host: his1"),
    ),
    "two copies to one repository": wrong(
        f"{ASSET}.copies.offsite.to",
        "is already where second copies to",
        (HIS1, "      copies:\n", "      copies:\n        second: {to: offsite, calendar: daily}\n"),
    ),
    "one port for two doors": wrong(
        "policy.repositories.primary.options",
        "port and reader_port are both 8001",
        (ALL, "host: backup1", "host: backup1, options: {port: 8001}"),
    ),
    "a port that is none": wrong(
        "policy.repositories.primary.options.port",
        "port is 70000; expected 1 to 65535",
        (ALL, "host: backup1", "host: backup1, options: {port: 70000}"),
    ),
    "a quota in which nothing fits": wrong(
        "policy.repositories.primary.options.quota",
        "quota is 20 MiB; expected 256 MiB to 1024 TiB",
        (ALL, "host: backup1", "host: backup1, options: {quota: 20MiB}"),
    ),
    "a quota of one machine in which nothing fits": wrong(
        "policy.repositories.primary.options.quotas.his1",
        "quotas.his1 is 0 B; expected 256 MiB to",
        (ALL, "host: backup1", "host: backup1, options: {quotas: {his1: 0B}}"),
    ),
    "a quota of a machine that keeps nothing there": wrong(
        "policy.repositories.primary.options.quotas.drill1",
        ("drill1 keeps nothing in primary", "remove it, or back up or copy an asset of drill1 there"),
        (ALL, "host: backup1", "host: backup1, options: {quotas: {drill1: 2TiB}}"),
    ),
    "a quota of the control machine, which keeps nothing there": wrong(
        "policy.repositories.primary.options.quotas.control",
        "control keeps nothing in primary",
        (ALL, "host: backup1", "host: backup1, options: {quotas: {control: 2TiB}}"),
        (ALL, "  checks:\n", CONTROL),
    ),
    "a quota of a machine that is not there": wrong(
        "policy.repositories.primary.options.quotas.hsi1",
        "there is no machine 'hsi1', did you mean 'his1'?",
        (ALL, "host: backup1", "host: backup1, options: {quotas: {hsi1: 2TiB}}"),
    ),
}

CASES = GROUPS | REPOSITORIES

HEALTHY: dict[str, tuple[tuple[str, str, str], ...]] = {
    "a UPS of another machine": (check("ups: {kind: ups, options: {host: 192.0.2.9, charge_fail_below: 30%}}"),),
    "IPv4 address as a host's name": (
        (HOSTS, "offsite1", "192.0.2.21"),
        (ALL, "host: offsite1", "host: 192.0.2.21"),
    ),
    "further options of a repository": (
        (ALL, "host: backup1", "host: backup1, options: {port: 9000, reader_port: 9001}"),
    ),
    "a quota of a machine that copies there": (
        (ALL, "host: offsite1", "host: offsite1, options: {quotas: {his1: 2TiB}}"),
    ),
    "a quota of the control machine": (
        (ALL, "host: offsite1", "host: offsite1, options: {quotas: {control: 20GiB}}"),
        (ALL, "  checks:\n", CONTROL),
    ),
    "quotas": ((ALL, "host: backup1", "host: backup1, options: {quota: 500GiB, quotas: {his1: 2TiB}}"),),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_does_not_fit_is_refused(inventory: Path, case: Wrong) -> None:
    demand_refused(inventory, case)


@pytest.mark.parametrize("edits", HEALTHY.values(), ids=list(HEALTHY))
def test_what_fits_is_taken(inventory: Path, edits: tuple[tuple[str, str, str], ...]) -> None:
    demand_taken(inventory, edits)


def test_what_is_wrong_for_several_hosts_at_one_place_is_told_once(inventory: Path) -> None:
    spoil(
        inventory,
        [
            Edit(ALL, "  checks:\n", "  checks:\n    mains: {kind: ups}\n"),
            Edit(HOSTS, "    ups_hosts: {hosts: {his1: {}}}\n", ""),
        ],
    )
    (problem,) = judge(inventory)[1]
    assert problem.message.startswith("the group ups_hosts lacks backup1, drill1, his1, offsite1, so that")


def test_a_host_of_a_wrong_name_is_told_where_it_is_named(inventory: Path) -> None:
    spoil(
        inventory,
        [
            Edit(HOSTS, "drill_hosts: {hosts: {drill1", 'drill_hosts: {hosts: {"drill 1"'),
            Edit(HIS1, "drill1", "drill 1"),
        ],
    )
    lines = (inventory / HOSTS).read_text().splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if "drill 1" in line)
    told = [problem.where for problem in judge(inventory)[1] if problem.path == "hosts.drill 1"]
    assert told == [f"{inventory / HOSTS}:{number}"]


def test_what_differs_in_more_than_the_host_is_told_each_time() -> None:
    both = [Problem("a", f"{one} and {other} both have it", "f:1") for one, other in (("h1", "h2"), ("h3", "h4"))]
    assert joined(both, ["h1", "h2", "h3", "h4"]) == both
    elsewhere = [
        Problem("a", "h1 lacks it", "f:1"),
        Problem("a", "h2 lacks it", "f:2"),
        Problem("a", "h1.x lacks it", "f:1"),
    ]
    assert joined([*elsewhere, *elsewhere], ["h1", "h2"]) == elsewhere


def test_a_quota_out_of_range_is_told_in_its_own_line(inventory: Path) -> None:
    text = "host: backup1\n      options:\n        quota: 2TiB\n        quotas:\n          his1: 5MiB"
    spoil(inventory, [Edit(ALL, "{kind: rest_server, place: primary, host: backup1}", "PLACE")])
    spoil(inventory, [Edit(ALL, "PLACE", f"\n      kind: rest_server\n      place: primary\n      {text}")])
    _, (problem,) = judge(inventory)
    line = int(problem.where.rpartition(":")[2])
    assert (inventory / ALL).read_text().splitlines()[line - 1].strip() == "his1: 5MiB"


def test_a_quota_is_not_refused_as_idle_while_the_policy_of_its_machine_cant_be_read(inventory: Path) -> None:
    spoil(inventory, [Edit(ALL, "host: backup1", "host: backup1, options: {quotas: {his1: 2TiB}}")])
    spoil(inventory, [Edit(HIS1, "rpo: 26h", "rpo: 26")])
    (problem,) = judge(inventory)[1]
    assert problem.path == "policy.assets.his.rpo"
