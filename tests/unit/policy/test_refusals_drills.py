"""Drills that prove nothing of their assets, and expectations that no database answers; and those that do."""

from pathlib import Path

import pytest
from spoiled import (
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
    demand_refused,
    demand_taken,
    more,
    sources,
    wrong,
)

pytestmark = pytest.mark.usefixtures("quick_inventory")

CASES = {
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
    "all databases and none is asked": wrong(
        f"{ASSET}.drill.asks",
        ("is missing", "may have several databases; expected database.NAME"),
        (HIS1, "{database: his}", "{all: true}"),
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
        f"{ASSET}.drill.options.within",
        "within is 1s; expected 10s to 1d",
        sources("        tree: {kind: machine}\n"),
        (HIS1, EXPECTED, "        kind: machine\n        options: {within: 1s}\n"),
    ),
}

REFERRED = """\
        references:
          images: {sql: "select path, bytes from images"}
"""
CASES |= {
    "a database of a machine that another asset has": wrong(
        "policy.assets.other.sources.database",
        "takes postgresql:5432/his, which the asset his takes, too",
        asset("other", OTHER.replace("files: ", "tree: {kind: machine}\n" + DATABASE + "        files: ")),
    ),
    "references of files": wrong(
        f"{ASSET}.drill.references",
        "queries no database; remove references",
        (HIS1, EXPECTED, f"        kind: files\n{REFERRED}"),
    ),
    "references of what answers with no rows": wrong(
        f"{ASSET}.drill.references.images",
        "no PostgreSQL database that could be queried",
        (HOSTS, "    ups_hosts: {hosts: {his1: {}}}\n", MARIADB),
        sources("        database: {kind: mariadb, options: {database: his}}\n" + FILES),
        (HIS1, EXPECTED, REFERRED),
    ),
    "references of one of several": wrong(
        f"{ASSET}.drill.references.images.asks",
        ("is missing", "expected database or second"),
        more("second: {kind: postgresql, options: {database: second}}"),
        (HIS1, EXPECTED, REFERRED),
    ),
    "references of a database that is not there": wrong(
        f"{ASSET}.drill.references.images.asks",
        ("has no database 'lis'", "expected database"),
        (HIS1, EXPECTED, REFERRED.replace("{sql", "{asks: lis, sql")),
    ),
    "references that write": wrong(
        f"{ASSET}.drill.references.images.sql",
        "expected one statement that reads",
        (HIS1, EXPECTED, REFERRED.replace("select path, bytes from images", "delete from images")),
    ),
}

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
    "a range": ((HIS1, "at_least: 1000", "at_least: 1000, at_most: 1000"),),
    "files of another asset, once more after the machine": (
        asset(
            "other", OTHER.replace("files: ", "tree: {kind: machine}\n        files: ").replace("other]", "documents]")
        ),
    ),
    "references of the only database": ((HIS1, EXPECTED, REFERRED),),
    "references of another database than the questions": (
        sources("        tree: {kind: machine, options: {clusters: [5432]}}\n" + FILES),
        (
            HIS1,
            EXPECTED,
            "        kind: machine\n        asks: 5432/his\n"
            + EXPECTED
            + REFERRED.replace("{sql", "{asks: 5432/pacs, sql"),
        ),
    ),
    "MariaDB in its group": (
        (HOSTS, "    ups_hosts: {hosts: {his1: {}}}\n", MARIADB),
        sources("        database: {kind: mariadb, options: {database: his}}\n" + FILES),
        asked(r"select count(*) from t where a = 'it\'s; delete from'"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_drill_that_proves_nothing_is_refused(inventory: Path, case: Wrong) -> None:
    demand_refused(inventory, case)


@pytest.mark.parametrize("edits", HEALTHY.values(), ids=list(HEALTHY))
def test_a_drill_of_what_is_there_is_taken(inventory: Path, edits: tuple[tuple[str, str, str], ...]) -> None:
    demand_taken(inventory, edits)
