"""A machine's database taken while people write to it: it comes back as it was at the manifest's instant, or not."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hospital import MINUTES, Site

DATA = "/var/lib/postgresql/15/main"
THERE = "/var/tmp/machine/tree"  # no later backup takes it
UNIT = "seawall-backup-his1_server.service"
WRITE = """insert into written (word) select md5(i::text) from generate_series(1, 10) i;
delete from written where mod(id, 7) = 0;
"""
SCRIPT = "/usr/local/lib/written.sql"
SLOTS = "select count(*) from pg_replication_slots"
CONTROL = f"chroot {THERE} runuser -u postgres -- /usr/lib/postgresql/15/bin/pg_ctl --wait --log=/tmp/log"
SETTINGS = "-c config_file=/etc/postgresql/15/main/postgresql.conf -c listen_addresses="
WITHIN = 60.0
# What a drill asks of a machine that has booted, asked of one that is a folder with a server running in it.
PROOF = f"""
import json, sys
sys.path.insert(0, "/usr/share/seawall")
from pathlib import Path
from ops.core.run import run, stream
from ops.interfaces.manifest import read_part
class Inside:
    def run(self, argv, timeout):
        return run(["chroot", "{THERE}", *argv], timeout=timeout, cwd=Path("/")).stdout
    def talk(self, argv, timeout):
        return stream(["chroot", "{THERE}", *argv], timeout=timeout, cwd=Path("/"), talk=True)
part = read_part(json.loads(Path("{THERE}/manifest.json").read_text()), "parts.tree", "manifest.json")
machine = part.source.machine
for name, finding in machine.prove(Inside(), part.facts):
    print(name, finding.verdict.value, finding.message, sep="|")
print("answer", machine.answer(Inside(), "5432/his", "select count(*) from written"), sep="|")
"""
LOST = "select pg_relation_filepath('lost')"
# What the backup of a machine does with a cluster's databases, by its account and with what its unit may.
COUNT = """
import json, sys
sys.path.insert(0, "/usr/share/seawall")
from ops.core.schema import encode
from ops.sources.machine.clusters.locate import found
from ops.sources.machine.clusters.online_backup import completed, taking
with taking(found(5432)) as cluster:
    completed([cluster])
    told = cluster.facts()
print(*cluster.warnings(), json.dumps(encode(told)), sep="\\n")
"""
AS_ITS_UNIT = "setpriv --reuid=seawall --regid=seawall --clear-groups --inh-caps=+dac_read_search"
AS_ITS_UNIT += " --ambient-caps=+dac_read_search"
# What is then asked of them, here of the same server.
ASK = """
import json, sys
sys.path.insert(0, "/usr/share/seawall")
from pathlib import Path
from types import SimpleNamespace
from ops.core.run import run, stream
from ops.core.schema import decode
from ops.sources.machine.clusters.recovery import inside
from ops.sources.machine.facts import ClusterFacts
class Here:
    def run(self, argv, timeout):
        return run(argv, timeout=timeout, cwd=Path("/")).stdout
    def talk(self, argv, timeout):
        return stream(argv, timeout=timeout, cwd=Path("/"), talk=True)
told = decode(ClusterFacts, json.loads(Path("/run/told.json").read_text()), "told.json")
for name, finding in inside(Here(), SimpleNamespace(clusters={"5432": told})):
    print(name, finding.verdict.value, finding.message, sep="|")
