"""What goes into an evidence pack, from what lies beside the inventory; what is not there is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.core import clock
from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.printable import as_json
from ops.core.schema import Plain
from ops.core.verdict import Verdict, worst
from ops.evidence.keys import all_listed, newest
from ops.evidence.ledger import NAME, digest
from ops.evidence.ssh_signature import NAMESPACE
from ops.evidence.verification import verify
from ops.fleet.conformity import load
from ops.fleet.conformity.facts import Facts
from ops.fleet.conformity.gather import days_of, end_of, gather, zone_of
from ops.fleet.conformity.judge import judge
from ops.fleet.control_machine import identity, policies
from ops.fleet.evidence_pack import archive, attested, readme, validated
from ops.fleet.evidence_pack.cut import Cut, cut
from ops.fleet.incidents.book import ledger_of
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers import collect, signers
from ops.interfaces.record import read
from ops.jobs.ledger.attest import ATTESTATION
from ops.jobs.record import rendered
from ops.policy import HostPolicy
from ops.policy.compile import document, document_digest
from ops.reports import languages
from ops.reports.catalogue import speaking
from ops.reports.drill_record import DRILLS, Evidence

SCRIPT = "verify.sh"
VERSIONS, ATTESTED = "policy/versions", "attested"  # in these, each file is named by its own SHA-256


@dataclass
class Contents:
    """files: by path in the archive. unseen: what was not looked at, a sentence each. counts: records by host."""

    files: dict[str, bytes] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What a person asks for. period: as in --period. key: the public key of who signs.

    attested: the folder with the files of attestations; None where none is named.
    """

    period: str
    key: str
    attested: Path | None = None


@dataclass(frozen=True)
class _Source:
    """Where a machine's ledger lies on the control machine, and the list of who may sign it."""

    folder: Path
    signers: Path


def contents(inventory: Inventory, asked: Asked, tell: Callable[[str], None]) -> Contents:
    """Return what the pack of a period holds; tell: is told what is being read.

    Raise UsageError for a period that is none or not over, Unavailable where no ledger has a record of it.
    """
    made, period = Contents(), asked.period
    facts = _facts(inventory, period)
    sources = _sources(inventory, facts, made)
    cuts = _ledgers(sources, facts, made, tell)
    if not cuts:
        raise Unavailable(f"no collected ledger has a record of {period}", "seawall control collect")
    _keys(sources, cuts, asked.key, made)
    _policies(inventory, facts, cuts, made)
    tell("drills and attestations")
    _drills(sources, facts, cuts, made)
    _attestations(cuts, asked.attested, made)
    tell("conformity")
    _conformity(inventory, facts, made)
    validated.add(inventory, facts, made.files, made.unseen)
    made.files[SCRIPT] = Path(__file__).with_name(SCRIPT).read_bytes()
    made.files["README"] = readme.text(period, facts, made.counts, made.unseen).encode()
    return made


def _facts(inventory: Inventory, period: str) -> Facts:
    """Return what is known of the site as it was when the period ended."""
    _, last = days_of(period)
    if end_of(last, zone_of(inventory.policies())) > clock.now():
        raise UsageError(f"{period} is not over yet", "name a period that is; its evidence does not change any more")
    return gather(inventory, last, period)


def _sources(inventory: Inventory, facts: Facts, made: Contents) -> dict[str, _Source]:
    """Return where the ledgers lie: those collected, and the control machine's own; name those of no host of today."""
    home, listed = collect.place(inventory.path), signers.place(inventory.path)
    found = {host: _Source(home / host, listed) for host in sorted(facts.policies)}
    try:
        own = identity.demanded(facts.policies).host
    except UsageError:
        made.unseen.append("The control machine's own ledger: the policy names no control machine.")
    else:
        there = identity.folder(inventory.path)
        found.setdefault(own, _Source(ledger_of(inventory.path), there / "etc/seawall/allowed_signers"))
    kept = {path.name for path in home.iterdir() if path.is_dir()} if home.is_dir() else set()
    made.unseen += [
        f"{name}: a collected ledger that is no host's of today's inventory."
        for name in sorted(kept - set(facts.policies))
    ]
    return found


def _ledgers(
    sources: Mapping[str, _Source], facts: Facts, made: Contents, tell: Callable[[str], None]
) -> dict[str, Cut]:
    cuts: dict[str, Cut] = {}
    for host, source in sources.items():
        tell(f"the ledger of {host}")
        if not (source.folder / NAME).exists():
            why = "no ledger was collected" if host in facts.policies else "the control machine has no ledger"
            made.unseen.append(f"{host}: {why}.")
            continue
        try:
            found = cut(source.folder, host, source.signers, facts.since, facts.until)
        except (SeawallError, OSError) as error:
            made.unseen.append(f"{host}: its records are left out: {error}.")
            continue
        if found is None:
            made.unseen.append(f"{host}: its ledger has no record of the period.")
            continue
        cuts[host] = found
        _written(host, found, made)
    return cuts


def _written(host: str, found: Cut, made: Contents) -> None:
    folder = f"ledgers/{host}"
    made.files |= {
        f"{folder}/before": str(found.before).encode(),
        f"{folder}/records.jsonl": b"".join(found.lines),
        f"{folder}/head": str(found.head).encode(),
        f"{folder}/head.sig": found.signature.encode(),
    }
    made.counts[host] = len(found.period)
    if found.open:
        made.unseen.append(f"{host}: nothing later than the period was collected, so its last records may be missing.")
    if found.unsigned:
        why = "no signature by a key that is listed covers them yet"
        made.unseen.append(f"{host}: its last {found.unsigned} records of the period are left out: {why}.")


