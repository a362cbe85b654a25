"""What goes into an evidence pack, from what lies beside the inventory; what is not there is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ops.core import clock
from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.printable import as_json
from ops.core.verdict import Verdict, worst
from ops.evidence.keys import all_listed, newest
from ops.evidence.ledger import NAME, digest
from ops.evidence.ssh_signature import NAMESPACE
from ops.evidence.verification import verify
from ops.fleet.conformity import load
from ops.fleet.conformity.facts import Facts
from ops.fleet.conformity.gather import days_of, end_of, gather, zone_of
from ops.fleet.conformity.judge import judge
from ops.fleet.evidence_pack import archive, readme
from ops.fleet.evidence_pack.cut import Cut, cut
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


@dataclass
class Contents:
    """files: by path in the archive. unseen: what was not looked at, a sentence each. counts: records by host."""

    files: dict[str, bytes] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def contents(inventory: Inventory, period: str, key: str, tell: Callable[[str], None]) -> Contents:
    """Return what the pack of a period holds.

    key: the public key of who signs it; tell: is told what is being read. Raise UsageError for a period that is none or
    not over, Unavailable where no ledger has a record of it.
    """
    made = Contents()
    facts = _facts(inventory, period)
    cuts = _ledgers(inventory, facts, made, tell)
    if not cuts:
        raise Unavailable(f"no collected ledger has a record of {period}", "seawall control collect")
    _keys(inventory, cuts, key, made)
    _policies(facts, cuts, made)
    tell("drills and attestations")
    _drills(inventory, facts, cuts, made)
    _attestations(cuts, made)
    tell("conformity")
    _conformity(inventory, facts, made)
    made.files[SCRIPT] = Path(__file__).with_name(SCRIPT).read_bytes()
    made.files["README"] = readme.text(period, facts, made.counts, made.unseen).encode()
    return made


def _facts(inventory: Inventory, period: str) -> Facts:
    """Return what is known of the site as it was when the period ended."""
    _, last = days_of(period)
    if end_of(last, zone_of(inventory.policies())) > clock.now():
        raise UsageError(f"{period} is not over yet", "name a period that is; its evidence does not change any more")
    return gather(inventory, last, period)


def _ledgers(inventory: Inventory, facts: Facts, made: Contents, tell: Callable[[str], None]) -> dict[str, Cut]:
    home, listed = collect.place(inventory.path), signers.place(inventory.path)
    cuts: dict[str, Cut] = {}
    for host in sorted(facts.policies):
        tell(f"the ledger of {host}")
        if not (home / host / NAME).exists():
            made.unseen.append(f"{host}: no ledger was collected.")
            continue
        try:
            found = cut(home / host, host, listed, facts.since, facts.until)
        except (SeawallError, OSError) as error:
            made.unseen.append(f"{host}: its records are left out: {error}.")
            continue
        if found is None:
            made.unseen.append(f"{host}: its collected ledger has no record of the period.")
            continue
        cuts[host] = found
        _written(host, found, made)
    kept = {path.name for path in home.iterdir() if path.is_dir()} if home.is_dir() else set()
    made.unseen += [
        f"{name}: a collected ledger that is no host's of today's inventory."
        for name in sorted(kept - set(facts.policies))
    ]
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
        made.unseen.append(f"{host}: its last {found.unsigned} records of the period were not signed yet; left out.")


def _keys(inventory: Inventory, cuts: dict[str, Cut], key: str, made: Contents) -> None:
    known = all_listed(signers.place(inventory.path))
    lines = [archive.listed(host, NAMESPACE, one) for host in cuts for one in known.get(host, ())]
    made.files["signers"] = "".join([*lines, archive.listed(archive.SIGNER, archive.NAMESPACE, key)]).encode()


def _policies(facts: Facts, cuts: dict[str, Cut], made: Contents) -> None:
    """Add the policy of each host; name the versions that its records name and that are not kept here."""
    for host, policy in sorted(facts.policies.items()):
        data = document(policy)
        made.files[f"policy/{host}.json"] = (
            json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        ).encode()
        if host not in cuts:
            continue
        named = {str(data["policy"]) for _, data in cuts[host].told() if data.get("policy")}
        made.unseen += [
            f"{host}: policy version {one}, named by records of the period, is not kept on the control machine."
            for one in sorted(named - {document_digest(data)})
        ]


def _drills(inventory: Inventory, facts: Facts, cuts: dict[str, Cut], made: Contents) -> None:
    listed = signers.place(inventory.path)
    for host, one in cuts.items():
        found = verify(collect.place(inventory.path) / host, listed, host=host)
        verdict = worst(finding.verdict for finding in found)
        if verdict in {Verdict.FAIL, Verdict.UNKNOWN}:
            made.unseen.append(f"{host}: its collected ledger does not verify: {found[0].message}.")
        key = newest(listed, host)
        for line, data in one.told():
            if data.get("act") not in DRILLS:
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


def _attestations(cuts: dict[str, Cut], made: Contents) -> None:
    rows = []
    for host, one in cuts.items():
        for line, data in one.told():
            if data.get("act") == ATTESTATION:
                rows.append({"host": host, "sha256": digest(line), "record": dict(data)})
                told = data.get("facts")
                if isinstance(told, dict) and told.get("shown_by"):
                    made.unseen.append(
                        f"{host}: the file of the attestation in record {data['n']} is kept by its site."
                    )
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
