"""The pages on restoring without Seawall, typed as they stand there: what comes of them is what was lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hospital import CHECKOUT, Site
from page_reader import FAILED, NOT_HERE, SECRETS, Reader, at, named, quoted

POSTGRESQL = ("postgresql-create", "postgresql-load", "postgresql-compare")
COUNTED = "query_to_xml('select count(*) c from ' || c.oid::regclass, false, true, '')"
ROWS = (
    f"select c.oid::regclass, (xpath('/row/c/text()', {COUNTED}))[1] from pg_class c"
    " where relkind = 'r' and relnamespace = 'public'::regnamespace order by c.relname"
)
NATURE = (
    "select pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider, pg_get_userbyid(datdba),"
    " array(select acl::text from unnest(coalesce(datacl, acldefault('d', datdba))) acl order by 1)"
    " from pg_database where datname = "
)
MARIADB_LIKE = (
    "select (select count(*) from drugs), (select count(*) from batches), (select count(*) from dispensed),"
    " (select count(*) from information_schema.routines where routine_schema = database()),"
    " (select count(*) from information_schema.triggers where trigger_schema = database()),"
    " (select group_concat(event_name, status) from information_schema.events where event_schema = database())"
)
LOCKED_UP = """
import json, sys
manifest = json.load(open(sys.argv[1]))
manifest["parts"]["database"] |= {
    "settings": [["", "search_path=public, pg_catalog"], ["his_app", "work_mem=8MB"]],
    "public": False,
    "grants": [["his_app", "CREATE", False], ["his_app", "TEMPORARY", False], ["his_app", "CONNECT", True]],
}
json.dump(manifest, open(sys.argv[1], "w"))"""
SPARE = "/var/tmp/spare"
STRANGE, BY_HAND = "/srv/seawall/his1/index/strange", "/srv/seawall/.aside/his1/by-hand"
# What a test that was cut off leaves behind; the live databases get their names back.
SWEEP = f"""
cd /; umount --recursive --lazy /mnt/sys /mnt/proc /mnt/dev; rm -rf --one-file-system /mnt/* {SPARE} /var/tmp/before
runuser -u postgres -- psql -Xc 'alter database his_broken rename to his' postgres
for name in his_broken his_restored; do runuser -u postgres -- dropdb --if-exists $name; done
mariadb -e 'drop database if exists pharmacy_restored'
"""


def test_every_block_of_the_pages_is_typed_here() -> None:
    ours = "".join(
        Path(__file__).with_name(name).read_text("utf-8") for name in (Path(__file__).name, "page_reader.py")
    )
    assert [name for name, _ in named() if name != NOT_HERE and f'"{name}"' not in ours] == []
    assert [block for name, block in named() if re.search(r"(^|[|&;] )seawall ", block, re.MULTILINE)] == []


@pytest.fixture(scope="module")
def his1(site: Site) -> Iterator[Reader]:
    with at(site, "his1") as reader:
        site.on("his1", SWEEP)
        reader.run("seawall backup agenda")
        assert "his1" in reader.typed("password", "network")
        yield reader
    site.on("his1", SWEEP)


@pytest.fixture(scope="module")
def lis1(site: Site) -> Iterator[Reader]:
    with at(site, "lis1") as reader:
        reader.run("seawall backup theatre")
        assert "lis1" in reader.typed("password", "network")
        yield reader


def test_a_postgresql_database_beside_and_then_in_its_place(his1: Reader) -> None:
    his1.finds("his")
    assert int(his1.typed("postgresql", "postgresql-fetch").split()[-1]) > 3
    assert "rows, had" not in his1.typed(*POSTGRESQL)
    assert his1.psql(ROWS, "his_restored") == his1.psql(ROWS, "his")
    assert his1.psql(f"{NATURE}'his_restored'", "postgres") == his1.psql(f"{NATURE}'his'", "postgres")
    large = "select count(*), sum(length(lo_get(oid))) from pg_largeobject_metadata"
    assert his1.psql(large, "his_restored") == his1.psql(large, "his")
    his1.psql("truncate audit_log", "his")
    his1.typed("postgresql-swap")
    assert his1.psql("select count(*) from audit_log", "his_broken") == "0"
    his1.run("new=his")
    assert his1.typed("postgresql-compare") == ""
    his1.psql("drop database his_broken", "postgres")


def test_what_a_postgresql_database_is_told_and_allowed_comes_back(his1: Reader) -> None:
    """With a manifest of a database that has settings, and that not everybody may enter; and then rows are missing."""
    his1.finds("his")
    his1.run(f"python3 - $told/manifest.json <<'EOF'\n{LOCKED_UP}\nEOF")
    his1.typed("postgresql", "postgresql-fetch", *POSTGRESQL[:2])
    assert his1.psql("show search_path", "his_restored") == "public, pg_catalog"
    settings = "select setconfig from pg_db_role_setting where setrole = 'his_app'::regrole"
    assert his1.psql(settings, "postgres") == "{work_mem=8MB}"
    rights = "select datacl from pg_database where datname = 'his_restored'"
    assert his1.psql(rights, "postgres") == "{his_app=CTc*/his_app}"
    his1.psql("delete from audit_log where id < 3", "his_restored")
    assert his1.typed("postgresql-compare") == "public.audit_log has 79998 rows, had 80000"
    his1.psql("drop table audit_log", "his_restored")
    assert FAILED in his1.typed("postgresql-compare", good=False)
    his1.psql("drop database his_restored", "postgres")


