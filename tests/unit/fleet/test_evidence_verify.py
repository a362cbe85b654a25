"""The script of an evidence pack is led to no false pass by what is beside the manifest, the keys or the tools."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conforming import NOW
from evidence_site import LINES, Site, files_of, public, sealed, tarred, verified

from ops.fleet.ledgers import collect

SIGNERS, LEDGER = "seawall-evidence/signers", "seawall-evidence/ledgers/his1"
TOOLS = "cat cmp comm cut dirname env find grep head mkdir mktemp rm sed sh sha256sum sort ssh-keygen tar tr uniq wc"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that no test changes, with a pack of it that was made once."""
    with pytest.MonkeyPatch.context() as patch:
        yield Site(tmp_path_factory.mktemp("site"), patch)


@pytest.mark.parametrize("name", ["MANIFEST-sig", "MANIFESTxsig"])
def test_a_file_that_is_called_almost_like_the_signature_was_added(site: Site, tmp_path: Path, name: str) -> None:
    files = files_of(site.packed)
    code, said = verified(tmp_path, tarred({**files, f"seawall-evidence/{name}": b"x"}), files[SIGNERS].decode())
    assert (code, f"added: {name}" in said) == (2, True), said


@pytest.mark.parametrize(
    "option", ['valid-before="20200101"', "cert-authority", 'namespaces="git"', 'namespaces="seawall-other"']
)
def test_a_key_that_the_site_trusts_for_something_else_is_not_trusted(site: Site, tmp_path: Path, option: str) -> None:
    trusted = files_of(site.packed)[SIGNERS].decode()
    other = re.sub('namespaces="seawall-evidence"', option, trusted)
    assert other != trusted
    code, said = verified(tmp_path, site.packed, other)
    assert code == 2, said
    assert "does not trust this key of evidence-pack" in said
    assert "key of his1" not in said


def test_a_list_of_another_system_and_one_without_namespaces_are_read(site: Site, tmp_path: Path) -> None:
    trusted = files_of(site.packed)[SIGNERS].decode()
    for own in (trusted.replace("\n", "\r\n"), re.sub(' namespaces="[^"]*"', "", trusted)):
        code, said = verified(tmp_path, site.packed, own)
        assert code == 0, said


def test_without_a_tool_that_compares_nothing_is_verified(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    for tool in TOOLS.split():
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    trusted = files_of(site.packed)[SIGNERS].decode()
    assert verified(tmp_path, site.packed, trusted)[0] == 0
    (tmp_path / "bin/comm").unlink()
    code, said = verified(tmp_path, site.packed, f"his1 {public(site.foreign)}")
    assert (code, "comm is needed" in said) == (3, True)


def test_a_ledger_without_its_records_is_no_ledger(site: Site, tmp_path: Path) -> None:
    files = files_of(site.packed)
    none = {**files, LINES: b"", f"{LEDGER}/before": files[f"{LEDGER}/head"]}
    code, said = verified(tmp_path, tarred(sealed(none, site.own)), files[SIGNERS].decode())
    assert (code, "his1: every record was removed" in said) == (2, True), said


def test_which_records_are_there_is_said_for_whoever_left_some_out_can_sign(site: Site, tmp_path: Path) -> None:
    files = files_of(site.packed)
    all_ = files[LINES].splitlines(keepends=True)
    before = f"3 {hashlib.sha256(all_[1]).hexdigest()}\n".encode()
    rest = {name: content for name, content in files.items() if "/policy/versions/" not in name}  # no record names one
    less = sealed({**rest, LINES: all_[2], f"{LEDGER}/before": before}, site.own)
    assert "his1: records 2 to 4\n" in verified(tmp_path, site.packed, files[SIGNERS].decode())[1]
    assert "his1: records 4 to 4\n" in verified(tmp_path, tarred(less), files[SIGNERS].decode())[1]


def test_a_name_in_an_unpacked_pack_moves_no_cursor(site: Site, tmp_path: Path) -> None:
    (tmp_path / "pack.tar").write_bytes(site.packed)
    subprocess.run(["tar", "-xf", tmp_path / "pack.tar", "-C", tmp_path], check=True)
    folder = tmp_path / "seawall-evidence"
    (folder / "a\x1b[2J\x1b[HPASS").symlink_to("/etc/passwd")
    words: list[str | Path] = ["env", "-i", f"PATH={os.environ['PATH']}", "sh", folder / "verify.sh"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "a link or device was added: ./a?[2J?[HPASS" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_what_a_machine_recorded_moves_no_cursor_in_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Site(tmp_path, monkeypatch)
    shutil.rmtree(collect.place(tmp_path) / "his1")
    own.record("backup", "his", -17, policy="\x1b[2J\u202eevil")
    own.now = NOW + timedelta(days=10)
    told = own.contents().files["README"].decode()
    assert "evil, named by records of the period, is not kept" in told
    assert all(line.isprintable() for line in told.splitlines())


def test_a_ledger_that_was_changed_before_the_period_is_said_not_to_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Site(tmp_path, monkeypatch)
    assert not [one for one in own.contents().unseen if "does not verify" in one]
    path = collect.place(own.root) / "his1/ledger.jsonl"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b'"message":"done"', b'"message":"gone"', 1))
    assert [one for one in own.contents().unseen if one.startswith("his1: its ledger does not verify: ")]
