"""No account becomes root, reads a secret, or alters a file of root's; and each writes only where the page says."""

import json
import re
import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import account_attacks
import attack_ways
import pytest
from account_attacks import ATTACKS, INSIDE, PORT, SERVED, chosen
from attack_ways import DRILLER, KEEPER, SERVER, Attack
from hospital import CHECKOUT, Site

pytestmark = pytest.mark.lab

HOSTS = {SERVER: "his1", KEEPER: "backup1", DRILLER: "drill1"}
# Both files as one program, for the machine has neither.
WAYS, ACTS = (Path(str(module.__file__)).read_text("utf-8") for module in (attack_ways, account_attacks))
SCRIPT = f"""
import sys, types
ways = sys.modules["attack_ways"] = types.ModuleType("attack_ways")
exec({WAYS!r}, ways.__dict__)
exec({ACTS!r}, globals())
"""
VICTIM = attack_ways.VICTIM
# With the reader's own eyes: its mounts, its network, its one capability.
AS_READER = (
    "nsenter --target $(systemctl show --property=MainPID --value seawall-reader) --mount --net "
    "setpriv --reuid $(id -u seawall-reader) --regid $(id -g seawall-reader) --clear-groups "
    "--inh-caps -all,+dac_read_search --bounding-set -all,+dac_read_search --ambient-caps -all,+dac_read_search"
)
# Likewise the server of one machine, which sees no other process, and has no capability.
AS_WRITER = (
    "nsenter --target $(systemctl show --property=MainPID --value seawall-writer-his1) --mount --net --pid "
    "setpriv --reuid $(id -u restic-rest-server) --regid $(id -g restic-rest-server) --clear-groups "
    "--inh-caps -all --bounding-set -all --ambient-caps -all"
)
AS_ROOT = "env"
AS_ACCOUNT = "runuser -u {} --"
OF_KIND = {
    SERVER: ("seawall",),
    DRILLER: ("seawall",),
    KEEPER: ("seawall", "restic-rest-server", "seawall-reader", "seawall-leaving", "www-data"),
}


def played(site: Site, kind: str, account: str, way: str, *words: str) -> dict[str, str]:
    """Run the acts of an account on a machine; return what stopped each."""
    argv = shlex.join(["python3", "-", kind, account, *words])
    done = site.on(HOSTS[kind], f"cd / && {way} {argv} <<'END'\n{SCRIPT}\nEND")
    assert done.code == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def outcomes(site: Site) -> Iterator[dict[tuple[str, str, str], str]]:
    """What stopped each act, by account, kind of machine and what was tried."""
    site.given("his1", f"backup {attack_ways.ASSET}")
    site.on("his1", f"install -m 0600 /dev/null {VICTIM} && printf %s {attack_ways.PRECIOUS} >{VICTIM}", ok=range(1))
    try:
        with ThreadPoolExecutor(len(HOSTS)) as pool:
            answers = [pool.submit(on_one, site, kind) for kind in HOSTS]
        yield {name: said for answer in answers for name, said in answer.result().items()}
    finally:
        site.on("his1", CLEAN)


def on_one(site: Site, kind: str) -> dict[tuple[str, str, str], str]:
    """Play every account of one machine, and spring its traps."""
    ways = {account: AS_ACCOUNT.format(account) for account in OF_KIND[kind]}
    ways |= {KEEPER: {INSIDE: AS_READER, SERVED: AS_WRITER}, DRILLER: {PORT: AS_ROOT}}.get(kind, {})
    found = {
        (account, kind, tried): said
        for account, way in ways.items()
        for tried, said in played(site, kind, account, way).items()
    }
    if kind == SERVER:
        sprung(site)
        fallen = played(site, kind, "seawall", AS_ROOT, "sprung")
        found |= {("seawall", kind, tried): said for tried, said in fallen.items()}
    return found