def test_all_databases_of_a_server_on_a_new_one(lis1: Reader) -> None:
    lis1.run("pg_dropcluster --stop 17 spare || true; pg_createcluster --port 5444 --start 17 spare", good=False)
    lis1.finds("lis", any_set=True)
    parts = {"database.legacy": "legacy", "database.a_b_c": 'a b"c'}
    before = {name: (lis1.psql(ROWS, name), lis1.psql(f"{NATURE}'{name}'", "postgres")) for name in parts.values()}
    lis1.run("export PGPORT=5444")
    for number, (part, name) in enumerate(parts.items()):
        lis1.typed("postgresql", part=part, new='"$(fact database)"')
        lis1.typed("postgresql-fetch")
        if number == 0:
            assert 'role "postgres" already exists' in lis1.typed("postgresql-roles")
        assert "rows, had" not in lis1.typed(*POSTGRESQL)
        assert (lis1.psql(ROWS, name), lis1.psql(f"{NATURE}'{name}'", "postgres")) == before[name]
    assert "João" in lis1.psql("select nome from pacientes order by id limit 1", "legacy")
    lis1.run("unset PGPORT; cd /; pg_dropcluster --stop 17 spare")


def mariadb(reader: Reader, query: str, database: str) -> str:
    return reader.run(f"mariadb -N -e {quoted(query)} {database}")


def test_a_mariadb_database_beside_and_then_in_its_place(his1: Reader) -> None:
    his1.finds("pharmacy")
    assert "-- Dump completed" in his1.typed("mariadb", "mariadb-fetch")
    assert his1.typed("mariadb-names") == "names no database"
    his1.typed("mariadb-load", "mariadb-events")
    assert his1.typed("mariadb-compare") == ""
    before = mariadb(his1, MARIADB_LIKE, "pharmacy")
    assert "ENABLED" in before
    assert mariadb(his1, MARIADB_LIKE, "pharmacy_restored") == before.replace("ENABLED", "DISABLED")
    mariadb(his1, "delete from dispensed limit 3", "pharmacy_restored")
    assert his1.typed("mariadb-compare") == "dispensed has 49997 rows, had 50000"
    mariadb(his1, "delete from dispensed limit 5", "pharmacy")
    his1.typed("mariadb-away", "mariadb-load")
    assert his1.typed("mariadb-compare") == ""
    assert mariadb(his1, MARIADB_LIKE, "pharmacy") == before
    _cut_off(his1)


def _cut_off(his1: Reader) -> None:
    """A dump without its end is not loaded."""
    his1.run("mariadb -e 'drop database pharmacy_restored'; truncate -s 3000000 database.sql")
    his1.typed("mariadb")
    assert "not loaded" in his1.typed("mariadb-load")
    assert mariadb(his1, "show tables", "pharmacy_restored") == ""
    his1.run("mariadb -e 'drop database pharmacy_restored'")


