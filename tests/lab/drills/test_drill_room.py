"""Patients' data on the drill host: in memory, or encrypted under a key that nobody can find, also after `kill -9`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hospital import Site

UNIT = "seawall-drill-his.service"
DRILLS = "/var/lib/seawall/drills"
# The drill's own view of a computer with so little memory that a database does not fit, but a manifest does.
LITTLE = "awk '/^MemAvailable/ {$2 = 200000} {print}' /proc/meminfo >/run/meminfo"
ASSETS = ("his", "his1_server")
PLACES = " ".join(f"/run/systemd/system/seawall-drill-{asset}.service.d" for asset in ASSETS)
CURTAIN = f"""
{LITTLE}
for place in {PLACES}; do
    mkdir -p $place
    printf '[Service]\\nBindReadOnlyPaths=/run/meminfo:/proc/meminfo\\n' >$place/little.conf
done
systemctl daemon-reload
"""
KEPT = "seawall drill his --hold 'the tests look at it' --approver 'the tests'"
MAIN = f"$(systemctl show --property=MainPID --value {UNIT})"

# Files that lie behind devices, those of this drill; what somebody sees who has the disk, and not the key.
BEHIND = "losetup --noheadings --output BACK-FILE | grep stage-room/image"
MOUNTED_AGAIN = f"""
mkdir -p /run/again && mount -o ro,loop,noload {DRILLS}/*/*/image /run/again || exit 1
find /run/again/sealed -mindepth 1 -printf 'name %f\\n'
echo $(find /run/again/sealed -type f -exec cat {{}} + 2>/dev/null | wc -c) bytes of content
umount /run/again
"""

# A machine of twelve parts, whose names together are longer than what a kernel takes in one word.
LAYERED = """
import sys, tempfile
sys.path.insert(0, "/usr/share/seawall")
from pathlib import Path
from ops.core.ram import in_memory, writable
with tempfile.TemporaryDirectory() as folder:
    trees = [Path(folder, "part" * 12, f"tree{number}") for number in range(12)]
    for tree in trees:
        tree.mkdir(parents=True)
        (tree / f"of {tree.name}").touch()
    with in_memory(Path(folder, "room"), 1 << 20), writable(trees, Path(folder, "room")) as merged:
        (merged / "of tree3").write_text("written")
        print(len([*merged.iterdir()]), (merged / "of tree3").read_text(), (trees[3] / "of tree3").stat().st_size)
"""


@dataclass(frozen=True)
class Sealed:
    """A database that is kept where it does not fit into memory; one of its patients' names."""

    site: Site
    name: str

    def on(self, command: str) -> str:
        return self.site.on("drill1", command).stdout


@pytest.fixture(scope="module")
def little(site: Site) -> Iterator[Site]:
    """A drill host with little memory."""
    assert site.on("his1", "seawall backup his").code == 0
    site.on("drill1", CURTAIN, ok=range(1))
    yield site
    site.on("drill1", f"rm -r {PLACES} && systemctl daemon-reload", ok=range(1))


@pytest.fixture(scope="module")
def sealed(little: Site) -> Iterator[Sealed]:
    asked = "cd / && runuser -u postgres -- psql -XAtc 'select name from patients order by id limit 1' his"
    name = little.on("his1", asked, ok=range(1)).stdout.strip()
    shown = little.on("drill1", KEPT)
    assert "held until" in shown.stdout, shown.stdout + shown.stderr
    yield Sealed(little, name)
    little.on("drill1", "test ! -e /run/seawall/root/kept-his.json || seawall drill end his")


def newest(site: Site) -> dict[str, object]:
    line = site.on(
        "drill1", "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 1", ok=range(1)
    ).stdout
    return dict(json.loads(line))


def test_what_fits_into_memory_touches_no_disk(site: Site) -> None:
    assert site.on("his1", "seawall backup his").code == 0
    shown = site.on("drill1", "seawall drill his")
    assert shown.code == 0, shown.stdout + shown.stderr
    facts = newest(site)["facts"]
    assert isinstance(facts, dict)
    assert facts["written"] == "in memory"


