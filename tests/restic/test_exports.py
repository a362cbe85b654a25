"""Exports by the real GnuPG, PostgreSQL, OpenSSH and a mail server: what leaves, and when nothing does."""

import hashlib
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from exporting import DONORS, Site, furnish
from loop_disks import needs_root
from recipients import EXPIRED, Recipients, recipients
from throwaway_postgresql import ONLY_ROOT, Cluster, cluster

sys.path.insert(0, str(Path(__file__).parents[1] / "control"))
sys.path.insert(0, str(Path(__file__).parents[1] / "unit/alarms"))
import sshd
from listeners import mail_server

pytestmark = ONLY_ROOT
CLEAR = b'id,name\n1,Ana\n2,"Bo""r\n""is"\n3,"\xc5\xbdofie, Dr."\n'


@pytest.fixture(scope="module")
def people() -> Iterator[Recipients]:
    with recipients() as made:
        yield made


@pytest.fixture(scope="module")
def good(people: Recipients) -> dict[str, str]:
    return people.made("registry@example.org")


@pytest.fixture(scope="module")
def donors() -> Iterator[Cluster]:
    with cluster() as made:
        made.psql(DONORS)
        yield made


@pytest.fixture
def site(tmp_path: Path, donors: Cluster, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = furnish(tmp_path, donors.socket)
    monkeypatch.setenv("SEAWALL_ROOT", str(made.root))
    return made


def test_rows_leave_encrypted_to_the_recipient_alone_and_are_recorded(
    site: Site, people: Recipients, good: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    spaced = {**good, "fingerprint": " ".join([good["fingerprint"][:20], good["fingerprint"][20:]]).lower()}
    site.set_policy(registry={"recipient": spaced, "acknowledged_by": "registry"})
    assert site.seawall("export", "registry", "--dry-run") == 0
    assert site.arrived() == site.outbox() == []
    assert site.seawall("export", "registry") == 0, capsys.readouterr()
    (file,) = site.arrived()
    assert people.opened(file.read_bytes()) == CLEAR
    facts = site.records()[-1]["facts"]
    assert (facts["rows"], facts["bytes"], facts["recipient"]) == (3, file.stat().st_size, good["fingerprint"])
    assert facts["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert facts["file"] == file.name
    assert facts["where"] == f"folder {site.inside}"
    assert b"Ana" not in b"".join(path.read_bytes() for path in site.root.rglob("*") if path.is_file())
    assert site.seawall("export", "registry") == 0
    assert "nothing is due before" in capsys.readouterr().out
    assert site.arrived() == [file]


def test_the_same_bytes_are_sent_again_and_another_one_is_another(site: Site, good: dict[str, str]) -> None:
    site.set_policy(registry={"recipient": good, "acknowledged_by": "registry"})
    assert site.seawall("export", "registry") == 0
    (file,) = site.arrived()
    before = file.read_bytes()
    file.unlink()
    assert site.seawall("export", "registry", "--resend") == 0
    assert [path.read_bytes() for path in site.arrived()] == [before]
    assert [record["facts"]["resent"] for record in site.records()] == [False, True]
    assert len(site.state("export-registry")["last_good"]["waiting"]) == 1


def test_what_nobody_acknowledged_waits_also_behind_a_younger_one(
    site: Site, good: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    site.set_policy(registry={"recipient": good, "acknowledged_by": "registry"})
    assert site.seawall("export", "registry") == 0
    (first,) = site.outbox()
    os.utime(first)
    until_next_second(first)
    assert site.seawall("export", "registry", "--again") == 0
    _, second = site.outbox()
    assert site.seawall("export", "acknowledge", "registry") == 2, "two wait"
    assert site.seawall("export", "acknowledge", "registry", "--file", second.name) == 0
    assert site.seawall("export", "acknowledge", "registry", "--file", second.name) == 2, "it was acknowledged"
    assert site.seawall("export", "acknowledge", "registry", "--by", "nobody") == 2
    capsys.readouterr()
    assert site.seawall("export", "show", "registry") == 0
    assert f"not acknowledged: {first.name}" in capsys.readouterr().out
    assert site.seawall("export", "acknowledge", "registry") == 0
    record = site.records()[-1]
    assert (record["act"], record["facts"]["by"], record["facts"]["file"]) == (
        "export-acknowledged",
        "registry",
        first.name,
    )
    capsys.readouterr()
    assert site.seawall("export", "list") == 0
    assert "not acknowledged" not in capsys.readouterr().out


def until_next_second(file: Path) -> None:
    """An export is called by its second; wait until another one would have another name."""
    import time

    begun = file.name.split("-")[1][:16]
    deadline = time.monotonic() + 10
    while time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) == begun:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("expired", "expired"),
        ("revoked", "revoked"),
        ("signs alone", "can't encrypt"),
        ("subkey expired", "subkey for encryption has expired"),
        ("another", "is another one"),
        ("two keys", "is another one"),
        ("garbage", "can't be read"),
    ],
)
def test_with_a_key_that_is_no_good_nothing_leaves_and_nothing_is_read(
    site: Site, people: Recipients, good: dict[str, str], how: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site.set_policy(registry={"recipient": bad_key(people, good, how), "query": "select 1 / 0"})
    assert site.seawall("export", "registry") == 1
    assert words in site.state("export-registry")["message"], capsys.readouterr()
    assert site.arrived() == site.outbox() == []
    assert site.records()[-1]["result"] == "fail"
    assert site.seawall("export", "registry", "--dry-run") == 1


def bad_key(people: Recipients, good: dict[str, str], how: str) -> dict[str, str]:
    name = f"{how.replace(' ', '.')}@example.org"
    if how == "expired":
        return people.made(name, **EXPIRED)
    if how == "revoked":
        return people.revoked(name)
    if how == "signs alone":
        return people.made(name, "sign")
    if how == "subkey expired":
        return people.without_subkey(name)
    if how == "another":
        return {**people.made(name), "fingerprint": good["fingerprint"]}
    if how == "two keys":
        return {**good, "key": people.gpg("--armor", "--export").decode()}
    return {**good, "key": good["key"][:80] + "\n-----END PGP PUBLIC KEY BLOCK-----\n"}


def test_an_export_to_a_former_key_is_never_delivered(site: Site, people: Recipients, good: dict[str, str]) -> None:
    site.set_policy(registry={"recipient": good})
    site.inside.rename(site.inside.with_name("elsewhere"))
    assert site.seawall("export", "registry") == 1
    (former,) = site.outbox()
    site.inside.mkdir()
    until_next_second(former)
    site.set_policy(registry={"recipient": people.made("next@example.org")})
    assert site.seawall("export", "registry", "--resend") == 1
    assert site.arrived() == []
    assert site.seawall("export", "registry") == 0
    assert [path.name for path in site.arrived()] == [path.name for path in site.outbox()] != [former.name]


@pytest.mark.parametrize(
    "query",
    [
        "with gone as (insert into notes values ('x') returning 1) select * from gone",
        "select 1) to stdout; insert into notes values ('x'); copy (select 1",
        "select set_config('transaction_read_only', 'off', true)",
        "select 1) to program 'touch /tmp/exported' --",
    ],
)
def test_a_query_that_writes_is_refused_and_by_the_server_too(
    site: Site, donors: Cluster, good: dict[str, str], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Exception, match="query"):
        site.set_policy(registry={"recipient": good, "query": query})
    monkeypatch.setattr("ops.policy.rules.questions.wrong", lambda _sql: "")
    monkeypatch.setattr("ops.jobs.export.rows.wrong", lambda _sql: "")
    if ";" not in query:  # which one line of ours refuses, whatever the words say
        site.set_policy(registry={"recipient": good, "query": query, "role": "seawall_registry"})
        assert site.seawall("export", "registry") == 1
        assert site.arrived() == site.outbox() == []
    assert donors.psql("select count(*) from notes") == "0"


def test_a_role_of_its_own_reads_what_it_may_and_an_error_at_the_last_row_lets_nothing_leave(
    site: Site, people: Recipients, good: dict[str, str]
) -> None:
    site.set_policy(registry={"recipient": good, "role": "seawall_registry"})
    assert site.seawall("export", "registry") == 1
    site.set_policy(registry={"recipient": good, "query": "select 1 / (100000 - n) from generate_series(1, 100000) n"})
    assert site.seawall("export", "registry") == 1
    site.set_policy(registry={"recipient": good, "at_least": 4})
    assert site.seawall("export", "registry") == 1
    assert "there are 3 rows" in site.state("export-registry")["message"]
    assert site.arrived() == site.outbox() == []
    site.set_policy(
        registry={"recipient": good, "role": "seawall_registry", "query": "select id from registry", "at_least": 3}
    )
    assert site.seawall("export", "registry") == 0
    assert people.opened(site.arrived()[0].read_bytes()) == b"id\n1\n2\n3\n"


def test_files_leave_as_an_archive_and_no_link_is_followed(
    site: Site, people: Recipients, good: dict[str, str], tmp_path: Path
) -> None:
    (site.files / "2026/11/a.csv").write_text("one")
    (site.files / "b.csv").write_text("two")
    (site.files / "c.txt").write_text("not meant")
    (tmp_path / "secret").write_text("another's")
    (site.files / "link.csv").symlink_to(tmp_path / "secret")
    (site.files / "folder").symlink_to(tmp_path)
    (tmp_path / "d.csv").write_text("another's")
    os.mkfifo(site.files / "pipe.csv")
    site.set_policy(
        registry={"recipient": good, "asset": "papers", "query": "", "files": [f"{site.files}/**/*.csv"], "at_least": 2}
    )
    assert site.seawall("export", "registry") == 0
    (file,) = site.arrived()
    with tarfile.open(fileobj=BytesIO(people.opened(file.read_bytes()))) as archive:
        found = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    below = str(site.files).lstrip("/")
    assert found == {f"{below}/2026/11/a.csv": b"one", f"{below}/b.csv": b"two"}
    assert site.records()[-1]["facts"]["files"] == 2


def test_sftp_takes_it_whole_from_this_key_and_to_this_server_alone(
    site: Site, people: Recipients, good: dict[str, str], tmp_path: Path
) -> None:
    key = site.root / "etc/seawall/credentials/export-registry.key"
    public = sshd.keygen(key)
    with sshd.serve(server_folder(tmp_path), public, "Subsystem sftp internal-sftp") as server:
        host_key = " ".join((server.folder / "host_key.pub").read_text().split()[:2])
        place = {"host": "127.0.0.1", "port": server.port, "user": sshd.USER, "folder": str(site.inside)}
        site.set_policy(registry={"recipient": good, "to": {"sftp": {**place, "host_key": host_key}}})
        assert site.seawall("export", "registry") == 0, server.log
        (file,) = site.arrived()
        assert people.opened(file.read_bytes()) == CLEAR
        assert site.seawall("export", "registry", "--resend") == 0, "it replaces what is there"

        until_next_second(file)
        other = " ".join(sshd.keygen(tmp_path / "other").split()[:2])
        site.set_policy(registry={"recipient": good, "to": {"sftp": {**place, "host_key": other}}})
        assert site.seawall("export", "registry", "--again") == 1
        assert "host key" in site.state("export-registry")["message"]
        site.set_policy(
            registry={"recipient": good, "to": {"sftp": {**place, "host_key": host_key, "folder": f"{tmp_path}/none"}}}
        )
        assert site.seawall("export", "registry") == 1
        key.unlink()
        sshd.keygen(key)
        site.set_policy(registry={"recipient": good, "to": {"sftp": {**place, "host_key": host_key}}})
        assert site.seawall("export", "registry") == 1
        assert "does not let this machine" in site.state("export-registry")["message"]
        assert site.arrived() == [file]


def server_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "server"
    folder.mkdir()
    return folder


@needs_root
@pytest.mark.parametrize("way", ["folder", "sftp"])
def test_a_full_disk_at_the_destination_takes_nothing_and_the_same_bytes_come_later(
    site: Site, people: Recipients, good: dict[str, str], tmp_path: Path, way: str
) -> None:
    query = "select n, md5(n::text) from generate_series(1, 20000) n"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", site.inside], check=True)
    try:
        key = sshd.keygen(site.root / "etc/seawall/credentials/export-registry.key")
        with sshd.serve(server_folder(tmp_path), key, "Subsystem sftp internal-sftp") as server:
            host_key = " ".join((server.folder / "host_key.pub").read_text().split()[:2])
            place = {"host": "127.0.0.1", "port": server.port, "user": sshd.USER, "host_key": host_key}
            ways = {"folder": {"path": str(site.inside)}, "sftp": {**place, "folder": str(site.inside)}}
            site.set_policy(registry={"recipient": good, "query": query, "to": {way: ways[way]}})
            assert site.seawall("export", "registry") == 1
            assert site.arrived() == []
            (kept,) = site.outbox()
            subprocess.run(["mount", "-o", "remount,size=8m", site.inside], check=True)
            assert site.seawall("export", "registry") == 0
            (file,) = site.arrived()
            assert (file.name, file.read_bytes()) == (kept.name, kept.read_bytes())
    finally:
        subprocess.run(["umount", site.inside], check=True)


def test_a_folder_that_must_be_mounted_and_is_not_takes_nothing(site: Site, good: dict[str, str]) -> None:
    site.set_policy(registry={"recipient": good, "to": {"folder": {"path": str(site.inside), "mounted": True}}})
    assert site.seawall("export", "registry") == 1
    assert "nothing is mounted" in site.state("export-registry")["message"]
    assert site.arrived() == []


KILLED = """
import os, signal, sys
from ops import cli
from ops.jobs.run import job
job._recorded = lambda *words: os.kill(os.getpid(), signal.SIGKILL)
cli.run(["export", "registry"])
"""


def test_killed_between_delivery_and_record_it_is_delivered_again_the_same_bytes(
    site: Site, people: Recipients, good: dict[str, str]
) -> None:
    site.set_policy(registry={"recipient": good, "acknowledged_by": "registry"})
    done = subprocess.run([sys.executable, "-c", KILLED], check=False, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    (file,) = site.arrived()
    before = file.read_bytes()
    assert not (site.root / "var/lib/seawall/ledger/ledger.jsonl").exists()
    assert site.seawall("export", "registry") == 0
    assert [path.read_bytes() for path in site.arrived()] == [before]
    never, record = site.records()
    assert (never["result"], record["result"]) == ("unknown", "pass")
    assert record["facts"]["sha256"] == hashlib.sha256(before).hexdigest()
    assert [*(site.root / "run/seawall").rglob("gpg-*")] == [], "what the killed run left is gone"


def test_spoiled_in_the_outbox_it_does_not_leave(site: Site, good: dict[str, str]) -> None:
    site.set_policy(registry={"recipient": good})
    assert site.seawall("export", "registry") == 0
    (file,) = site.outbox()
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    site.arrived()[0].unlink()
    assert site.seawall("export", "registry", "--resend") == 1
    assert site.arrived() == []


def test_by_mail_it_is_one_letter_with_the_file_and_a_server_that_refuses_is_no_delivery(
    site: Site, people: Recipients, good: dict[str, str]
) -> None:
    with mail_server() as mailbox:
        options = {"server": "127.0.0.1", "port": mailbox.port, "sender": "seawall@hospital.example", "tls": "none"}
        alarms = {"on_call": [{"who": "registry"}], "channels": {"post": {"kind": "mail", "options": options}}}
        to = {"mail": {"to": "registry", "channel": "post"}}
        site.set_policy(alarms, registry={"recipient": good, "to": to})
        mailbox.answer = "452 no room"
        assert site.seawall("export", "registry") == 1
        mailbox.answer = "250 OK"
        assert site.seawall("export", "registry") == 0
        assert site.seawall("export", "registry", "--resend") == 0
    first, second = mailbox.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert mailbox.recipients == [["registry@example.org"]] * 2
    (attached,) = first.iter_attachments()
    content = attached.get_payload(decode=True)
    assert people.opened(content) == CLEAR
    assert hashlib.sha256(content).hexdigest() in first.get_body().get_content()
    assert b"Ana" not in first.as_bytes()
