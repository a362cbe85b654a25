"""A whole machine booted as a drill: what it proves, that nothing leaves it, and that nothing is left of it."""

import hashlib
import shlex
import time
from collections.abc import Iterator

import pydicom
import pytest
from aftermath import DRILLS, TRACES, changed, facts
from hospital import Site
from modality import sending

from ops.lab.hospital import SENT, Data

UNIT = "seawall-drill-his1_server.service"
WITHIN = 60.0
RIGHTS = {
    12: "NET_ADMIN",
    13: "NET_RAW",
    16: "SYS_MODULE",
    17: "SYS_RAWIO",
    22: "SYS_BOOT",
    25: "SYS_TIME",
    27: "MKNOD",
}


@pytest.fixture(scope="module")
def backed_up(site: Site) -> Site:
    """The machine his1, backed up while images came, and copied to the other site."""
    with sending(site):
        site.on("his1", "seawall backup his1_server", ok=range(1))
    site.on("his1", "seawall copy his1_server", ok=range(1))
    return site


@pytest.fixture(scope="module")
def kept(backed_up: Site) -> Iterator[Site]:
    """The machine booted from the other site's repository, and left for a look."""
    words = "seawall drill his1_server --instant --from offsite --hold 'the tests look at it' --approver 'the tests'"
    shown = backed_up.on("drill1", words)
    assert "held until" in shown.stdout, shown.stdout + shown.stderr
    yield backed_up
    backed_up.on("drill1", "test ! -e /run/seawall/root/kept-his1_server.json || seawall drill end his1_server")


def inside(site: Site, command: str) -> str:
    """What a shell line prints inside the kept machine."""
    return site.on("drill1", f"seawall drill enter his1_server -- bash -c {shlex.quote(f'({command}) 2>&1')}").stdout


@pytest.mark.parametrize("how", ["--instant --from offsite", "--no-instant"])
def test_the_machine_boots_and_leaves_no_trace(backed_up: Site, how: str) -> None:
    # All but the cards that tell what a drill showed.
    packs = "find /srv/seawall -path /srv/seawall/.proofs -prune -o -type f -print | sort | xargs sha256sum | sha256sum"
    traces, stored = backed_up.on("drill1", TRACES).stdout, backed_up.on("offsite1", packs).stdout
    shown = backed_up.on("drill1", f"seawall drill his1_server {how}")
    assert shown.code == 0, shown.stdout + shown.stderr
    assert changed(backed_up, traces) == []
    assert backed_up.on("offsite1", packs).stdout == stored
    record = facts(backed_up)
    told = record["facts"]
    assert isinstance(told, dict)
    assert record["result"] == "pass"
    assert told["method"] == ("instant" if "--instant " in how else "restore")
    wanted = {"content", "system", "units", "log", "boot", "services", "port 22", "port 5432", "semantics patients"}
    wanted |= {"images content", "port 8042/statistics", "references images"}
    assert wanted | {"5432/his volume", "5432/his sequences"} <= {rung["name"] for rung in told["rungs"]}
    assert told["login_seconds"] <= told["services_seconds"] <= told["isolated_answer_seconds"]
    assert any("kernel, boot loader" in sentence for sentence in told["not_proved"])
    assert told["written"] == "in memory"


def test_what_no_program_asked_for_was_not_fetched(kept: Site) -> None:
    there = "/var/lib/seawall/drills/his1_server.*/stage/memory"
    words = f"for layer in upper root; do find {there}/$layer/var/lib/postgresql -type f | wc -l; done"
    unit = f"nsenter --mount --target=$(systemctl show --property=MainPID --value {UNIT})"
    fetched, all_files = map(int, kept.on("drill1", f"{unit} bash -c {shlex.quote(words)}").stdout.split())
    assert 0 < fetched < all_files


def test_its_orthanc_gives_an_image_as_it_was_sent(kept: Site) -> None:
    sent = Data.found().dicom / SENT[0]
    name = pydicom.dcmread(sent).SOPInstanceUID
    ask = (
        "import hashlib, json, urllib.request as http; at = 'http://127.0.0.1:8042';"
        f"found = json.load(http.urlopen(at + '/tools/lookup', b'{name}'));"
        "image = http.urlopen(at + [one['Path'] for one in found if one['Type'] == 'Instance'][0] + '/file').read();"
        "print(hashlib.sha256(image).hexdigest())"
    )
    assert inside(kept, f"python3 -c {shlex.quote(ask)}").strip() == hashlib.sha256(sent.read_bytes()).hexdigest()


def test_it_has_no_network(kept: Site) -> None:
    assert inside(kept, "ls /sys/class/net").split() == ["lo"]
    for host in ("backup1", "offsite1", "drill1"):
        address = kept.lab.machine(host).address
        assert "Network is unreachable" in inside(kept, f"exec 3<>/dev/tcp/{address}/22"), host


