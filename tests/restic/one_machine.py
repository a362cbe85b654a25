"""A machine in a folder, and the real rest-server that keeps its repositories: what the jobs need, and no mock."""

import base64
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cheap_key import cheapen

from ops import cli
from ops.core.run import run
from ops.jobs.host import own_policy, repositories
from ops.policy import HostLayers, compile_site
from ops.policy.compile import document

BIN = Path(__file__).parents[2] / ".cache" / "bin"
PASSWORD = "password of his1"
BACKED_UP = ("documents", "pictures")
REPOSITORIES = ("primary", "offsite")
ALL = {
    "version": 1,
    "site": {"name": "Test hospital"},
    "contacts": {"it": {"name": "Head of IT"}},
    "repositories": {
        "primary": {"kind": "rest_server", "place": "primary", "host": "backup1"},
        "offsite": {"kind": "rest_server", "place": "offsite", "host": "offsite1"},
    },
}
TIMES = {"owner": "it", "schedule": "*-*-* 01:30:00", "rpo": "26h", "rto": "1h", "retention": {"all": "14d"}}
COPIES = {"offsite": {"to": "offsite", "calendar": "daily", "grace": "1d"}}


@dataclass(frozen=True)
class Machine:
    """root: what is / to the machine. stored: where rest-server keeps its repositories. files: what is backed up."""

    root: Path
    stored: Path
    files: Path

    def seawall(self, *words: str | Path) -> int:
        """Run the command as on the machine; return its exit code."""
        return cli.run([*map(str, words)])

    def state(self, name: str) -> dict[str, Any]:
        """Return the state that an act left."""
        return dict(json.loads((self.root / f"var/lib/seawall/state/{name}.json").read_text()))

    def place(self, name: str) -> repositories.OpenRepository:
        """Return one of its repositories."""
        return repositories.open_own(own_policy.read(), name)

    def restic(self, name: str, *words: str | Path) -> None:
        """Do something in a repository as the administrator of its host, past the rest-server."""
        password = self.root / f"etc/seawall/credentials/{name}.password"
        base = ["restic", "--no-cache", "-r", self.stored / "his1" / name, "--password-file", password]
        run([*base, *words], timeout=60, cwd=self.root)

    def packs(self, name: str) -> dict[str, Path]:
        """Return the files of a repository's packs by name."""
        return {path.name: path for path in (self.stored / "his1" / name / "data").glob("??/*")}


def damage(path: Path) -> None:
    """Change one bit of a file, as a disk may."""
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _asset(sources: Mapping[str, Any]) -> dict[str, Any]:
    """An asset as the inventory has it, by the kind and options of its sources."""
    named = {label: {"kind": kind, "options": options} for label, (kind, options) in sources.items()}
    return {**TIMES, "repository": "primary", "copies": COPIES, "sources": named}


def set_policy(machine: Machine, assets: Mapping[str, Any]) -> None:
    """Give the machine its policy: the two assets that were backed up, and others by the sources that they have."""
    own = {name: {"all": ("files", {"paths": [str(machine.files / name)]})} for name in BACKED_UP}
    wanted = {name: _asset(sources) for name, sources in {**own, **assets}.items()}
    layers = {"backup1": HostLayers(ALL), "offsite1": HostLayers(ALL)}
    policies = compile_site({**layers, "his1": HostLayers(ALL, host={"assets": wanted})})
    (machine.root / "etc/seawall/policy.json").write_text(json.dumps(document(policies["his1"])))


def furnish(folder: Path) -> Machine:
    """Make a machine with empty repositories, whose rest-server isn't running."""
    machine = Machine(folder / "root", folder / "stored", folder / "files")
    for name in ("etc/seawall/credentials", "var/lib/seawall/ledger", "var/cache/seawall", "run/seawall"):
        (machine.root / name).mkdir(parents=True)
    etc = machine.root / "etc/seawall"
    set_policy(machine, {})
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", etc / "credentials/ledger.key"], timeout=60)
    _certified(folder, etc / "credentials/ca.pem")
    account = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
    (folder / "users.htpasswd").write_text("".join(f"{name}:{{SHA}}{account}\n" for name in REPOSITORIES))
    for name in REPOSITORIES:
        (etc / f"credentials/{name}.password").write_text(f"{PASSWORD}\n")
    _stored(machine.stored / "his1", etc / "credentials/primary.password")
    for name in BACKED_UP:
        (machine.files / name).mkdir(parents=True)
        for number in range(3):
            (machine.files / name / f"{number}.txt").write_bytes(os.urandom(50_000))
    return machine


def _certified(folder: Path, authority: Path) -> None:
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    argv += ["-subj", "/CN=site", "-addext", "subjectAltName=DNS:localhost"]
    run([*argv, "-keyout", folder / "tls.key", "-out", folder / "tls.pem"], timeout=60)
    shutil.copy(folder / "tls.pem", authority)


def _stored(folder: Path, password: Path) -> None:
    folder.mkdir(parents=True)
    base = ["restic", "--no-cache", "--password-file", password]
    first, second = (folder / name for name in REPOSITORIES)
    run([*base, "-r", first, "init"], timeout=60)
    cheapen(first, PASSWORD)
    chunker = ["--copy-chunker-params", "--from-repo", first, "--from-password-file", password]
    run([*base, "-r", second, "init", *chunker], timeout=60)
    cheapen(second, PASSWORD)


def copied(template: Path, folder: Path) -> Machine:
    """Return a machine with a root and repositories of its own; the files stay where they were backed up from."""
    for name in ("root", "stored"):
        shutil.copytree(template / name, folder / name)
    for name in ("tls.key", "tls.pem", "users.htpasswd"):
        shutil.copy(template / name, folder / name)
    return Machine(folder / "root", folder / "stored", template / "files")


def doors(machine: Machine) -> Path:
    """Return the folder to be served: each repository as the one folder of an account, as a backup host has it."""
    folder = machine.stored.parent / "doors"
    folder.mkdir(exist_ok=True)
    for name in REPOSITORIES:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(machine.stored / "his1" / name)
    return folder


@contextmanager
def served(machine: Machine, *more: str) -> Iterator[None]:
    """Run the rest-server as the role backup_host does, for a block in which the machine is the one we are on.

    more: further words for rest-server.
    """
    folder = machine.stored.parent
    words = ["--path", doors(machine), "--listen", "localhost:0", "--append-only", "--private-repos"]
    words += ["--tls", "--tls-cert", folder / "tls.pem", "--tls-key", folder / "tls.key"]
    words += ["--htpasswd-file", folder / "users.htpasswd", *more]
    argv = [BIN / "restic-rest-server", *words]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            assert server.stdout
            said = next(filter(None, map(re.compile(r"start server on .*:(\d+)$").search, server.stdout)))
            for name in REPOSITORIES:
                url = machine.root / f"etc/seawall/credentials/{name}.url"
                url.write_text(f"rest:https://{name}:secret@localhost:{said[1]}/{name}/\n")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SEAWALL_ROOT", str(machine.root))
                yield
        finally:
            server.terminate()


def afterwards(patch: pytest.MonkeyPatch, owner: object, name: str, happens: Callable[[], object]) -> None:
    """Let something happen each time right after a function of ours has ended well, as the world may."""
    real = getattr(owner, name)

    def both(*args: Any, **words: Any) -> Any:
        result = real(*args, **words)
        happens()
        return result

    patch.setattr(owner, name, both)
