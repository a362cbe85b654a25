"""The evidence pack of a site with real keys: its script passes it as it was made, and names each kind of tampering."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conforming import NOW
from evidence_site import LINES, Files, Site, files_of, public, sealed, tarred, verified

from ops import cli
from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.fleet.evidence_pack import archive


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that no test changes, with a pack of it that was made once."""
    with pytest.MonkeyPatch.context() as patch:
        yield Site(tmp_path_factory.mktemp("site"), patch)


@pytest.fixture
def growing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site of a test's own."""
    return Site(tmp_path, monkeypatch)


def test_a_pack_holds_the_evidence_of_its_period_and_verifies(site: Site, tmp_path: Path) -> None:
    packed = site.packed
    files = files_of(packed)
    trusted = files["seawall-evidence/signers"].decode()
    code, said = verified(tmp_path, packed, trusted)
    assert code == 0, said
    assert "PASS" in said
    numbers = [json.loads(line)["n"] for line in files[LINES].splitlines()]
    assert numbers == [2, 3, 4]
    named = {name.removeprefix("seawall-evidence/") for name in files}
    assert {"policy/his1.json", "clauses/ours.yml", "drills/his1-3.html", "drills/his1-3.json"} <= named
    assert {"conformity/conformity.json", "conformity/oscal.json", "conformity/hdf.json"} <= named
    assert json.loads(files["seawall-evidence/attestations.json"])[0]["record"]["n"] == 4


def test_without_a_list_of_trusted_keys_it_is_no_pass_and_the_keys_are_shown(site: Site, tmp_path: Path) -> None:
    code, said = verified(tmp_path, site.packed)
    assert code == 3
    assert "NOT LOOKED AT" in said
    assert said.count("SHA256:") == 2