def test_mariadb_on_a_new_server_with_its_accounts(his1: Reader) -> None:
    socket = f"{SPARE}/socket"
    his1.finds("pharmacy")
    his1.run(f"rm -rf {SPARE}; mariadb-install-db --no-defaults --user=mysql --datadir={SPARE} >/dev/null")
    server = f"mariadbd --no-defaults --user=mysql --skip-networking --datadir={SPARE} --socket={socket}"
    his1.run(f"({server} --log-error={SPARE}/log & )")
    his1.run(f"until [ -S {socket} ]; do sleep 0.2; done")
    his1.typed("mariadb-elsewhere", socket=socket)
    his1.typed("mariadb", new='"$(fact database)"')
    his1.typed("mariadb-fetch", "mariadb-users", "mariadb-load", "mariadb-users")
    assert his1.typed("mariadb-compare") == ""
    told = mariadb(his1, "show grants for pharmacist@localhost", "pharmacy")
    assert "ALL PRIVILEGES ON `pharmacy`" in told
    his1.run("mariadb -e shutdown; unset -f mariadb")


def test_a_sqlite_database(his1: Reader) -> None:
    there = "/srv/agenda/agenda.sqlite"
    his1.finds("agenda")
    content = f"sqlite3 {there} .dump | sha256sum; stat -c '%U %G %a' {there}"
    before = his1.run(f"rm -rf {there}.broken; {content}")
    assert his1.typed("sqlite").splitlines()[-1] == "ok"
    assert his1.typed("sqlite-compare") == ""
    his1.run(f"sqlite3 {there} 'delete from bookings'; echo an old log > {there}-wal")
    his1.typed("sqlite-home")
    assert his1.run(content) == before
    assert "agenda.sqlite-wal" in his1.run(f"ls {there}.broken; rm -r {there}.broken")
    his1.run("sqlite3 database.sqlite 'delete from bookings where id < 3'")
    assert his1.typed("sqlite-compare") == "bookings has 11998 rows, had 12000"


def test_files_and_what_was_damaged_comes_home(his1: Reader) -> None:
    his1.finds("documents")
    listed = (
        "find /srv/his -printf '%p %u %g %m %s %T@\\n' | sort | sha256sum; cat $(find /srv/his -name '*.dcm') | md5sum"
    )
    his1.run("rm -rf /var/tmp/before; cp -a /srv/his /var/tmp/before")
    before = his1.run(listed)
    his1.typed("files")
    told = his1.typed("files-check").split()
    assert told[0] == told[1]
    victim = "$(find /srv/his/documents -type f -print -quit)"
    his1.run(f'v="{victim}"; rm "$v"; v="{victim}"; touch -r "$v" ../like; printf lost | dd of="$v" conv=notrunc')
    his1.run('touch -r ../like "$v"; rm -r /srv/his/dicom')
    assert "dicom" in his1.typed("files-home")
    assert his1.run("diff -r /var/tmp/before /srv/his") == ""
    assert his1.run(listed) == before
    his1.run("rm -r /root/restore/files /var/tmp/before")
    his1.typed("files-only")
    assert his1.run("cd /root/restore/files/srv/his; echo * */*") == "documents documents/2026"
    his1.run("diff -r /srv/his/documents/2026 /root/restore/files/srv/his/documents/2026")


def test_the_output_of_a_command(his1: Reader) -> None:
    his1.finds("analyzer")
    told = his1.typed("command")
    sizes = re.findall(r"^(\d+)(?: bytes)?$", told, re.MULTILINE)
    assert sizes[0] == sizes[1]
    assert told.count("-- end of export") == 2
    his1.run("[ $(wc -l < analyzer.txt) = $(/usr/local/sbin/analyzer-export | wc -l) ]")


