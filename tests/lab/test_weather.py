"""Bad weather: each thing broken for real from outside, each with a clear message, nothing lost, the next run clean."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hospital import SERVED_ANEW, Site

ENDED = "systemctl show -p ActiveState seawall-backup-his | grep -qE 'inactive|failed'"
HIS, DOCUMENTS = "seawall backup his", "seawall backup documents"


@pytest.fixture(scope="module", autouse=True)
def good(site: Site) -> None:
    """A good set to lose."""
    site.given("his1", "backup his", "backup documents", "copy his --to offsite")


def state(site: Site, name: str, host: str = "his1") -> dict:
    return json.loads(site.on(host, f"cat /var/lib/seawall/state/{name}.json", ok=range(1)).stdout)


def fails(site: Site, command: str, words: str) -> None:
    """Demand that an act fails with some words, is recorded as failed, and that the last good set is still known."""
    name = command.removeprefix("seawall ").replace(" ", "-")
    before = state(site, name)["last_good"]
    result = site.on("his1", command)
    assert result.code == 1, result.stdout
    assert words in result.stdout, result.stdout
    now = state(site, name)
    assert now["verdict"] == "fail"
    assert words in now["message"]
    assert now["last_good"] == before
    last = site.on("his1", "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 1", ok=range(1)).stdout
    assert json.loads(last)["result"] == "fail"


def passes(site: Site, command: str) -> None:
    result = site.on("his1", command)
    assert result.code == 0, result.stdout


@contextmanager
def changed(site: Site, host: str, break_it: str, mend_it: str) -> Iterator[None]:
    site.on(host, break_it, ok=range(1))
    try:
        yield
    finally:
        site.on(host, mend_it, ok=range(1))


@contextmanager
def held(site: Site) -> Iterator[None]:
    """Hold a lock on a table, so that a dump waits and can be hurt in its middle."""
    lock = "begin; lock table audit_log in access exclusive mode; select pg_sleep(900)"
    site.on(
        "his1", f'systemd-run -q --unit=holder --collect runuser -u postgres -- psql -Xqc "{lock}" his', ok=range(1)
    )
    held = "mode = 'AccessExclusiveLock' and granted and relation = 'audit_log'::regclass"
    waits = f"select count(*) from pg_locks where {held}"
    until(site, f'test "$(runuser -u postgres -- psql -XAtqc "{waits}" his)" = 1')
    try:
        yield
    finally:
        site.on("his1", "systemctl stop holder")
        holders = "query like '%pg_sleep(900)%' and pid <> pg_backend_pid()"
        terminate = f"select pg_terminate_backend(pid) from pg_stat_activity where {holders}"
        site.on("his1", f'runuser -u postgres -- psql -XAtqc "{terminate}" his')


def start_and_wait_for_the_lock(site: Site) -> None:
    """Start a backup and wait until its dump waits for the table that is held."""
    site.on("his1", "systemctl start --no-block seawall-backup-his", ok=range(1))
    condition = "application_name = 'pg_dump' and wait_event_type = 'Lock'"
    waiting = f"select count(*) from pg_stat_activity where {condition}"
    until(site, f'test "$(runuser -u postgres -- psql -XAtqc "{waiting}" his)" = 1')


# What a drill has restored lies where only its own unit sees it; its programs can be seen.
LOADING = "pgrep -x pg_restore > /dev/null"


def until(site: Site, condition: str, host: str = "his1") -> None:
    """Wait on a machine until a condition holds; fail after a minute."""
    loop = f"for n in $(seq 600); do {condition} && exit 0; sleep 0.1; done; exit 1"
    assert site.on(host, loop).code == 0, condition


def test_wrong_repository_password(site: Site) -> None:
    file = "/etc/seawall/credentials/primary.password"
    with changed(site, "his1", f"cp -a {file} /root/kept && echo guess > {file}", f"mv /root/kept {file}"):
        fails(site, DOCUMENTS, "wrong password")
    passes(site, DOCUMENTS)


def test_repository_host_down(site: Site) -> None:
    with site.cut_off("backup1"):
        fails(site, DOCUMENTS, "backup1")
    passes(site, DOCUMENTS)


def test_a_certificate_that_is_not_of_the_sites_authority(site: Site) -> None:
    certificate = site.on(
        "backup1", "find /etc -name '*.pem' -path '*seawall*' ! -name '*key*' ! -name 'ca.pem'"
    ).stdout
    key = site.on("backup1", "find /etc -name '*key*' -path '*seawall*' ! -path '*ledger*'").stdout
    assert len(certificate.split()) == len(key.split()) == 1, certificate + key
    units = "seawall-writers seawall-readers"
    kind = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=backup1 -addext subjectAltName=DNS:backup1"
    made = f"openssl req -x509 {kind} -nodes -days 2 -keyout /root/k -out /root/c 2>/dev/null"
    paths = f"{certificate.strip()} {key.strip()}"
    stranger = f"mkdir /root/kept && cp -a {paths} /root/kept/ && {made} && cat /root/c > {certificate.strip()}"
    stranger += f" && cat /root/k > {key.strip()} && systemctl restart {units}"
    mended = (
        f"for f in {paths}; do cp -a /root/kept/$(basename $f) $f; done; rm -r /root/kept; systemctl restart {units}"
    )
    with changed(site, "backup1", stranger, mended):
        fails(site, DOCUMENTS, "certificate that was not issued by this site's authority")
    until(site, "bash -c '</dev/tcp/backup1/8000' 2>/dev/null")
    passes(site, DOCUMENTS)


def test_disk_full_on_the_backup_host(site: Site) -> None:
    """The client's repository on a file system that has room for its present content and little more."""
    small = (
        "cd /srv/seawall && mv his1 his1.kept && mkdir his1 && "
        "mount -t tmpfs -o size=$(( $(du -sk his1.kept | cut -f1) + 600 ))k,mode=0750 tmpfs his1 && "
        "cp -a his1.kept/. his1/ && chown --reference=his1.kept his1 && chmod --reference=his1.kept his1 && "
        f"{SERVED_ANEW}"
    )
    mended = f"cd /srv/seawall && umount his1 && rmdir his1 && mv his1.kept his1 && {SERVED_ANEW}"
    new = "head -c 8000000 /dev/urandom > /srv/his/documents/new.bin; chown www-data: /srv/his/documents/new.bin"
    with changed(site, "his1", new, "rm /srv/his/documents/new.bin"), changed(site, "backup1", small, mended):
        fails(site, DOCUMENTS, "full")
    passes(site, DOCUMENTS)