def test_it_backs_up_nothing_and_acts_on_no_ups(kept: Site) -> None:
    masked = ("seawall-backup-his.timer", "seawall-copy-his-offsite.timer", "nut-monitor.service", "nut-server.service")
    for unit in masked:
        assert inside(kept, f"systemctl is-enabled {unit}").strip() == "masked", unit
    assert inside(kept, "systemctl list-timers --no-legend --no-pager") == ""
    assert "seawall" not in inside(kept, "systemctl list-units --state=active --no-legend --plain 'seawall-*'")


def test_it_has_no_rights_beyond_its_tree(kept: Site) -> None:
    assert "Operation not permitted" in inside(kept, "mknod /tmp/disk b 254 0")
    assert "Operation not permitted" in inside(kept, "ip link add dummy0 type dummy")
    assert "not permitted" in inside(kept, "date -s 2001-01-01")
    for process in ("1", "self"):
        for line in inside(kept, f"grep ^Cap /proc/{process}/status").splitlines():
            for number, name in RIGHTS.items():
                assert not int(line.split()[1], 16) >> number & 1, (process, line, name)


def test_what_it_writes_is_gone_with_it(kept: Site) -> None:
    inside(kept, "echo tests-were-here | tee /etc/motd /var/lib/seawall/tests /root/tests")
    assert "tests-were-here" in inside(kept, "cat /etc/motd")
    kept.on("drill1", "seawall drill end his1_server", ok=range(1))
    assert kept.on("drill1", f"ls -A {DRILLS}").stdout == ""
    assert (
        kept.on("drill1", "grep -rl tests-were-here /etc /root /var/lib/seawall /var/cache /var/tmp /tmp").stdout == ""
    )
    told = facts(kept)["facts"]
    assert isinstance(told, dict)
    assert told["kept"] == {"reason": "the tests look at it", "approver": "the tests"}


def test_a_drill_that_is_killed_leaves_nothing_running_and_the_next_one_cleans_up(backed_up: Site) -> None:
    before = backed_up.on("drill1", TRACES).stdout
    backed_up.on(
        "drill1", "seawall drill his1_server --instant --hold 'to be killed' --approver 'the tests'", ok=range(1)
    )
    backed_up.on("drill1", f"systemctl kill --signal=KILL --kill-whom=all {UNIT}", ok=range(1))
    _until(backed_up, f"systemctl is-active {UNIT}", "failed")
    assert changed(backed_up, before, "his1_server.", "kept-") == []
    assert backed_up.on("drill1", "seawall drill his1_server --instant").code == 0
    # The lock stays from the first machine that was held on.
    assert changed(backed_up, before, "kept-his1_server.lock") == []
    records = backed_up.on("drill1", "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 2").stdout
    assert "never reported a result" in records


def _until(site: Site, command: str, wanted: str) -> None:
    deadline = time.monotonic() + WITHIN
    while wanted not in site.on("drill1", command).stdout:
        assert time.monotonic() < deadline, command
        time.sleep(0.2)


def test_what_was_acknowledged_is_there_after_the_power_went(backed_up: Site) -> None:
    shown = backed_up.on("drill1", "seawall drill his1_server --kind crash --instant")
    assert shown.code == 0, shown.stdout + shown.stderr
    told = facts(backed_up)["facts"]
    assert isinstance(told, dict)
    assert int(told["acknowledged_commits"]) > 0
    assert any(
        rung["name"] == "commits" and "acknowledged commits are there" in rung["message"] for rung in told["rungs"]
    )
    assert any("a disk keeps" in sentence for sentence in told["not_proved"])


@pytest.mark.parametrize(
    ("damage", "rung"),
    [
        ("bit_flipped", "content"),
        ("file_removed", "content"),
        ("accounts_removed", "system"),
        ("init_removed", "system"),
        ("unit_disabled", "units"),
        ("table_overwritten", "inside"),
        ("table_removed", "inside"),
        ("control_overwritten", "services"),
        ("log_removed", "log"),
    ],
)
def test_a_damaged_machine_never_passes(backed_up: Site, damage: str, rung: str) -> None:
    state = "cat /var/lib/seawall/state/drill-his1_server.json"
    before = backed_up.on("drill1", state).stdout
    shown = backed_up.on("drill1", f"seawall drill his1_server --instant --inject-damage {damage}")
    assert shown.code == 2, shown.stdout + shown.stderr
    assert f"injected damage: {damage}" in shown.stdout
    assert "; noticed by " in shown.stdout
    assert any(f" fail    {rung}" in line for line in shown.stdout.splitlines()), shown.stdout
    assert backed_up.on("drill1", state).stdout == before
    assert backed_up.on("drill1", f"systemctl is-failed {UNIT}").stdout.strip() == "inactive"
