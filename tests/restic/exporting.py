"""A machine in a folder that exports rows and files, and what is at the other end."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from one_machine import ALL, TIMES

from ops import cli
from ops.core.run import run
from ops.policy import HostLayers, compile_site
from ops.policy.compile import document, read_document

CLEAR = b'id,name\n1,"Ana, the first donor"\n2,"Bo""r\n""is"\n3,"\xc5\xbdofie, Dr."\n'  # what the query gives
ROWS = "select id, name from donors order by id"
# `"` and line ends within a value, which make no further row.
DONORS = """
create table donors (id int primary key, name text);
insert into donors values (1, 'Ana, the first donor'), (2, E'Bo"r\\n"is'), (3, 'Žofie, Dr.');
create role seawall_dump login bypassrls;
grant pg_read_all_data to seawall_dump;
create role seawall_registry login;
create view registry as select id from donors;
grant select on registry to seawall_registry;
create table notes (text text);
grant insert, select on notes to public;
"""


@dataclass(frozen=True)
class Site:
    """root: what is / to the machine. socket: of its PostgreSQL. files: an asset of files. inside: where exports go."""

    root: Path
    socket: str
    files: Path
    inside: Path

    def set_policy(self, alarms: Mapping[str, Any] | None = None, **exports: Mapping[str, Any]) -> None:
        """Give the machine its policy with exports, each with what is not said here."""
        usual = {"asset": "his", "query": ROWS, "calendar": "day 5", "to": {"folder": {"path": str(self.inside)}}}
        wanted = {
            name: {key: value for key, value in {**usual, **one}.items() if value} for name, one in exports.items()
        }
        sources = {
            "his": {"kind": "postgresql", "options": {"database": "postgres", "socket": self.socket}},
            "papers": {"kind": "files", "options": {"paths": [str(self.files)]}},
        }
        assets = {
            name: {**TIMES, "repository": "primary", "sources": {name: source}} for name, source in sources.items()
        }
        contacts = {"registry": {"name": "The registry", "mail": "registry@example.org"}}
        own = {"assets": assets, "exports": wanted, "contacts": contacts, **({"alarms": alarms} if alarms else {})}
        hosts = {"backup1": HostLayers(ALL), "offsite1": HostLayers(ALL), "his1": HostLayers(ALL, host=own)}
        text = json.dumps(document(compile_site(hosts)["his1"]))
        read_document(json.loads(text))
        (self.root / "etc/seawall/policy.json").write_text(text)

    def seawall(self, *words: str) -> int:
        """Run the command as on the machine; return its exit code."""
        return cli.run([*words])

    def state(self, name: str) -> dict[str, Any]:
        """Return the state that an act left."""
        return dict(json.loads((self.root / f"var/lib/seawall/state/{name}.json").read_text()))

    def records(self) -> list[dict[str, Any]]:
        """Return what the ledger has."""
        path = self.root / "var/lib/seawall/ledger/ledger.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def arrived(self) -> list[Path]:
        """Return what lies where exports go, whatever it is."""
        return sorted(self.inside.iterdir())

    def outbox(self, name: str = "registry") -> list[Path]:
        """Return what was encrypted and is kept here."""
        return sorted((self.root / f"var/lib/seawall/state/exports/{name}").glob("*.gpg"))


def furnish(folder: Path, socket: str) -> Site:
    """Make the machine in a folder."""
    site = Site(folder / "root", socket, folder / "papers", folder / "inside")
    for path in (
        site.files / "2026/11",
        site.inside,
        site.root / "run/seawall/account",
        site.root / "etc/seawall/credentials",
    ):
        path.mkdir(parents=True)
    run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", site.root / "etc/seawall/credentials/ledger.key"],
        timeout=60,
    )
    return site


def until_next_second(file: Path) -> None:
    """An export is called by its second; wait until another one would have another name."""
    begun = file.name.split("-")[1][:16]
    deadline = time.monotonic() + 10
    while time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) == begun:
        assert time.monotonic() < deadline
        time.sleep(0.01)
