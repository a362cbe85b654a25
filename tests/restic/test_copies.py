"""A copy is what was read back, whoever else writes meanwhile, and whatever became of the copies before."""

import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from broken_copies import ACT, MINUTE, broken_off, largest, owed
from one_machine import Machine, afterwards, damage

from ops.core.files import lock
from ops.jobs.copy import job, unread
from ops.jobs.host import folders
from ops.restic.repository import Repository
from ops.restic.sets import ASSET


def begun(*words: str) -> subprocess.Popen[str]:
    """Start the command in a process of its own, as a unit does."""
    argv = [sys.executable, "-m", "ops", *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def waited(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + MINUTE
    while not condition():
        assert time.monotonic() < deadline
        os.sched_yield()


@contextmanager
def unfinished_upload(machine: Machine) -> Iterator[str]:
    """Begin to send a pack, and hold it; yield its name."""
    url = urlsplit((machine.root / "etc/seawall/credentials/offsite.url").read_text().strip().removeprefix("rest:"))
    name = hashlib.sha256(b"x" * 1000).hexdigest()
    context = ssl.create_default_context(cafile=machine.root / "etc/seawall/credentials/ca.pem")
    account = b64encode(f"{url.username}:{url.password}".encode()).decode()
    head = f"POST {url.path}data/{name} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {account}\r\nContent-Length: 1000"
    data = machine.stored / "his1/offsite/data"
    with socket.create_connection(("localhost", url.port)) as line:
        with context.wrap_socket(line, server_hostname="localhost") as wrapped:
            wrapped.sendall(f"{head}\r\n\r\n".encode() + b"x" * 400)
            waited(lambda: [path for path in data.glob("??/*") if path.stat().st_size == 400])
            yield name


def test_a_copy_reads_all_that_it_added_and_the_next_one_nothing(machine: Machine) -> None:
    assert machine.seawall("copy", "documents") == 0
    assert machine.state(ACT)["last_good"]["packs_read"] == len(machine.packs("offsite")) > 0
    assert machine.state(ACT)["last_good"]["repository"] == "offsite"
    assert machine.state("backup-documents")["last_good"]["repository"] == "primary"
    assert owed(machine) is None
    assert machine.seawall("copy", "documents") == 0
    assert machine.state(ACT)["last_good"]["packs_read"] == 0


def test_an_upload_under_way_is_no_pack(machine: Machine) -> None:
    with unfinished_upload(machine) as name:
        assert not [listed for listed in machine.place("offsite").packs() if name in listed]
        assert machine.seawall("copy", "documents") == 0


def test_an_upload_that_begins_meanwhile_is_no_failure(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    with unfinished_upload(machine):
        pass
    begun_uploads = []

    def upload() -> None:
        one = unfinished_upload(machine)
        one.__enter__()
        begun_uploads.append(one)

    afterwards(monkeypatch, Repository, "copy_from", upload)
    assert machine.seawall("copy", "documents") == 0
    assert len(begun_uploads) == 1
    begun_uploads[0].__exit__(None, None, None)


def test_two_copies_begun_together_read_each_what_it_added(machine: Machine) -> None:
    empty = machine.stored / "empty"
    shutil.copytree(machine.stored / "his1/offsite", empty)
    for _ in range(int(os.environ.get("SEAWALL_TIMES_TOGETHER", "2"))):
        shutil.rmtree(machine.stored / "his1/offsite")
        shutil.copytree(empty, machine.stored / "his1/offsite")
        both = {name: begun("copy", name) for name in ("documents", "pictures")}
        said = {name: process.communicate(timeout=MINUTE)[0] for name, process in both.items()}
        assert [process.returncode for process in both.values()] == [0, 0], said
        read = {name: machine.state(f"copy-{name}-offsite")["last_good"]["packs_read"] for name in both}
        assert min(read.values()) > 0
        assert sum(read.values()) == len(machine.packs("offsite"))


def test_a_copy_waits_for_its_turn_and_then_reads_only_its_own(machine: Machine) -> None:
    source = machine.place("primary").repository
    pictures = [one.id for one in source.snapshots([f"{ASSET}=pictures"])]
    with lock(folders.scratch() / "copies-to-offsite.lock", "another copy"):
        waiting = begun("copy", "documents")
        assert waiting.stdout
        assert "waiting for its turn" in waiting.stdout.readline()
        machine.place("offsite").repository.copy_from(source, pictures, timeout=MINUTE)
        others = len(machine.packs("offsite"))
        assert others > 0
    assert waiting.wait(MINUTE) == 0
    waiting.stdout.close()
    assert machine.state(ACT)["last_good"]["packs_read"] == len(machine.packs("offsite")) - others


def test_who_never_has_its_turn_says_so(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "TURN_SECONDS", 0.1)
    with lock(folders.scratch() / "copies-to-offsite.lock", "another copy"):
        assert machine.seawall("copy", "documents") == 1
    assert "another copy to offsite is already running" in machine.state(ACT)["message"]


def listed_offsite(capsys: pytest.CaptureFixture[str], machine: Machine) -> dict[str, str]:
    """Return the verdict of the newest set of each asset in the repository that copies go to."""
    capsys.readouterr()
    assert machine.seawall("snapshots", "--from", "offsite", "--json") == 0
    return {row["asset"]: row["verdict"] for row in reversed(json.loads(capsys.readouterr().out))}


def test_a_copy_that_was_killed_owes_its_packs_and_nobody_else_does(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    wrote = broken_off(machine)
    assert machine.seawall("copy", "pictures") == 0
    own = machine.packs("offsite").keys() - wrote
    assert machine.state("copy-pictures-offsite")["last_good"]["packs_read"] == len(own)
    assert listed_offsite(capsys, machine) == {"documents": "unknown", "pictures": "pass"}
    assert set(owed(machine) or ()) == wrote
    assert machine.seawall("copy", "documents") == 0
    assert machine.state(ACT)["last_good"]["packs_read"] == len(wrote)
    assert owed(machine) is None
    assert listed_offsite(capsys, machine) == {"documents": "pass", "pictures": "pass"}


def test_whenever_a_copy_is_killed_the_next_one_reads_what_it_left(machine: Machine) -> None:
    killed = begun("copy", "documents")
    waited(lambda: machine.packs("offsite"))
    killed.kill()
    killed.communicate()
    assert machine.seawall("copy", "documents") == 0
    assert machine.state(ACT)["last_good"]["packs_read"] == len(machine.packs("offsite"))


def test_a_damaged_pack_is_a_failure_until_it_is_good_again(machine: Machine) -> None:
    broken_off(machine)
    pack = largest(machine)
    content = pack.read_bytes()
    damage(pack)
    for _ in range(2):
        assert machine.seawall("copy", "documents") == 1
        assert f"pack {pack.name[:10]} on localhost is not what was written" in machine.state(ACT)["message"]
        assert owed(machine) == [pack.name]
    assert machine.seawall("copy", "pictures") == 0  # another's pack is another's matter
    pack.write_bytes(content)
    assert machine.seawall("copy", "documents") == 0
    assert machine.state(ACT)["last_good"]["packs_read"] == 1
    assert owed(machine) is None


def test_a_repository_is_healed_as_the_manual_says(machine: Machine, tmp_path: Path) -> None:
    broken_off(machine)
    pack = largest(machine)
    damage(pack)
    assert machine.seawall("copy", "documents") == 1
    password = machine.root / "etc/seawall/credentials/offsite.password"
    # By the backup host's administrator, who types the password of the key sheet.
    argv = ["restic", "-r", machine.stored / "his1/offsite", "--password-file", password, "repair", "packs", pack.name]
    subprocess.run(argv, check=True, capture_output=True, cwd=tmp_path)
    assert machine.seawall("copy", "documents") == 1
    assert "repository offsite is damaged" in machine.state(ACT)["message"]
    assert machine.seawall("backup", "documents") == 0
    assert machine.seawall("copy", "documents") == 0
    assert owed(machine) is None
    machine.place("offsite").repository.demand_whole(timeout=MINUTE)


def test_a_pack_that_is_listed_and_is_not_there_is_a_failure(machine: Machine) -> None:
    broken_off(machine)
    pack = largest(machine)
    pack.unlink()
    pack.symlink_to("nowhere")  # rest-server lists it, and answers 404
    assert machine.seawall("copy", "documents") == 1
    assert f"pack {pack.name[:10]} is not on localhost" in machine.state(ACT)["message"]


def test_a_pack_that_is_gone_and_was_needed_is_a_failure(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_off(machine)
    pack = largest(machine)
    afterwards(monkeypatch, job, "_read_back", lambda: pack.unlink(missing_ok=True))
    for _ in range(2):
        assert machine.seawall("copy", "documents") == 1
        assert "repository offsite is damaged" in machine.state(ACT)["message"]


def test_a_pack_that_is_gone_and_was_not_needed_is_none(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"what a copy that was killed left behind, and retention took away"
    name = hashlib.sha256(content).hexdigest()
    orphan = machine.stored / f"his1/offsite/data/{name[:2]}/{name}"
    orphan.parent.mkdir(exist_ok=True)
    afterwards(monkeypatch, Repository, "copy_from", lambda: orphan.write_bytes(content))
    afterwards(monkeypatch, job, "_read_back", orphan.unlink)
    assert machine.seawall("copy", "documents") == 0
    assert not orphan.exists()


def test_a_copy_that_goes_elsewhere_now_owes_nothing_there(machine: Machine) -> None:
    broken_off(machine)
    path = machine.root / f"var/lib/seawall/state/unread/{ACT}.json"
    path.write_text(path.read_text().replace('"offsite"', '"tape"'))
    assert machine.seawall("copy", "pictures") == 0
    assert owed(machine) == []  # it is not for this repository's copies to say
    before = len(machine.packs("offsite"))
    assert machine.seawall("backup", "documents") == 0
    assert machine.seawall("copy", "documents") == 0
    assert machine.state(ACT)["last_good"]["packs_read"] == len(machine.packs("offsite")) - before > 0
    assert owed(machine) is None


def test_a_debt_that_cannot_be_read_is_told(machine: Machine) -> None:
    broken_off(machine)
    path = machine.root / f"var/lib/seawall/state/unread/{ACT}.json"
    for text in (
        "{}",
        '{"version": 2}',
        "[]",
        "{",
        '{"version": 1, "repository": "offsite", "before": 5, "unread": []}',
    ):
        path.write_text(text)
        assert machine.seawall("copy", "documents") == 1
        assert f"the list of packs that {ACT} still has to read is damaged" in machine.state(ACT)["message"]
