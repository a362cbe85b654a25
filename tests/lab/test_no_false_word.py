"""No false word: what is wrong is broken for real from outside, and nothing that anybody hears is better than it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hospital import Site

DOCUMENTS, COPY, DRILL = "seawall backup documents", "seawall copy documents --to offsite", "seawall drill documents"
FORGED = "f0f0f0f0-0000-4000-8000-000000000000"
REPOSITORY = "/srv/seawall/his1"
SECRETS = "/etc/seawall/credentials"
RESTIC = (
    f"restic -q --repository-file {SECRETS}/primary.url --password-file {SECRETS}/primary.password "
    f"--cacert {SECRETS}/ca.pem"
)
NEWER = "never taken for the newest: set f0f0f0f0"
# Changes the middle byte of the first large pack that is finished, and says which one and where.
ROT = """
import re, sys, time
from pathlib import Path
def packs():
    named = (path for path in Path(sys.argv[1]).glob("*/*") if re.fullmatch("[0-9a-f]{64}", path.name))
    return {path for path in named if path.stat().st_size > 1 << 20}
before, end = packs(), time.monotonic() + 60
while not (new := packs() - before):
    assert time.monotonic() < end
    time.sleep(0.02)
pack = max(new, key=lambda path: path.stat().st_size)
content = bytearray(pack.read_bytes())
place = len(content) // 2
content[place] ^= 1
pack.chmod(0o600)
with pack.open("r+b") as file:
    file.seek(place)
    file.write(content[place : place + 1])
print(pack, place)
"""
UNROT = """
import sys
path, place = sys.argv[1], int(sys.argv[2])
with open(path, "r+b") as file:
    file.seek(place)
    byte = file.read(1)[0] ^ 1
    file.seek(place)
    file.write(bytes([byte]))