# What lay there before comes back, whatever root wrote in the traps' places.
CLEAN = f"""
rm -rf /root/seawall-sprung {VICTIM} /var/lib/seawall/state/restore-{attack_ways.ASSET}.json
find /var/lib/seawall/state /var/lib/seawall/ledger /run/seawall/account -type l -lname {VICTIM} -delete
find /var/lib/seawall/state /var/lib/seawall/ledger /run/seawall/account -name '.*{attack_ways.ASIDE}' |
while read -r kept; do
    name=${{kept##*/.}}; mv "$kept" "${{kept%/*}}/${{name%{attack_ways.ASIDE}}}"
done
"""


def sprung(site: Site) -> None:
    """Have root do what the traps wait for: restore one file."""
    one = site.on("his1", "find /srv/his/documents -type f | sort | head -n 1", ok=range(1)).stdout.strip()
    done = site.on("his1", f"seawall restore {attack_ways.ASSET} --to /root/seawall-sprung --only {shlex.quote(one)}")
    assert done.code == 0, done.stdout + done.stderr


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: f"{one.account} tries to {one.tried}")
def test_an_account_is_stopped(outcomes: dict[tuple[str, str, str], str], attack: Attack) -> None:
    kinds = [kind for kind in HOSTS if attack in chosen(kind, attack.account)]
    assert kinds
    for kind in kinds:
        said = outcomes[attack.account, kind, attack.tried]
        assert attack.says in said, f"on the {kind}: {said or 'nothing stopped it'}"


# Where everybody may write for a while, and what the distribution lets a server's account keep.
EVERYBODYS = ("/tmp", "/var/tmp", "/run/lock", "/run/screen", "/var/lib/nginx", "/var/log/nginx")
PLACES = "/etc /usr /opt /srv /var /run /root /home /boot"


def table() -> list[tuple[str, str, str, str, str]]:
    """Return the rows of the page's table: machines, folder, owner, mode, who may write there."""
    page = (CHECKOUT / "docs/architecture.md").read_text("utf-8")
    section = page.partition("## Who may write where\n")[2].partition("\n## ")[0]
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows[2:]]


def on(host: str) -> list[tuple[str, str, str, str, str]]:
    """Return the rows that hold on a host of the lab."""
    kinds = {"every machine", *(f"{kind}s" for kind, name in HOSTS.items() if name == host)}
    return [row for row in table() if row[0] in kinds]


@pytest.mark.parametrize("host", HOSTS.values())
def test_folders_are_as_the_page_says(site: Site, host: str) -> None:
    wanted = {folder: (mode, owner) for _, folder, owner, mode, _ in on(host)}
    assert wanted
    done = site.on(host, f"stat --format '%n %04a %U:%G' {' '.join(wanted)}")
    seen = {name: (mode, owner) for name, mode, owner in map(str.split, done.stdout.splitlines())}
    assert seen == wanted, done.stderr


@pytest.mark.parametrize(
    ("host", "account"), [(HOSTS[kind], account) for kind, accounts in OF_KIND.items() for account in accounts]
)
def test_an_account_writes_where_the_page_says_and_nowhere_else(site: Site, host: str, account: str) -> None:
    known = {folder for _, folder, _, _, writer in on(host) if account in re.findall(r"[\w-]+", writer)}
    pruned = " -o ".join(f"-path {place}" for place in EVERYBODYS)
    look = f"find {PLACES} -xdev '(' {pruned} ')' -prune -o -type d -writable -print -prune 2>/dev/null; true"
    found = set(site.on(host, f"runuser -u {account} -- {look}").stdout.split())
    look = f"find {PLACES} -xdev '(' {pruned} ')' -prune -o -type f -writable -print 2>/dev/null; true"
    found |= {
        path
        for path in site.on(host, f"runuser -u {account} -- {look}").stdout.split()
        if not any(Path(path).is_relative_to(folder) for folder in found)
    }
    assert found == known