"""


def passes(site: Site, command: str) -> str:
    result = site.on("his1", command, timeout=10 * MINUTES)
    assert result.code == 0, result.stdout + result.stderr
    return result.stdout


def psql(site: Site, query: str, database: str = "postgres") -> str:
    return passes(site, f'cd / && runuser -u postgres -- psql -XAtqd {database} -c "{query}"').strip()


def until(site: Site, query: str, wanted: str) -> None:
    deadline = time.monotonic() + WITHIN
    while (found := psql(site, query)) != wanted:
        assert time.monotonic() < deadline, f"{query}: {found}"


@contextmanager
def writers(site: Site) -> Iterator[None]:
    """Four sessions that write as fast as they can."""
    site.lab.machine("his1").ssh(f"cat >{SCRIPT} && chmod 644 {SCRIPT}", input=WRITE)
    bench = f"/usr/lib/postgresql/15/bin/pgbench --no-vacuum --client=4 --time=900 --file={SCRIPT} his"
    passes(site, f"systemd-run -q --unit=writers --collect --working-directory=/ runuser -u postgres -- {bench}")
    try:
        yield
    finally:
        site.on("his1", "systemctl stop writers")


@pytest.fixture(scope="module")
def restored(site: Site) -> Iterator[tuple[Site, str, str]]:
    """The machine in a folder; what its backup and its restore said."""
    site.on("his1", f"umount --recursive --lazy {THERE}/dev; rm -rf --one-file-system /var/tmp/machine")
    psql(site, "create table written (id bigserial primary key, word text)", "his")
    psql(site, "create unlogged table passing (word text); insert into passing values ('gone')", "his")
    try:
        with writers(site):
            backed_up = passes(site, "seawall backup his1_server")
            assert int(psql(site, "select count(*) from written", "his")) > 0
        yield site, backed_up, passes(site, "seawall restore his1_server --to /var/tmp/machine")
    finally:
        psql(site, "drop table written, passing", "his")
        site.on("his1", f"umount --recursive --lazy {THERE}/dev; rm -rf --one-file-system /var/tmp/machine")


@pytest.fixture(scope="module")
def ready(restored: tuple[Site, str, str]) -> Site:
    """The folder with what a server in it needs, and a second copy of the cluster that nobody started."""
    site = restored[0]
    passes(site, f"chmod 755 {THERE} && mount --rbind --make-rslave /dev {THERE}/dev && chmod 1777 {THERE}/tmp")
    passes(site, f"install -d -m 2775 -o postgres -g postgres {THERE}/run/postgresql")
    passes(site, f"cp -a {THERE}{DATA} {THERE}{DATA}.broken")
    return site


def started(site: Site, data: str) -> tuple[int, str]:
    """Start the server in the folder; return pg_ctl's exit code, and what the server wrote into its log."""
    options = f"{SETTINGS} -c data_directory={data}"
    done = site.on("his1", f"rm -f {THERE}/tmp/log; {CONTROL} -D {data} -o '{options}' start", timeout=2 * MINUTES)
    return done.code, site.on("his1", f"cat {THERE}/tmp/log").stdout


def ended(site: Site, data: str) -> bool:
    """Wait for a server to end by itself: as a standby it answers `pg_ctl` before it has read all of its log."""
    deadline = time.monotonic() + WITHIN
    while running := site.on("his1", f"{CONTROL} -D {data} status").code == 0:
        if time.monotonic() > deadline:
            break
    return not running


def test_a_database_that_cannot_be_read_ends_no_backup_and_is_never_called_proven(site: Site) -> None:
    """One that was made since the playbook ran last and that not everybody may enter, and one that lost a file.

    It comes first: the same server is asked that was counted, and what a recovery empties is not empty there.
    """
    try:
        for statement in (
            "create database shut",
            "revoke connect on database shut from public",
            "create database torn",
        ):
            psql(site, statement)
        psql(site, "create table lost (id int); checkpoint", "torn")
        passes(site, f"rm {DATA}/{psql(site, LOST, 'torn')}")
        *said, told = passes(site, f"cd / && {AS_ITS_UNIT} python3 -B - <<'END'\n{COUNT}END").splitlines()
        site.lab.machine("his1").ssh("cat >/run/told.json", input=told)
        asked = passes(site, f"python3 -B - <<'END'\n{ASK}END").splitlines()
    finally:
        site.on("his1", "rm -f /run/told.json")
        for name in ("shut", "torn"):
            psql(site, f"drop database if exists {name}")
    shut, torn = said
    assert shut.startswith("5432/shut is in the set, but was not counted: seawall_dump may not connect to it; run ")
    assert torn.startswith("5432/torn is in the set, but was not counted: PostgreSQL: ")
    assert json.loads(told)["uncounted"] == ["shut", "torn"]
    verdicts = dict(line.split("|")[:2] for line in asked)
    assert {name for name, verdict in verdicts.items() if verdict == "warn"} == {"5432/shut volume", "5432/torn volume"}
    assert {"5432 databases", "5432/his volume", "5432/his content"} <= verdicts.keys()
    assert set(verdicts.values()) == {"pass", "warn"}


