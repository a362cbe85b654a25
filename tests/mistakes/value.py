"""What no single word may be: spans, shares, kinds, paths. Numbers: the first list's."""

from mistakes.mistake import (
    ACCEPTED,
    ALL,
    DOCS1,
    HIS1,
    KEEPERS,
    SERVERS,
    Table,
    append,
    at,
    his,
    noted,
    refused,
    site,
    swap,
)

TABLE = Table()
add = TABLE.add

for span in ("1000y", "11y", "0s", "0d"):
    add(f"43 rpo of {span}", refused(at(HIS1, f"rpo: {span}"), "rpo"), his("rpo: 26h", f"rpo: {span}"))
for span in ("0s", "0h", "1s", "1000y"):
    add(f"44 rto of {span}", refused(at(HIS1, f"rto: {span}"), "rto"), his("rto: 4h", f"rto: {span}"))
for span in (
    "-26h",
    "240",
    "1.5h",
    "30m",
    "3 hours",
    "26",
    "1 day",
    "26H",
    "24:00",
    "one day",
    "P1D",
    "26 h 30",
    "1mo",
    "",
):
    add(
        f"45 rpo of {span or 'nothing'}",
        refused(at(HIS1, f"rpo: {span}"), "rpo", "min" if span else ""),
        his("rpo: 26h", f"rpo: {span}"),
    )
for span in ("1d 2h", "26 h", "1560min", "2w"):
    add(f"rpo of {span}", ACCEPTED, his("rpo: 26h", f"rpo: {span}"))
add("43 retention of 100000 years", refused(at(HIS1, "retention:"), "out of range"), his("all: 14d", "all: 100000y"))
add("retention of nothing", refused(at(HIS1, "retention:"), "all"), his("all: 14d", "all: 0d"))
add("a span with forty digits", refused(at(HIS1, "rpo:"), "rpo"), his("rpo: 26h", f"rpo: {'9' * 40}y"))
add(
    "99 retention as one span",
    refused(at(HIS1, "retention:"), "mapping"),
    his("{all: 14d, daily: 60d, monthly: 2y, yearly: 30y}", "30y"),
)
add("99 keep_daily", refused(at(HIS1, "keep_daily"), "did you mean 'daily'?"), his("daily: 60d", "keep_daily: 7"))
add(
    "100 a rule of retention without effect",
    refused(at(HIS1, "retention:"), "daily", "no effect"),
    his("all: 14d, daily: 60d", "all: 60d, daily: 14d"),
)
add(
    "100 kept shorter than until the next copy",
    refused(at(HIS1, "retention:"), "copy"),
    his("{all: 14d, daily: 60d, monthly: 2y, yearly: 30y}", "{all: 1d}"),
)
add(
    "kept shorter than until the next backup",
    refused(at(HIS1, "retention:"), ""),
    his("{all: 14d, daily: 60d, monthly: 2y, yearly: 30y}", "{all: 1h}"),
)
add(
    "a random delay of a year",
    refused(at(HIS1, "random_delay:"), "random_delay"),
    his("random_delay: 15min", "random_delay: 1y"),
)
add("a random delay of nothing", ACCEPTED, his("random_delay: 15min", "random_delay: 0s"))
add(
    "a grace of a thousand years",
    refused(at(HIS1, "grace: 1000y"), "grace"),
    his('last day"}', 'last day", grace: 1000y}'),
)
add("a drill every second", refused(at(HIS1, "every: 1s"), "every"), his("every: 31d", "every: 1s"))
add("a drill every 1000 years", refused(at(HIS1, "every: 1000y"), "every"), his("every: 31d", "every: 1000y"))
add("control kept for a second", refused(at(ALL, "retention:"), ""), site("{all: 60d, monthly: 2y}", "{all: 1s}"))
add("an rto beyond the rpo", ACCEPTED, his("rto: 4h", "rto: 3d"))

for share in ("20", "150%", "10GB", "-5%", "a fifth", "0.2", "20 percent"):
    add(
        f"82 warn_below of {share}",
        refused(at(SERVERS, "warn_below:"), "percentage such as 15%"),
        swap(SERVERS, "20%", share),
    )