def test_it_verifies_unpacked_too(site: Site, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    packed = site.packed
    (tmp_path / "trusted").write_bytes(files_of(packed)["seawall-evidence/signers"])
    (tmp_path / "pack.tar").write_bytes(packed)
    subprocess.run(["tar", "-xf", tmp_path / "pack.tar", "-C", tmp_path / "there"], check=True)
    script = tmp_path / "there/seawall-evidence/verify.sh"
    words: list[str | Path] = [
        "env",
        "-i",
        f"PATH={os.environ['PATH']}",
        "sh",
        script,
        "--trusted",
        tmp_path / "trusted",
    ]
    assert subprocess.run(words, check=False, capture_output=True).returncode == 0
    (script.parent / "link").symlink_to("/etc/passwd")
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "a link or device was added: ./link" in done.stdout


def test_two_runs_give_the_same_bytes_also_when_the_ledger_has_grown(growing: Site) -> None:
    before = growing.packed
    growing.record("backup", "his", 9)
    growing.now = NOW + timedelta(days=30)
    assert archive.packed(growing.contents().files, growing.own) == before


def test_what_is_not_there_is_said(site: Site) -> None:
    said = site.contents().files["README"].decode()
    assert f"his1: policy version {'f' * 64}, named by records of the period, is not kept" in said
    assert "his1: the file of the attestation in record 4 is kept by its site" in said
    assert "Host checks: no host checks were made" in said
    assert "nothing later than the period was collected" not in said


def test_a_ledger_that_ends_with_the_period_is_said_to_end_there(growing: Site) -> None:
    growing.now = NOW + timedelta(days=40)
    assert "his1: nothing later than the period was collected" in growing.contents("2026-11").files["README"].decode()


def lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        return {**files, LINES: b"".join(change(files[LINES].splitlines(keepends=True)))}

    return changed


def without(name: str) -> Callable[[Files], Files]:
    return lambda files: {key: value for key, value in files.items() if not key.endswith(f"/{name}")}


def with_text(name: str, old: bytes, new: bytes) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        path = f"seawall-evidence/{name}"
        assert old in files[path]
        return {**files, path: files[path].replace(old, new, 1)}

    return changed


RECORDS = {
    "a byte": (lines(lambda all_: [all_[0].replace(b"done", b"gone"), *all_[1:]]), "his1: record 2 was changed"),
    "a byte of the last": (lines(lambda all_: [*all_[:2], all_[2].replace(b"done", b"gone")]), "the last record was"),
    "one removed": (lines(lambda all_: [all_[0], all_[2]]), "his1: records 3 to 3 were removed"),
    "the first removed": (lines(lambda all_: all_[1:]), "his1: records 2 to 2 were removed"),
    "the last removed": (lines(lambda all_: all_[:2]), "his1: records 4 to 4 were removed"),
    "one twice": (lines(lambda all_: [all_[0], *all_]), "his1: record 2 was added"),
    "one after the head": (
        lines(lambda all_: [*all_, all_[2].replace(b'"n":4', b'"n":5')]),
        "his1: record 5 was added after the signed head",
    ),
    "reordered": (lines(lambda all_: [all_[1], all_[0], all_[2]]), "his1: records were reordered"),
    "no record": (lines(lambda all_: [*all_, b"hello\n"]), "his1: a line is no record"),
}
FILES = {
    "a file removed": (without("README"), "removed: README"),
    "the head's signature removed": (without("head.sig"), "removed: ledgers/his1/head.sig"),
    "a file added": (lambda files: {**files, "seawall-evidence/more": b""}, "added: more"),
    "a file changed": (with_text("README", b"Evidence", b"evidence"), "changed: README"),
    "the manifest edited": (with_text("MANIFEST", b"0", b"1"), "MANIFEST was edited"),
    "the manifest gone": (without("MANIFEST"), "removed: MANIFEST"),
    "the manifest's signature gone": (without("MANIFEST.sig"), "removed: MANIFEST.sig"),
}


@pytest.mark.parametrize("name", FILES)
def test_each_tampering_is_named(site: Site, tmp_path: Path, name: str) -> None:
    change, word = FILES[name]
    files = files_of(site.packed)
    code, said = verified(tmp_path, tarred(change(files)), files["seawall-evidence/signers"].decode())
    assert code == 2, said
    assert f"TAMPERED: {word}" in said


@pytest.mark.parametrize("name", RECORDS)
def test_records_are_held_by_their_chain_even_when_the_manifest_was_signed_anew(
    site: Site, tmp_path: Path, name: str
) -> None:
    change, word = RECORDS[name]
    files = files_of(site.packed)
    code, said = verified(tmp_path, tarred(sealed(change(files), site.own)), files["seawall-evidence/signers"].decode())
    assert code == 2, said
    assert word in said
    assert "MANIFEST" not in said


def test_a_chain_made_anew_does_not_match_its_signed_head(site: Site, tmp_path: Path) -> None:
    files = files_of(site.packed)
    all_ = files[LINES].splitlines(keepends=True)
    last = all_[2].replace(b"done", b"gone")
    digest = hashlib.sha256(last).hexdigest()
    head = f"4 {digest}\n".encode()
    own = {**files, LINES: b"".join([*all_[:2], last]), "seawall-evidence/ledgers/his1/head": head}
    code, said = verified(tmp_path, tarred(sealed(own, site.own)), files["seawall-evidence/signers"].decode())
    assert code == 2
    assert "ledgers/his1/head was edited, or its signature was" in said


def test_a_signature_of_another_key_is_named(site: Site, tmp_path: Path) -> None:
    files = files_of(site.packed)
    trusted = files["seawall-evidence/signers"].decode()
    code, said = verified(tmp_path, tarred(sealed(files, site.foreign)), trusted)
    assert code == 2
    assert "MANIFEST is signed with another key" in said
    words: list[str | Path] = ["ssh-keygen", "-Y", "sign", "-q", "-n", "seawall-ledger", "-f", site.foreign]
    head = files["seawall-evidence/ledgers/his1/head"]
    signature = subprocess.run(words, input=head, capture_output=True, check=True).stdout
    own = {**files, "seawall-evidence/ledgers/his1/head.sig": signature}
    code, said = verified(tmp_path, tarred(sealed(own, site.own)), trusted)
    assert code == 2
    assert "ledgers/his1/head is signed with another key" in said


@pytest.mark.parametrize("whose", ["his1", "evidence-pack"])
def test_a_key_exchanged_is_named_even_when_all_was_signed_anew_with_it(site: Site, tmp_path: Path, whose: str) -> None:
    files = files_of(site.packed)
    trusted = files["seawall-evidence/signers"].decode()
    listed = re.sub(rf"(?m)^({whose} \S+) .*$", lambda found: f"{found[1]} {public(site.foreign).strip()}", trusted)
    assert listed != trusted
    own = sealed({**files, "seawall-evidence/signers": listed.encode()}, site.foreign)
    code, said = verified(tmp_path, tarred(own), trusted)
    assert code == 2
    assert f"key exchanged: the site does not trust this key of {whose}: 256 SHA256:" in said


@pytest.mark.parametrize(
    "line", [b'* namespaces="seawall-ledger" KEY', b"his1\tKEY", b'"his1" KEY', b"his1 cert-authority KEY"]
)
def test_a_line_that_is_not_one_machines_key_is_refused(site: Site, tmp_path: Path, line: bytes) -> None:
    files = files_of(site.packed)
    trusted = files["seawall-evidence/signers"].decode()
    more = line.replace(b"KEY", public(site.foreign).strip().encode()) + b"\n"
    own = {**files, "seawall-evidence/signers": trusted.encode() + more}
    code, said = verified(tmp_path, tarred(sealed(own, site.own)), trusted)
    assert code == 2
    assert "signers: a line is not one machine's key" in said


def odd(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd" if kind != tarfile.REGTYPE else ""
    return member


@pytest.mark.parametrize(
    ("member", "word"),
    [
        (odd("seawall-evidence/link", tarfile.SYMTYPE), "the archive holds a link, folder or device"),
        (odd("seawall-evidence/hard", tarfile.LNKTYPE), "the archive holds a link, folder or device"),
        (odd("seawall-evidence/pipe", tarfile.FIFOTYPE), "the archive holds a link, folder or device"),
        (odd("seawall-evidence/../../outside"), "the archive holds a path outside its folder"),
        (odd("/tmp/outside"), "the archive holds a path outside its folder"),
        (odd("seawall-evidence/a\nb"), "the archive holds a path outside its folder"),
        (odd("seawall-evidence/README"), "is in the archive twice"),
    ],
)
def test_what_does_not_belong_in_an_archive_is_named_before_it_is_unpacked(
    site: Site, tmp_path: Path, member: tarfile.TarInfo, word: str
) -> None:
    files = files_of(site.packed)
    code, said = verified(tmp_path, tarred(files, member), files["seawall-evidence/signers"].decode())
    assert code == 2, said
    assert word in said


def test_an_archive_cut_short_is_named(site: Site, tmp_path: Path) -> None:
    code, said = verified(tmp_path, site.packed[:3000])
    assert code == 2
    assert "TAMPERED" in said


@pytest.mark.parametrize(
    ("period", "word"),
    [("2026-13", "is no period"), ("2026-11", "is not over yet"), ("2026-07", "has a record of 2026-07")],
)
def test_a_period_that_gives_no_pack_is_refused_in_words(site: Site, period: str, word: str) -> None:
    with pytest.raises(Exception, match=word) as caught:
        site.contents(period)
    assert isinstance(caught.value, UsageError) or "collect" in str(caught.value)


def command(site: Site, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(_options, "read_inventory", lambda _: site.inventory)
    return cli.run(["evidence-pack", "--period", "2026-10", "--key", str(site.own), *words])


def test_the_command_writes_the_archive_and_replaces_none(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "october.tar"
    assert command(site, monkeypatch, "--out", str(out), "--dry-run") == 0
    assert "with 3 records would be packed into" in capsys.readouterr().out
    assert not out.exists()
    assert command(site, monkeypatch, "--out", str(out), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert out.read_bytes() == site.packed
    assert told["sha256"] == hashlib.sha256(site.packed).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["october.tar"]
    assert command(site, monkeypatch, "--out", str(out)) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_command_needs_a_key(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(site, monkeypatch, "--out", str(tmp_path / "a.tar"), "--key", str(tmp_path / "none")) == 2
    assert "there is no key" in capsys.readouterr().err