"""


@pytest.fixture(scope="module", autouse=True)
def good(site: Site) -> None:
    """Acts that were well done, to be told from what comes."""
    site.given("his1", "backup documents", "copy documents --to offsite")
    site.given("drill1", "drill documents")


def state(site: Site, name: str, host: str = "his1") -> dict[str, Any]:
    return dict(json.loads(site.on(host, f"cat /var/lib/seawall/state/{name}.json", ok=range(1)).stdout))


def check(site: Site, name: str, host: str = "his1") -> dict[str, Any]:
    (entry,) = json.loads(site.on(host, f"seawall check --json {name}").stdout)["checks"]
    return dict(entry)


def machine(site: Site, host: str) -> dict[str, Any]:
    """What the control machine says of a machine."""
    told = json.loads(site.seawall("status", "-i", site.lab.inventory, "--json").stdout)
    return {**told["machines"][host], "assets of all": told["assets"]}


@contextmanager
def changed(site: Site, host: str, break_it: str, mend_it: str) -> Iterator[str]:
    """Break something for a block; yield what was said."""
    said = site.on(host, break_it, ok=range(1)).stdout
    try:
        yield said
    finally:
        site.on(host, mend_it, ok=range(1))


@contextmanager
def dated_ahead(site: Site) -> Iterator[None]:
    """A whole set of the documents by a clock that is a year ahead, for a block; then it is removed by hand."""
    tags = f"--tag seawall-set={FORGED} --tag seawall-asset=documents"
    store = f"{RESTIC} backup /etc/hostname --host his1 --time \"$(date -d 'next year' '+%F %T')\" {tags}"
    parts = f"{store} --tag seawall-part=files && {store} --tag seawall-part=manifest --tag seawall-parts=files"
    site.on("his1", parts, ok=range(1))
    try:
        yield
    finally:
        listed = json.loads(site.on("his1", f"{RESTIC} snapshots --json --tag seawall-set={FORGED}").stdout)
        files = " ".join(f"{REPOSITORY}/snapshots/{one['id']}" for one in listed)
        site.on("backup1", f"rm -f {files}", ok=range(1))


def test_a_set_dated_in_the_future_is_named_and_hinders_nothing(site: Site) -> None:
    with dated_ahead(site):
        for name, command in (("backup-documents", DOCUMENTS), ("copy-documents-offsite", COPY)):
            done = site.on("his1", command)
            assert (done.code, NEWER in done.stdout) == (0, True), done.stdout + done.stderr
            assert state(site, name)["verdict"] == "warn"
        newest = state(site, "backup-documents")["last_good"]["set"]
        assert state(site, "copy-documents-offsite")["last_good"]["set"] == newest
        planned = site.on("his1", "seawall restore documents --to /srv/nowhere --dry-run").stdout
        assert f"set {newest[:8]} of" in planned
        assert NEWER in planned
        drilled = site.on("drill1", DRILL)
        assert (drilled.code, NEWER in drilled.stdout) == (1, True), drilled.stdout + drilled.stderr
        assert state(site, "drill-documents", "drill1")["last_good"]["set"] == newest
    for host, command in (("his1", DOCUMENTS), ("his1", COPY), ("drill1", DRILL)):
        assert site.on(host, command).code == 0


def test_a_bit_that_flips_between_copying_and_reading_back_is_told_until_it_is_mended(site: Site) -> None:
    new = "/srv/his/documents/new.bin"
    made = f"head -c 4000000 /dev/urandom > {new} && chown www-data: {new} && {DOCUMENTS}; rm {new}"
    assert site.on("his1", made).code == 0
    start = "systemd-run -q --unit=rot --remain-after-exit -p StandardOutput=file:/root/rotten python3 /root/rot.py"
    site.on("offsite1", f"cat > /root/rot.py <<'END'\n{ROT}END\ncat > /root/unrot.py <<'END'\n{UNROT}END", ok=range(1))
    mend = "python3 /root/unrot.py $(cat /root/rotten); systemctl stop rot; rm /root/rot.py /root/unrot.py /root/rotten"
    with changed(site, "offsite1", f"{start} {REPOSITORY}/data", mend):
        for _ in range(2):
            assert site.on("his1", COPY).code == 1
            assert state(site, "copy-documents-offsite")["verdict"] == "fail"
            assert check(site, "copy_age-documents-offsite")["verdict"] == "fail"
    assert site.on("his1", COPY).code == 0
    assert check(site, "copy_age-documents-offsite")["verdict"] == "pass"


def test_an_act_that_leaves_no_record_has_not_been_done_well(site: Site) -> None:
    """The key is away, and something else lies in its place, so that the units start."""
    key = f"{SECRETS}/ledger.key"
    away, back = f"mv {key} /root/key && install -m 600 /etc/hostname {key}", f"mv /root/key {key}"
    for host, name, command, code in (
        ("his1", "backup-documents", DOCUMENTS, 1),
        ("his1", "copy-documents-offsite", COPY, 1),
        ("drill1", "drill-documents", DRILL, 2),
    ):
        before = state(site, name, host)["last_good"]
        with changed(site, host, away, back):
            assert site.on(host, command).code == code
            assert site.on(host, f"systemctl is-failed seawall-{name}").stdout.strip() == "failed"
        now = state(site, name, host)
        assert (now["verdict"], now["last_good"]) == ("fail", before)
        assert "it could not be recorded" in now["message"]
        assert site.on(host, command).code == 0


def test_a_clock_six_days_behind_is_seen_by_the_control_machine(site: Site) -> None:
    """What answers there tells the time of a clock that stands wrong."""
    site.on("his1", "command -v faketime || apt-get install -y -q faketime", ok=range(1))
    wrapper = "/usr/local/bin/seawall"
    wrong = f"printf '#!/bin/sh\\nexec faketime -f -6d /usr/bin/seawall \"$@\"\\n' > {wrapper} && chmod 755 {wrapper}"
    with changed(site, "his1", wrong, f"rm {wrapper}"):
        told = machine(site, "his1")
        (entry,) = [one for one in told["checks"] if one["name"] == "clock"]
        assert entry["verdict"] == "unknown"
        assert "behind the clock of the control machine" in entry["message"]
        assert told["assets of all"]["documents"]["verdict"] in {"unknown", "fail"}
        assert not [one for one in told["checks"] if one["kind"].endswith("_age") and one["verdict"] == "pass"]
    assert not [one for one in machine(site, "his1")["checks"] if one["name"] == "clock"]