def test_a_whole_machine_with_its_database_and_empty_servers_where_others_were(his1: Reader) -> None:
    his1.finds("his1_server", any_set=True)
    assert "/var/lib/postgresql/15/main" in his1.typed("machine-facts")
    his1.typed("machine")
    assert his1.run("stat -c %a /mnt /mnt/tmp /mnt/root /mnt/etc/shadow").split() == ["755", "1777", "700", "640"]
    assert "FAILED" not in his1.typed("machine-check")
    # What came later is no fault of the set.
    compare = "(diff -rq --no-dereference --exclude=seawall /usr /mnt/usr || true) | (grep -v '^Only in /usr' || true)"
    assert his1.run(compare) == ""
    his1.typed("machine-log", "machine-recovery", "machine-mounts")
    _recovers(his1)
    his1.run("find /mnt/var/lib/postgresql/15/main -mindepth 1 -delete")
    his1.typed("machine-postgresql", "machine-mariadb")
    his1.run("[ -s /mnt/var/lib/postgresql/15/main/PG_VERSION ] && [ -s /mnt/var/lib/mysql/ibdata1 ]")
    his1.typed("machine-leave")
    his1.run("ls /dev/null /proc/self/maps; ! findmnt /mnt/dev && rm -rf --one-file-system /mnt/*")


def _recovers(his1: Reader) -> None:
    """The database inside is that of the manifest; the machine's own one runs beside it."""
    data = "/var/lib/postgresql/15/main"
    assert his1.run(f"find /mnt{data} -maxdepth 1 ! -user postgres -o -maxdepth 1 -type f ! -perm 600") == ""
    postgres = "chroot /mnt runuser -u postgres --"
    control = f"{postgres} /usr/lib/postgresql/15/bin/pg_ctl --wait -D {data} -l /tmp/log"
    settings = "-c config_file=/etc/postgresql/15/main/postgresql.conf -c listen_addresses="
    his1.run("install -d -m 2775 -o postgres -g postgres /mnt/run/postgresql; chmod 1777 /mnt/tmp")
    his1.run(f'{control} -o "{settings}" start')
    his1.run(f"until [ $({postgres} psql -XAtqc 'select pg_is_in_recovery()') = f ]; do sleep 0.2; done")
    query = "select count(*) from public.patients"
    found = his1.run(f"{postgres} psql -XAtqd his -c '{query}'")
    told = "import json, sys; print(json.load(open(sys.argv[1]))['parts']['tree']['clusters']['5432']"
    rows = f"{told}['databases']['his']['rows']['public.patients'])"
    assert found == his1.run(f'python3 -c "{rows}" $told/manifest.json')
    his1.run(f"{control} stop")


def test_the_repository_in_doubt(lis1: Reader) -> None:
    assert "no errors were found" in lis1.typed("doubt")


def test_on_the_backup_host_itself(site: Site) -> None:
    """With a restic of its own there, which a backup host has not."""
    password = site.on("his1", f"cat {SECRETS}/primary.password", ok=range(1)).stdout.strip()
    carried = "/run/carried"
    site.on("backup1", f"apt-get install -qqy restic; mkdir {carried}; echo {password} > {carried}/primary.password")
    try:
        with at(site, "backup1", carried) as reader:
            assert "his1" in reader.typed("password", "local")
            reader.run(f"touch -d 2099-01-02 {STRANGE}; chown restic-rest-server {STRANGE}")
            reader.typed("aside", moment="2099-01-01T00:00")
            reader.run(f"[ ! -e {STRANGE} ] && [ -e {BY_HAND}/index/strange ] && rm -r {BY_HAND}")
            assert reader.run("find /srv/seawall/his1 ! -user restic-rest-server") == ""
    finally:
        site.on("backup1", f"apt-get purge -qqy restic; rm -rf {carried} {STRANGE} {BY_HAND}", ok=range(1))


def test_what_the_control_machine_says_of_secrets(site: Site) -> None:
    url, password = (
        site.on("his1", f"cat {SECRETS}/primary.{name}", ok=range(1)).stdout.strip() for name in ("url", "password")
    )
    said = ""
    for line in dict(named())["vault"].splitlines():
        words = line.replace("inventories/mysite", str(site.lab.inventory)).replace("--ask-vault-password ", "").split()
        said += site.local([CHECKOUT / ".venv/bin" / words[0], *words[1:]], timeout=300).stdout
    assert password in said
    assert url.split(":")[3].partition("@")[0] in said
    assert "BEGIN CERTIFICATE" in said