add(
    "83 limits that contradict each other",
    refused(at(ALL, "root_disk:"), "warn_below", "fail_below"),
    site("warn_below: 15%, fail_below: 5%", "warn_below: 2%, fail_below: 5%"),
)
add(
    "83 limits of a check of memory",
    refused(at(ALL, "memory:"), "warn_below", "fail_below"),
    site("warn_below: 10%, fail_below: 5%", "warn_below: 5%, fail_below: 10%"),
)
add(
    "83 limits of two layers",
    refused(at(SERVERS, "warn_below:"), "warn_below", "fail_below"),
    swap(SERVERS, "20%", "3%"),
)
add(
    "limits of a UPS that contradict each other",
    refused(at(HIS1, "mains:"), "charge_fail_below"),
    his("{ups: mains}", "{ups: mains, charge_warn_below: 10%, charge_fail_below: 50%}"),
)
add("a limit of a hundred per cent", ACCEPTED, swap(KEEPERS, "warn_below: 20%", "warn_below: 100%"))
add("limits that are equal", ACCEPTED, site("warn_below: 10%, fail_below: 5%", "warn_below: 5%, fail_below: 5%"))

for kind, near in (
    ("mysql", "mariadb"),
    ("oracle", "command"),
    ("postgres", "postgresql"),
    ("pgsql", "postgresql"),
    ("sqlite3", "sqlite"),
    ("file", "files"),
):
    add(
        f"85 a source of kind {kind}",
        refused(at(HIS1, f"kind: {kind}"), near),
        his("kind: postgresql", f"kind: {kind}"),
    )
add("85 a source of kind vm", refused(at(HIS1, "kind: vm"), "machine"), his("kind: postgresql", "kind: vm"))
add(
    "85 a check of kind printers",
    refused(at(HIS1, "kind: printers"), "known kinds"),
    his("kind: ups", "kind: printers"),
)
add("a repository of kind sftp", refused(at(ALL, "kind: sftp"), "rest_server"), site("kind: rest_server", "kind: sftp"))
add(
    "a kind with a capital letter",
    refused(at(HIS1, "kind: PostgreSQL"), "did you mean 'postgresql'?"),
    his("kind: postgresql", "kind: PostgreSQL"),
)
add(
    "86 neither database nor all",
    refused(at(HIS1, "kind: postgresql"), "database: NAME", "all: true"),
    his(", options: {database: his}", ""),
)
add(
    "86 both database and all",
    refused(at(HIS1, "kind: postgresql"), "database: NAME", "all: true"),
    his("{database: his}", "{database: his, all: true}"),
)
add(
    "87 an expectation without a limit",
    refused(at(HIS1, "patients:"), "equals, at_least or at_most"),
    his(", at_least: 1000", ""),
)
add(
    "87 a text for a number",
    refused(at(HIS1, "patients:"), "expected", "'many'"),
    his("at_least: 1000", "at_least: many"),
)
add(
    "an expectation that can't be met",
    refused(at(HIS1, "patients:"), "at least 1000", "at most 10"),
    his("at_least: 1000", "at_least: 1000, at_most: 10"),
)
for query in (
    "delete from patients",
    "update patients set name = ''",
    "drop table patients",
    "select 1; delete from patients",
    "with gone as (delete from patients returning 1) select count(*) from gone",
    "DELETE FROM patients",
    "truncate patients",
    "insert into patients values (1)",
    "select count(*) into copied from patients",
):
    add(
        f"a question that writes: {query}",
        refused(at(HIS1, "patients:"), "sql"),
        his("select count(*) from patients", f'"{query}"'),
    )
for query in (
    "select count(*) from deleted_patients",
    "select count(*) from patients where note = 'delete'",
    "with p as (select 1) select count(*) from p",
    "select count(*) from updates",
):
    add(f"a question: {query}", ACCEPTED, his("select count(*) from patients", f'"{query}"'))
add("a question of nothing", refused(at(HIS1, "patients:"), "sql"), his("select count(*) from patients", '""'))

