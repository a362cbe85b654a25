"""What an asset can't take or ask; and what it can."""

from pathlib import Path

import pytest
from spoiled import (
    ALL,
    ASSET,
    DATABASE,
    HIS1,
    OTHER,
    Wrong,
    asked,
    asset,
    demand_refused,
    demand_taken,
    more,
    wrong,
)

pytestmark = pytest.mark.usefixtures("quick_inventory")

QUESTIONS = {
    f"question: {sql}": wrong(f"{ASSET}.drill.expectations.some_patients.sql", says, asked(f'"{sql}"'))
    for sql, says in {
        "delete from patients": "begins with 'delete'",
        "update patients set name = ''": "begins with 'update'",
        "insert into t values (1)": "begins with 'insert'",
        "truncate patients": "begins with 'truncate'",
        "call tidy()": "begins with 'call'",
        "do $$begin delete from t; end$$": "begins with 'do'",
        "copy patients to '/tmp/x'": "begins with 'copy'",
        "explain analyze delete from t": "begins with 'explain'",
        "": "is empty",
        "-- nothing": "is empty",
        "select 1; select 2": "several statements",
        "select 1; drop table patients;": "several statements",
        "select count(*) into other from patients": "writes with `into`",
        "with gone as (delete from patients returning 1) select count(*) from gone": "writes with `delete`",
        "with gone as (select 1) insert into t select 1": "writes with `into`",
        "with gone as (select 1) delete from t": "writes with `delete`",
        "with a as (/* x */ UPDATE t set a = 1 returning 1) select 1": "writes with `update`",
        "select id from patients for update": "locks rows with `for update`",
        "select id from patients for no key update": "locks rows",
        "select nextval('s')": "`nextval`",
        "select pg_terminate_backend(1)": "`pg_terminate_backend`",
        "select 'a": "is not closed",
        "select count(*": "is not closed",
        "select 1)": "is not closed",
        "select 1 /* x": "is not closed",
    }.items()
} | {
    "question: a command of psql": wrong(
        f"{ASSET}.drill.expectations.some_patients.sql",
        "a command of the database's client",
        asked(r"'select 1 \! id'"),
    ),
}

PATHS = {
    f"path: {path}": wrong(
        f"{ASSET}.sources.documents.options.paths[0]",
        "expected an absolute path such as /srv/documents",
        (HIS1, "[/srv/documents]", f'["{path}"]'),
    )
    for path in ("srv/documents", "./documents", "~/documents", "/srv/../etc", "/srv/*", "")
} | {
    "path twice": wrong(
        f"{ASSET}.sources.documents.options.paths[1]",
        "is named twice",
        (HIS1, "[/srv/documents]", "[/srv/a, /srv//a/]"),
    ),
    "path in another": wrong(
        f"{ASSET}.sources.documents.options.paths[0]",
        "/srv/a/b lies in /srv/a",
        (HIS1, "[/srv/documents]", "[/srv/a/b, /srv/a]"),
    ),
    "no source": wrong(
        "policy.assets.other.sources",
        "requires at least one source",
        asset(
            "other",
            OTHER.replace("sources:\n        files: {kind: files, options: {paths: [/srv/other]}}", "sources: {}"),
        ),
    ),
    "file system twice": wrong(
        f"{ASSET}.sources.tree.options",
        "takes one folder twice",
        more('tree: {kind: machine, options: {filesystems: ["/", "/"]}}'),
    ),
    "pattern that says nothing": wrong(
        f"{ASSET}.sources.documents.options.exclude",
        "the pattern '!a' can't be used",
        (HIS1, "paths: [/srv/documents]", 'paths: [/srv/documents], exclude: ["!a"]'),
        (HIS1, DATABASE, f"{DATABASE}        second: {{kind: files, options: {{paths: [/srv/second]}}}}\n"),
    ),
    "no path": wrong(f"{ASSET}.sources.documents.options.paths", "is empty", (HIS1, "[/srv/documents]", "[]")),
    "the whole system as files": wrong(
        f"{ASSET}.sources.documents.options", "use the kind `machine`", (HIS1, "[/srv/documents]", "[/]")
    ),
    "what lasts not": wrong(
        f"{ASSET}.sources.documents.options", "holds nothing that lasts", (HIS1, "[/srv/documents]", "[/run/his]")
    ),
    "all is excluded": wrong(
        f"{ASSET}.sources.documents.options.exclude",
        "excludes all of /srv/documents",
        (HIS1, "paths: [/srv/documents]", "paths: [/srv/documents], exclude: [documents]"),
    ),
    "all in one of two folders is excluded": wrong(
        f"{ASSET}.sources.documents.options.exclude",
        "excludes all of /srv/documents",
        (HIS1, "paths: [/srv/documents]", "paths: [/srv/documents, /srv/scans], exclude: [/srv/documents/*]"),
    ),
    "two sources of one folder": wrong(
        f"{ASSET}.sources.second",
        "takes path:/srv/documents, which the source documents takes, too",
        more("second: {kind: files, options: {paths: [/srv/documents]}}"),
    ),
    "two sources of which one lies in the other": wrong(
        f"{ASSET}.sources.second",
        "/srv/documents/new lies in /srv/documents",
        more("second: {kind: files, options: {paths: [/srv/documents/new]}}"),
    ),
    "a database and all of its server": wrong(
        f"{ASSET}.sources.every",
        "takes postgresql:5432/his, which the source database takes, too",
        more("every: {kind: postgresql, options: {all: true}}"),
    ),
    "a pattern for a database": wrong(
        f"{ASSET}.sources.database.options", "or `all: true` instead", (HIS1, "{database: his}", '{database: "*"}')
    ),
    "two assets of one database": wrong(
        "policy.assets.other.sources.files",
        "takes postgresql:5432/his, which the asset his takes, too",
        asset(
            "other",
            OTHER.replace("kind: files, options: {paths: [/srv/other]}", "kind: postgresql, options: {database: his}"),
        ),
    ),
    "two assets of one folder": wrong(
        "policy.assets.other.sources.files",
        "takes path:/srv/documents, which the asset his takes",
        asset("other", OTHER.replace("/srv/other", "/srv/documents/")),
    ),
    "path of a disk": wrong(
        "policy.checks.root_disk.options.path", "expected an absolute path", (ALL, "path: /,", "path: srv,")
    ),
    "socket": wrong(
        f"{ASSET}.sources.database.options.socket",
        "expected an absolute path",
        (HIS1, "{database: his}", "{database: his, socket: run/postgresql}"),
    ),
    "file of a database": wrong(
        f"{ASSET}.sources.agenda.options.path",
        "expected an absolute path",
        more("agenda: {kind: sqlite, options: {path: agenda.sqlite}}"),
        (HIS1, "every: 31d", "every: 31d\n        asks: database"),
    ),
    "program": wrong(
        f"{ASSET}.sources.export.options",
        "absolute path of a program",
        more("export: {kind: command, options: {argv: [dump]}}"),
    ),
    "what a program covers": wrong(
        f"{ASSET}.sources.export.options.covers[0]",
        "stands for everything",
        more('export: {kind: command, options: {argv: [/bin/true], covers: ["path:/*"]}}'),
    ),
    "path of the control machine": wrong(
        "policy.control.paths[1]",
        "is named twice",
        (
            ALL,
            "  checks:\n",
            "  control: {owner: dba, repository: offsite, rpo: 8d, rto: 4h, retention: {all: 60d}, "
            "paths: [/srv/a, /srv/a]}\n  checks:\n",
        ),
    ),
}

