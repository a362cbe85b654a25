"""A server that somebody broke into: its sets change nothing on the drill host, nor where they are restored.

And what a program says of a row, when a load fails, is in no journal, record, state or terminal.
"""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from hospital import Site

pytestmark = pytest.mark.lab
PROGRAM = Path(__file__).with_name("hostile_server.py")
MARKER = "Zeferina-Quintanilha-1931"  # an invented patient; part of her name is no word of anything else
# All that a set could want to change: units, rules, settings, trees of other drills, states, folders that are closed.
PLACES = (
    "/etc /run/udev /run/systemd/system /run/systemd/transient /usr/local /root /srv/closed /var/spool"
    " /var/lib/seawall/trees/*/etc /var/lib/seawall/trees/*/usr/bin"
)
LOOKS = f"find {PLACES} -printf '%p %M %U %G %s %T@ %l\\n' 2>/dev/null | sort"
CLOSED = "mkdir -p -m 0700 /srv/closed && echo secret >/srv/closed/secret && chmod 0600 /srv/closed/secret"
SNAPSHOTS = "/srv/seawall/his1/snapshots"
# Whatever keeps what was said: journals as they are stored, records, states, what waits in memory.
SAID = (
    "journalctl --sync 2>/dev/null; journalctl --all --no-pager --output=json | grep -c {marker};"
    " grep -rl {marker} /var/log/journal /run/log/journal /var/lib/seawall /run/seawall 2>/dev/null; true"
)


@pytest.fixture(scope="module")
def intruded(site: Site) -> Iterator[dict[str, str]]:
    """The sets of the intruder, by name; taken away again on the backup host, and with them all that they left."""
    site.given("his1", "backup his")
    for host in ("his1", "drill1"):
        site.on(host, CLOSED, ok=range(1))
    names = f"ls {SNAPSHOTS}"
    before = site.on("backup1", names, ok=range(1)).stdout.split()
    try:
        done = site.on("his1", f"python3 -c {shlex.quote(PROGRAM.read_text('utf-8'))} {MARKER}")
        assert done.code == 0, done.stdout + done.stderr
        yield json.loads(done.stdout.splitlines()[-1])
    finally:
        after = site.on("backup1", names, ok=range(1)).stdout.split()
        added = " ".join(sorted({*after} - {*before}))
        site.on("backup1", f"cd {SNAPSHOTS} && rm -f -- {added}", ok=range(1))
        for host in ("his1", "drill1"):
            site.on(host, "rm -rf /srv/closed /srv/hostile /var/lib/seawall/words", ok=range(1))
        healed = site.on("drill1", "systemctl reset-failed 'seawall-drill-*'; seawall drill his")  # of the honest set
        assert healed.code == 0, healed.stdout + healed.stderr


def unchanged(site: Site, host: str, command: str, code: int) -> str:
    """Run a command, demand its exit code, and that nothing outside was changed; return what was said."""
    before = site.on(host, LOOKS).stdout
    done = site.on(host, command)
    after = site.on(host, LOOKS).stdout
    assert {*before.splitlines()} ^ {*after.splitlines()} == set()
    assert done.code == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_set_that_leads_elsewhere_is_none(site: Site, intruded: dict[str, str]) -> None:
    said = unchanged(site, "drill1", f"seawall drill his --at {intruded['elsewhere']}", 3)
    assert "no such set of his" in said


def test_a_drill_of_links_is_refused_by_name(site: Site, intruded: dict[str, str]) -> None:
    said = unchanged(site, "drill1", f"seawall drill his --at {intruded['links']}", 3)
    assert "is a link; expected only plain files and folders" in said or "is a pipe" in said or "is a device" in said
    assert site.on("drill1", "ls -A /var/lib/seawall/drills").stdout == ""


def test_a_restore_of_links_is_refused_by_name(site: Site, intruded: dict[str, str]) -> None:
    said = unchanged(site, "his1", f"seawall restore his --to /srv/hostile --at {intruded['links']}", 1)
    assert "expected only plain files and folders" in said


def test_a_row_that_can_not_be_loaded_is_read_by_whoever_holds_the_drill(site: Site, intruded: dict[str, str]) -> None:
    held = f"seawall drill his --at {intruded['row']} --hold 'the tests read it' --approver 'the tests'"
    said = unchanged(site, "drill1", held, 0)
    assert "database can't be loaded" in said
    assert "invalid input syntax" in said
    assert MARKER in site.on("drill1", "seawall drill words his").stdout
    ended = unchanged(site, "drill1", "seawall drill end his", 0)
    assert MARKER not in said + ended
    assert site.on("drill1", "seawall drill words his").code == 3
    assert site.on("drill1", "ls -A /var/lib/seawall/drills").stdout == ""
    assert site.on("drill1", SAID.format(marker=MARKER)).stdout.split() == ["0"]


def test_a_restore_that_fails_at_a_row_names_the_file_that_quotes_it(site: Site, intruded: dict[str, str]) -> None:
    said = unchanged(site, "his1", f"seawall restore his --to his_hostile --at {intruded['row']}", 1)
    site.on("his1", "cd / && runuser -u postgres -- dropdb --if-exists his_hostile", ok=range(1))
    words = "/var/lib/seawall/words/restore-his.txt"
    assert "invalid input syntax" in said
    assert words in said
    assert MARKER not in said
    assert MARKER in site.on("his1", f"cat {words}").stdout
    assert site.on("his1", f"stat -c '%a %U' {words} /var/lib/seawall/words").stdout.split() == [
        "600",
        "root",
        "700",
        "root",
    ]
    assert site.on("his1", f"rm {words}; {SAID.format(marker=MARKER)}").stdout.split() == ["0"]
