"""Keep all that an update of this machine's packages replaces, so that `seawall roll-back` brings it back.

A set of each asset is made and read back; then the versions of all packages are noted, the packages that would be
replaced are kept as files (from apt's own folder, from the mirror, or rebuilt by dpkg-repack), /etc is packed, and
where the system lies on btrfs, a snapshot is made. Nothing is updated. The record in the ledger has an id.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator

from ops.core.errors import UsageError
from ops.core.printable import as_json
from ops.core.quantity import Size, counted
from ops.jobs.updates.before import Planned, forget, keep, planned

EXAMPLES = """\
examples:
  apt-get update && seawall before-update --reason 'security updates of November'
  seawall before-update postgresql-15 --reason '15.14, after the vendor agreed'     only what this would replace
  seawall before-update /root/his_2.4_amd64.deb --reason 'his 2.4' --asset his      a vendor's package
  seawall before-update --dry-run                                                   what would be kept, how much
  seawall before-update --forget 20260115T120501Z                                   have room: remove what was kept

exit codes: 0 done (what can't be had is named), 1 failed: do not update, 2 wrong usage or policy
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall before-update`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument(
        "packages", nargs="*", metavar="PACKAGE", help="what will be updated: names or files (default: all that can be)"
    )
    parser.add_argument("--reason", default="", help="what is updated and why; it is recorded")
    parser.add_argument("--by", default="", metavar="WHO", help="who asks (default: who is logged in)")
    parser.add_argument(
        "--asset", action="append", metavar="NAME", help="make a set of this asset only; may be repeated (default: all)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be kept, and do nothing")
    parser.add_argument("--forget", metavar="ID", help="remove what was kept before an update")


def execute(options: Namespace) -> int:
    """Keep everything, or say what would be kept; 0 when the update may begin."""
    if options.forget:
        if options.packages or options.dry_run:
            raise UsageError("--forget stands alone", f"seawall before-update --forget {options.forget}")
        forget(options.forget)
        print(f"removed: {options.forget}")
        return 0
    if not options.dry_run and not options.reason.strip():
        raise UsageError("an update has a reason", "--reason 'security updates of November'")
    plan = planned(options.packages, options.asset)
    if options.dry_run:
        print(as_json(_plain(plan)) if options.json else "\n".join(_lines(plan)))
        return 0
    ended = keep(plan, options.reason, options.by)
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _plain(plan: Planned) -> dict[str, object]:
    listed = sorted(plan.listed)
    return {"sets": list(plan.assets), "replaced": dict(plan.replaced), "listed": listed, "bytes": plan.bytes}


def _lines(plan: Planned) -> Iterator[str]:
    yield f"would make a set of: {', '.join(plan.assets) or 'nothing'}"
    yield f"would keep the versions of {counted(len(plan.here), 'package')}, /etc, and these packages:"
    for name, version in sorted(plan.replaced.items()):
        yield f"  {name} {version}{'' if name in plan.listed else '  (no mirror has it: from apt, or rebuilt)'}"
    if not plan.replaced:
        yield "  none: apt knows of no update; if that is wrong, run apt-get update"
    yield f"needs at most {Size(plan.bytes)}"
