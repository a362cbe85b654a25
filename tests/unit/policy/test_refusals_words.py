"""Names, spans, kinds and exceptions that make no sense; and those that do."""

from pathlib import Path

import pytest
from spoiled import ALL, ASSET, HIS1, Wrong, asset, check, demand_refused, demand_taken, more, wrong

pytestmark = pytest.mark.usefixtures("quick_inventory")

SPANS = {
    f"{what}: {span}": wrong(path, (f"{said} is out of range", f"expected {rule}"), (HIS1, old, new))
    for what, span, path, said, rule, old, new in (
        ("rto", "0s", f"{ASSET}.rto", "0s", "1min to 90d", "rto: 1h", "rto: 0s"),
        ("rto", "1s", f"{ASSET}.rto", "1s", "1min to 90d", "rto: 1h", "rto: 1s"),
        ("rto", "10y", f"{ASSET}.rto", "3652d 12h", "1min to 90d", "rto: 1h", "rto: 10y"),
        ("rpo", "1000y", f"{ASSET}.rpo", "365250d", "1min to 2y", "rpo: 26h", "rpo: 1000y"),
        ("delay", "3d", f"{ASSET}.random_delay", "3d", "0s to 1d", "random_delay: 15min", "random_delay: 3d"),
        (
            "grace",
            "0s",
            f"{ASSET}.copies.offsite.grace",
            "0s",
            "1min to 90d",
            "to: offsite,",
            "to: offsite, grace: 0s,",
        ),
        ("every", "100y", f"{ASSET}.drill.every", "36525d", "1h to 2y", "every: 31d", "every: 100y"),
        ("all", "1s", f"{ASSET}.retention.all", "1s", "1h to 100y", "all: 14d", "all: 1s"),
        ("yearly", "1000y", f"{ASSET}.retention.yearly", "365250d", "1h to 100y", "yearly: 30y", "yearly: 1000y"),
    )
} | {
    "grace longer than the time between copies": wrong(
        f"{ASSET}.copies.offsite.grace",
        "longer than the time between two copies",
        (HIS1, "to: offsite,", "to: offsite, grace: 60d,"),
    ),
    "copy that comes only once": wrong(
        f"{ASSET}.copies.offsite.calendar",
        "comes only once",
        (HIS1, '"day 10, day 20, last day"', '"2027-01-01"'),
    ),
    "random delay that the RPO does not hold": wrong(
        f"{ASSET}.rpo", "can't be met", (HIS1, "random_delay: 15min", "random_delay: 5h")
    ),
    "control": wrong(
        "policy.control.rto",
        "0s is out of range",
        (
            ALL,
            "  checks:\n",
            "  control: {owner: dba, repository: offsite, rpo: 8d, rto: 0s, retention: {all: 60d}}\n  checks:\n",
        ),
    ),
    "endless delay": wrong(
        f"{ASSET}.random_delay", "expected a duration", (HIS1, "random_delay: 15min", f"random_delay: {'9' * 40}y")
    ),
    "delay of an age": wrong(
        f"{ASSET}.random_delay", "out of range", (HIS1, "random_delay: 15min", "random_delay: 999999y")
    ),
    "duration without its unit": wrong(
        f"{ASSET}.rpo", "whole numbers with s, min, h, d, w or y", (HIS1, "rpo: 26h", "rpo: 240")
    ),
    "duration with a fraction": wrong(f"{ASSET}.rpo", "found '1.5h'", (HIS1, "rpo: 26h", "rpo: 1.5h")),
    "rule without effect": wrong(
        f"{ASSET}.retention.daily",
        ("14d has no effect", "`all` keeps more sets for 60d", "expected more than 60d"),
        (HIS1, "all: 14d, daily: 60d", "all: 60d, daily: 14d"),
    ),
    "kept for less than the RPO": wrong(
        f"{ASSET}.retention.all",
        "shorter than the RPO",
        (HIS1, "{all: 14d, daily: 60d, monthly: 2y, yearly: 30y}", "{all: 1d}"),
    ),
    "kept for less than the time between copies": wrong(
        f"{ASSET}.retention.all",
        ("the copy offsite comes every", "nothing would be left of it"),
        (HIS1, "{all: 14d, daily: 60d, monthly: 2y, yearly: 30y}", "{all: 3d}"),
    ),
}

