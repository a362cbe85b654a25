"""PostgreSQL where it is not tidy: writers, locks, vanished databases, older programs, cut dumps, small disks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hospital import Site

CHECKOUT = Path(__file__).parents[2]
# Runs the kind as its account does, outside any job: what it says is printed.
TRIAL = """
import sys
sys.path.insert(0, '/usr/share/seawall')
from pathlib import Path
from ops.core.errors import SeawallError
from ops.core.quantity import Duration
from ops.core.run import run
from ops.interfaces.source import CaptureContext
from ops.sources.postgresql import Options, capture, parts
try:
{body}
except SeawallError as error:
    print(type(error).__name__, str(error))
"""
PG_DUMP_15 = "./usr/lib/postgresql/15/bin/pg_dump"


def tried(site: Site, host: str, body: str, path: str = "/usr/bin:/bin") -> str:
    """Run lines of Python on a machine as user seawall; return what they print."""
    script = TRIAL.format(body="\n".join(f"    {line}" for line in body.strip().splitlines()))
    words = f"cd / && runuser -u seawall -- env PATH={path} python3 - <<'END'\n{script}\nEND"
    result = site.on(host, words, timeout=300)
    assert result.code == 0, result.stdout + result.stderr
    return result.stdout


def psql(site: Site, host: str, query: str, database: str = "postgres") -> str:
    words = f"cd / && runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -d '{database}' <<'END'\n{query};\nEND"
    return site.on(host, words, ok=range(1)).stdout.strip()


def passes(site: Site, host: str, command: str) -> str:
    result = site.on(host, command)
    assert result.code == 0, result.stdout + result.stderr
    return result.stdout


@contextmanager
def session(site: Site, host: str, database: str, sql: str) -> Iterator[None]:
    """Somebody else at the database for as long as the block lasts."""
    start = "systemd-run -q --unit=somebody --collect runuser -u postgres -- psql -XAtq"
    site.on(host, f"cd / && {start} -d '{database}' -c \"{sql}\"", ok=range(1))
    try:
        yield
    finally:
        site.on(host, "systemctl stop somebody")
        psql(
            site,
            host,
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%somebody%'"
            " and pid <> pg_backend_pid()",
        )


def test_a_writer_all_through_the_dump_changes_nothing_in_the_set(site: Site) -> None:
    psql(site, "his1", "create table written (id bigserial primary key, word text)", "his")
    write = "insert into written (word) select md5(i::text) from generate_series(1, 20) i"
    loop = f"while true; do echo '{write};'; done | runuser -u postgres -- psql -Xq his"
    site.on("his1", f'cd / && systemd-run -q --unit=writer --collect sh -c "{loop}"', ok=range(1))
    try:
        before = int(psql(site, "his1", "select count(*) from written", "his"))
        passes(site, "his1", "seawall backup his")
        after = int(psql(site, "his1", "select count(*) from written", "his"))
    finally:
        site.on("his1", "systemctl stop writer")
    assert before < after
    said = passes(site, "his1", "seawall restore his --to his_written")
    assert "as in the manifest" in said
    assert "all sequences are ahead" in said
    found = int(psql(site, "his1", "select count(*) from written", "his_written"))
    assert before <= found <= after
    assert psql(site, "his1", "select count(*), max(id) from written", "his_written") == f"{found}|{found}"
    psql(site, "his1", "drop database his_written")
    psql(site, "his1", "drop table written", "his")


def test_a_table_that_somebody_keeps_locked_is_waited_for_and_named(site: Site) -> None:
    dump = """
with capture(Options(database='lis', lock_wait=Duration(1)), CaptureContext(Path('/nowhere'))) as taken:
    run([*taken.material().argv, '--file=/dev/null', '--no-sync'], timeout=300)
print('dumped')
"""
    assert tried(site, "lis1", dump) == "dumped\n"
    lock = "begin; lock table samples in access exclusive mode; select pg_sleep(600) /* somebody */"
    with session(site, "lis1", "lis", lock):
        said = tried(site, "lis1", dump)
    assert "timeout" in said
    assert "samples" in said


def test_a_database_dropped_between_listing_and_dumping_is_named(site: Site) -> None:
    psql(site, "lis1", "create database short_lived")
    body = """
