"""Export data as the policy says: encrypted to one OpenPGP key, delivered, recorded; and say that they arrived.

Without a further word it delivers what is due, and what could not be delivered before. If the recipient's key has
expired, was revoked, can't encrypt or is another one than the policy pins, nothing leaves.
"""

from __future__ import annotations

import argparse
import os
from datetime import datetime

from ops.core import clock
from ops.core.errors import SeawallError, UsageError
from ops.core.printable import as_json
from ops.core.schema import encode
from ops.interfaces.export import ExportRequest
from ops.jobs.export import openpgp, places
from ops.jobs.export.acknowledge import acknowledge
from ops.jobs.export.job import Known, export, known
from ops.jobs.export.outbox import Outbox
from ops.jobs.host import folders, own_policy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "examples:\n"
        "  sudo seawall export registry                  what is due, as its timer does\n"
        "  seawall export registry --dry-run             look at the key, and say what would leave\n"
        "  sudo seawall export registry --resend         the last one once more, the same bytes\n"
        "  sudo seawall export registry --again          another one, which is not due\n"
        "  seawall export list                           all exports of this machine\n"
        "  seawall export show registry                  one of them\n"
        "  sudo seawall export acknowledge registry --by registry_office\n"
    )
    parser.add_argument("what", metavar="NAME", help="the export; or list, show, acknowledge")
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="the export, behind show and acknowledge")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--resend", action="store_true", help="send the newest one once more, the same bytes")
    parser.add_argument("--again", action="store_true", help="make one that is not due")
    parser.add_argument("--by", default="", metavar="CONTACT", help="acknowledge: who says that it arrived")
    parser.add_argument("--file", default="", metavar="NAME", help="acknowledge: which, by its name or digest")


def execute(options: argparse.Namespace) -> int:
    """Do what the words say; 0 when it was done, or nothing is due, and 1 when not."""
    _demand_fitting(options)
    if options.what == "list":
        return _list(options)
    if options.what == "show":
        return _show(options)
    if options.what == "acknowledge":
        if options.dry_run:
            raise UsageError("acknowledge has no --dry-run", "seawall export show NAME says what waits")
        ended = acknowledge(options.name, options.by, options.file)
        print(ended.text(as_json=options.json), end="")
        return ended.code
    if options.dry_run:
        return _dry_run(options)
    code = 0
    for ended in export(options.what, ExportRequest(options.resend, options.again)):
        print(ended.text(as_json=options.json), end="", flush=True)
        code = max(code, ended.code)
    return code


def _demand_fitting(options: argparse.Namespace) -> None:
    """Raise UsageError for words that don't go together."""
    if (options.what in {"show", "acknowledge"}) != bool(options.name):
        raise UsageError("the name of the export is missing, or one too many", "seawall export --help has examples")
    if options.resend and options.again:
        raise UsageError("--resend sends an export that there is, --again makes another one; say one of them")
    if (options.by or options.file) and options.what != "acknowledge":
        raise UsageError("--by and --file go with: seawall export acknowledge NAME")
    if (options.resend or options.again) and options.what in {"list", "show", "acknowledge"}:
        raise UsageError(f"--resend and --again don't go with {options.what}")


def _plain(one: Known) -> dict[str, object]:
    spec = one.spec
    waiting = [encode(sent) for sent in one.open]
    return {
        "name": one.name,
        "asset": spec.asset,
        "recipient": spec.recipient.pinned,
        "to": places.described(spec.to),
        "calendar": str(spec.due(one.policy.site.timezone)),
        "due": clock.iso(_due(one)),
        "last": encode(one.last) if one.last else None,
        "acknowledged_by": spec.acknowledged_by,
        "waiting": waiting,
    }


def _due(one: Known) -> datetime:
    return one.due or one.spec.due(one.policy.site.timezone).after(clock.now())[0]


def _list(options: argparse.Namespace) -> int:
    found = [known(name) for name in sorted(own_policy.read().exports or {})]
    if options.json:
        print(as_json([_plain(one) for one in found]))
        return 0
    if not found:
        print("the policy of this machine has no exports; docs/exports.md")
    for one in found:
        last = f"last {one.last.delivered}" if one.last else "never exported"
        waits = f", {len(one.open)} not acknowledged" if one.open else ""
        print(
            f"{one.name}: {one.spec.asset} by {places.described(one.spec.to)}, due {_due(one):%Y-%m-%d}; {last}{waits}"
        )
    return 0


def _show(options: argparse.Namespace) -> int:
    one = known(options.name)
    if options.json:
        print(as_json(_plain(one)))
        return 0
    print(f"{one.name}: {one.spec.asset} by {places.described(one.spec.to)}, {one.spec.calendar}")
    print(f"recipient: {one.spec.recipient.pinned}")
    print(f"due: {_due(one):%Y-%m-%d %H:%M} UTC")
    if one.last:
        amount = f"{one.last.files} files" if one.last.rows is None else f"{one.last.rows} rows"
        print(f"last: {one.last.file}, {amount}, {one.last.bytes} bytes, delivered {one.last.delivered}")
        print(f"sha256: {one.last.sha256}")
    for sent in one.open:
        print(f"not acknowledged: {sent.file}, delivered {sent.when}")
    return 0


def _dry_run(options: argparse.Namespace) -> int:
    """Look at the key, and say what would leave; nothing is read of the data, and nobody is reached."""
    one = known(options.what)
    openpgp.demand_program()
    with openpgp.opened(one.spec.recipient, folders.scratch(), f"look-{one.name}-") as key:
        ends = f", until {key.expires:%Y-%m-%d}" if key.expires else ""
    pending = _pending(one.name)
    due = options.again or one.is_due(clock.now())
    if options.json:
        told = {**_plain(one), "key_expires": clock.iso(key.expires) if key.expires else None, "would_export": due}
        print(as_json({**told, "pending": pending}))
        return 0
    print(f"recipient's key: {key.fingerprint}{ends}")
    if pending is None:
        print("what was not delivered yet is not looked at: this account can't read it; run this with sudo")
    for name in pending or ():
        print(f"would deliver {name}, which is not known to have been")
    way = f"would export {one.spec.asset} by {places.described(one.spec.to)}"
    print(way if due else f"not due before {_due(one):%Y-%m-%d %H:%M} UTC")
    return 0


def _pending(name: str) -> list[str] | None:
    """Return the files that are not known to be delivered; None where this account, or nobody, can read that."""
    outbox = Outbox(name)
    try:
        os.listdir(outbox.folder)  # noqa: PTH208 -- a glob is silent about a folder that it can't read
        return [parcel.file for parcel in outbox.parcels() if parcel.pending]
    except FileNotFoundError:
        return []
    except (SeawallError, OSError):
        return None