NAMES = {
    f"asset {name}": wrong(f"policy.assets.{name}", "can't be", asset(f'"{name}"'))
    for name in ("end", "enter", "manifest", "no", "yes", "all", "host", "on", "off", "true", "null")
} | {
    "source manifest": wrong(
        f"{ASSET}.sources.manifest", "every set has a part", more("manifest: {kind: files, options: {paths: [/srv/m]}}")
    ),
    "source of two words": wrong(
        f"{ASSET}.sources.my files", "not a valid name", more("my files: {kind: files, options: {paths: [/srv/m]}}")
    ),
    "repository no": wrong(
        "policy.repositories.no",
        "YAML reads it as another value",
        (ALL, "  repositories:\n", '  repositories:\n    "no": {kind: rest_server, place: offsite, host: drill1}\n'),
    ),
    "check that the policy makes": wrong(
        "policy.checks.backup_age_his",
        "is the name of a check that the policy makes by itself",
        check("backup_age_his: {kind: memory}"),
    ),
    "check that the status adds": wrong("policy.checks.ledger", "makes by itself", check("ledger: {kind: memory}")),
    "check called gaps": wrong("policy.checks.gaps", "is called gaps on every machine", check("gaps: {kind: memory}")),
    "gaps by another name": wrong("policy.checks.lost", "is called gaps on every machine", check("lost: {kind: gaps}")),
    "check of a kind that is derived": wrong(
        "policy.checks.age.kind",
        "the policy makes checks of kind backup_age",
        check("age: {kind: backup_age, options: {asset: his, rpo: 26h}}"),
    ),
    "check that the control machine adds": wrong(
        "policy.checks.clock", "makes by itself", check("clock: {kind: memory}")
    ),
    "deputy of oneself": wrong(
        "policy.contacts.it_head.deputy", "can't stand in for themselves", (ALL, "deputy: dba", "deputy: it_head")
    ),
    "mail address that is none": wrong(
        "policy.contacts.dba.mail",
        "expected one such as it@hospital.example",
        (ALL, "mail: dba@hospital.example", "mail: intranet"),
    ),
    "contact without a name": wrong(
        "policy.contacts.dba.name", "is empty", (ALL, "name: Database administrator}", 'name: " "}')
    ),
    "site without a name": wrong("policy.site.name", "is empty", (ALL, "name: Test hospital", 'name: ""')),
    "time zone by its city": wrong(
        "policy.site.timezone", "did you mean 'America/Sao_Paulo'?", (ALL, "America/Sao_Paulo", "sao paulo")
    ),
    "language that there is not": wrong(
        "policy.site.language",
        "'de' is not a language of Seawall; there are en, cs, pt_BR, zh_CN",
        (ALL, "timezone: America/Sao_Paulo", "timezone: America/Sao_Paulo, language: de"),
    ),
    "language in another spelling": wrong(
        "policy.site.language",
        "did you mean 'pt_BR'?",
        (ALL, "timezone: America/Sao_Paulo", "timezone: America/Sao_Paulo, language: pt-br"),
    ),
    "exception without a name": wrong("policy.exceptions. ", "not a valid name", (HIS1, "scratch:", '" ":')),
    "time zone of another spelling": wrong(
        "policy.site.timezone", "did you mean 'America/Sao_Paulo'?", (ALL, "America/Sao_Paulo", "America/Sao_Paolo")
    ),
}

KINDS = {
    f"kind {word}": wrong(
        f"{ASSET}.sources.database.kind", f"did you mean {meant!r}?", (HIS1, "kind: postgresql", f"kind: {word}")
    )
    for word, meant in {
        "mysql": "mariadb",
        "postgres": "postgresql",
        "pg": "postgresql",
        "vm": "machine",
        "oracle": "command",
        "MSSQL": "command",
        "sqlite3": "sqlite",
        "folder": "files",
    }.items()
} | {
    "kind that nothing is near": wrong(
        "policy.checks.printers.kind",
        ("unknown kind 'printers'", "docs/add-a-kind.md"),
        check("printers: {kind: printers}"),
    ),
}

EXCEPTIONS = {
    f"exception {what}": wrong("policy.exceptions.scratch.what", says, (HIS1, "postgresql:5432/scratch", f'"{what}"'))
    for what, says in {
        "path:/*": "stands for everything",
        "path:/": "stands for everything",
        "path:/s*": "stands for everything",
        "path:/./*": "stands for everything",
        "path:srv": "not an absolute path",
        "path:/srv/../*": "not an absolute path",
        "path:/srv/*/cache": "at the end only",
        "postgresql:*": "is not the name of a gap",
        "postgresql:5*": "no server by its port",
        "postgresql:his": "no server by its port",
        "mariadb:*": "is not the name of a gap",
        "mariadb:/run/*": "stands for everything",
        "sqlite:/*": "stands for everything",
        "database:*": "is not the name of a gap",
        "*": "is not the name of a gap",
    }.items()
}
CASES = SPANS | NAMES | KINDS | EXCEPTIONS

HEALTHY: dict[str, tuple[tuple[str, str, str], ...]] = {
    "no delay": ((HIS1, "random_delay: 15min", "random_delay: 0s"),),
    "one rule that keeps for the time of the copies": (
        (HIS1, "{all: 14d, daily: 60d, monthly: 2y, yearly: 30y}", "{all: 30h, monthly: 1y}"),
    ),
    "names that begin like reserved ones": (asset("end_of_life"), check("gaps_of_teeth: {kind: memory}")),
    "other options of the gaps": (check("gaps: {kind: gaps, options: {larger_than: 10GiB}}"),),
    "deputies of each other": ((ALL, "administrator}", "administrator, deputy: it_head}"),),
    "a contact without a number": ((ALL, ', phone: "+55 11 5555 0100"', ""),),
    "an exception that has ended": ((HIS1, "until: 2026-11-30", "until: 2020-01-01"),),
} | {
    f"exception {what}": ((HIS1, "postgresql:5432/scratch", f'"{what}"'),)
    for what in (
        "path:/opt/*",
        "path:/opt",
        "path:/srv/scratch*",
        "postgresql:5432/*",
        "postgresql:5433",
        "postgresql:web:5432",
        "mariadb:/run/mysqld/mysqld.sock/*",
        "mariadb:web",
        "sqlite:/srv/*",
        "sqlite:web:/data/a.db",
    )
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_makes_no_sense_is_refused(inventory: Path, case: Wrong) -> None:
    demand_refused(inventory, case)


@pytest.mark.parametrize("edits", HEALTHY.values(), ids=list(HEALTHY))
def test_what_makes_sense_is_taken(inventory: Path, edits: tuple[tuple[str, str, str], ...]) -> None:
    demand_taken(inventory, edits)
