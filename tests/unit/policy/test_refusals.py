"""Every refusal of a policy: by file, line and path, with what was expected and the nearest known word."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.fleet.inventory.check import judge

ALL = "group_vars/all/policy.yml"
HIS1 = "host_vars/his1/policy.yml"
GROUP = "group_vars/postgresql_hosts/policy.yml"

pytestmark = pytest.mark.usefixtures("quick_inventory")


@dataclass(frozen=True)
class Wrong:
    """A word of the healthy inventory, what somebody wrote in its place, and what must be said of it."""

    file: str
    old: str
    new: str
    line: int
    path: str
    says: tuple[str, ...]


CASES = {
    "unknown key": Wrong(
        HIS1, "      rpo: 26h", "      rpq: 26h", 13, "policy.assets.his.rpq",
        ("unknown key 'rpq'", "did you mean 'rpo'?"),
    ),
    "unknown section": Wrong(
        ALL, "  checks:", "  check:", 11, "policy.check", ("unknown key 'check'", "did you mean 'checks'?")
    ),
    "unknown option of a kind": Wrong(
        ALL, "warn_below", "warn_bellow", 12, "policy.checks.root_disk.options.warn_bellow",
        ("did you mean 'warn_below'?", "known keys: path, "),
    ),
    "unknown kind of check": Wrong(
        ALL, "kind: disk", "kind: disc", 12, "policy.checks.root_disk.kind",
        ("unknown kind 'disc'", "did you mean 'disk'?"),
    ),
    "unknown kind of source": Wrong(
        HIS1, "kind: postgresql", "kind: postgres", 8, "policy.assets.his.sources.database.kind",
        ("did you mean 'postgresql'?",),
    ),
    "unknown kind of repository": Wrong(
        ALL, "offsite: {kind: rest_server", "offsite: {kind: restserver", 10, "policy.repositories.offsite.kind",
        ("did you mean 'rest_server'?",),
    ),
    "unknown kind of drill": Wrong(
        HIS1, "        every: 31d", "        every: 31d\n        kind: databases", 21, "policy.assets.his.drill.kind",
        ("did you mean 'database'?",),
    ),
    "duration without a unit": Wrong(
        HIS1, "rpo: 26h", "rpo: 7", 13, "policy.assets.his.rpo",
        ("expected a duration such as 30min, 26h, 7d or 2y", "found 7"),
    ),
    "duration with a strange unit": Wrong(
        HIS1, "rto: 1h", "rto: 1 hour", 14, "policy.assets.his.rto", ("expected a duration", "found '1 hour'")
    ),
    "text for a number": Wrong(
        ALL, "version: 1", 'version: "1"', 3, "policy.version", ("expected a whole number", "found '1'")
    ),
    "number for a text": Wrong(
        ALL, "{name: Test hospital,", "{name: 7,", 4, "policy.site.name", ("expected a text", "found 7")
    ),
    "percent for a size": Wrong(
        ALL, "path: /,", "path: /, enough: 10%,", 12, "policy.checks.root_disk.options.enough",
        ("expected a size such as 512MiB or 10GiB", "'10%'"),
    ),
    "share without percent": Wrong(
        ALL, "warn_below: 15%", "warn_below: 15", 12, "policy.checks.root_disk.options.warn_below",
        ("expected a percentage such as 15%", "found 15"),
    ),
    "text for a mapping": Wrong(
        ALL, "  site: {name: Test hospital, timezone: America/Sao_Paulo}", "  site: Test hospital", 4, "policy.site",
        ("expected a mapping",),
    ),
    "text for a list": Wrong(
        HIS1, "paths: [/srv/documents]", "paths: /srv/documents", 9,
        "policy.assets.his.sources.documents.options.paths", ("expected a list",),
    ),
    "wrong entry of a list": Wrong(
        HIS1, "paths: [/srv/documents]", "paths: [/srv/documents, 7]", 9,
        "policy.assets.his.sources.documents.options.paths[1]", ("expected an absolute path such as", "found 7"),
    ),
    "place that is none": Wrong(
        ALL, "place: offsite", "place: off-site", 10, "policy.repositories.offsite.place",
        ("did you mean 'offsite'?", "expected one of local, primary, offsite, removable"),
    ),
    "calendar that is none": Wrong(
        HIS1, '"*-*-* 01:30:00"', '"*-*-* 25:30:00"', 11, "policy.assets.his.schedule", ("expected a calendar",)
    ),
    "unknown time zone": Wrong(
        ALL, "America/Sao_Paulo", "America/Sao_Paolo", 4, "policy.site.timezone", ("is not a time zone",)
    ),
    "unknown host of a repository": Wrong(
        ALL, "host: backup1", "host: backup", 9, "policy.repositories.primary.host",
        ("there is no host 'backup'", "did you mean 'backup1'?", "known: backup1, drill1, his1, offsite1"),
    ),
    "unknown drill host": Wrong(
        HIS1, "host: drill1", "host: dril1", 19, "policy.assets.his.drill.host",
        ("there is no host 'dril1'", "did you mean 'drill1'?"),
    ),
    "drill on a backup host": Wrong(
        HIS1, "host: drill1", "host: backup1", 19, "policy.assets.his.drill.host", ("is a backup host",)
    ),
    "drill on the machine itself": Wrong(
        HIS1, "host: drill1", "host: his1", 19, "policy.assets.his.drill.host", ("holds the asset",)
    ),
    "unknown repository": Wrong(
        HIS1, "repository: primary", "repository: primery", 10, "policy.assets.his.repository",
        ("there is no repository 'primery'", "did you mean 'primary'?", "known: offsite, primary"),
    ),
    "copy to a repository that does not exist": Wrong(
        HIS1, "to: offsite", "to: usb_disk", 17, "policy.assets.his.copies.offsite.to",
        ("there is no repository 'usb_disk'", "known: offsite, primary"),
    ),
    "copy to where it is": Wrong(
        HIS1, "to: offsite", "to: primary", 17, "policy.assets.his.copies.offsite.to", ("already",)
    ),
    "asset without an owner": Wrong(
        HIS1, "      owner: it_head\n", "", 4, "policy.assets.his.owner", ("missing", "requires 'owner'")
    ),
    "owner who is nobody": Wrong(
        HIS1, "owner: it_head", "owner: it_hed", 5, "policy.assets.his.owner",
        ("there is no contact 'it_hed'", "did you mean 'it_head'?"),
    ),
    "deputy who is nobody": Wrong(
        ALL, "deputy: dba", "deputy: dbx", 6, "policy.contacts.it_head.deputy", ("there is no contact 'dbx'",)
    ),
    "RPO that the schedule cannot keep": Wrong(
        HIS1, "rpo: 26h", "rpo: 12h", 13, "policy.assets.his.rpo",
        ("12h can't be met", "expected 1d 15min or more, or a more frequent calendar"),
    ),
    "drills rarer than promised": Wrong(
        HIS1, "        every: 31d", '        every: 31d\n        calendar: "Sun *-*-01..07 04:00"', 20,
        "policy.assets.his.drill.every", ("31d can't be met", "expected 35d 15min or more"),
    ),
    "schedule that comes only once": Wrong(
        HIS1, '"*-*-* 01:30:00"', '"2027-01-01 01:30:00"', 11, "policy.assets.his.schedule", ("only once",)
    ),
    "Jinja in a text": Wrong(
        HIS1, "summary: Hospital information system", 'summary: "{{ inventory_hostname }}"', 6,
        "policy.assets.his.summary", ("a Jinja expression", "plain data"),
    ),
    "Jinja that sets": Wrong(
        ALL, 'phone: "+55 11 5555 0100"', 'phone: "{% if x %}1{% endif %}"', 6, "policy.contacts.it_head.phone",
        ("a Jinja expression",),
    ),
    "expectation that says nothing": Wrong(
        HIS1, ", at_least: 1000", "", 22, "policy.assets.his.drill.expectations.some_patients", ("empty; use equals",)
    ),
    "name that cannot be one": Wrong(
        HIS1, "    his:\n", "    His main:\n", 4, "policy.assets.His main", ("is not a valid name",)
    ),
    "version of another Seawall": Wrong(
        ALL, "version: 1", "version: 2", 3, "policy.version", ("unknown version 2",)
    ),
    "layer of no group": Wrong(
        GROUP, "policy__postgresql_hosts", "policy__postgres_hosts", 2, "policy__postgres_hosts",
        ("no group 'postgres_hosts'", "did you mean 'postgresql_hosts'?"),
    ),
    "layer in another's file": Wrong(
        GROUP, "policy__postgresql_hosts", "policy__ups_hosts", 2, "policy__ups_hosts",
        ("belongs in group_vars/ups_hosts",),
    ),
    "layer that is no mapping": Wrong(
        GROUP, "policy__postgresql_hosts:\n  checks:\n    memory: {kind: memory}", "policy__postgresql_hosts: yes", 2,
        "policy__postgresql_hosts", ("expected a mapping",),
    ),
    "key written twice": Wrong(
        HIS1, "      rto: 1h", "      rto: 1h\n      rto: 2h", 15, "rto", ("defined twice", "line 14")
    ),
    "exception for nothing that can be found": Wrong(
        HIS1, "what: postgresql:5432", "what: postgres:5432", 24, "policy.exceptions.scratch.what",
        ("did you mean 'postgresql'?", "path:…"),
    ),
    "exception for everything": Wrong(
        HIS1, "what: postgresql:5432/scratch", 'what: "sqlite:*"', 24, "policy.exceptions.scratch.what",
        ("is not the name of a gap",),
    ),
    "exception without a reason": Wrong(
        HIS1, "reason: made anew each night", 'reason: " "', 24, "policy.exceptions.scratch.reason", ("a reason",)
    ),
    "exception until for ever": Wrong(
        HIS1, "until: 2026-11-30", "until: 2099-12-31", 24, "policy.exceptions.scratch.until", ("too far ahead",)
    ),
    "day that is none": Wrong(
        HIS1, "until: 2026-11-30", 'until: "2026-02-30"', 24, "policy.exceptions.scratch.until",
        ("expected a day such as 2027-03-31", "2026-02-30"),
    ),
    "asset left empty": Wrong(
        HIS1, "    his:\n", "    lab:\n    his:\n", 4, "policy.assets.lab", ("expected a mapping, found nothing",)
    ),
}  # fmt: skip


def spoil(inventory: Path, wrong: Wrong) -> None:
    path = inventory / wrong.file
    text = path.read_text()
    assert wrong.old in text
    path.write_text(text.replace(wrong.old, wrong.new, 1))


def test_a_healthy_policy_has_no_problem(inventory):
    policies, problems = judge(inventory)
    assert problems == []
    assert sorted(policies) == ["backup1", "drill1", "his1", "offsite1"]


@pytest.mark.parametrize("wrong", CASES.values(), ids=list(CASES))
def test_refused_with_file_line_path_and_what_was_expected(inventory, wrong):
    spoil(inventory, wrong)
    policies, problems = judge(inventory)
    assert policies == {}
    said = [str(problem) for problem in problems]
    (told,) = {line for line in said if line.startswith(f"{inventory / wrong.file}:{wrong.line}: {wrong.path}: ")} or {
        "\n".join(said)
    }
    for part in wrong.says:
        assert part in told


def test_only_what_is_wrong_is_told(inventory):
    for name in ("copy to a repository that does not exist", "duration without a unit", "unknown host of a repository"):
        spoil(inventory, CASES[name])
    _, problems = judge(inventory)
    assert [problem.path for problem in problems] == ["policy.repositories.primary.host", "policy.assets.his.rpo"]


def test_types_and_rules_are_told_at_once(inventory):
    for name in ("unknown option of a kind", "owner who is nobody", "unknown section", "unknown host of a repository"):
        spoil(inventory, CASES[name])
    _, problems = judge(inventory)
    assert {"policy.check", "policy.assets.his.owner", "policy.repositories.primary.host"} <= {p.path for p in problems}


def test_two_groups_that_disagree_are_told_with_both_places(inventory):
    (inventory / "group_vars/ups_hosts").mkdir()
    other = inventory / "group_vars/ups_hosts/policy.yml"
    other.write_text("policy__ups_hosts:\n  checks:\n    memory: {kind: units}\n")
    _, (problem,) = judge(inventory)
    assert problem.where == f"{inventory / GROUP}:4"
    assert problem.path == "policy.checks.memory.kind"
    assert "policy__postgresql_hosts says 'memory', policy__ups_hosts says 'units'" in problem.message
    assert "decide in policy__host" in problem.message
    assert f"{other}:3" in problem.message
    with (inventory / HIS1).open("a") as file:
        file.write("  checks: {memory: {kind: memory}}\n")
    assert judge(inventory)[1] == []


def test_a_repository_that_the_drill_host_does_not_know_is_told(inventory):
    path = inventory / ALL
    line = "    offsite: {kind: rest_server, place: offsite, host: offsite1}\n"
    path.write_text(path.read_text().replace(line, ""))
    with (inventory / HIS1).open("a") as file:
        file.write(f"  repositories:\n{line}")
    _, (problem,) = judge(inventory)
    assert problem.where == f"{inventory / HIS1}:19"
    assert "drill1 does not know the repository offsite of his1; define it in policy__all" in problem.message


def test_an_asset_of_two_hosts_is_told_with_both_places(inventory):
    (inventory / "host_vars/drill1").mkdir()
    text = (inventory / HIS1).read_text().split("      drill:")[0]
    (inventory / "host_vars/drill1/policy.yml").write_text(text)
    _, problems = judge(inventory)
    assert [problem.where for problem in problems if "both have" in problem.message] == [
        f"{inventory}/host_vars/drill1/policy.yml:4",
        f"{inventory}/host_vars/his1/policy.yml:4",
    ]


def test_a_layer_written_twice_is_told(inventory):
    (inventory / "group_vars/all/z.yml").write_text("policy__all:\n  version: 1\n  site: {name: Other}\n")
    _, problems = judge(inventory)
    assert any("defined twice, also at" in problem.message for problem in problems)


@pytest.mark.parametrize("left", [0.35, 0.7, 0.93])
def test_a_file_cut_short_is_told_with_its_line(inventory, left):
    path = inventory / ALL
    text = path.read_text()
    path.write_text(text[: int(len(text) * left)])
    _, problems = judge(inventory)
    assert problems
    assert problems[0].where.startswith(f"{path}:")


def test_a_vault_value_is_told(inventory):
    """As `ansible-inventory --list` hands one on."""
    spoil(inventory, Wrong(HIS1, "summary: Hospital information system", "summary: {__ansible_vault: x}", 6, "", ()))
    _, problems = judge(inventory)
    assert any("keep secrets out of the policy" in problem.message for problem in problems)