add(
    "81 paths as one text",
    refused(at(DOCS1, "paths:"), "expected a list"),
    swap(DOCS1, "[/srv/documents]", "/srv/documents"),
)
for path in ("srv/documents", "./documents", "~/documents", '""', "C:/documents", '"/srv/../etc"'):
    add(f"a path {path}", refused(at(DOCS1, "paths:"), "path"), swap(DOCS1, "[/srv/documents]", f"[{path}]"))
add("no paths", refused(at(DOCS1, "paths:"), "path"), swap(DOCS1, "[/srv/documents]", "[]"))
add(
    "a path twice",
    refused(at(DOCS1, "paths:"), "twice"),
    swap(DOCS1, "[/srv/documents]", "[/srv/documents, /srv/documents]"),
)
add("a path with a space", ACCEPTED, swap(DOCS1, "/srv/documents]", "/srv/old documents]"))
add(
    "no sources",
    refused(at(HIS1, "sources:"), "source"),
    his("      sources:\n        database: {kind: postgresql, options: {database: his}}\n", "      sources: {}\n"),
)
add("a source without a kind", refused(at(HIS1, "database: {"), "kind"), his("{kind: postgresql, options", "{options"))
add(
    "options beside the kind",
    refused(at(HIS1, "database: {kind"), "options"),
    his("options: {database: his}", "database: his"),
)
add(
    "an unknown option",
    refused(at(HIS1, "databse"), "did you mean 'database'?"),
    his("{database: his}", "{databse: his}"),
)
add(
    "a port beyond the last",
    refused(at(HIS1, "port: 65536"), "port"),
    his("{database: his}", "{database: his, port: 65536}"),
)
add(
    "a port of a repository beyond the last",
    refused(at(ALL, "port: 80000"), "port"),
    site("host: backup1", "host: backup1, options: {port: 80000}"),
)
add(
    "one port for writers and readers",
    refused(at(ALL, "primary: {"), "port"),
    site("host: backup1", "host: backup1, options: {port: 8001}"),
)
add("a port of SSH's", noted(at(HIS1, "port: 22"), "22", "5432"), his("{database: his}", "{database: his, port: 22}"))
add("a port of a second cluster", ACCEPTED, his("{database: his}", "{database: his, port: 5433}"))
add("all files may be lost", noted(at(DOCS1, "may_lose"), "100%"), swap(DOCS1, "paths:", "may_lose: 100%, paths:"))
add("half of the files may be lost", ACCEPTED, swap(DOCS1, "paths:", "may_lose: 50%, paths:"))
add("another port", ACCEPTED, site("host: backup1", "host: backup1, options: {port: 8010}"))

add(
    "90 a day the other way round",
    refused(at(HIS1, "31.12.2026"), "day such as 2027-03-31"),
    append(HIS1, "  exceptions:\n    x: {what: postgresql:5432/x, reason: none, until: 31.12.2026}\n"),
)
add(
    "90 an exception for three years",
    refused(at(HIS1, "2029-12-31"), "too far ahead"),
    append(HIS1, "  exceptions:\n    x: {what: postgresql:5432/x, reason: none, until: 2029-12-31}\n"),
)
add(
    "90 an exception of no gap",
    refused(at(HIS1, "what: scratch"), "name of a gap"),
    append(HIS1, "  exceptions:\n    x: {what: scratch, reason: none, until: 2026-12-31}\n"),
)
add(
    "90 an exception without a reason",
    refused(at(HIS1, "    x:"), "reason"),
    append(HIS1, "  exceptions:\n    x: {what: postgresql:5432/x, until: 2026-12-31}\n"),
)
add("an owner of nothing", refused(at(HIS1, "owner:"), "owner"), his("owner: dba", "owner:"))
add("an unknown key of an asset", refused(at(HIS1, "rpq:"), "did you mean 'rpo'?"), his("rpo:", "rpq:"))
add("a key in capitals", refused(at(HIS1, "RPO:"), "did you mean 'rpo'?"), his("rpo:", "RPO:"))
add(
    "a unit without suffix",
    refused(at(HIS1, "expected: [postgresql]"), "ssh.service"),
    his("postgresql@15-main.service", "postgresql"),
)
