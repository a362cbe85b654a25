"""Exports on their way, by the real OpenSSH, a mail server and full disks: delivered whole, or not at all."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from exporting import CLEAR, Site, until_next_second
from loop_disks import needs_root
from recipients import Recipients
from throwaway_postgresql import ONLY_ROOT

sys.path.insert(0, str(Path(__file__).parents[1] / "control"))
sys.path.insert(0, str(Path(__file__).parents[1] / "unit/alarms"))
import sshd
from listeners import mail_server

pytestmark = ONLY_ROOT


def test_sftp_takes_it_whole_from_this_key_and_to_this_server_alone(
    exporter: Site, people: Recipients, registry_key: dict[str, str], tmp_path: Path
) -> None:
    key = exporter.root / "etc/seawall/credentials/export-registry.key"
    public = sshd.keygen(key)
    with sshd.serve(server_folder(tmp_path), public, "Subsystem sftp internal-sftp") as server:
        host_key = " ".join((server.folder / "host_key.pub").read_text().split()[:2])
        place = {"host": "127.0.0.1", "port": server.port, "user": sshd.USER, "folder": str(exporter.inside)}
        exporter.set_policy(registry={"recipient": registry_key, "to": {"sftp": {**place, "host_key": host_key}}})
        assert exporter.seawall("export", "registry") == 0, server.log
        (file,) = exporter.arrived()
        assert people.opened(file.read_bytes()) == CLEAR
        assert exporter.seawall("export", "registry", "--resend") == 0, "it replaces what is there"

        until_next_second(file)
        other = " ".join(sshd.keygen(tmp_path / "other").split()[:2])
        exporter.set_policy(registry={"recipient": registry_key, "to": {"sftp": {**place, "host_key": other}}})
        assert exporter.seawall("export", "registry", "--again") == 1
        assert "host key" in exporter.state("export-registry")["message"]
        exporter.set_policy(
            registry={
                "recipient": registry_key,
                "to": {"sftp": {**place, "host_key": host_key, "folder": f"{tmp_path}/none"}},
            }
        )
        assert exporter.seawall("export", "registry") == 1
        key.unlink()
        sshd.keygen(key)
        exporter.set_policy(registry={"recipient": registry_key, "to": {"sftp": {**place, "host_key": host_key}}})
        assert exporter.seawall("export", "registry") == 1
        assert "does not let this machine" in exporter.state("export-registry")["message"]
        assert exporter.arrived() == [file]


def server_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "server"
    folder.mkdir()
    return folder


@needs_root
@pytest.mark.parametrize("way", ["folder", "sftp"])
def test_a_full_disk_at_the_destination_takes_nothing_and_the_same_bytes_come_later(
    exporter: Site, people: Recipients, registry_key: dict[str, str], tmp_path: Path, way: str
) -> None:
    query = "select n, md5(n::text) from generate_series(1, 20000) n"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", exporter.inside], check=True)
    try:
        key = sshd.keygen(exporter.root / "etc/seawall/credentials/export-registry.key")
        with sshd.serve(server_folder(tmp_path), key, "Subsystem sftp internal-sftp") as server:
            host_key = " ".join((server.folder / "host_key.pub").read_text().split()[:2])
            place = {"host": "127.0.0.1", "port": server.port, "user": sshd.USER, "host_key": host_key}
            ways = {"folder": {"path": str(exporter.inside)}, "sftp": {**place, "folder": str(exporter.inside)}}
            exporter.set_policy(registry={"recipient": registry_key, "query": query, "to": {way: ways[way]}})
            assert exporter.seawall("export", "registry") == 1
            assert exporter.arrived() == []
            (kept,) = exporter.outbox()
            subprocess.run(["mount", "-o", "remount,size=8m", exporter.inside], check=True)
            assert exporter.seawall("export", "registry") == 0
            (file,) = exporter.arrived()
            assert (file.name, file.read_bytes()) == (kept.name, kept.read_bytes())
    finally:
        subprocess.run(["umount", exporter.inside], check=True)


def test_a_folder_that_must_be_mounted_and_is_not_takes_nothing(exporter: Site, registry_key: dict[str, str]) -> None:
    exporter.set_policy(
        registry={"recipient": registry_key, "to": {"folder": {"path": str(exporter.inside), "mounted": True}}}
    )
    assert exporter.seawall("export", "registry") == 1
    assert "nothing is mounted" in exporter.state("export-registry")["message"]
    assert exporter.arrived() == []


KILLED = """
import os, signal, sys
from ops import cli
from ops.jobs.run import job
job._recorded = lambda *words: os.kill(os.getpid(), signal.SIGKILL)
cli.run(["export", "registry"])
"""


def test_killed_between_delivery_and_record_it_is_delivered_again_the_same_bytes(
    exporter: Site, people: Recipients, registry_key: dict[str, str]
) -> None:
    exporter.set_policy(registry={"recipient": registry_key, "acknowledged_by": "registry"})
    done = subprocess.run([sys.executable, "-c", KILLED], check=False, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    (file,) = exporter.arrived()
    before = file.read_bytes()
    assert not (exporter.root / "var/lib/seawall/ledger/ledger.jsonl").exists()
    assert exporter.seawall("export", "registry") == 0
    assert [path.read_bytes() for path in exporter.arrived()] == [before]
    never, record = exporter.records()
    assert (never["result"], record["result"]) == ("unknown", "pass")
    assert record["facts"]["sha256"] == hashlib.sha256(before).hexdigest()
    assert [*(exporter.root / "run/seawall").rglob("gpg-*")] == [], "what the killed run left is gone"


def test_spoiled_in_the_outbox_it_does_not_leave(exporter: Site, registry_key: dict[str, str]) -> None:
    exporter.set_policy(registry={"recipient": registry_key})
    assert exporter.seawall("export", "registry") == 0
    (file,) = exporter.outbox()
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    exporter.arrived()[0].unlink()
    assert exporter.seawall("export", "registry", "--resend") == 1
    assert exporter.arrived() == []


def test_by_mail_it_is_one_letter_with_the_file_and_a_server_that_refuses_is_no_delivery(
    exporter: Site, people: Recipients, registry_key: dict[str, str]
) -> None:
    with mail_server() as mailbox:
        options = {"server": "127.0.0.1", "port": mailbox.port, "sender": "seawall@hospital.example", "tls": "none"}
        alarms = {"on_call": [{"who": "registry"}], "channels": {"post": {"kind": "mail", "options": options}}}
        to = {"mail": {"to": "registry", "channel": "post"}}
        exporter.set_policy(alarms, registry={"recipient": registry_key, "to": to})
        mailbox.answer = "452 no room"
        assert exporter.seawall("export", "registry") == 1
        mailbox.answer = "250 OK"
        assert exporter.seawall("export", "registry") == 0
        assert exporter.seawall("export", "registry", "--resend") == 0
    first, second = mailbox.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert mailbox.recipients == [["registry@example.org"]] * 2
    (attached,) = first.iter_attachments()
    content = attached.get_payload(decode=True)
    assert people.opened(content) == CLEAR
    assert hashlib.sha256(content).hexdigest() in first.get_body().get_content()
    assert b"the first donor" not in first.as_bytes()


def test_spoiled_before_it_was_delivered_it_is_made_anew(
    exporter: Site, people: Recipients, registry_key: dict[str, str]
) -> None:
    exporter.set_policy(registry={"recipient": registry_key, "to": {"folder": {"path": "/nowhere/at/all"}}})
    assert exporter.seawall("export", "registry") == 1
    (spoiled,) = exporter.outbox()
    spoiled.write_bytes(b"?")
    until_next_second(spoiled)
    exporter.set_policy(registry={"recipient": registry_key})
    assert exporter.seawall("export", "registry") == 0
    (file,) = exporter.arrived()
    assert people.opened(file.read_bytes()) == CLEAR
    assert exporter.outbox() != [spoiled]
