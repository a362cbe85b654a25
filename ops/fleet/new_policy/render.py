"""The files of a new inventory, as a person would write them: what was answered and found, with the reasons."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date

from ops.core.printable import printable
from ops.core.schema import Plain
from ops.fleet.new_policy.answers import GROUPS, Answers, Machine
from ops.fleet.new_policy.look import Seen
from ops.fleet.new_policy.propose import ETC, Proposal, Proposed
from ops.policy.assets import name_on

HEAD = "# Written by `seawall policy new`; yours to change. `seawall policy check` finds mistakes.\n---\n"
KEY = "responsible"  # the contact who owns every asset at first
RETENTION = "{all: 14d, daily: 60d, monthly: 2y}"
DRILL_EVERY = "31d"


def files(answers: Answers, proposals: Mapping[str, Proposal], seen: Mapping[str, Seen], today: date) -> dict[str, str]:
    """Return the text of each file by its path in the inventory. seen: of each machine that answered."""
    texts = {
        "hosts.yml": HEAD + _hosts(answers, proposals),
        "group_vars/all/connection.yml": HEAD + _connection(answers),
        "group_vars/all/policy.yml": HEAD + _site(answers),
        "group_vars/servers/policy.yml": HEAD + _servers(answers),
        "group_vars/backup_hosts/policy.yml": HEAD + BACKUP_HOSTS,
    }
    for server, proposal in proposals.items():
        release = seen[server].release if server in seen else ""
        if lines := [*_server(answers, proposal, release, today)]:
            texts[f"host_vars/{server}/policy.yml"] = HEAD + "\n".join(lines) + "\n"
    return texts


def scalar(value: Plain) -> str:
    """Return a value as it is written in YAML on one line; any text that could be taken for something else in quotes.

    JSON is YAML, but for letters that JSON may leave as they are and YAML may not: those are printable here.
    """
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z/][A-Za-z0-9 ()./_@-]*[A-Za-z0-9)]", value)
        return value if plain and value.lower() not in WORDS else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {scalar(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(scalar(part) for part in value) + "]"
    return json.dumps(value)


def comment(text: str, indent: int = 0) -> str:
    """Return a comment on a line of its own; whatever the text holds, nothing of it begins another line."""
    return f"{' ' * indent}# {printable(text)}"


ASSET = re.compile(r"^    ([a-z][a-z0-9_]*):$", re.MULTILINE)  # the line with which an asset of a server begins
WORDS = {"yes", "no", "on", "off", "true", "false", "null"}  # what YAML takes for something else than a text


def _hosts(answers: Answers, proposals: Mapping[str, Proposal]) -> str:
    """Return the machines by their groups; a group says what the playbooks do with a machine."""
    members: dict[str, list[Machine]] = {group: [] for group in GROUPS}
    members["servers"] = list(answers.servers)
    members["backup_hosts"] = [host for host in (answers.backup_host, answers.offsite_host) if host]
    members["drill_hosts"] = [answers.drill_host] if answers.drill_host else []
    for kind in ("postgresql", "mariadb"):
        members[f"{kind}_hosts"] = [one for one in answers.servers if proposals[one.name].has(kind)]
    lines = ["all:", "  children:"]
    known: set[str] = set()
    for group, machines in members.items():
        if not machines:
            continue
        lines += [comment(ABOUT[group], 4), f"    {group}:", "      hosts:"]
        for machine in machines:
            address = "" if machine.name in known else f" {{ansible_host: {scalar(machine.address)}}}"
            lines.append(f"        {scalar(machine.name)}:{address}")
            known.add(machine.name)
    return "\n".join(lines) + "\n"


ABOUT = {
    "servers": "What holds the data, and is backed up.",
    "backup_hosts": "What keeps the repositories.",
    "drill_hosts": "Where backups are restored, to prove that they can be.",
    "postgresql_hosts": "Servers on which backups may read PostgreSQL's databases.",
    "mariadb_hosts": "Servers on which backups may read MariaDB's databases.",
    "ups_hosts": "Machines with a UPS to watch.",
}


def _connection(answers: Answers) -> str:
    lines = ["# How Ansible and Seawall log in. Host keys are checked: log in once to each machine with ssh before."]
    lines.append(f"ansible_user: {answers.user}")
    if answers.user != "root":
        lines.append("ansible_become: true")
    return "\n".join(lines) + "\n"


def _site(answers: Answers) -> str:
    contact = answers.contact
    person = {"name": contact.name, "phone": contact.phone, "mail": contact.mail}
    lines = [
        "# What is true for every machine.",
        "policy__all:",
        "  version: 1",
        "  site:",
        f"    name: {scalar(answers.site)}",
        f"    timezone: {answers.timezone}",
        "  # People, by a short name. Add a deputy: `deputy: NAME`.",
        "  contacts:",
        f"    {KEY}: {scalar(person)}",
        "  repositories:",
        f"    primary: {{kind: rest_server, place: primary, host: {scalar(answers.backup_host.name)}}}",
    ]
    if answers.offsite_host:
        host = scalar(answers.offsite_host.name)
        lines.append(f"    offsite: {{kind: rest_server, place: offsite, host: {host}}}")
    return "\n".join([*lines, *_defaults(answers), *CHECKS]) + "\n"


def _defaults(answers: Answers) -> list[str]:
    """Return the class of all assets."""
    lines = [
        "  # What an asset doesn't say itself. Other classes can stand beside `standard`; see docs/classes.md.",
        "  defaults:",
        "    standard:",
        f"      owner: {KEY}",
        "      repository: primary",
        f"      schedule: {json.dumps(str(answers.schedule))}",
        "      # At most this much work may be lost, and a restore may take at most this long.",
        f"      rpo: {answers.rpo}",
        f"      rto: {answers.rto}",
        f"      retention: {RETENTION}",
    ]
    if answers.offsite_host:
        lines.append(f"      copies: {{offsite: {{to: offsite, calendar: {json.dumps(str(answers.copies))}}}}}")
    if answers.drill_host:
        lines.append(f"      drill: {{host: {scalar(answers.drill_host.name)}, every: {DRILL_EVERY}}}")
    return lines


CHECKS = (
    "  checks:",
    "    root_disk: {kind: disk, options: {path: /, warn_below: 15%, fail_below: 5%}}",
    "    memory: {kind: memory}",
    "    # Services that must run can be named here: options: {expected: [ssh.service]}",
    "    units: {kind: units}",
)
BACKUP_HOSTS = """\
# Nothing is deleted from repositories by itself: the disk below them fills. A disk of its own is best; then add
# `mount_point: true`, so that nothing is written beside it while it is not mounted.
policy__backup_hosts:
  checks:
    repositories_disk: {kind: disk, options: {path: /srv/seawall, warn_below: 20%, fail_below: 10%}}