def test_postgresql_stopped(site: Site) -> None:
    with changed(site, "his1", "systemctl stop postgresql@15-main", "systemctl start postgresql@15-main"):
        fails(site, HIS, "PostgreSQL:")
    passes(site, HIS)


def test_a_source_path_that_is_not_there(site: Site) -> None:
    with changed(site, "his1", "mv /srv/his/dicom /srv/his/moved", "mv /srv/his/moved /srv/his/dicom"):
        fails(site, DOCUMENTS, "/srv/his/dicom is not there")
    passes(site, DOCUMENTS)


def test_a_source_that_is_empty(site: Site) -> None:
    empty = "mv /srv/his/dicom /srv/his/moved && mkdir /srv/his/dicom"
    with changed(site, "his1", empty, "rmdir /srv/his/dicom && mv /srv/his/moved /srv/his/dicom"):
        fails(site, DOCUMENTS, "/srv/his/dicom is empty")


def test_a_dump_killed_in_the_middle_makes_no_set_that_counts(site: Site) -> None:
    before = {row["set"] for row in sets(site) if row["verdict"] == "pass"}
    good = state(site, "backup-his")["last_good"]
    with held(site):
        start_and_wait_for_the_lock(site)
        site.on("his1", "pkill -9 -x pg_dump", ok=range(1))
    until(site, ENDED)
    now = state(site, "backup-his")
    assert now["verdict"] == "fail"
    assert now["last_good"] == good
    assert {row["set"] for row in sets(site) if row["verdict"] == "pass"} == before
    passes(site, HIS)


def sets(site: Site) -> list[dict]:
    """Return the sets of the database, seen with the client's own credentials."""
    words = "systemd-run -q --wait --pipe --collect seawall snapshots his --json"
    return json.loads(site.on("his1", words, ok=range(1)).stdout)