def _keys(sources: Mapping[str, _Source], cuts: dict[str, Cut], key: str, made: Contents) -> None:
    known = {path: all_listed(path) for path in {source.signers for source in sources.values()}}
    lines = [
        archive.listed(host, NAMESPACE, one) for host in cuts for one in known[sources[host].signers].get(host, ())
    ]
    made.files["signers"] = "".join([*lines, archive.listed(archive.SIGNER, archive.NAMESPACE, key)]).encode()


def _policies(inventory: Inventory, facts: Facts, cuts: dict[str, Cut], made: Contents) -> None:
    """Add the policy of each host, and the versions that its records name; name those that are not kept here."""
    for host, policy in sorted(facts.policies.items()):
        data = document(policy)
        made.files[f"policy/{host}.json"] = (
            json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        ).encode()
        if host not in cuts:
            continue
        named = {str(data["policy"]) for _, data in cuts[host].told() if data.get("policy")}
        for one in sorted(named):
            content = policies.exact(policy) if one == document_digest(data) else _version(inventory, host, one, made)
            if content is not None:
                made.files[f"{VERSIONS}/{one}.json"] = content


def _version(inventory: Inventory, host: str, digest: str, made: Contents) -> bytes | None:
    """Return an earlier version of a policy; None where it is not kept, which is said."""
    try:
        content = policies.kept(inventory.path, digest)
    except (Damaged, OSError) as error:
        made.unseen.append(f"{host}: policy version {digest}: {error}.")
        return None
    if content is None:
        why = "named by records of the period, is not kept on the control machine"
        made.unseen.append(f"{host}: policy version {digest}, {why}.")
    return content


def _drills(sources: Mapping[str, _Source], facts: Facts, cuts: dict[str, Cut], made: Contents) -> None:
    for host, one in cuts.items():
        source = sources[host]
        found = verify(source.folder, source.signers, host=host)
        verdict = worst(finding.verdict for finding in found)
        if verdict in {Verdict.FAIL, Verdict.UNKNOWN}:
            made.unseen.append(f"{host}: its ledger does not verify: {found[0].message}.")
        key = newest(source.signers, host)
        for line, data in one.told():
            if data.get("act") not in DRILLS or host not in facts.policies:
                continue
            try:
                _drill(facts.policies[host], _proof(host, line, one, key, verdict), made)
            except Damaged as error:
                made.unseen.append(f"{host}: no page was made of the drill in record {data.get('n')}: {error.message}.")


def _proof(host: str, line: bytes, one: Cut, key: str, verified: Verdict) -> Evidence:
    """Return what a record of a drill rests on; key: the fingerprint of the machine's; raise Damaged for none."""
    record = read(line, f"a record of {host}")
    said = f"records {one.before.n + 1} to {one.head.n} of {host}"
    return Evidence(
        line=record,
        sha256=digest(line),
        head=str(one.head).strip(),
        fingerprint=key,
        verified=verified,
        said=said,
        signer=record.host,
    )


def _drill(policy: HostPolicy, proof: Evidence, made: Contents) -> None:
    path = f"drills/{policy.host}-{proof.line.n}"
    with speaking(languages.catalogue(policy.site.language)):
        made.files[f"{path}.html"] = rendered("html", proof, policy).encode()
    made.files[f"{path}.json"] = rendered("json", proof, None).encode()


def _attestations(cuts: dict[str, Cut], folder: Path | None, made: Contents) -> None:
    rows: list[Plain] = []
    named: dict[str, int] = {}
    without: dict[str, list[str]] = {}
    for host, one in cuts.items():
        for line, data in one.told():
            if data.get("act") == ATTESTATION:
                rows.append({"host": host, "sha256": digest(line), "record": dict(data)})
                told = data.get("facts")
                shown = told.get("shown_by") if isinstance(told, dict) else None
                if isinstance(shown, dict):
                    digest_, size = str(shown.get("sha256")), shown.get("bytes")
                    named[digest_] = size if isinstance(size, int) else -1
                    without.setdefault(digest_, []).append(f"{host}: the file of the attestation in record {data['n']}")
    there = attested.found(folder, named) if folder else {}
    made.files |= {f"{ATTESTED}/{one}": content for one, content in there.items()}
    made.unseen += [
        f"{what} is kept by its site." for one, all_ in without.items() if one not in there for what in all_
    ]
    made.files["attestations.json"] = (as_json(rows) + "\n").encode()


def _conformity(inventory: Inventory, facts: Facts, made: Contents) -> None:
    from ops.reports.conformity import hdf, oscal, page

    policy = next(iter(facts.policies.values()))
    if not policy.packs:
        made.unseen.append("Conformity: the policy turns on no pack of clauses.")
        return
    packs = load.used(inventory)
    base = inventory.path if inventory.path.is_dir() else inventory.path.parent
    for one in packs:
        path = base / one.use.file if one.use.file else load.SHIPPED / f"{one.name}.yml"
        made.files[f"clauses/{one.name}.yml"] = path.read_bytes()
    report = judge(packs, facts)
    with speaking(languages.catalogue(report.language)):
        made.files |= {
            "conformity/conformity.json": (as_json(report.written()) + "\n").encode(),
            "conformity/oscal.json": oscal.render(report).encode(),
            "conformity/hdf.json": hdf.render(report).encode(),
            "conformity/page.html": page.render(report).encode(),
        }
    if facts.host_checks.trouble:
        made.unseen.append(f"Host checks: {facts.host_checks.trouble}.")
