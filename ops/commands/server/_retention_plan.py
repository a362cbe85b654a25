"""The words of planning which sets leave, of `seawall retention`."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction

from ops.core.errors import UsageError


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the words of planning, after `seawall retention`."""
    plan = commands.add_parser(
        "plan",
        help="plan anew which sets leave, and show it",
        description="Enter what has arrived, plan which sets leave the repositories that this machine keeps, and tell "
        "why nothing may leave where something is unusual. Nothing is deleted.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="examples:\n  seawall retention plan\n  seawall retention plan his1\n"
        "  seawall retention plan his1 --dry-run\n\n"
        "exit codes: 0 planned, 1 what is to leave may not, or cards do not count, 3 nobody could look\n",
    )
    plan.add_argument("host", nargs="?", metavar="HOST", help="show each set of this machine's repository")
    plan.add_argument("--dry-run", action="store_true", help="show the last plan, and plan nothing anew")
    override = commands.add_parser(
        "override",
        help="plan anew, and let what was refused leave by this one plan",
        description="Plan anew, and pass the guard for one machine's repository: until the next plan, sets may leave "
        "that were announced long enough. Only a clock that is not synchronised can't be passed.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="example:\n  seawall retention override his1 --reason 'moved to a smaller archive, ticket 4712' "
        "--approver 'Head of IT'\n",
    )
    override.add_argument("host", metavar="HOST", help="whose repository")
    override.add_argument("--reason", default="", help="why; it is recorded in the ledger")
    override.add_argument("--approver", default="", help="who allowed it; it is recorded in the ledger")


def told(options: Namespace) -> int:
    """Do what the words say; return the exit code."""
    return _override(options) if options.command == "override" else _plan(options)


def _plan(options: Namespace) -> int:
    from ops.interfaces.leaving import written
    from ops.jobs.keeper.retention import plan, plans, text

    code = 0
    if not options.dry_run:
        ended = plan()
        code = ended.code
        if not options.json and not options.host:
            print(ended.text(as_json=False), end="")
            return code
    made = plans(options.host)
    if options.json:
        print(json.dumps({host: written(one) for host, one in made.items()}, indent=2))
    else:
        print("".join(f"{text(one)}\n" for one in made.values()), end="")
    return code


def _override(options: Namespace) -> int:
    from ops.jobs.keeper.retention import override

    for name in ("reason", "approver"):
        if not getattr(options, name).strip():
            raise UsageError(f"no {name}", f"--{name} TEXT, which is recorded in the ledger")
    ended = override(options.host, options.reason.strip(), options.approver.strip())
    print(ended.text(as_json=options.json), end="")
    return ended.code
