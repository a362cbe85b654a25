"""What does not fit the inventory's groups, the kinds, or the rest of the policy; and what does."""

from pathlib import Path

import pytest
from spoiled import (
    ALL,
    ASSET,
    DATABASE,
    EXPECTED,
    FILES,
    HIS1,
    HOSTS,
    MARIADB,
    OTHER,
    Wrong,
    asked,
    asset,
    check,
    demand_refused,
    demand_taken,
    more,
    sources,
    wrong,
)

pytestmark = pytest.mark.usefixtures("quick_inventory")

GROUPS = {
    "asset outside servers": wrong(
        ASSET, ("his1 is not in the group servers", "add his1 to servers"), (HOSTS, "{his1: {}}}", "{docs1: {}}}")
    ),
    "database outside its group": wrong(
        f"{ASSET}.sources.database",
        ("not in the group postgresql_hosts", "add his1 to postgresql_hosts"),
        (HOSTS, "postgresql_hosts: {hosts: {his1: {}}}", "postgresql_hosts: {hosts: {drill1: {}}}"),
    ),
    "another database outside its group": wrong(
        f"{ASSET}.sources.lab",
        "his1 is not in the group mariadb_hosts",
        more("lab: {kind: mariadb, options: {database: lab}}"),
        (HIS1, "every: 31d", "every: 31d\n        asks: database"),
    ),
    "clusters of a machine outside the group": wrong(
        "policy.assets.other.sources.tree",
        "not in the group postgresql_hosts",
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
        ("drill1 is not in the group backup_hosts", "add drill1 to backup_hosts"),
        (ALL, "host: offsite1", "host: drill1"),
    ),
    "drill outside drill_hosts": wrong(
        f"{ASSET}.drill.host",
        ("docs1 is not in the group drill_hosts", "add docs1 to drill_hosts"),
        (HOSTS, "servers: {hosts: {his1: {}}}", "servers: {hosts: {his1: {}, docs1: {}}}"),
        (HIS1, "host: drill1", "host: docs1"),
    ),
    "no such group at all": wrong("drill_host", "is drill_hosts meant?", (HOSTS, "drill_hosts", "drill_host")),
    "UPS outside ups_hosts": wrong(
        "policy.checks.mains",
        ("his1 is not in the group ups_hosts",),
        check("mains: {kind: ups}"),
        (HOSTS, "    ups_hosts: {hosts: {his1: {}}}\n", ""),
    ),
    "UPS that nobody described": wrong(
        "policy.checks.mains", ("ups_devices is not defined for it", "host_vars/his1"), check("mains: {kind: ups}")
    ),
    "host with a name that is no name of a host": wrong(
        "hosts.bäckup1",
        ("can't be the name of a machine", "ansible_host"),
        (HOSTS, "backup1", "bäckup1"),
        (ALL, "host: backup1", "host: bäckup1"),
    ),
    "IPv6 address as a host's name": wrong(
        "hosts.2001:db8::21",
        ("can't be the name of a machine", "such as backup1", "write its address as `ansible_host`"),
        (HOSTS, "backup1", '"2001:db8::21"'),
        (ALL, "host: backup1", 'host: "2001:db8::21"'),
    ),
}

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
        "policy.repositories.primary.options",
        "port is 70000; expected 1 to 65535",
        (ALL, "host: backup1", "host: backup1, options: {port: 70000}"),
    ),
}