"""


def _servers(answers: Answers) -> str:
    drill = "      drill: {kind: files}\n" if answers.drill_host else ""
    return f"""\
# Of each server, with its name behind: {name_on(answers.servers[0].name, ETC)}.
policy__servers:
  assets:
    {ETC}:
      summary: Settings of the server
      sources:
        files: {{kind: files, options: {{paths: [/etc]}}}}
{drill}"""


def _server(answers: Answers, proposal: Proposal, release: str, today: date) -> Iterator[str]:
    if proposal.assets:
        yield comment("Each asset is one thing that is backed up, copied, drilled and restored by its name. Strike out")
        yield comment("what needs no backup. What belongs together, such as a database and its files, can be sources")
        yield comment("of one asset.")
        yield "policy__host:"
        yield "  assets:"
    for asset in proposal.assets:
        yield from _asset(answers, asset, release, today)
    if proposal.notes:
        yield comment("Found and in no asset, so not backed up:")
        yield from (comment(f"- {note}") for note in proposal.notes)


def _asset(answers: Answers, asset: Proposed, release: str, today: date) -> Iterator[str]:
    yield f"    {asset.name}:"
    yield f"      summary: {scalar(asset.summary)}"
    if asset.size:
        yield comment(f"{asset.size} on {today}", 6)
    yield "      sources:"
    word = "files" if asset.kind == "files" else "database"
    yield f"        {word}: {scalar({'kind': asset.kind, 'options': asset.options})}"
    if answers.drill_host and asset.kind == "files":
        yield "      drill: {kind: files}"
    if answers.drill_host and asset.kind in {"postgresql", "mariadb"} and release == "trixie":
        yield "      drill: {release: trixie}"