found = parts(Options(all=True))
print(*found)
import time
Path('/tmp/listed').touch()
for turn in range(300):
    if not any(each.database == 'short_lived' for each in parts(Options(all=True)).values()):
        break
    time.sleep(0.1)
with capture(found['short_lived'], CaptureContext(Path('/nowhere'))) as taken:
    print('captured')
"""
    drop = "until [ -e /tmp/listed ]; do sleep 0.05; done; runuser -u postgres -- dropdb short_lived; rm /tmp/listed"
    site.on("lis1", f"cd / && systemd-run -q --collect sh -c '{drop}'", ok=range(1))
    said = tried(site, "lis1", body)
    assert "short_lived" in said.splitlines()[0].split()
    assert said.splitlines()[1].startswith("Unavailable PostgreSQL:")
    assert '"short_lived" does not exist' in said


def test_programs_older_than_the_server_are_refused(site: Site) -> None:
    tree = CHECKOUT / ".cache/trees/bookworm.tar.gz"
    copy = [*map(str, site.lab.machine("lis1").ssh_argv()), "install -D -m 755 /dev/stdin /opt/old/pg_dump"]
    site.local(["sh", "-c", 'tar -xzOf "$1" "$2" | { shift 2; "$@"; }', "sh", tree, PG_DUMP_15, *copy], timeout=300)
    body = """
with capture(Options(database='lis'), CaptureContext(Path('/nowhere'))) as taken:
    run([*taken.material().argv, '--file=/dev/null', '--no-sync'], timeout=300)
"""
    try:
        assert "server version mismatch" in tried(site, "lis1", body, "/opt/old:/usr/bin:/bin")
        assert tried(site, "lis1", body) == ""
    finally:
        site.on("lis1", "rm -r /opt/old", ok=range(1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("database='his', socket='/nowhere'", "No such file or directory"),
        ("database='no such'", '"no such" does not exist'),
        ("database='his', user='postgres'", "Peer authentication failed"),
        ("database='his', socket='127.0.0.1'", "pg_hba.conf rejects"),
        ("database='his', user='his_app', socket='127.0.0.1'", "no password supplied"),
    ],
)
def test_no_way_in_is_said_at_once_and_no_password_is_asked_for(site: Site, options: str, words: str) -> None:
    said = tried(site, "his1", f"with capture(Options({options}), CaptureContext(Path('/x'))):\n    print('in')")
    assert said.startswith("Unavailable PostgreSQL:"), said
    assert words in said


# Taking and loading without a repository between: what a set of this database would hold lies in a folder of /tmp.
TAKEN = """
import json
from ops.core.schema import encode
folder = Path('/tmp/taken')
folder.mkdir()
with capture(Options(database='{database}'), CaptureContext(Path('/x'))) as taken:
    run([*taken.material().argv, f'--file={{folder}}/database.dump'], timeout=300)
    (folder / 'facts.json').write_text(json.dumps(encode(taken.facts())))
    (folder / 'globals.sql').write_text(taken.companions()['globals.sql'])
"""
LOADED = """
import json
from ops.core.document import decode
from tempfile import TemporaryFile
from ops.core.pipe import pipe
from ops.interfaces.server import LoadedMaterial, Meant
from ops.sources.postgresql import KIND
folder = Path('/tmp/taken')
facts = decode(KIND.facts, json.loads((folder / 'facts.json').read_text()), 'facts.json')
dump = folder / 'database.dump'
landing = KIND.restore_into(Options(database='lis'))
for share in {shares}:
    landing.demand('again', facts)
    size = int(dump.stat().st_size * share)
    def fed(argv):
        with TemporaryFile() as output:
            pipe(['head', '-c', str(size), dump], argv, timeout=300, output=output)
            output.seek(0)
            return output.read().decode()
    try:
        for sentence in landing.load('again', facts, Meant(), folder, LoadedMaterial(fed)):
            print(sentence)
        print('loaded', *(finding.verdict for _, finding in KIND.database.prove(landing.server, 'again', facts)))
    except SeawallError as error:
        print('refused')