CASES = QUESTIONS | PATHS

HEALTHY: dict[str, tuple[tuple[str, str, str], ...]] = {
    "limits that are one": ((ALL, "warn_below: 15%, fail_below: 5%", "warn_below: 5%, fail_below: 5%"),),
    "a source beside what another excludes": (
        (HIS1, "paths: [/srv/documents]", "paths: [/srv/documents], exclude: [/srv/documents/new]"),
        (HIS1, DATABASE, f"{DATABASE}        second: {{kind: files, options: {{paths: [/srv/documents/new]}}}}\n"),
    ),
    "all databases of another server": (
        more("every: {kind: postgresql, options: {all: true, port: 5433}}"),
        (HIS1, "every: 31d", "every: 31d\n        asks: database"),
    ),
    "folders of two assets, one in the other": (asset("other", OTHER.replace("/srv/other", "/srv")),),
    "a machine beside what it holds": (more("tree: {kind: machine}"),),
    "a file of a database in a folder": (
        more("agenda: {kind: sqlite, options: {path: /srv/documents/a.db}}"),
        (HIS1, "every: 31d", "every: 31d\n        asks: agenda"),
    ),
} | {
    f"question: {sql}": (asked(f'"{sql}"'),)
    for sql in (
        "select count(*) from patients;",
        "SELECT 1 -- delete from patients; x",
        "table patients",
        "values (1)",
        "(select 1)",
        "with a as (select 1) select * from a",
        "select count(*) from t where a = 'delete; into'",
        "select max(update) from t",
        "select count(replace(a, 'b', 'c')) from t",
        "select (select count(*) from updates)",
        "select $$;$$ || 'it''s'",
        "select extract(day from now() - max(admitted)) from admissions",
        "select /* into; */ 1",
        "select `into` from t",
        "select E'it\\\\'s; delete'",
        "select count(*) from copy",
        "select 1::int",
        "select a from t where set = 1",
    )
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_can_not_be_is_refused(inventory: Path, case: Wrong) -> None:
    demand_refused(inventory, case)


@pytest.mark.parametrize("edits", HEALTHY.values(), ids=list(HEALTHY))
def test_what_can_be_is_taken(inventory: Path, edits: tuple[tuple[str, str, str], ...]) -> None:
    demand_taken(inventory, edits)
