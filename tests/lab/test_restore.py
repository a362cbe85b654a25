"""`seawall restore` on real machines: beside what runs, in its place, interrupted, refused; compared to the end."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hospital import SERVED_ANEW, Site

COUNTED = "query_to_xml('select count(*) c from ' || c.oid::regclass, false, true, '')"
COUNT = (
    f"select coalesce(sum((xpath('/row/c/text()', {COUNTED}))[1]::text::bigint), 0)"
    " from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace"
)
AS_DAEMON = "setpriv --reuid=daemon --regid=daemon --clear-groups"


@pytest.fixture(scope="module", autouse=True)
def sets(site: Site) -> None:
    """A set of each asset that is restored here."""
    backups = {"his1": "seawall backup his && seawall backup documents && seawall backup agenda"}
    backups["lis1"] = "seawall backup lis"
    with ThreadPoolExecutor(len(backups)) as pool:
        for result in pool.map(site.on, backups, backups.values()):
            assert result.code == 0, result.stdout


def psql(site: Site, host: str, database: str, query: str) -> str:
    words = f'runuser -u postgres -- psql -XAtqc "{query}" "{database}"'
    return site.on(host, f"cd / && {words}", ok=range(1)).stdout.strip()


def restored(site: Site, host: str, words: str) -> str:
    result = site.on(host, f"seawall restore {words}")
    assert result.code == 0, result.stdout + result.stderr
    return result.stdout


def refused(site: Site, host: str, words: str, why: str) -> None:
    result = site.on(host, f"seawall restore {words}")
    assert result.code in (1, 2), result.stdout
    assert why in result.stdout + result.stderr


def test_a_dry_run_only_says(site: Site) -> None:
    said = restored(site, "his1", "his --to his_beside --dry-run")
    assert "as the database his_beside" in said
    assert "his_beside" not in psql(site, "his1", "postgres", "select datname from pg_database")


def test_a_database_beside_is_proven_and_recorded(site: Site) -> None:
    said = restored(site, "his1", "his --to his_beside")
    assert "240,000 rows in 4 tables, as in the manifest" in said
    assert psql(site, "his1", "his_beside", COUNT) == psql(site, "his1", "his", COUNT)
    line = site.on("his1", "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 1", ok=range(1)).stdout
    assert json.loads(line)["act"] == "restore"
    refused(site, "his1", "his --to his_beside", "already exists; nothing is restored over it")
    psql(site, "his1", "postgres", "drop database his_beside")


def test_an_interrupted_restore_is_begun_anew(site: Site) -> None:
    start = "systemd-run -q --unit=restoring --collect seawall restore his --to his_again"
    tables = "runuser -u postgres -- psql -XAtqd his_again -c '\\dt' 2>/dev/null"
    loading = f"until {tables} | grep -q patients; do sleep 0.05; done"
    site.on("his1", f"cd / && {start} && {loading} && systemctl kill -s KILL restoring", ok=range(1))
    site.on("his1", "while systemctl is-active -q restoring; do sleep 0.1; done")
    mark = "select shobj_description(oid, 'pg_database') from pg_database where datname = 'his_again'"
    assert "not finished" in psql(site, "his1", "postgres", mark)
    assert "240,000 rows" in restored(site, "his1", "his --to his_again")
    psql(site, "his1", "postgres", "drop database his_again")


def test_one_table_alone(site: Site) -> None:
    assert "24,000 rows in 1 tables" in restored(site, "his1", "his --to his_patients --only patients")
    assert psql(site, "his1", "his_patients", "select count(*) from patients") == "24000"
    psql(site, "his1", "postgres", "drop database his_patients")
    refused(site, "his1", "his --to his_nothing --only no_such_table", "the set has no table no_such_table")
    assert "his_nothing" not in psql(site, "his1", "postgres", "select datname from pg_database")


def test_in_place_keeps_what_was_there(site: Site) -> None:
    refused(site, "his1", "his --in-place", "requires confirmation")
    refused(site, "his1", "his --in-place --confirm documents", "nothing was changed")
    psql(site, "his1", "his", "truncate audit_log")
    said = restored(site, "his1", "his --in-place --confirm his")
    kept = said.split("kept as ")[1].split()[0]
    assert psql(site, "his1", "his", "select count(*) from audit_log") == "80000"
    assert psql(site, "his1", kept, "select count(*) from audit_log") == "0"
    psql(site, "his1", "postgres", f"drop database {kept}")
    assert site.on("his1", "seawall backup his").code == 0


def test_the_whole_of_a_set_of_several_parts(site: Site) -> None:
    said = restored(site, "lis1", "lis --to '{}_beside' --to reports=/srv/beside")
    assert "reports is in /srv/beside/reports" in said
    for database in ("lis", "legacy", "empty"):
        assert psql(site, "lis1", f"{database}_beside", COUNT) == psql(site, "lis1", database, COUNT)
    name = "select nome from pacientes order by id limit 1"
    assert "João" in psql(site, "lis1", "legacy_beside", name)
    assert psql(site, "lis1", "legacy_beside", "show server_encoding") == "LATIN1"
    same = "diff -r /srv/lis/reports /srv/beside/reports/srv/lis/reports"
    assert site.on("lis1", same).code == 0
    names = "select datname from pg_database where datname like '%_beside'"
    for name in psql(site, "lis1", "postgres", names).splitlines():
        site.on("lis1", f"cd / && runuser -u postgres -- dropdb '{name}'", ok=range(1))
    site.on("lis1", "rm -r /srv/beside", ok=range(1))


def test_what_cannot_be_is_said_before_anything_is_done(site: Site) -> None:
    for words, why in (
        ("lis --at 2020-01-01 --to /srv/x", "the oldest is from"),
        ("lis --at soon --to /srv/x", "neither a time nor a set"),
        ("lis --part database.lis --to lis", "is the live database"),
        ("nothing --to x", "has no asset 'nothing'"),
    ):
        refused(site, "lis1", words, why)


def test_files_come_back_as_they_were(site: Site) -> None:
    restored(site, "his1", "documents --to /srv/beside")
    for folder in ("documents", "dicom"):
        compare = f"diff -r /srv/his/{folder} /srv/beside/files/srv/his/{folder}"
        assert site.on("his1", compare).code == 0
        listed = f"cd {{}}/srv/his/{folder} && find . -printf '%p %u %g %m %s %T@\\n' | sort | sha256sum"
        here, there = (site.on("his1", listed.format(root)).stdout for root in ("", "/srv/beside/files"))
        assert here == there
    site.on("his1", "rm -r /srv/beside", ok=range(1))


def test_a_half_restored_folder_is_completed_and_a_strange_one_left_alone(site: Site) -> None:
    restored(site, "his1", "documents --to /srv/beside")
    first = "find /srv/beside/files/srv/his/{} -type f -print -quit"
    site.on("his1", f'rm "$({first.format("documents")})"; truncate -s 1 "$({first.format("dicom")})"', ok=range(1))
    assert "continuing the restore" in restored(site, "his1", "documents --to /srv/beside")
    assert site.on("his1", "diff -r /srv/his /srv/beside/files/srv/his").code == 0
    site.on("his1", "rm -r /srv/beside; mkdir -p /srv/beside/files; touch /srv/beside/files/mine", ok=range(1))
    refused(site, "his1", "documents --to /srv/beside", "is not empty")
    assert site.on("his1", "ls /srv/beside/files").stdout.split() == ["mine"]
    site.on("his1", "rm -r /srv/beside", ok=range(1))


def test_one_folder_alone_and_one_that_is_not_there(site: Site) -> None:
    year = site.on("his1", "ls /srv/his/documents | head -n 1", ok=range(1)).stdout.strip()
    restored(site, "his1", f"documents --to /srv/beside --only /srv/his/documents/{year}")
    assert site.on("his1", "ls /srv/beside/files/srv/his/documents").stdout.split() == [year]
    site.on("his1", "rm -r /srv/beside", ok=range(1))
    refused(site, "his1", "documents --to /srv/beside --only /srv/nothing", "the set has nothing at /srv/nothing")
    site.on("his1", "rm -r /srv/beside", ok=range(1))


def test_a_sqlite_file_in_its_place(site: Site) -> None:
    count = "sqlite3 /srv/agenda/agenda.sqlite 'select count(*) from bookings'"
    before = site.on("his1", count, ok=range(1)).stdout
    site.on("his1", f"{AS_DAEMON} sqlite3 /srv/agenda/agenda.sqlite 'delete from bookings'", ok=range(1))
    restored(site, "his1", "agenda --in-place --confirm agenda")
    assert site.on("his1", count, ok=range(1)).stdout == before
    owner = site.on("his1", "stat -c '%U %a' /srv/agenda/agenda.sqlite", ok=range(1)).stdout.split()
    assert owner[0] == "daemon"
    assert site.on("his1", "ls /srv/agenda | grep -c before-", ok=range(1)).stdout.strip() != "0"
    site.on("his1", "rm /srv/agenda/*.before-*", ok=range(1))


def test_a_flipped_byte_in_the_repository_is_no_restore(site: Site) -> None:
    """Every pack that is large enough is damaged in one byte, then mended; no restore may end well meanwhile."""
    packs = "find his1/data -type f -size +8k"
    flip = "chmod u+w $f; printf X | dd of=$f bs=1 seek=4000 conv=notrunc status=none"
    hurt = f"cd /srv/seawall && cp -a his1 his1.kept && {packs} | while read f; do {flip}; done"
    site.on("backup1", hurt, ok=range(1))
    try:
        for words in ("his --to his_bad", "documents --to /srv/bad"):
            assert site.on("his1", f"seawall restore {words}").code == 1
    finally:
        site.on("backup1", f"cd /srv/seawall && rm -r his1 && mv his1.kept his1 && {SERVED_ANEW}", ok=range(1))
        site.on("his1", "cd /; rm -rf /srv/bad; runuser -u postgres -- dropdb --if-exists his_bad", ok=range(1))


# Loses a row right after the load, as nothing does that is well.
LOSING = """
import subprocess, sys
sys.path.insert(0, '/usr/share/seawall')
from ops import cli
from ops.sources.mariadb.restore import RestoreTarget
real = RestoreTarget.loaded
def loaded(self, database):
    real(self, database)
    subprocess.run(['mariadb', database, '-e', 'delete from beds limit 1'], check=True)
