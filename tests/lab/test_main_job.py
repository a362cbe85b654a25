"""The main job on real machines: back up, copy, drill, look, verify; and what it leaves behind."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hospital import Site


@pytest.fixture(scope="session")
def done(site: Site) -> Site:
    """The site after one whole round, by the units that the timers start."""
    for host, command in (
        ("his1", "seawall backup his"),
        ("his1", "seawall backup documents"),
        ("his1", "seawall copy his --to offsite"),
        ("drill1", "seawall drill his"),
    ):
        result = site.on(host, command)
        assert result.code == 0, f"{host}: {command}\n{result.stdout}\n{result.stderr}"
    return site


def state(site: Site, host: str, name: str) -> dict:
    return json.loads(site.on(host, f"cat /var/lib/seawall/state/{name}.json", ok=range(1)).stdout)


def test_a_database_is_backed_up_with_all_its_rows(done: Site) -> None:
    good = state(done, "his1", "backup-his")["last_good"]
    names = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public'"
    tables = done.on("his1", f'runuser -u postgres -- psql -XAtqc "{names}" his', ok=range(1)).stdout.split()
    counted = " + ".join(f"(select count(*) from {table})" for table in tables)
    there = done.on("his1", f'runuser -u postgres -- psql -XAtqc "select {counted}" his', ok=range(1)).stdout.strip()
    assert good["rows"] == int(there) >= 200_000


def test_files_are_backed_up_by_an_account_that_is_not_root(done: Site) -> None:
    good = state(done, "his1", "backup-documents")["last_good"]
    counted = done.on("his1", "find /srv/his/documents /srv/his/dicom -type f | wc -l", ok=range(1)).stdout
    assert good["files"] == int(counted)
    assert "User=seawall" in done.on("his1", "systemctl cat seawall-backup-documents.service").stdout


def test_the_copy_was_read_back(done: Site) -> None:
    good = state(done, "his1", "copy-his-offsite")["last_good"]
    assert good["packs_read"] > 0
    assert good["manifest_sha256"] == state(done, "his1", "backup-his")["last_good"]["manifest_sha256"]


def test_a_second_copy_brings_nothing_twice(done: Site) -> None:
    assert done.on("his1", "seawall copy his --to offsite").code == 0
    assert state(done, "his1", "copy-his-offsite")["last_good"]["bytes_read"] < 100_000


def test_the_drill_proved_every_rung_and_left_nothing(done: Site) -> None:
    good = state(done, "drill1", "drill-his")["last_good"]
    assert {rung["verdict"] for rung in good["rungs"]} == {"pass"}
    names = {rung["name"] for rung in good["rungs"]}
    assert {"archive", "structure", "roles", "extensions", "volume", "sequences", "rto", "rpo"} <= names
    assert any(name.startswith("semantics") for name in names)
    assert done.on("drill1", "ls -A /var/lib/seawall/drills").stdout == ""
    assert done.on("drill1", "pgrep -x postgres", ok=range(2)).stdout == ""


def test_the_drill_from_the_other_site_passes_too(done: Site) -> None:
    result = done.on("drill1", "seawall drill his --from offsite")
    assert result.code == 0, result.stdout
    assert state(done, "drill1", "drill-his")["last_good"]["repository"] == "offsite"


def test_no_dump_touches_the_disk_and_no_password_a_process(done: Site) -> None:
    assert done.on("his1", "find / -xdev -name '*.dump' -size +0 2>/dev/null").stdout == ""
    secret = done.on("his1", "cat /etc/seawall/credentials/primary.password", ok=range(1)).stdout.strip()
    seen = done.on(
        "his1", "journalctl --no-pager -o cat; cat /var/lib/seawall/ledger/* /var/lib/seawall/state/*"
    ).stdout
    assert secret not in seen


def test_every_act_left_a_record_and_the_chain_holds(done: Site) -> None:
    for host, acts in (("his1", {"backup", "copy"}), ("drill1", {"drill"})):
        lines = done.on(host, "cat /var/lib/seawall/ledger/ledger.jsonl", ok=range(1)).stdout.splitlines()
        assert acts <= {json.loads(line)["act"] for line in lines}
        verified = done.on(host, "seawall ledger verify")
        assert verified.code == 0, verified.stdout


def test_a_changed_record_is_named(done: Site) -> None:
    ledger = "/var/lib/seawall/ledger/ledger.jsonl"
    done.on("his1", f'mv {ledger} /root/kept && sed \'1s/"act":"/"act":"un/\' /root/kept >{ledger}', ok=range(1))
    try:
        result = done.on("his1", "seawall ledger verify")
        assert result.code == 2
        assert "record 1 was changed" in result.stdout
    finally:
        done.on("his1", f"mv /root/kept {ledger}", ok=range(1))


def test_the_fleet_is_seen_at_once_and_a_dead_machine_is_unknown(done: Site) -> None:
    done.on("his1", "systemctl start seawall-health", ok=range(1))
    fleet = json.loads(done.seawall("status", "-i", done.lab.inventory, "--json").stdout)
    assert set(fleet["machines"]) == {"his1", "lis1", "backup1", "drill1", "offsite1"}
    assert fleet["assets"]["his"]["backup"]["last_good"]["set"] == state(done, "his1", "backup-his")["last_good"]["set"]
    done.on(
        "backup1",
        "seawall repository arrivals && seawall repository scrub && systemctl start seawall-health",
        ok=range(1),
    )
    fleet = json.loads(done.seawall("status", "-i", done.lab.inventory, "--json").stdout)
    checks = {one["name"]: one for one in fleet["machines"]["backup1"]["checks"]}
    for name in ("arrivals", "scrub"):
        assert checks[name]["verdict"] == "pass", checks[name]["message"]
    with done.cut_off("offsite1"):
        words = ("status", "-i", done.lab.inventory)
        with ThreadPoolExecutor() as pool:  # each waits for the dead one
            plain, shown = (pool.submit(done.seawall, *words, *more) for more in (["--json"], []))
        fleet = json.loads(plain.result().stdout)
        assert fleet["machines"]["offsite1"]["verdict"] == "unknown"
        assert "offsite1" in shown.result().stdout


def test_the_report_is_one_page_without_anything_from_elsewhere(done: Site, tmp_path) -> None:
    page = tmp_path / "report.html"
    done.seawall("report", "-i", done.lab.inventory, "--html", page)
    text = page.read_text()
    assert "his" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text


def test_chinook_is_there_where_the_real_data_are(done: Site, real_data) -> None:
    counted = done.on("his1", "runuser -u postgres -- psql -XAtqc 'select count(*) from album' chinook", ok=range(1))
    assert counted.stdout.strip() == "347"
