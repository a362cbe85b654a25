"""Copies at a store that speaks S3, and on a disk that is carried about: attacked, hurt, drilled from, brought back."""

import json
from collections.abc import Iterator

import loop_disks
import pytest
from hospital import Site
from kept_elsewhere import DISKS, FAR, Elsewhere, elsewhere

pytestmark = [pytest.mark.lab, loop_disks.needs_root]

WORD = "--reason 'a trial' --approver 'Head of IT'"
SAME = "diff -r /srv/his/documents /srv/back/files/srv/his/documents && rm -rf /srv/back"
# Whoever broke into the server has its account: all that can be written is written over, nothing can be deleted.
INTRUDER = """
import pathlib
from ops.targets import _signed
from ops.targets._versions import entries
url = pathlib.Path("/etc/seawall/credentials/far.url")
authority = pathlib.Path("/etc/seawall-store.pem")
place = _signed.Store.read(url)
def ask(path, method, body=b"", query=None):
    with _signed.asked(place, authority, f"{place.folder}/{path}", query, method, body, {}) as answer:
        return answer.status
paths = sorted({one.path for one in entries(place, authority, "") if not one.path.startswith("locks/")})
print(len(paths), {ask(path, "PUT", b"by an intruder") for path in paths}, {ask(path, "DELETE") for path in paths})
"""


@pytest.fixture(scope="module")
def there(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    site.given("his1", "backup documents")
    with elsewhere(site, tmp_path_factory.mktemp("store")) as one:
        yield one


def test_a_store_keeps_what_an_intruder_writes_over(there: Elsewhere) -> None:
    there.done(f"copy documents --to {FAR}")
    assert there.state(f"copy-documents-{FAR}")["last_good"]["packs_read"] > 0
    told = there.site.on("his1", f"PYTHONPATH=/usr/share/seawall python3 - <<'END'\n{INTRUDER}\nEND", ok=range(1))
    count, _, answers = told.stdout.strip().partition(" ")
    assert answers == "{200} {403}"
    assert there.seawall(f"restore documents --from {FAR} --to /srv/spoiled").code != 0
    assert f"{count} files would be brought back" in there.done(f"store recover {FAR} --dry-run")
    there.done(f"store recover {FAR} --reason 'broken into'")
    there.done(f"restore documents --from {FAR} --to /srv/back")
    assert there.site.on("his1", SAME).code == 0
    there.site.on("his1", "rm -rf /srv/spoiled", ok=range(1))


def test_the_host_checks_attack_the_store_and_are_refused(there: Elsewhere) -> None:
    told = json.loads(there.site.seawall("verify", "-i", there.site.lab.inventory, "--json").stdout)
    found = {one["name"]: one for one in told["machines"]["his1"]["checks"] if f"writes to {FAR}" in one["about"]}
    assert len(found) > 5
    assert {name: one["message"] for name, one in found.items() if one["verdict"] != "pass"} == {}


def test_the_backup_host_renews_the_locks(there: Elsewhere) -> None:
    there.site.on("backup1", f"systemctl start seawall-renew-{FAR}.service", ok=range(1))
    assert there.state(f"renew-{FAR}", "backup1")["verdict"] == "pass"


def test_a_disk_is_drilled_from_hurt_and_healed(there: Elsewhere) -> None:
    with there.connected("his1"):
        for words in ("arrive", "update", "leave --hands 'Head of IT'"):
            there.done(f"disk {words}")
    with there.connected("drill1"):
        there.done(f"drill documents --from {DISKS}", "drill1")
    record = json.loads(there.site.on("drill1", "tail -n 1 /var/lib/seawall/ledger/ledger.jsonl", ok=range(1)).stdout)
    assert (record["act"], record["result"], record["facts"]["disk"]) == ("drill", "pass", "red")

    with loop_disks.mounted(there.file) as disk:
        pack = max(disk.glob("his1/data/??/*"), key=lambda path: path.stat().st_size)
        content = bytearray(pack.read_bytes())
        content[len(content) // 2] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(content)
    with there.connected("his1"):
        arrived = there.seawall("disk arrive")
        assert (arrived.code, pack.name in arrived.stdout + arrived.stderr) == (1, True)
        assert there.state(f"disk-{DISKS}-red")["damaged"] is True
        assert pack.name in there.done(f"heal {DISKS} --read {WORD}")
        for words in ("verify", "update", "leave --hands 'Head of IT'"):
            there.done(f"disk {words}")
    assert there.state(f"disk-{DISKS}-red")["verdict"] == "pass"
    with there.connected("drill1"):
        there.done(f"drill documents --from {DISKS}", "drill1")
