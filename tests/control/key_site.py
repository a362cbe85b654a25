"""A site whose keys are changed: real SSH servers, a real append-only rest-server, real repositories, and no lab.

Every machine is a folder that its SSH server's `seawall` takes for /. What site.yml would install is written there by
the same function that the role is given its files from.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

sys.path.insert(0, str(Path(__file__).parent))
import sshd
from cheap_key import cheap

from ops import cli
from ops.fleet import inventory
from ops.policy.compile import document, read_document
from ops.policy.secret_files import client_files, drill_files
from ops.policy.secrets import Secrets
from ops.restic.repository import Repository

CHECKOUT = Path(__file__).parents[2]
BIN = CHECKOUT / ".cache/bin"
VAULT = "correct horse battery"
KEEPER = "localhost"  # its certificate is for its name
HOSTS = {"servers": ["his1"], "backup_hosts": [KEEPER], "drill_hosts": ["drill1"]}
ASSET = {
    "owner": "it",
    "summary": "Documents",
    "repository": "offsite",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "14d"},
    "drill": {"host": "drill1", "kind": "files", "every": "31d"},
}
CONTROL = {"owner": "it", "repository": "offsite", "rpo": "8d", "rto": "4h", "retention": {"all": "60d"}}


@dataclass
class Site:
    """folder: of all. inventory: of the control machine. served: where the rest-server keeps repositories."""

    folder: Path
    inventory: Path

    @property
    def served(self) -> Path:
        return self.folder / KEEPER / "srv/seawall"

    def words(self, *words: str) -> list[str]:
        """Return the words of a command of the control machine."""
        return [*words, "-i", str(self.inventory), "--vault-password-file", str(self.folder / "vault")]

    def seawall(self, *words: str) -> int:
        """Run a command on the control machine; return its exit code."""
        return cli.run(self.words(*words))

    def rotate(self, *words: str) -> int:
        return self.seawall("keys", "rotate", "his1", "offsite", "--reason", "a trial", *words)

    def on(self, host: str, *words: str) -> int:
        """Run a command as on a machine."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEAWALL_ROOT", str(self.folder / host))
            return cli.run([*words])

    def secrets(self, place: str = "host_vars/his1") -> dict[str, Any]:
        """Return the secrets of a place, opened."""

        class Opened(yaml.SafeLoader):
            pass

        library = VaultLib([("default", VaultSecret(VAULT.encode()))])
        Opened.add_constructor("!vault", lambda _, node: library.decrypt(node.value).decode())
        return dict(yaml.load((self.inventory / place / "secrets.yml").read_text(), Opened) or {})

    def password(self, reader: str = "", sort: str = "") -> str:
        """Return a password of his1's repository in the inventory. sort: `next` or `former`; else the present."""
        said = self.secrets()
        if sort:
            kept = said.get(f"seawall_{sort}_passwords", {}).get("offsite", {})
            return str(kept.get("readers", {}).get(reader, "") if reader else kept.get("own", ""))
        if reader:
            return str(said["seawall_reader_passwords"]["offsite"][reader])
        return str(said["seawall_repository_passwords"]["offsite"])

    def install(self, *hosts: str) -> None:
        """Bring secrets to machines, as site.yml does."""
        policies = inventory.read(self.inventory).policies()
        everybody = self.secrets("group_vars/all")
        said = Secrets({host: {**everybody, **self._secrets_of(host)} for host in policies})
        files = {"his1": client_files, "drill1": drill_files}
        for host in hosts or ("his1", "drill1"):
            for file in files[host](read_document(document(policies[host])), said):
                path = self.folder / host / file.path.lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.content)
            if host == "drill1":  # there is no readers' door here
                own = (self.folder / "his1/etc/seawall/credentials/offsite.url").read_text()
                (self.folder / "drill1/etc/seawall/credentials/his1-offsite.url").write_text(own)

    def _secrets_of(self, host: str) -> dict[str, Any]:
        return self.secrets(f"host_vars/{host}") if (self.inventory / f"host_vars/{host}/secrets.yml").exists() else {}

    def key_ids(self, machine: str = "his1") -> set[str]:
        """Return the ids of the keys that a repository has."""
        return {path.name for path in (self.served / machine / "keys").iterdir()}

    def opens(self, password: str, machine: str = "his1") -> bool:
        """Whether a password opens a repository; restic is asked at its host, past the rest-server."""
        file = self.folder / "tried"
        file.write_text(f"{password}\n")
        argv = [BIN / "restic", "--no-cache", "--no-lock", "-r", self.served / machine, "--password-file", file]
        done = subprocess.run([*argv, "cat", "config"], check=False, capture_output=True, text=True)
        assert done.returncode in {0, 12}, done.stderr
        return done.returncode == 0

    def packs(self) -> dict[str, float]:
        """Return what was uploaded, with when."""
        sorts = ("data", "index", "snapshots")
        found = (path for sort in sorts for path in (self.served / "his1" / sort).rglob("*") if path.is_file())
        return {path.name: path.stat().st_mtime for path in found}

    def records(self, host: str = "") -> list[dict[str, Any]]:
        root = self.folder / host if host else self.inventory / ".control"
        return [json.loads(line) for line in (root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()]


def _policy(port: int) -> dict[str, Any]:
    repository = {"kind": "rest_server", "place": "offsite", "host": KEEPER, "options": {"port": port}}
    return {
        "version": 1,
        "site": {"name": "Test hospital"},
        "contacts": {"it": {"name": "Head of IT"}, "deputy": {"name": "Deputy"}},
        "repositories": {"offsite": repository},
        "control": CONTROL,
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Run the servers of a site for a block; nothing is in its repository yet."""
    one, port = Site(folder, folder / "inventory"), _free_port()
    public = sshd.keygen(folder / "key")
    (folder / "vault").write_text(f"{VAULT}\n")
    files = folder / "files"
    files.mkdir()
    (files / "letter.txt").write_text("Dear colleague\n" * 100)
    asset = {**ASSET, "sources": {"all": {"kind": "files", "options": {"paths": [str(files)]}}}}
    _write(one.inventory / "group_vars/all/policy.yml", {"policy__all": _policy(port)})
    _write(one.inventory / "host_vars/his1/policy.yml", {"policy__host": {"assets": {"documents": asset}}})
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).chdir(folder)
        hosts = [host for members in HOSTS.values() for host in members]
        servers = {host: stack.enter_context(sshd.serve(folder / host, public)) for host in hosts}
        (folder / "known").write_text("".join(server.known for server in servers.values()))
        _write(one.inventory / "hosts.yml", _hosts(folder, servers))
        runtime = stack.enter_context(tempfile.TemporaryDirectory(prefix="run-"))  # short: it holds sockets
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("XDG_RUNTIME_DIR", runtime)
        environment.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
        environment.setenv("PYTHONPATH", str(CHECKOUT))
        assert one.seawall("secrets", "make") == 0
        for server in servers.values():
            server.program("seawall", f'PYTHONPATH={CHECKOUT} exec {sys.executable} -m ops "$@"')
        _furnish(one)
        stack.enter_context(_served(one, port))
        environment.setattr(Repository, "add_key", _cheaply(one))
        yield one


def _hosts(folder: Path, servers: Mapping[str, sshd.Server]) -> dict[str, Any]:
    ways = {name: {"ansible_host": "127.0.0.1", "ansible_port": server.port} for name, server in servers.items()}
    groups = {group: {"hosts": {host: ways[host] for host in members}} for group, members in HOSTS.items()}
    common = {
        "ansible_user": sshd.USER,
        "ansible_ssh_private_key_file": str(folder / "key"),
        "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={folder}/known -o IdentitiesOnly=yes",
    }
    return {"all": {"vars": common, "children": groups}}


def _write(path: Path, tree: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(tree))


def _furnish(one: Site) -> None:
    """Give each machine what its roles do, and his1 and the control machine empty repositories."""
    for host, policy in inventory.read(one.inventory).policies().items():
        root = one.folder / host
        for name in ("etc/seawall/credentials", "var/lib/seawall/ledger", "var/cache/seawall", "run/seawall"):
            (root / name).mkdir(parents=True)
        (root / "etc/seawall/policy.json").write_text(json.dumps(document(policy)))
        key = root / "etc/seawall/credentials/ledger.key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    one.install()
    control = one.secrets("group_vars/all")["seawall_control_passwords"]["offsite"]
    for machine, password in {"his1": one.password(), "control": control}.items():
        (one.served / machine).parent.mkdir(parents=True, exist_ok=True)
        (one.folder / "first").write_text(f"{password}\n")
        argv = [BIN / "restic", "--no-cache", "-r", one.served / machine, "--password-file", one.folder / "first"]
        subprocess.run([*argv, "init"], check=True, capture_output=True)
        if machine == "his1":
            (one.folder / "reader").write_text(f"{one.password('drill1')}\n")
            more = ["--new-password-file", one.folder / "reader", "--host", "drill1", "--user", "seawall-reader"]
            subprocess.run([*argv, "key", "add", *more], check=True, capture_output=True)
        _cheapen(one.served / machine / "keys", {"drill1": one.password("drill1")}, password)


def _cheaply(one: Site) -> Any:
    """Return what adds a key that costs nothing to open: restic's own take most of a second, each time."""
    real = Repository.add_key

    def add(repository: Repository, password: Path, label: str, *more: str) -> None:
        folders = [path / "keys" for path in one.served.iterdir() if (path / "keys").is_dir()]
        before = {path for folder in folders for path in folder.iterdir()}
        real(repository, password, label, *more)
        (added,) = {path for folder in folders for path in folder.iterdir()} - before
        _cheapen(added.parent, {}, password.read_text().strip(), [added])

    return add


def _cheapen(keys: Path, passwords: Mapping[str, str], own: str, files: Sequence[Path] = ()) -> None:
    """Let keys cost nothing to open: some files, or all that a site begins with."""
    for path in files or [*keys.iterdir()]:
        text = path.read_text()
        name, content = cheap(text, passwords.get(json.loads(text)["hostname"], own))
        path.unlink()
        (keys / name).write_text(content)


@contextmanager
def _served(one: Site, port: int) -> Iterator[None]:
    own, said = one.secrets(f"host_vars/{KEEPER}"), one.secrets()
    authority = one.secrets("group_vars/all")["seawall_authority_certificate"]  # a clean machine asks for it, too
    (one.folder / "tls.pem").write_text(own["seawall_tls_certificate"] + authority)
    (one.folder / "tls.key").write_text(own["seawall_tls_key"])
    control = one.secrets("group_vars/all")["seawall_control_accounts"]["offsite"]["hash"]
    accounts = {"his1": said["seawall_accounts"]["offsite"]["hash"], "control": control}
    (one.folder / "accounts").write_text("".join(f"{name}:{hashed}\n" for name, hashed in accounts.items()))
    words = ["--path", one.served, "--listen", f"localhost:{port}", "--append-only", "--private-repos", "--tls"]
    words += ["--tls-cert", one.folder / "tls.pem", "--tls-key", one.folder / "tls.key"]
    argv = [BIN / "restic-rest-server", *words, "--htpasswd-file", one.folder / "accounts"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            assert server.stdout
            assert next(filter(None, map(re.compile(r"start server on ").search, server.stdout)))
            yield
        finally:
            server.terminate()
