"""What an evidence pack holds beside the machines' ledgers: the control machine's own, policies of then, files.

And a ledger whose key was changed within the period.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conforming import NOW, SITE
from evidence_site import LINES, Files, Site, files_of, public, sealed, tarred, verified

from ops import cli
from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.core.schema import encode
from ops.core.verdict import Finding, Verdict
from ops.evidence import key_rotation
from ops.evidence.keys import public as public_half
from ops.evidence.ledger import Head, Ledger
from ops.fleet.control_machine import identity, policies
from ops.fleet.evidence_pack import archive, attested
from ops.fleet.incidents.book import ledger_of
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers import collect, signers

SCAN = b"a signed form\n"
FOLDER = "seawall-evidence"


class Whole(Site):
    """The site with a control machine that has a ledger, an earlier policy that was kept, and a scan of a form."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        super().__init__(root, patch)
        tree = dict(self.inventory.variables["his1"])
        site = {**tree["policy__all"], "contacts": SITE["contacts"], "control": SITE["control"]}
        site["repositories"] = {**site["repositories"], "offsite": SITE["repositories"]["offsite"]}
        hosts = {host: {"policy__all": site} for host in ("his1", "offsite1")}
        self.inventory = Inventory(root, hosts, {"all": tuple(hosts), "backup_hosts": ("offsite1",)})
        self.before = policies.exact(Inventory(root, {"his1": tree}, {"all": ("his1",)}).policies()["his1"])
        self.version = hashlib.sha256(self.before).hexdigest()
        policies.note(root, Inventory(root, {"his1": tree}, {"all": ("his1",)}).policies())
        identity.furnished(root, identity.demanded(self.inventory.policies()))
        shown = {"by": "ana", "shown_by": {"sha256": hashlib.sha256(SCAN).hexdigest(), "bytes": len(SCAN)}}
        self.record("attestation", "room", -1, facts=shown, policy=self.version)
        self.record("backup", "his", 3)
        for day, act in ((-12, "incident-opened"), (4, "incident-closed")):
            self.now = NOW + timedelta(days=day)
            body = {"host": "control", "actor": "person:ana", "act": act, "subject": "power", "result": "pass"}
            Ledger(ledger_of(root), identity.folder(root) / "etc/seawall/credentials/ledger.key").append(body)
        self.now = NOW + timedelta(days=10)
        self.scans = root / "scans/of october"
        self.scans.mkdir(parents=True)
        (self.scans / "form.pdf").write_bytes(SCAN)
        (self.scans / "other.pdf").write_bytes(SCAN[::-1])
        (self.scans / "link.pdf").symlink_to("form.pdf")

    def whole(self) -> bytes:
        return archive.packed(self.contents(attested=self.root / "scans").files, self.own)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with pytest.MonkeyPatch.context() as patch:
        yield Whole(tmp_path_factory.mktemp("whole"), patch)


@pytest.fixture(scope="module")
def packed(site: Whole) -> bytes:
    return site.whole()


def test_it_holds_the_control_machines_ledger_the_policy_of_then_and_the_files(
    site: Whole, packed: bytes, tmp_path: Path
) -> None:
    files = files_of(packed)
    scan = hashlib.sha256(SCAN).hexdigest()
    assert files[f"{FOLDER}/attested/{scan}"] == SCAN
    assert [name for name in files if "/attested/" in name] == [f"{FOLDER}/attested/{scan}"]
    assert files[f"{FOLDER}/policy/versions/{site.version}.json"] == site.before
    (line,) = files[f"{FOLDER}/ledgers/control/records.jsonl"].splitlines()[:1]
    assert json.loads(line)["act"] == "incident-opened"
    code, said = verified(tmp_path, packed, files[f"{FOLDER}/signers"].decode())
    assert code == 0, said
    assert "control: records 1 to " in said
    told = files[f"{FOLDER}/README"].decode()
    assert f"policy version {'f' * 64}, named by records of the period, is not kept" in told
    assert site.version not in told
    assert "his1: the file of the attestation in record 4 is kept by its site." in told
    assert "his1: the file of the attestation in record 6" not in told


def test_the_same_facts_give_the_same_bytes(site: Whole, packed: bytes) -> None:
    os.utime(site.scans / "form.pdf", (0, 0))
    assert site.whole() == packed
    without = site.contents()
    assert not [name for name in without.files if "attested/" in name]
    assert any("record 6 is kept by its site" in one for one in without.unseen)


def changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    def made(files: Files) -> Files:
        (path,) = (one for one in files if one.startswith(f"{FOLDER}/{name}"))
        return {**files, path: change(files[path])}

    return made


def added(folder: str, content: bytes, end: str = "") -> Callable[[Files], Files]:
    return lambda files: {**files, f"{FOLDER}/{folder}/{hashlib.sha256(content).hexdigest()}{end}": content}


