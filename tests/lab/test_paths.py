"""Files, programs and whole machines on real machines: what is strange comes back, what can't be good is refused."""

import json

from hospital import Site

DOCUMENTS = "/srv/his/documents"
STRANGE = f"""
cd {DOCUMENTS}
mkdir -p strange/$'caf\\xe9'
truncate -s 6M strange/holes && printf middle | dd of=strange/holes bs=1 seek=4000000 conv=notrunc status=none
echo linked >strange/one && ln strange/one strange/other
echo latin >strange/$'caf\\xe9'/$'\\xff\\n'
python3 -c 'import os; os.setxattr("strange/one", "user.note", b"value")'
chown -R www-data:www-data strange
"""
TOLD = "find . -printf '%p %y %u %g %m %n %s %T@\\n' | sort | sha256sum; find . -type f -exec sha256sum {} + | sort"
MACHINE = """
import os, sys
sys.path.insert(0, "/usr/share/seawall")
from pathlib import Path
from ops.core.errors import SeawallError
from ops.interfaces.source import CaptureContext
from ops.sources.machine import Options, capture
folders = ("/var/lib/postgresql", "/var/lib/mysql")
for left in folders[:1], folders:
    try:
        with capture(Options(leave_out=left), CaptureContext(Path("/nowhere"))) as taken:
            told, texts = taken.facts(), taken.companions()
            print("taken", os.getuid(), told.hostname, told.codename, list(told.restored_from_dump))
            print(len(taken.wanted()), "seawall" in texts["packages.txt"], "fstab" in texts["layout.txt"])
    except SeawallError as error:
        print("refused", error)
"""
UNIT = (
    "systemd-run -q --wait --pipe -p User=seawall -p AmbientCapabilities=CAP_DAC_READ_SEARCH"
    " -p CapabilityBoundingSet=CAP_DAC_READ_SEARCH -p ProtectSystem=strict -p PrivateTmp=yes -p ProtectHome={}"
    " python3 -B /usr/local/lib/machine.py"
)


def taken(site: Site, asset: str, code: int = 0) -> str:
    result = site.on("his1", f"seawall backup {asset}")
    assert result.code == code, result.stdout
    return result.stdout


def last_good(site: Site, asset: str) -> dict:
    return json.loads(site.on("his1", f"cat /var/lib/seawall/state/backup-{asset}.json", ok=range(1)).stdout)[
        "last_good"
    ]


def test_strange_files_come_back_as_they_were(site: Site) -> None:
    site.lab.machine("his1").ssh("bash -s", input=STRANGE)
    try:
        taken(site, "documents")
        site.on(
            "his1",
            f"rm -rf /srv/strange; seawall restore documents --to /srv/strange --only {DOCUMENTS}/strange",
            ok=range(1),
        )
        back = f"/srv/strange/files{DOCUMENTS}/strange"
        first, second = (
            site.on("his1", f"cd {place} && {TOLD}", ok=range(1)).stdout for place in (f"{DOCUMENTS}/strange", back)
        )
        assert first == second
        assert int(site.on("his1", f"du -k {back}/holes", ok=range(1)).stdout.split()[0]) < 2_000
        assert site.on("his1", f"test {back}/one -ef {back}/other").code == 0
        look = f'python3 -c \'import os; print(os.getxattr("{back}/one", "user.note"))\''
        assert site.on("his1", look).stdout.strip() == "b'value'"
    finally:
        site.on("his1", f"rm -rf {DOCUMENTS}/strange /srv/strange", ok=range(1))


def test_a_disk_that_is_gone_and_one_that_lost_most_are_refused(site: Site) -> None:
    taken(site, "documents")
    good = last_good(site, "documents")
    site.on("his1", f"mv {DOCUMENTS} /srv/his/kept && mkdir {DOCUMENTS}", ok=range(1))
    try:
        assert f"{DOCUMENTS} is empty" in taken(site, "documents", code=1)
        site.on("his1", f"echo one >{DOCUMENTS}/one", ok=range(1))
        said = taken(site, "documents", code=1)
        assert "in the last good set; the limit is 50%" in said
        assert "--accept-loss" in said
        assert last_good(site, "documents")["set"] == good["set"]
        assert "accepted: moved away" in taken(site, "documents --accept-loss 'moved away'")
        assert last_good(site, "documents")["set"] != good["set"]
    finally:
        site.on("his1", f"rm -r {DOCUMENTS}; mv /srv/his/kept {DOCUMENTS}", ok=range(1))
    taken(site, "documents")
    assert last_good(site, "documents")["files"] == good["files"]


def test_a_vendors_program_is_believed_when_it_is_whole_and_roots(site: Site) -> None:
    program = "/usr/local/sbin/analyzer-export"
    taken(site, "analyzer")
    site.on("his1", "rm -rf /srv/export; seawall restore analyzer --to /srv/export", ok=range(1))
    assert site.on("his1", f"{program} | cmp - /srv/export/export/analyzer.txt; rm -r /srv/export").code == 0
    site.on("his1", f"cp -a {program} /root/kept", ok=range(1))
    try:
        for change, words in (
            (f"sed -i '/end of export/d' {program}", "is truncated"),
            (f"sed -i 's/^echo.*/exit 7/' {program}", "exited with code 7"),
            (f"chmod g+w {program}", f"users other than root can change {program}"),
        ):
            site.on("his1", change, ok=range(1))
            assert words in taken(site, "analyzer", code=1)
            site.on("his1", f"cp -a /root/kept {program}", ok=range(1))
    finally:
        site.on("his1", f"mv /root/kept {program}", ok=range(1))


def test_a_machine_is_seen_whole_but_for_its_databases(site: Site) -> None:
    for host, release, cluster in (("his1", "bookworm", "15"), ("lis1", "trixie", "17")):
        site.lab.machine(host).ssh("cat >/usr/local/lib/machine.py", input=MACHINE)
        account = site.on(host, "id -u seawall", ok=range(1)).stdout.strip()
        refused, hint, seen, texts = site.on(host, UNIT.format("read-only"), ok=range(1)).stdout.splitlines()
        assert refused.endswith("can't be backed up reliably: /var/lib/mysql")
        assert "options.leave_out" in hint
        dumped = f"['/var/lib/mysql', '/var/lib/postgresql/{cluster}/main']"
        assert seen == f"taken {account} {host} {release} {dumped}"
        assert texts == "64 True True"
        assert "this unit can't see /home, /root" in site.on(host, UNIT.format("yes"), ok=range(1)).stdout


def test_a_folder_of_a_machine_comes_back_by_command(site: Site) -> None:
    taken(site, "his1_server")
    words = "his1_server --part tree --to /srv/machine --only /etc --only /usr/bin"
    result = site.on("his1", f"rm -rf /srv/machine; seawall restore {words}")
    assert result.code == 0, result.stdout + result.stderr
    for folder in ("/usr/bin", "/etc/systemd", "/etc/ssh"):
        assert site.on("his1", f"diff -r --no-dereference {folder} /srv/machine/tree{folder}").code == 0
    assert site.on("his1", "test -e /srv/machine/tree/packages.txt -a ! -e /srv/machine/tree/var/lib/mysql").code == 0
    site.on("his1", "rm -r /srv/machine", ok=range(1))
