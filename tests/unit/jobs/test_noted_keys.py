"""The id of the key that opens a repository: noted once it did, and nothing else is taken for one."""

import os
from pathlib import Path

import pytest
from account import NOBODY, as_account, machine, needs_root

from ops.core.errors import Damaged
from ops.core.names import Digest
from ops.jobs.host import key_ids
from ops.restic.messages import Key

OWN, READERS = Digest("1" * 64), Digest("2" * 64)
KEYS = [Key(READERS, "seawall-reader", "drill1", current=False), Key(OWN, "root", "his1", current=True)]


@pytest.fixture(autouse=True)
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    return tmp_path / "var/lib/seawall/keys"


def test_the_key_that_opened_it_is_noted_and_a_later_one_replaces_it(noted: Path):
    assert key_ids.known("primary") is None
    assert key_ids.note("primary", KEYS) == OWN
    assert key_ids.all_known(["primary", "offsite"]) == {"primary": OWN}
    key_ids.note("primary", [Key(READERS, "root", "his1", current=True)])
    assert key_ids.known("primary") == READERS


def test_a_list_without_the_key_that_opened_it_is_refused():
    with pytest.raises(Damaged, match="which key"):
        key_ids.note("primary", KEYS[:1])


@pytest.mark.parametrize("content", [b"", b"--password-command=sh", b"1" * 64 + b" x", b"\xff" * 64, b"1" * 9999])
def test_what_is_no_id_is_no_hint(noted: Path, content: bytes):
    noted.mkdir(parents=True)
    (noted / "primary").write_bytes(content)
    assert key_ids.known("primary") is None


def test_neither_a_link_nor_a_pipe_is_read(noted: Path, tmp_path: Path):
    noted.mkdir(parents=True)
    (tmp_path / "elsewhere").write_text(OWN)
    (noted / "primary").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(noted / "offsite")
    assert key_ids.all_known(["primary", "offsite"]) == {}


@needs_root
def test_the_account_leads_root_nowhere_and_reads_what_root_noted(monkeypatch: pytest.MonkeyPatch):
    with machine() as root:
        monkeypatch.setenv("SEAWALL_ROOT", str(root))
        secret = root / "etc/seawall/credentials"
        (secret / "primary").write_text("root's own\n")
        os.chown(root / "var/lib/seawall", 0, NOBODY.pw_gid)
        state = root / "var/lib/seawall"
        as_account(lambda: (state / "state/keys").symlink_to(secret))
        assert as_account(lambda: (state / "keys").symlink_to(secret)) == 1
        assert key_ids.note("primary", KEYS) == OWN
        assert (secret / "primary").read_text() == "root's own\n"
        assert as_account(lambda: _demand_known("primary")) == 0
        later = [Key(READERS, "root", "his1", current=True)]
        assert as_account(lambda: key_ids.note("primary", later)) == 0
        assert key_ids.known("primary") == OWN  # root's word counts
        assert as_account(lambda: key_ids.note("offsite", later)) == 0
        assert (state / "state/key-offsite").stat().st_uid == NOBODY.pw_uid
        assert key_ids.known("offsite") == READERS  # and what the account alone noted
        (state / "state/key-offsite").unlink()
        as_account(lambda: (state / "state/key-offsite").symlink_to(secret / "primary"))
        assert key_ids.known("offsite") is None


def _demand_known(name: str) -> None:
    assert key_ids.known(name) == OWN


@needs_root
@pytest.mark.parametrize("linked", [False, True])
def test_what_the_account_left_in_the_place_of_the_folder_is_not_used(noted: Path, tmp_path: Path, linked: bool):
    noted.parent.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if linked:
        noted.symlink_to(elsewhere)
    else:
        noted.mkdir()
        os.chown(noted, NOBODY.pw_uid, NOBODY.pw_gid)
    with pytest.raises(Damaged, match="is not a folder of this account"):
        key_ids.note("primary", KEYS)
    assert not list(elsewhere.iterdir())