FORGED = {
    "a file that shows it": (changed("attested/", lambda one: one + b"x"), "changed: attested/"),
    "a policy of then": (
        changed("policy/versions/", lambda one: one.replace(b"14d", b"15d") + b" "),
        "changed: policy/",
    ),
    "a file that nobody attested": (added("attested", b"another form"), "added: attested/"),
    "one in a folder below": (added("attested/more", b"another form", ".json"), "added: attested/more/"),
    "a policy that held never": (added("policy/versions", b"{}", ".json"), "added: policy/versions/"),
    "an incident": (
        changed("ledgers/control/records", lambda one: one.replace(b"power", b"Power", 1)),
        "control: the last record was changed",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_each_is_held_by_a_record_even_when_the_manifest_was_signed_anew(
    site: Whole, packed: bytes, tmp_path: Path, name: str
) -> None:
    change, word = FORGED[name]
    files = files_of(packed)
    trusted = files[f"{FOLDER}/signers"].decode()
    code, said = verified(tmp_path, tarred(sealed(change(files), site.own)), trusted)
    assert code == 2, said
    assert f"TAMPERED: {word}" in said
    assert said.count("TAMPERED") == 1, said


def test_a_control_machine_that_a_list_does_not_know_is_named(site: Whole, packed: bytes, tmp_path: Path) -> None:
    files = files_of(packed)
    known = "".join(
        line
        for line in files[f"{FOLDER}/signers"].decode().splitlines(keepends=True)
        if not line.startswith("control ")
    )
    code, said = verified(tmp_path, packed, known)
    assert code == 2
    assert "key exchanged: the site does not trust this key of control" in said


def test_a_policy_that_was_changed_after_it_was_kept_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Whole(tmp_path, monkeypatch)
    path = policies.place(site.root) / f"{site.version}.json"
    path.write_bytes(site.before + b" ")
    made = site.contents()
    assert not [name for name in made.files if site.version in name]
    assert any("was changed after it was kept" in one for one in made.unseen)
    (policies.place(site.root).parent / "else.json").write_text("{}")
    assert policies.kept(site.root, "../else") is None  # a record may name anything


def test_a_site_without_a_control_machine_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Site(tmp_path, monkeypatch).contents()
    assert "The control machine's own ledger: the policy names no control machine." in made.unseen


@pytest.mark.parametrize("listed", [True, False])
def test_a_ledger_whose_key_was_changed_within_the_period_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: bool
) -> None:
    site = Site(tmp_path, monkeypatch)
    site.now = NOW + timedelta(days=31)
    old, new = public_half(site.key), public_half(site.foreign)

    def body(end: Head) -> dict:
        told = key_rotation.facts(old, new, end, reason="each year", restored=False, lost=None)
        known = {"host": "his1", "actor": "person:ana", "act": "succession", "subject": "ledger", "result": "pass"}
        return {**known, "message": "a new key", "facts": encode(told)}

    folder = collect.place(site.root) / "his1"
    Ledger(folder, site.foreign).append(body, also=site.key)
    for day in (32, 33):
        site.now = NOW + timedelta(days=day)
        record = {"host": "his1", "actor": "unit", "act": "backup", "subject": "his", "result": "pass", "facts": {}}
        Ledger(folder, site.foreign).append(record)
    path = signers.place(site.root)
    if listed:
        path.write_text(f'{path.read_text()}his1 namespaces="seawall-ledger" {public(site.foreign)}')
    site.now = NOW + timedelta(days=60)
    made = site.contents("2026-11-15/2026-12-20")
    packed = archive.packed(made.files, site.own)
    files = files_of(packed)
    code, said = verified(tmp_path, packed, files[f"{FOLDER}/signers"].decode())
    assert code == 0, said
    acts = [json.loads(line)["act"] for line in files[LINES].splitlines()]
    left = [one for one in made.unseen if "are left out: no signature by a key that is listed" in one]
    assert acts == (["succession", "backup", "backup"] if listed else ["succession"])
    assert [one.split(" records")[0] for one in left] == ([] if listed else ["his1: its last 2"])
    only_new = f'his1 namespaces="seawall-ledger" {public(site.foreign)}evidence-pack namespaces="seawall-evidence" '
    code, said = verified(tmp_path, packed, f"{only_new}{public(site.own)}")
    assert code == 2
    assert "key exchanged: the site does not trust this key of his1" in said


def test_collecting_keeps_each_version_of_a_policy_once(site: Whole, tmp_path: Path) -> None:
    own = site.inventory.policies()
    for _ in range(2):
        policies.note(tmp_path, own)
    kept = {path.stem: path for path in policies.place(tmp_path).iterdir()}
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in kept.values()} == set(kept)
    assert len(kept) == len(own)
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept.values())


def test_the_command_that_collects_ledgers_keeps_the_policies(
    site: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = replace(site.inventory, path=tmp_path)
    shutil.copy(site.inventory.path / "o.yml", tmp_path)  # the site's own pack, whose numbers are part of a policy
    monkeypatch.setattr(_options, "read_inventory", lambda _: read)
    monkeypatch.setattr(collect, "collect", lambda _: {"his1": Finding(Verdict.PASS, "verifies")})
    assert cli.run(["control", "collect"]) == 0
    assert len(list(policies.place(tmp_path).iterdir())) == len(read.policies())


def test_a_folder_that_is_none_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        attested.found(tmp_path / "none", {})
    (tmp_path / "a").write_bytes(SCAN)
    wanted = {hashlib.sha256(SCAN).hexdigest(): len(SCAN)}
    assert attested.found(tmp_path, wanted)
    assert attested.found(tmp_path, {"a" * 64: len(SCAN)}) == {}
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans/link").symlink_to(tmp_path / "a")
    assert attested.found(tmp_path / "scans", wanted) == {}
    monkeypatch.setattr(attested, "MOST_BYTES", 3)  # one of that size is not even read
    assert attested.found(tmp_path, wanted) == {}
    (tmp_path / "b").write_bytes(SCAN[::-1])
    wanted |= {hashlib.sha256(SCAN[::-1]).hexdigest(): len(SCAN)}
    monkeypatch.setattr(attested, "MOST_BYTES", len(SCAN) + 3)
    with pytest.raises(UsageError, match="are larger than"):
        attested.found(tmp_path, wanted)
    monkeypatch.setattr(attested, "MOST_FILES", 0)
    with pytest.raises(UsageError, match="holds more than 0 files"):
        attested.found(tmp_path, wanted)