landing.end('again')
"""


@contextmanager
def taken(site: Site, database: str) -> Iterator[None]:
    """A database of lis1, taken by the account that takes it; what is loaded of it is removed afterwards."""
    assert tried(site, "lis1", TAKEN.format(database=database)) == ""
    try:
        yield
    finally:
        site.on("lis1", "rm -r /tmp/taken; cd / && runuser -u postgres -- dropdb --if-exists again", ok=range(1))


def loaded(site: Site, *shares: float) -> list[str]:
    """Load such a share of the dump by root's hand, as `seawall restore` does; return what came of each."""
    script = TRIAL.format(body="\n".join(f"    {line}" for line in LOADED.format(shares=shares).strip().splitlines()))
    result = site.on("lis1", f"cd / && python3 - <<'END'\n{script}\nEND")
    assert result.code == 0, result.stderr
    return result.stdout.splitlines()


def test_a_role_that_is_gone_comes_back_with_its_database(site: Site) -> None:
    psql(site, "lis1", 'create role "old owner"; create database owned owner "old owner"')
    psql(site, "lis1", 'create table kept as select 1 as one; alter table kept owner to "old owner"', "owned")
    psql(site, "lis1", "alter database owned set work_mem to '9MB'")
    psql(site, "lis1", "grant connect on database owned to seawall_dump")
    others = "select rolname, rolpassword from pg_authid where rolname <> 'old owner' order by 1"
    before = psql(site, "lis1", others)
    with taken(site, "owned"):
        psql(site, "lis1", 'drop database owned; drop role "old owner"')
        made, proven = loaded(site, 1.0)
        assert made.startswith("made the roles old owner, which it needs, without login")
        assert proven == "loaded pass pass pass pass pass pass pass"
        assert psql(site, "lis1", "show work_mem", "again") == "9MB"
        owner = "select tableowner from pg_tables where tablename = 'kept'"
        assert psql(site, "lis1", owner, "again") == "old owner"
        assert psql(site, "lis1", others) == before
    psql(site, "lis1", 'drop role "old owner"')


def test_a_dump_that_was_cut_off_is_not_loaded_quietly(site: Site) -> None:
    with taken(site, "lis"):
        assert loaded(site, 0.02, 0.5, 0.98, 1.0) == [*["refused"] * 3, "loaded pass pass pass pass pass pass pass"]


def test_a_parallel_dump_wants_room_and_leaves_nothing_even_when_it_is_killed(site: Site) -> None:
    scratch = "/var/cache/seawall/scratch"
    lock = "begin; lock table samples in access exclusive mode; select pg_sleep(600) /* somebody */"
    with session(site, "lis1", "lis", lock):
        site.on("lis1", "systemctl start --no-block seawall-backup-lis", ok=range(1))
        # The count of the rows waits, too, perhaps before the dump has made its folder.
        waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'pg_dump'"
        loop = f'until runuser -u postgres -- psql -XAtqc "{waits}" | grep -q 1; do sleep 0.1; done'
        site.on("lis1", f"cd / && {loop}", timeout=300, ok=range(1))
        site.on("lis1", "systemctl kill -s KILL seawall-backup-lis", ok=range(1))
        site.on("lis1", "while pgrep -x pg_dump >/dev/null; do sleep 0.1; done", ok=range(1))
    assert site.on("lis1", f"ls -A {scratch}").stdout != ""
    site.on("lis1", f"mount -t tmpfs -o size=1m,mode=0700 tmpfs {scratch} && chown seawall: {scratch}", ok=range(1))
    try:
        result = site.on("lis1", "seawall backup lis")
        assert result.code == 1
        assert "the parallel dump of" in result.stdout
        assert "free some space" in result.stdout
    finally:
        site.on("lis1", f"umount {scratch}", ok=range(1))
    passes(site, "lis1", "seawall backup lis")
    assert site.on("lis1", f"ls -A {scratch}").stdout == ""


def test_the_example_database_comes_back_table_by_table(site: Site, real_data) -> None:
    passes(site, "lis1", "seawall restore lis --part database.chinook --to chinook_again")
    tables = psql(site, "lis1", "select tablename from pg_tables where schemaname = 'public' order by 1", "chinook")
    assert len(tables.split()) == 11
    for table in tables.split():
        rows = f"select count(*), md5(string_agg(t::text, '|' order by t::text)) from {table} t"
        assert psql(site, "lis1", rows, "chinook") == psql(site, "lis1", rows, "chinook_again")
    psql(site, "lis1", "drop database chinook_again")
    manifest = json.loads(passes(site, "lis1", "seawall snapshots lis --json"))[0]
    assert "database.chinook" in manifest["parts"]
