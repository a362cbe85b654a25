"""How a lost site is made anew, as chapters of steps: what the runbook prints, form aside.

Everything follows from the policy, the inventory and what the machines told while they ran. What a person would have to
know from elsewhere is written as `[KNOW: ...]`, so that it can be counted.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from ops.core.quantity import Size
from ops.evidence.ssh_signature import NAMESPACE
from ops.fleet.control_machine import contents
from ops.fleet.control_machine.host_facts import Facts
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers.heads import Seen, newest
from ops.fleet.runbook.data import first_copies, lost, needed_within, restores
from ops.fleet.runbook.model import CONTROL, Chapter, Step, know
from ops.policy import HostPolicy

KIB = 1024
DUMPED = {"postgresql": "postgresql_source", "mariadb": "mariadb_source"}  # roles that demand the databases


@dataclass(frozen=True)
class Site:
    """All that a runbook is made of.

    facts: of each machine, as it told them. signers: the listed keys of each ledger. seen: the heads of the ledgers.
    """

    inventory: Inventory
    own: HostPolicy
    policies: Mapping[str, HostPolicy]
    facts: Mapping[str, Facts]
    signers: Mapping[str, Sequence[str]]
    seen: Seen


def order(site: Site) -> list[str]:
    """Return the machines to be made anew: those that keep repositories, then by the shortest RTO, then the others."""
    surviving = {one.host for one in site.own.repositories.values() if one.place == "offsite"}
    lost_ones = [host for host in site.policies if host not in surviving]
    keepers = [host for host in lost_ones if site.policies[host].clients]
    servers = [host for host in lost_ones if host not in keepers and site.policies[host].assets]
    servers.sort(key=lambda host: needed_within(site.policies[host]))
    return [*keepers, *servers, *(host for host in lost_ones if host not in {*keepers, *servers})]


def machine(site: Site, host: str) -> Chapter:
    """Return how one machine comes back: Debian, its programs, what the policy makes of it, its data."""
    policy = site.policies[host]
    steps = [
        _debian(site, host),
        _host_key(site, host),
        *_packages(site, host),
        *_trees(policy),
        *_applied(site, host),
        *first_copies(host, policy),
    ]
    span = f", needed within {needed_within(policy)}" if policy.assets else ""
    return Chapter(f"{host}{span}", (_hardware(site, host),), tuple(steps))


def _hardware(site: Site, host: str) -> str:
    facts = site.facts.get(host)
    if facts is None:
        return know(f"the Debian release, size and packages of {host}; `seawall control look` collects them")
    disks = ", ".join(f"{place} {Size(size * KIB)}" for place, size in sorted(facts.disks.items()))
    memory = Size(facts.memory_kib * KIB)
    return f"It had {facts.cpus} CPUs, {memory} of memory, and these file systems: {disks} (as of {facts.looked})."


def _debian(site: Site, host: str) -> Step:
    facts = site.facts.get(host)
    release = facts.release if facts else know(f"the Debian release of {host}")
    user = site.inventory.connection(host).get("ansible_user", "root")
    sources = "; ".join(facts.sources) if facts else know("the Debian mirror")
    home = "/root" if user == "root" else f"/home/{user}"
    rights = "" if user == "root" else f"and the account {user}, whose sudo needs no password"
    words = (
        f"Install Debian {release} with only an SSH server{rights}. Name it {host}, with the address "
        f"{address(site, host)}. Its packages came from: {sources}. Then give the control machine access:"
    )
    return Step(
        host,
        words,
        (
            "apt-get install -y python3 openssh-server sudo",
            f"install -d -m 700 {home}/.ssh",
            f"echo {shlex.quote(_public_key(site, host))} >>{home}/.ssh/authorized_keys",
        ),
    )


def _public_key(site: Site, host: str) -> str:
    key = contents.key(site.inventory, host)
    public = key.with_name(f"{key.name}.pub") if key else None
    if public is None or not public.is_file():
        return know(f"the SSH key for {host}; set ansible_ssh_private_key_file")
    return public.read_text(encoding="utf-8").strip()


def _host_key(site: Site, host: str) -> Step:
    where, known = address(site, host), contents.known_hosts(site.inventory, host)
    return Step(
        CONTROL,
        "The machine has a new host key. Fetch it, and compare its fingerprint with what this command shows at the "
        "machine's own console: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub",
        (
            f"ssh-keygen -f {known} -R {where}",
            f"ssh-keyscan -t ed25519 {where} >>{known}",
            f"ssh-keygen -l -f {known} -F {where}",
        ),
    )


def _packages(site: Site, host: str) -> Iterator[Step]:
    facts = site.facts.get(host)
    if facts is None:
        yield Step(host, f"Install its programs: {know(f'which packages {host} had')}.")
        return
    brought = "".join(f" {know(f'where the package {name} comes from')}" for name in facts.brought)
    yield Step(
        host,
        f"Install its programs from Debian.{brought}",
        (
            "apt-get update",
            f"apt-get install -y --no-install-recommends "
            f"{' '.join(name for name in facts.packages if name not in facts.brought)}",
        ),
    )


def _applied(site: Site, host: str) -> Iterator[Step]:
    """Yield that the policy is applied, and the data come back; a database can be read for dumps once it is there."""
    policy = site.policies[host]
    command = f"ansible-playbook -i {site.inventory.path.resolve()} playbooks/site.yml --limit {host}"
    sources = [source.kind for asset in policy.assets.values() for source in asset.sources.values()]
    later = ",".join(tag for kind, tag in DUMPED.items() if kind in sources)
    words = "Apply the policy to it. (The whole policy is checked first; other machines may be down.)"
    yield Step(CONTROL, words, (f"{command} --skip-tags {later}" if later else command,))
    yield from restores(host, policy)
    if later:
        yield Step(CONTROL, "Grant the dump account access to the restored databases.", (f"{command} --tags {later}",))


def _trees(policy: HostPolicy) -> Iterator[Step]:
    """Yield what a drill host needs of the control machine before the playbook ships it."""
    releases = sorted({one.asset.drill.release for one in policy.drills.values() if one.asset.drill})
    if releases:
        commands = tuple(f"seawall package tree {release}" for release in releases)
        yield Step(CONTROL, "Build the trees in which its drills run, from the Debian mirror.", commands)


def address(site: Site, host: str) -> str:
    """Return the numeric address of a host."""
    said = str(site.inventory.connection(host).get("ansible_host", ""))
    try:
        return str(ip_address(said))
    except ValueError:
        return know(f"the address of {host}")


def losses(site: Site) -> Chapter:
    """Return what no off-site copy holds: it is lost with the site."""
    gone = [line for host, policy in site.policies.items() for line in lost(host, policy)]
    said = gone or ["Nothing: every asset has an off-site copy."]
    return Chapter("What is lost with the site", tuple(said))


def ledgers(site: Site) -> Chapter:
    """Return whose key signs which ledger, and where each ledger ended."""
    lines = []
    for host in site.policies:
        keys = site.signers.get(host, ())
        head = newest(site.seen, host)
        lines += [f'{host} namespaces="{NAMESPACE}" {key}' for key in keys]
        if not keys:
            lines.append(know(f"the ledger key of {host}; `seawall control look` collects it"))
        lines.append(f"  its ledger ended at {str(head).strip()}" if head else "  no head of its ledger was seen yet")
    return Chapter(
        "Who signs the ledgers",
        (
            "Lines of allowed_signers, as read by ssh-keygen -Y verify. A rebuilt machine has a new key and a new "
            "ledger; the old ledger ends at the head below, and at those in the manifests of its sets.",
            *lines,
        ),
    )