def test_the_backup_is_exact_although_people_write(restored: tuple[Site, str, str]) -> None:
    site, backed_up, said = restored
    assert backed_up.splitlines()[-1].startswith("pass: "), backed_up
    assert "files of the databases' log, as in the manifest" in said
    facts = json.loads(passes(site, f"cat {THERE}/manifest.json"))
    cluster = facts["clusters"]["5432"]
    assert (cluster["data"], cluster["major"], cluster["approximate"]) == (DATA, 15, False)
    assert cluster["databases"]["his"]["rows"]["public.written"] > 0
    assert cluster["databases"]["his"]["comes_back_empty"] == ["public.passing"]
    assert facts["restored_from_dump"] == ["/var/lib/mysql"]
    assert psql(site, SLOTS) == "0"


def test_it_starts_as_the_manifest_says_to_the_last_row(ready: Site) -> None:
    code, log = started(ready, DATA)
    try:
        assert code == 0, log
        deadline = time.monotonic() + WITHIN
        ask = f"chroot {THERE} runuser -u postgres -- psql -XAtqc 'select pg_is_in_recovery()'"
        while ready.on("his1", ask).stdout.strip() != "f":
            assert time.monotonic() < deadline, log
        ready.lab.machine("his1").ssh("cat >/usr/local/lib/proof.py", input=PROOF)
        told = [line.split("|") for line in passes(ready, "python3 -B /usr/local/lib/proof.py").splitlines()]
        assert {verdict for name, verdict, *_ in told if name != "answer"} == {"pass"}, told
        names = {name for name, *_ in told}
        assert {"5432 databases", "5432/his structure", "5432/his volume", "5432/his sequences"} <= names
        facts = json.loads(passes(ready, f"cat {THERE}/manifest.json"))
        rows = facts["clusters"]["5432"]["databases"]["his"]["rows"]["public.written"]
        assert told[-1] == ["answer", f"{rows}.0"]
    finally:
        ready.on("his1", f"{CONTROL} -D {DATA} stop")


def test_without_all_of_its_log_it_does_not_start(ready: Site) -> None:
    """The last file may lie behind the target, so the one that holds the target goes, too."""
    broken = f"{DATA}.broken"
    target = json.loads(passes(ready, f"cat {THERE}/manifest.json"))["clusters"]["5432"]["target"]
    files = "ls | grep -E '^[0-9A-F]{24}$' | tail -n +2"
    passes(ready, f"cd {THERE}{broken}/pg_wal && rm $( ({files}; grep -laF '{target}' *) | sort -u)")
    try:
        started(ready, broken)
        assert ended(ready, broken), "it runs on without all of its log"
        log = ready.on("his1", f"cat {THERE}/tmp/log").stdout
        assert "recovery ended before configured recovery target was reached" in log
    finally:
        ready.on("his1", f"{CONTROL} -D {broken} --mode=immediate stop")


def test_what_was_started_is_not_made_whole_again(ready: Site) -> None:
    result = ready.on("his1", "seawall restore his1_server --to /var/tmp/machine")
    assert result.code == 1
    assert f"{DATA} was already started" in result.stdout


def test_a_backup_that_is_killed_leaves_nothing_in_the_server(site: Site) -> None:
    for _ in range(2):
        passes(site, f"systemctl start --no-block {UNIT}")
        until(site, SLOTS, "1")
        passes(site, f"systemctl kill --signal=KILL --kill-whom=all {UNIT}")
        until(site, SLOTS, "0")
    said = passes(site, "seawall backup his1_server")
    assert said.splitlines()[-1].startswith("pass: "), said
    assert psql(site, SLOTS) == "0"


def test_a_cluster_that_is_not_there_is_named(site: Site) -> None:
    body = (
        "import sys; sys.path.insert(0, '/usr/share/seawall')\n"
        "from pathlib import Path\n"
        "from ops.interfaces.source import CaptureContext\n"
        "from ops.sources.machine import Options, capture\n"
        "with capture(Options(clusters=(5433,)), CaptureContext(Path('/nowhere'))): pass\n"
    )
    result = site.on("his1", f"python3 - <<'END'\n{body}END")
    assert "Unavailable: no PostgreSQL server was found at port 5433" in result.stderr