RestoreTarget.loaded = loaded
sys.exit(cli.run(sys.argv[1:]))
"""


@pytest.fixture
def wards(site: Site) -> Iterator[None]:
    """Two small databases of MariaDB 11.8 beside the others, backed up; what is restored of them goes afterwards."""
    rows = "create table beds (id int primary key) select seq id from seq_1_to_5"
    site.on("lis1", f"mariadb -e 'create database ward1; use ward1; {rows}; create database ward2; use ward2; {rows}'")
    assert site.on("lis1", "seawall backup billing").code == 0
    yield
    names = "mariadb -N -e 'show databases' | grep -E '^ward|_b$'"
    drop = 'mariadb -e "drop database $name"'
    site.on("lis1", f"{names} | while read name; do {drop}; done; seawall backup billing", ok=range(1))


def test_of_several_mariadb_databases_one_ends_no_other_and_the_same_command_goes_on(site: Site, wards: None) -> None:
    site.on("lis1", "mariadb -e 'create database ward1_b'", ok=range(1))  # a person's own
    ended = site.on("lis1", "seawall restore billing --to '{}_b'")
    assert ended.code == 1
    assert "database.ward1 is NOT restored: the database 'ward1_b' already exists" in ended.stdout
    assert "database.ward2 is the database ward2_b" in ended.stdout
    site.on("lis1", "mariadb -e 'drop database ward1_b; insert into ward2_b.beds values (9)'", ok=range(1))
    said = restored(site, "lis1", "billing --to '{}_b'")
    assert "database.ward2 was restored at " in said
    assert "database.ward1 is the database ward1_b" in said
    assert site.on("lis1", "mariadb -N -e 'select count(*) from ward2_b.beds'").stdout.strip() == "6"


def test_what_differs_in_mariadb_is_accepted_by_a_person_without_loading_it_again(site: Site, wards: None) -> None:
    words = "restore billing --part database.ward1 --in-place"
    lost = site.on("lis1", f"python3 - {words} --confirm billing <<'END'\n{LOSING}\nEND")
    assert lost.code == 1
    assert "the database ward1 was not touched" in lost.stdout
    said = restored(site, "lis1", "billing --part database.ward1 --in-place --confirm billing --accept-differences")
    assert "was loaded whole at" in said
    assert "accepted by person:" in said
    assert site.on("lis1", "mariadb -N -e 'select count(*) from ward1.beds'").stdout.strip() == "4"
    assert (
        site.on("lis1", "grep -c 'restored data are as their manifest says' /var/lib/seawall/ledger/ledger.jsonl").code
        == 0
    )
