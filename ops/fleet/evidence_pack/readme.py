"""The README of an evidence pack: what is in it, how it is verified, and what was not looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.core import clock
from ops.core.printable import printable
from ops.fleet.conformity.facts import Facts

_TEXT = """\
Evidence of {period}: from {since} to {until}

To verify it without Seawall, with sh, tar, sha256sum and ssh-keygen (OpenSSH 8.2 or newer):

    tar -xOf ARCHIVE seawall-evidence/verify.sh > verify.sh
    sh verify.sh --trusted KEYS ARCHIVE

KEYS is a list of the site's keys that was kept outside this archive, in the form of the file `signers`: from an earlier
pack that was verified, or on paper. Without it the script shows the keys, and ends with 3: whether they are the site's
was not looked at. It ends with 0 when everything was verified, with 2 when something was tampered with, and says what.
Somebody who can change the archive can change the script in it: take the script from elsewhere where that matters.

MANIFEST, MANIFEST.sig   the digest of each file, and the signature of that list
signers                  the keys of the machines' ledgers, and the key that signed MANIFEST
policy/                  the policy of each machine, as it was when this was made; in `versions`, those that records
                         name, each by the SHA-256 that stands in the record
clauses/                 the packs of clauses that the policy turns on
conformity/              how each clause stood at the end of the period: page, JSON, OSCAL and HDF
validation/              of twelve months: the validation protocol, as a page, a PDF and for programs
ledgers/HOST/            the records of the period in `records.jsonl`, and those up to the signed `head` after them;
                         `before` names the record before the first
drills/                  each drill of the period, as a page and as an in-toto test result
attestations.json        what persons signed for in the period
attested/                files that show it, each by the SHA-256 that stands in the record

Records of the period:
{records}

Not looked at:
{unseen}
"""
# What the control machine does not collect, and so is in no pack.
NEVER = ("Reports that were sent or printed; the control machine keeps their digests only.",)


def text(period: str, facts: Facts, counts: Mapping[str, int], unseen: Sequence[str]) -> str:
    """Return the README. counts: records of the period by host; unseen: what was not looked at, a sentence each."""
    return _TEXT.format(
        period=period,
        since=clock.iso(facts.since),
        until=clock.iso(facts.until),
        records="\n".join(f"- {host}: {count}" for host, count in sorted(counts.items())),
        unseen="\n".join(f"- {printable(' '.join(one.split()))}" for one in (*NEVER, *unseen)),
    )
