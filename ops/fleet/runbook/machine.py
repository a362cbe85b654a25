"""How a lost site is made anew, as chapters of steps: what the runbook prints, form aside.

Everything follows from the policy, the inventory and what the machines told while they ran. What a person would have to
know from elsewhere is written as `[KNOW: ...]`, so that it can be counted.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from ops.evidence.ssh_signature import NAMESPACE
from ops.fleet.control_machine import contents
from ops.fleet.control_machine.host_facts import Facts
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers.heads import Seen, newest
from ops.fleet.runbook.data import first_copies, lost, made_empty, needed_within, restores
from ops.fleet.runbook.model import Chapter, Step, control_machine, know
from ops.policy import HostPolicy
from ops.reports import figures
from ops.reports.catalogue import tr
from ops.reports.times import stamp

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
    title = tr("{host}, needed within {time}", host=host, time=needed_within(policy)) if policy.assets else host
    return Chapter(title, (_hardware(site, host),), tuple(steps))


def _hardware(site: Site, host: str) -> str:
    facts = site.facts.get(host)
    if facts is None:
        return know(
            tr("the Debian release, size and packages of {host}; `seawall control look` collects them", host=host)
        )
    disks = ", ".join(f"{place} {figures.size(size * KIB)}" for place, size in sorted(facts.disks.items()))
    memory = figures.size(facts.memory_kib * KIB)
    return tr(
        "It had {cpus} CPUs, {memory} of memory, and these file systems: {disks} (as of {when}).",
        cpus=facts.cpus,
        memory=memory,
        disks=disks,
        when=stamp(facts.looked, site.own.site.timezone),
    )


def _debian(site: Site, host: str) -> Step:
    facts = site.facts.get(host)
    release = facts.release if facts else know(tr("the Debian release of {host}", host=host))
    user = site.inventory.connection(host).get("ansible_user", "root")
    sources = "; ".join(facts.sources) if facts else know(tr("the Debian mirror"))
    home = "/root" if user == "root" else f"/home/{user}"
    server = (
        tr("Install Debian {release} with only an SSH server.", release=release)
        if user == "root"
        else tr(
            "Install Debian {release} with only an SSH server and the account {user}, whose sudo needs no password.",
            release=release,
            user=user,
        )
    )
    words = tr(
        "Name it {host}, with the address {address}. Its packages came from: {sources}. Then give the control machine "
        "access:",
        host=host,
        address=address(site, host),
        sources=sources,
    )
    return Step(
        host,
        f"{server} {words}",
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
        return know(tr("the SSH key for {host}; set {setting}", host=host, setting="ansible_ssh_private_key_file"))
    return public.read_text(encoding="utf-8").strip()


def _host_key(site: Site, host: str) -> Step:
    where, known = address(site, host), contents.known_hosts(site.inventory, host)
    return Step(
        control_machine(),
        tr(
            "The machine has a new host key. Fetch it, and compare its fingerprint with what this command shows at the "
            "machine's own console: {command}",
            command="ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub",
        ),
        (
            f"ssh-keygen -f {known} -R {where}",
            f"ssh-keyscan -t ed25519 {where} >>{known}",
            f"ssh-keygen -l -f {known} -F {where}",
        ),
    )


def _packages(site: Site, host: str) -> Iterator[Step]:
    facts = site.facts.get(host)
    if facts is None:
        packages = know(tr("which packages {host} had", host=host))
        yield Step(host, tr("Install its programs: {packages}.", packages=packages))
        return
    brought = "".join(f" {know(tr('where the package {name} comes from', name=name))}" for name in facts.brought)
    yield Step(
        host,
        tr("Install its programs from Debian.") + brought,
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
    words = tr("Apply the policy to it. (The whole policy is checked first; other machines may be down.)")
    yield Step(control_machine(), words, (f"{command} --skip-tags {later}" if later else command,))
    yield from restores(host, policy)
    if commands := made_empty(policy):
        words = tr("Make the databases that no off-site copy holds, empty: their applications begin anew.")
        yield Step(host, words, tuple(commands))
    if later:
        words = tr("Grant the dump account access to the restored databases.")
        yield Step(control_machine(), words, (f"{command} --tags {later}",))


def _trees(policy: HostPolicy) -> Iterator[Step]:
    """Yield what a drill host needs of the control machine before the playbook ships it."""
    drills = [one.asset.drill for one in policy.drills.values() if one.asset.drill]
    releases = sorted({*(one.release for one in drills), *(one.oldest.release for one in drills if one.oldest)})
    if releases:
        commands = tuple(f"seawall package tree {release}" for release in releases)
        words = tr("Build the trees in which its drills run, from the Debian mirror.")
        yield Step(control_machine(), words, commands)


def address(site: Site, host: str) -> str:
    """Return the numeric address of a host."""
    said = str(site.inventory.connection(host).get("ansible_host", ""))
    try:
        return str(ip_address(said))
    except ValueError:
        return know(tr("the address of {host}", host=host))


def losses(site: Site) -> Chapter:
    """Return what no off-site copy holds: it is lost with the site."""
    gone = [line for host, policy in site.policies.items() for line in lost(host, policy)]
    said = gone or [tr("Nothing: every asset has an off-site copy.")]
    return Chapter(tr("What is lost with the site"), tuple(said))


def ledgers(site: Site) -> Chapter:
    """Return whose key signs which ledger, and where each ledger ended."""
    lines = []
    for host in site.policies:
        keys = site.signers.get(host, ())
        head = newest(site.seen, host)
        lines += [f'{host} namespaces="{NAMESPACE}" {key}' for key in keys]
        if not keys:
            lines.append(know(tr("the ledger key of {host}; `seawall control look` collects it", host=host)))
        ended = tr("its ledger ended at {head}", head=str(head.head).strip() if head else "")
        lines.append(f"  {ended if head else tr('no head of its ledger was seen yet')}")
    return Chapter(
        tr("Who signs the ledgers"),
        (
            tr(
                "Lines of allowed_signers, as read by ssh-keygen -Y verify. A rebuilt machine has a new key and a new "
                "ledger; the old ledger ends at the head below, and at those in the manifests of its sets."
            ),
            *lines,
        ),
    )
