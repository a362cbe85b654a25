"""The site drill: everything but the other site is gone; what is left is its repository, and two things on paper.

The runbook's commands are typed as they stand there, on a clean Debian in the place of the control machine and on fresh
machines with the names of the lost ones. What a person reads is done here: a disk is inserted, a fingerprint compared.
drill1 is lost, too, and is not made anew: users need no drills.
"""

import re
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml
from hospital import MINUTES, PROGRAMS, Site, without_hosts
from page_reader import Reader

from ops.core.run import run, stream
from ops.lab.inventory import write_known_hosts
from ops.lab.lab import Lab
from ops.lab.machine import Machine

pytestmark = pytest.mark.lab
LOST = ("his1", "backup1", "drill1")
ASSETS = ("his", "documents", "pharmacy")
CONTROL = "the control machine"
HOST_KEY = "etc/ssh/ssh_host_ed25519_key.pub"
TYPED = ("The way in", "The inventory's secrets", "Repository of control in offsite")
STEP = re.compile(r"^   \[(\d+\.\d+)\] on (.+?): .*?\n\n((?:        [^\n]*\n)*)", re.MULTILINE | re.DOTALL)
COUNTED = "query_to_xml('select count(*) c from ' || c.oid::regclass, false, true, '')"
ROWS = (
    f"select c.oid::regclass, (xpath('/row/c/text()', {COUNTED}))[1] from pg_class c"
    " where relkind = 'r' and relnamespace = 'public'::regnamespace order by c.relname"
)
TOLD = f"""
cd /
runuser -u postgres -- psql -XAtd his -c "{ROWS}"
mariadb -N -e 'select count(*), sum(crc32(concat_ws(0, d.id, d.name))) from pharmacy.drugs d'
cd /srv/his; find documents dicom -printf '%p %y %U %G %m %s %T@\\n' | sort | sha256sum
find documents dicom -type f -exec sha256sum {{}} + | sort | sha256sum
"""
# As the people at the desks come in: with the account and the password of their program.
AT_WORK = """
cd /
export PGPASSWORD='made for the lab'
psql -XAt -h 127.0.0.1 -U his_app his -c 'select count(*) > 1000 from patients'
mariadb -u pharmacist -p'made for the lab' -N pharmacy -e 'select count(*) > 500 from drugs'
"""


# Copies share their data only between repositories that cut in the same places.
CHUNKERS = """
cd /etc/seawall/credentials
for place in primary offsite; do
    restic --repository-file $place.url --password-file $place.password --cacert ca.pem --no-lock cat config |
        grep chunker_polynomial
done
"""


@dataclass(frozen=True)
class Paper:
    """All that is left on this side."""

    sheet: str
    runbook: str
    told: str
    fingerprints: dict[str, str]


def narrowed(inventory: Path) -> None:
    """Leave out the whole machine, which has drills of its own, the removable disk, and the other server."""
    path = inventory / "host_vars/his1/policy.yml"
    policy = yaml.safe_load(path.read_text("utf-8"))
    policy["policy__host"]["assets"].pop("his1_server")
    policy["policy__host"]["assets"]["documents"]["copies"].pop("disks")
    path.write_text(yaml.safe_dump(policy), "utf-8")
    without_hosts(inventory, "lis1")


def named_here(site: Site, *words: str | Path) -> str:
    """Run a command of this control machine where the off-site host is known by its name, as a name server would."""
    hosts = site.lab.home / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{site.lab.machine('offsite1').address} offsite1\n")
    own_hosts = [
        "unshare",
        "--mount",
        "--propagation=slave",
        "sh",
        "-c",
        'mount --bind "$0" /etc/hosts && exec "$@"',
        hosts,
    ]
    return site.local([*own_hosts, PROGRAMS / "seawall", *words], timeout=5 * MINUTES).stdout


@pytest.fixture(scope="module")
def paper(site: Site) -> Paper:
    """The first site at work, with its copies at the other one; then its end."""
    where = site.lab.inventory
    narrowed(where)
    for asset in ASSETS:
        site.on("his1", f"seawall backup {asset} && seawall copy {asset} --to offsite", ok=range(1))
    told = site.on("his1", TOLD, ok=range(1)).stdout
    assert "read back as set" in named_here(site, "control", "backup", "-i", where)
    sheet = named_here(site, "keys", "sheet", "-i", where, "--with-vault", "--yes")
    typed = site.lab.home / "typed"
    typed.write_text(sheet, "utf-8")
    assert "pass: 2 of 2 keys open" in named_here(site, "keys", "check", typed, "-i", where)
    runbook = site.seawall("runbook", "-i", where, ok=range(1)).stdout
    end(site.lab)
    fingerprints = {host: fresh(site.lab, host) for host in ("his1", "backup1")}
    return Paper(sheet, runbook, told, fingerprints)