DRILLS = {
    "database drill of files": wrong(
        f"{ASSET}.drill.kind",
        ("needs a database", "of kind files", "expected kind: files"),
        sources(FILES),
        (HIS1, EXPECTED, ""),
    ),
    "files drill of a database": wrong(
        f"{ASSET}.drill.kind",
        ("needs a source that is not a database", "expected kind: database"),
        sources(DATABASE),
        (HIS1, EXPECTED, "        kind: files\n"),
    ),
    "machine drill of no machine": wrong(
        f"{ASSET}.drill.kind",
        ("needs a source of the kind machine", "expected kind: database or files"),
        (HIS1, EXPECTED, "        kind: machine\n"),
    ),
    "crash of a machine without clusters": wrong(
        f"{ASSET}.drill.kind",
        ("`clusters`", "expected kind: files or machine"),
        sources("        tree: {kind: machine}\n"),
        (HIS1, EXPECTED, "        kind: crash\n"),
    ),
    "asks for a part that is not there": wrong(
        f"{ASSET}.drill.asks",
        ("has no database 'database.lis'", "expected database"),
        (HIS1, "every: 31d", "every: 31d\n        asks: database.lis"),
    ),
    "asks for files": wrong(
        f"{ASSET}.drill.asks",
        "has no database 'documents'",
        (HIS1, "every: 31d", "every: 31d\n        asks: documents"),
    ),
    "asks a server for no database": wrong(
        f"{ASSET}.drill.asks",
        "expected database.NAME",
        (HIS1, "{database: his}", "{all: true}"),
        (HIS1, "every: 31d", "every: 31d\n        asks: database"),
    ),
    "several databases and none is asked": wrong(
        f"{ASSET}.drill.asks",
        ("is missing", "expected one of database or second"),
        more("second: {kind: postgresql, options: {database: second}}"),
    ),
    "expectations of files": wrong(
        f"{ASSET}.drill.expectations",
        "queries no database; remove expectations",
        (HIS1, "every: 31d", "every: 31d\n        kind: files"),
    ),
    "expectations of a machine without clusters": wrong(
        f"{ASSET}.drill.expectations",
        "no database that could be queried",
        sources("        tree: {kind: machine}\n"),
        (HIS1, "every: 31d", "every: 31d\n        kind: machine"),
    ),
    "limits of an expectation exchanged": wrong(
        f"{ASSET}.drill.expectations.some_patients",
        "at least 1000 and at most 10",
        (HIS1, "at_least: 1000", "at_least: 1000, at_most: 10"),
    ),
    "limit that is no number": wrong(
        f"{ASSET}.drill.expectations.some_patients", "is not a number", (HIS1, "at_least: 1000", "at_least: .nan")
    ),
    "equals with a limit": wrong(
        f"{ASSET}.drill.expectations.some_patients",
        "equals says all",
        (HIS1, "at_least: 1000", "at_least: 1000, equals: 1000"),
    ),
    "service without its ending": wrong(
        f"{ASSET}.drill.options.services[0]",
        "with its ending, such as ssh.service",
        sources("        tree: {kind: machine}\n"),
        (HIS1, EXPECTED, "        kind: machine\n        options: {services: [ssh]}\n"),
    ),
    "service that is not started": wrong(
        f"{ASSET}.drill.options",
        "ssh.service is in services, but without says that it is not started",
        sources("        tree: {kind: machine}\n"),
        (HIS1, EXPECTED, "        kind: machine\n        options: {services: [ssh.service], without: [ssh.service]}\n"),
    ),
    "time for a boot outside sense": wrong(
        f"{ASSET}.drill.options",
        "within is 1s; expected 10s to 1d",
        sources("        tree: {kind: machine}\n"),
        (HIS1, EXPECTED, "        kind: machine\n        options: {within: 1s}\n"),
    ),
}
CASES = GROUPS | REPOSITORIES | DRILLS

HEALTHY: dict[str, tuple[tuple[str, str, str], ...]] = {
    "a drill of files": (sources(FILES), (HIS1, EXPECTED, "        kind: files\n")),
    "a drill of files of both": ((HIS1, EXPECTED, "        kind: files\n"),),
    "a machine that is booted": (
        sources("        tree: {kind: machine}\n"),
        (HIS1, EXPECTED, "        kind: machine\n"),
    ),
    "a machine of which files are drilled": (
        sources("        tree: {kind: machine}\n"),
        (HIS1, EXPECTED, "        kind: files\n"),
    ),
    "a crash": (
        sources("        tree: {kind: machine, options: {clusters: [5432]}}\n"),
        (HIS1, EXPECTED, f"        kind: crash\n        asks: 5432/his\n{EXPECTED}"),
    ),
    "asks for the only database": ((HIS1, "every: 31d", "every: 31d\n        asks: database"),),
    "asks for one of all": (
        (HIS1, "{database: his}", "{all: true}"),
        (HIS1, "every: 31d", "every: 31d\n        asks: database.his"),
    ),
    "all databases, of which there may be one": ((HIS1, "{database: his}", "{all: true}"),),
    "a range": ((HIS1, "at_least: 1000", "at_least: 1000, at_most: 1000"),),
    "MariaDB in its group": (
        (HOSTS, "    ups_hosts: {hosts: {his1: {}}}\n", MARIADB),
        sources("        database: {kind: mariadb, options: {database: his}}\n" + FILES),
        asked(r"select count(*) from t where a = 'it\'s; delete from'"),
    ),
    "a UPS of another machine": (check("ups: {kind: ups, options: {host: 192.0.2.9, charge_fail_below: 30%}}"),),
    "IPv4 address as a host's name": (
        (HOSTS, "offsite1", "192.0.2.21"),
        (ALL, "host: offsite1", "host: 192.0.2.21"),
    ),
    "further options of a repository": (
        (ALL, "host: backup1", "host: backup1, options: {port: 9000, reader_port: 9001}"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_does_not_fit_is_refused(inventory: Path, case: Wrong) -> None:
    demand_refused(inventory, case)


@pytest.mark.parametrize("edits", HEALTHY.values(), ids=list(HEALTHY))
def test_what_fits_is_taken(inventory: Path, edits: tuple[tuple[str, str, str], ...]) -> None:
    demand_taken(inventory, edits)