def test_a_backup_killed_hard_and_its_stale_lock_hinder_nothing(site: Site) -> None:
    with held(site):
        start_and_wait_for_the_lock(site)
        site.on("his1", "systemctl kill -s KILL seawall-backup-his", ok=range(1))
        until(site, "! pgrep -x restic > /dev/null")
    assert state(site, "backup-his")["verdict"] == "pass"  # the killed run could write nothing
    assert site.on("backup1", "ls /srv/seawall/his1/locks | wc -l", ok=range(1)).stdout.strip() != "0"
    passes(site, HIS)
    told = site.on(
        "his1", "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 2 | head -n 1", ok=range(1)
    ).stdout
    assert json.loads(told)["result"] == "unknown"
    assert "never reported a result" in told


def test_two_backups_at_once(site: Site) -> None:
    with held(site):
        start_and_wait_for_the_lock(site)
        second = site.on("his1", HIS)
        assert second.code == 2
        assert "is already running" in second.stderr
    until(site, ENDED)
    assert state(site, "backup-his")["verdict"] == "pass"


def test_a_clock_that_is_an_hour_off_is_unknown_and_the_data_are_kept(site: Site) -> None:
    site.on("his1", "apt-get install -y -q faketime", ok=range(1))
    secrets = " ".join(
        f"-p LoadCredential={name}:/etc/seawall/credentials/{name}"
        for name in ("primary.url", "primary.password", "ca.pem", "ledger.key")
    )
    account = "-p User=seawall -p AmbientCapabilities=CAP_DAC_READ_SEARCH -p RuntimeDirectory=seawall/account"
    account += " -p RuntimeDirectoryPreserve=yes"
    run = f"systemd-run -q --wait --pipe --collect {account} {secrets} faketime -f +1h seawall backup documents"
    result = site.on("his1", run)
    assert "clock differs" in result.stdout, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1].startswith("unknown:")
    passes(site, DOCUMENTS)


def test_a_drill_killed_in_the_middle_leaves_nothing_for_the_next(site: Site) -> None:
    site.on("drill1", "systemctl start --no-block seawall-drill-his", ok=range(1))
    until(site, LOADING, "drill1")
    site.on("drill1", "systemctl kill -s KILL seawall-drill-his", ok=range(1))
    until(site, "! pgrep -x postgres > /dev/null", "drill1")
    result = site.on("drill1", "seawall drill his")
    assert result.code == 0, result.stdout
    assert site.on("drill1", "ls -A /var/lib/seawall/drills").stdout == ""


def test_a_drill_asked_to_end_cleans_up_and_is_no_pass(site: Site) -> None:
    site.on("drill1", "systemctl start --no-block seawall-drill-his", ok=range(1))
    until(site, LOADING, "drill1")
    site.on("drill1", "systemctl stop seawall-drill-his")
    assert site.on("drill1", "ls -A /var/lib/seawall/drills").stdout == ""
    assert state(site, "drill-his", "drill1")["verdict"] == "unknown"
    assert site.on("drill1", "seawall drill his").code == 0


def test_a_drill_of_flipped_bytes_does_not_pass(site: Site) -> None:
    """Every pack of the copy that is large enough gets one byte changed in its middle."""
    flip = (
        "cd /srv/seawall && cp -a his1 his1.kept && find his1/data -type f -size +8k | while read f; do "
        "chmod u+w $f; printf X | dd of=$f bs=1 seek=4000 conv=notrunc status=none; done"
    )
    with changed(site, "offsite1", flip, f"cd /srv/seawall && rm -r his1 && mv his1.kept his1 && {SERVED_ANEW}"):
        site.on("drill1", "rm -rf /var/cache/seawall/restic", ok=range(1))
        result = site.on("drill1", "seawall drill his --from offsite")
        assert result.code in (2, 3), result.stdout
        assert state(site, "drill-his", "drill1")["verdict"] in {"fail", "unknown"}
    assert site.on("drill1", "seawall drill his --from offsite").code == 0


def test_a_policy_file_cut_short(site: Site) -> None:
    file = "/etc/seawall/policy.json"
    cut = f"cp -a {file} /root/kept && truncate -s 300 {file}"
    with changed(site, "his1", cut, f"mv /root/kept {file}"):
        result = site.on("his1", "seawall check")
        assert result.code == 3
        assert "is damaged" in result.stderr
        backup = site.on("his1", DOCUMENTS)
        assert backup.code != 0
        assert "is damaged" in backup.stdout + backup.stderr
    passes(site, DOCUMENTS)
