"""The control machine as a machine of its own: its ledger, its states, and for one act at a time its secrets.

They lie in `.control` beside the inventory, so that they go wherever the inventory goes. Ansible passes over names that
begin with a dot; `.gitignore` keeps the ledger's key out of the inventory's history.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.files import lock, write_atomically, write_json
from ops.core.names import AbsolutePath
from ops.core.run import run
from ops.fleet.inventory import OWN
from ops.fleet.packaging.restic_deb import unpack_restic
from ops.policy import HostPolicy
from ops.policy.compile import document, read_document
from ops.policy.model import Asset, Control, SourceSpec

MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of its own is made in it
PASSED = ("run", "var/cache")
NEVER = "*-*-* 00:00:00"  # its timer is the administrator's own, see docs/site-drill.md


def folder(inventory: Path) -> Path:
    """Return the control machine's own folder, for an inventory that is a folder or a file."""
    return (inventory if inventory.is_dir() else inventory.parent) / OWN


def demanded(policies: Mapping[str, HostPolicy]) -> HostPolicy:
    """Return the policy of the control machine itself, made of what any host knows; raise UsageError without one."""
    one = next((policy for policy in policies.values() if policy.control), None)
    if one is None or one.control is None:
        raise UsageError(
            "the policy does not say where to back up the control machine",
            "add `control` to policy__all; see docs/policy.md",
        )
    own = HostPolicy(
        version=one.version,
        host=one.control.name,
        site=one.site,
        contacts=one.contacts,
        repositories=one.repositories,
        control=one.control,
    )
    return read_document(document(own))


def with_asset(policy: HostPolicy, control: Control, paths: tuple[str, ...], home: Path) -> HostPolicy:
    """Return the control machine's policy with its one asset: these paths, without what may be lost of its own."""
    from ops.core.calendar import Calendar
    from ops.sources.files import Options

    asset = Asset(
        owner=control.owner,
        summary="The control machine: inventory, checkout, packages, SSH keys",
        sources={
            "files": SourceSpec(
                "files",
                Options(tuple(map(AbsolutePath, paths)), exclude=tuple(f"{home.resolve()}/{name}" for name in PASSED)),
            )
        },
        repository=control.repository,
        schedule=Calendar.parse(NEVER),
        rpo=control.rpo,
        rto=control.rto,
        retention=control.retention,
    )
    return HostPolicy(**{**vars(policy), "assets": {control.name: asset}})


@contextmanager
def as_control_machine(inventory: Path, policy: HostPolicy, secrets: Mapping[str, str]) -> Iterator[Path]:
    """Act as the control machine for a block, with these secrets by name of file; they are in memory only meanwhile."""
    home = furnished(inventory, policy)
    memory = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="seawall-", dir=memory) as credentials:
        for name, text in secrets.items():
            write_atomically(Path(credentials, name), text)
        path = f"{unpack_restic().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        with _environment(SEAWALL_ROOT=str(home), CREDENTIALS_DIRECTORY=credentials, PATH=path):
            yield home


def furnished(inventory: Path, policy: HostPolicy) -> Path:
    """Return the control machine's own folder with its policy, and a key of its ledger, which is made only once."""
    home = folder(inventory)
    etc = home / "etc/seawall"
    for place in (etc / "credentials", home / "run/seawall", home / "var/lib/seawall", home / "var/cache/seawall"):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    (home / ".gitignore").write_text("*\n", encoding="ascii")
    write_json(etc / "policy.json", document(policy))
    key = etc / "credentials/ledger.key"
    if not key.exists():
        _make_key(home, key, policy.host)
    public = key.with_suffix(".key.pub").read_text(encoding="ascii")
    write_atomically(etc / "allowed_signers", f'{policy.host} namespaces="seawall-ledger" {public}', 0o644)
    return home


def _make_key(home: Path, key: Path, host: str) -> None:
    """Make a key for the ledger, whole or not at all, also when two acts find none at once."""
    made = home / "run/seawall/ledger.key"
    with lock(home / "run/seawall/ledger-key.lock", "another act that makes the key of this machine's ledger", 60.0):
        if key.exists():
            return
        for left in (made, made.with_suffix(".key.pub")):
            left.unlink(missing_ok=True)  # of one that was killed
        words: list[str | Path] = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"seawall-ledger {host}"]
        run([*words, "-f", made], timeout=60)
        made.with_suffix(".key.pub").replace(key.with_suffix(".key.pub"))
        made.replace(key)  # last: where it is, its public half is


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