def end(lab: Lab) -> None:
    """Destroy the site's machines, and all that this side knows."""
    for host in LOST:
        lab.machine(host).remove()
    shutil.rmtree(lab.inventory)
    lab.vault_password.unlink()
    (lab.home / "typed").unlink()


def fresh(lab: Lab, host: str) -> str:
    """Install Debian on a new machine in the place of a lost one; return what its console says of its key."""
    machine = lab.machine(host)
    tree = lab.machine("control1").tree if host == "his1" else machine.tree
    new: Machine = replace(machine, tree=tree, layer=None)
    new.boot()
    write_known_hosts(lab.known_hosts, [one for one in lab.machines() if (one.root / HOST_KEY).exists()])
    new.wait()
    key = new.root / HOST_KEY
    return run(["ssh-keygen", "-l", "-f", key], timeout=20).stdout.split()[1]


def sheet_typed(sheet: str) -> str:
    """Return what somebody types of the sheet: the lines of three of its blocks."""
    blocks = dict(re.findall(r"^== (.+) ==\n\n((?:  \S.*\n)+)", sheet, re.MULTILINE))
    return "".join(re.sub("^  ", "", blocks[title], flags=re.MULTILINE) for title in TYPED)


def steps(runbook: str, chapter: str) -> list[tuple[str, str, list[str]]]:
    """Return the steps of a chapter: number, machine, what is typed."""
    number = re.findall(rf"^(\d+)\. {chapter}", runbook, re.MULTILINE | re.IGNORECASE)[0]
    return [
        (name, on, [line.strip() for line in typed.splitlines()])
        for name, on, typed in STEP.findall(runbook)
        if name.split(".")[0] == number
    ]


class Desk:
    """The terminals at which the runbook is followed, one for each machine."""

    def __init__(self, lab: Lab, paper: Paper, stack: ExitStack) -> None:
        self.paper = paper
        self.readers = {
            on: Reader(stack.enter_context(stream([*lab.machine(host).ssh_argv(), "bash"], timeout=3600, talk=True,
                                                  ok=range(256))), "")
            for on, host in ((CONTROL, "control1"), ("his1", "his1"), ("backup1", "backup1"))
        }  # fmt: skip

    def follow(self, chapter: str) -> str:
        """Type all commands of a chapter; return what they said."""
        told = []
        for number, on, commands in steps(self.paper.runbook, chapter):
            for command in commands:
                started = time.monotonic()
                said = self.readers[on].run(self.edited(command))
                print(f"{number} {on}: {command[:60]} ... {time.monotonic() - started:.1f} s", flush=True)
                self.compared(command, chapter, said)
                told.append(said)
        return "\n".join(told)

    def edited(self, command: str) -> str:
        if command != "editor sheet":
            return command
        return f"cat >sheet <<'END-OF-SHEET'\n{sheet_typed(self.paper.sheet)}END-OF-SHEET"

    def compared(self, command: str, chapter: str, said: str) -> None:
        """Look at what the runbook says must be looked at."""
        if command.startswith("ssh-keygen -l"):
            assert self.paper.fingerprints[chapter] in said
        if command.startswith("while read"):
            assert "mistyped" not in said
        if "openssl x509" in command:
            assert said.splitlines()[-1] == "as printed"


def test_the_runbook_leaves_nothing_to_be_known_from_elsewhere(paper: Paper) -> None:
    last = paper.runbook.rpartition("WHAT YOU MUST KNOW FROM ELSEWHERE")[2]
    assert "0 findings" in last, last
    assert "agenda on his1" in paper.runbook.partition("WHAT IS LOST WITH THE SITE")[2]


def test_users_work_again_after_the_site_was_lost(site: Site, paper: Paper) -> None:
    site.lab.machine("control1").ssh("echo 127.0.0.1 localhost >/etc/hosts")
    with ExitStack() as stack:
        desk = Desk(site.lab, paper, stack)
        assert "seawall-set=" in desk.follow(CONTROL)
        desk.follow("backup1")
        said = desk.follow("his1")
        assert said.count("pass: set ") == len(ASSETS)
        assert said.count("read back as set") == len(ASSETS)
        assert desk.readers["his1"].run(TOLD).split() == paper.told.split()
        assert len(set(desk.readers["his1"].run(CHUNKERS).splitlines())) == 1
        assert desk.readers["his1"].run(AT_WORK).split() == ["t", "1"]
        again = next(
            words for _, _, words in steps(paper.runbook, "when users are working again") if "control" in words[0]
        )
        assert "read back as set" in desk.readers[CONTROL].run(again[0])
        for reader in desk.readers.values():
            reader.program.dismiss()
