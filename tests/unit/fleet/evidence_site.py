"""A site with real keys whose evidence is packed, and what opens, changes and verifies a pack."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from conforming import NOW, SITE, own_pack

from ops.core import clock
from ops.evidence.ledger import Ledger
from ops.fleet.evidence_pack import archive, gather
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers import collect, signers
from ops.policy.compile import document, document_digest

LINES = "seawall-evidence/ledgers/his1/records.jsonl"
Files = dict[str, bytes]
PACK = own_pack("All", {"signed": {"ledger": "verified"}})


class Site:
    """A site of one server, of whose ledger September, October and November were collected."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root, self.now = root, NOW
        patch.setattr(clock, "now", lambda: self.now)
        self.key, self.own, self.foreign = (made(root / name) for name in ("machine", "own", "foreign"))
        site = {key: value for key, value in SITE.items() if key not in {"control", "alarms"}}
        site |= {"repositories": {"second": SITE["repositories"]["second"]}, "packs": {"ours": {"file": "o.yml"}}}
        (root / "o.yml").write_text(yaml.safe_dump(PACK))
        self.inventory = Inventory(root, {"his1": {"policy__all": site}}, {"all": ("his1",)})
        signers.place(root).write_text(f'his1 namespaces="seawall-ledger" {public(self.key)}')
        self.record("backup", "his", -40)
        self.record("backup", "his", -20, policy=document_digest(document(self.inventory.policies()["his1"])))
        self.record("drill", "his", -19, facts={"set": "one", "repository": "second", "rungs": []})
        shown = {"by": "ana", "shown_by": {"sha256": "a" * 64, "bytes": 1}}
        self.record("attestation", "room", -18, facts=shown, policy="f" * 64)
        self.record("backup", "his", 3)
        self.now = NOW + timedelta(days=10)

    def record(self, act: str, subject: str, day: int, facts: dict[str, Any] | None = None, **more: str) -> None:
        self.now = NOW + timedelta(days=day)
        body = {"host": "his1", "actor": "unit", "act": act, "subject": subject, "result": "pass", "message": "done"}
        Ledger(collect.place(self.root) / "his1", self.key).append({**body, "facts": facts or {}, **more})

    def contents(self, period: str = "2026-10", attested: Path | None = None) -> gather.Contents:
        asked = gather.Asked(period, archive.demand_key(self.own), attested)
        return gather.contents(self.inventory, asked, lambda _: None)

    @cached_property
    def packed(self) -> bytes:
        """The pack of October."""
        return archive.packed(self.contents().files, self.own)


def made(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return path


def public(key: Path) -> str:
    return key.with_suffix(".pub").read_text()


def files_of(packed: bytes) -> Files:
    with tarfile.open(fileobj=io.BytesIO(packed)) as read:
        return {one.name: read.extractfile(one).read() for one in read}  # type: ignore[union-attr]


def tarred(files: Files, *odd: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as written:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            written.addfile(member, io.BytesIO(content))
        for member in odd:
            written.addfile(member)
    return stream.getvalue()


def verified(folder: Path, packed: bytes, trusted: str = "") -> tuple[int, str]:
    """Return the exit code and the output of the script, with nothing else than a PATH around it."""
    (folder / "pack.tar").write_bytes(packed)
    script = folder / "verify.sh"
    script.write_bytes(Path(gather.__file__).with_name("verify.sh").read_bytes())
    words: list[str | Path] = ["env", "-i", f"PATH={os.environ['PATH']}", "sh", script]
    if trusted:
        (folder / "trusted").write_text(trusted)
        words += ["--trusted", folder / "trusted"]
    done = subprocess.run([*words, folder / "pack.tar"], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def sealed(files: Files, key: Path) -> Files:
    """The files with a manifest that fits them, signed with a key: what somebody does who has that key."""
    start = f"{archive.FOLDER}/"
    plain = {name.removeprefix(start): content for name, content in files.items() if "MANIFEST" not in name}
    return files_of(archive.packed(plain, key))