def test_a_person_can_look_at_it(sealed: Sealed) -> None:
    asked = f"select count(*) from patients where name = '{sealed.name}'"
    assert int(sealed.on(f'seawall drill enter his -- psql -XAtc "{asked}" his').strip()) > 0


def test_neither_names_nor_content_are_on_the_disk(sealed: Sealed) -> None:
    seen_by_it = f"/proc/{MAIN}/root{DRILLS}/*/stage/room"
    assert len(sealed.name) > 8
    assert sealed.on(f"grep -rla '{sealed.name}' {seen_by_it}") != ""  # there it is
    assert sealed.on(BEHIND) != ""
    sealed.on("sync")
    assert int(sealed.on(f"du --summarize --block-size=1M {DRILLS} | cut -f 1")) > 10
    assert sealed.on(f"grep -rlaE '{sealed.name}|PG_VERSION|database.dump' {DRILLS}") == ""


def test_killed_it_leaves_what_nobody_can_read_and_the_next_drill_removes_it(sealed: Sealed) -> None:
    sealed.on(f"systemctl kill --signal=KILL --kill-whom=all {UNIT}")
    sealed.site.on("drill1", f"until systemctl is-failed {UNIT}; do sleep 0.1; done", timeout=300, ok=range(1))
    sealed.site.on("drill1", f'until test -z "$({BEHIND})"; do sleep 0.1; done', timeout=300, ok=range(1))
    assert sealed.on(f"grep -rla '{sealed.name}' {DRILLS}") == ""
    seen = sealed.on(MOUNTED_AGAIN).splitlines()
    assert len([line for line in seen if line.startswith("name ")]) > 100
    assert not [line for line in seen if "PG_VERSION" in line or "database.dump" in line]
    assert seen[-1] == "0 bytes of content"
    shown = sealed.site.on("drill1", "seawall drill his")
    assert shown.code == 0, shown.stdout + shown.stderr
    assert sealed.on(f"ls -A {DRILLS}") == ""
    facts = newest(sealed.site)["facts"]
    assert isinstance(facts, dict)
    assert "encrypted with a key that was never written" in facts["written"]


def test_a_whole_machine_boots_from_where_it_lies_encrypted(little: Site) -> None:
    assert little.on("his1", "seawall backup his1_server").code == 0
    shown = little.on("drill1", "seawall drill his1_server --no-instant")
    assert shown.code == 0, shown.stdout + shown.stderr
    facts = newest(little)["facts"]
    assert isinstance(facts, dict)
    assert "encrypted with a key that was never written" in facts["written"]
    assert little.on("drill1", f"ls -A {DRILLS}").stdout == ""


def test_where_the_kernel_can_not_it_is_a_warning_that_says_why(little: Site) -> None:
    closed = "/run/systemd/system/seawall-drill-his.service.d/closed.conf"
    devices = "/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx /dev/pts -/dev/fuse"
    without_loops = f"BindPaths=\nBindPaths=/run/seawall/root {devices}"
    shut = f'echo "[Service]\n{without_loops}" >{closed} && systemctl daemon-reload'
    little.on("drill1", shut, ok=range(1))
    try:
        shown = little.on("drill1", "seawall drill his")
    finally:
        little.on("drill1", f"rm {closed} && systemctl daemon-reload", ok=range(1))
    assert shown.code == 1, shown.stdout + shown.stderr
    assert "not encrypted: they do not fit into memory, and a separate file system can't be mounted" in shown.stdout
    assert "loop device" in shown.stdout
    assert newest(little)["result"] == "warn"
    assert little.on("drill1", f"ls -A {DRILLS}").stdout == ""


def test_a_machine_of_many_parts_with_long_names_is_one_tree(site: Site) -> None:
    assert site.lab.machine("drill1").ssh("python3 -I -B -", input=LAYERED).stdout == "12 written 0\n"
