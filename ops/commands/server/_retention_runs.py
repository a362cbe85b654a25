"""What is said after `seawall retention` of runs: that sets leave, what can come back, and that it does."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Callable
from typing import TYPE_CHECKING

from ops.core.errors import UsageError

if TYPE_CHECKING:
    from ops.jobs.run.job import Ended


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the words of runs."""
    run = commands.add_parser(
        "run",
        help="let leave what may leave now of a client's repository",
        description="Have a client forget the sets that may leave by its plan, compare what it did, keep what left.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="examples:\n  seawall retention run his1\n  seawall retention run his1 --dry-run\n",
    )
    run.add_argument("host", help="whose repository")
    run.add_argument("--dry-run", action="store_true", help="only say what would leave")
    undo = commands.add_parser(
        "undo",
        help="bring back what left in a run",
        description="Bring back all that left in a run, and in the runs after it; what was stored since stays.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="examples:\n  seawall retention undo his1 --reason 'wrong rule, ticket 4712' --approver 'Head of IT'\n"
        "  seawall retention undo his1 --run 20261127T100000Z --dry-run\n",
    )
    undo.add_argument("host", help="whose repository")
    undo.add_argument("--run", default="", help="which run; by default the last one")
    undo.add_argument("--reason", default="", help="why; it is recorded in the ledger")
    undo.add_argument("--approver", default="", metavar="WHO", help="who approved it")
    undo.add_argument("--dry-run", action="store_true", help="only say what would come back")
    commands.add_parser("list", help="list the runs, and what can come back", description="List all runs.")
    settle = commands.add_parser(
        "settle",
        help="take back what was interrupted; the unit of a run does so whenever it ends",
        description="Shut the door of a run that is no more, and take back what it had begun.",
    )
    settle.add_argument("host", help="whose repository")


def _run(options: Namespace) -> Ended:
    from ops.jobs.keeper.retention_run import run

    return run(options.host, pretend=options.dry_run)


def _undo(options: Namespace) -> Ended:
    from ops.jobs.keeper.undo import Word, undo

    if not options.dry_run and not (options.reason.strip() and options.approver.strip()):
        raise UsageError("no reason or no approver", "--reason TEXT --approver WHO, which are recorded in the ledger")
    word = Word(options.reason.strip(), options.approver.strip())
    return undo(options.host, options.run, word, pretend=options.dry_run)


def _list(_: Namespace) -> Ended:
    from ops.jobs.keeper.undo import listing

    return listing()


def _settle(options: Namespace) -> Ended:
    from ops.jobs.keeper.undo import settle

    return settle(options.host)


RUNS: dict[str, Callable[[Namespace], Ended]] = {"run": _run, "undo": _undo, "list": _list, "settle": _settle}


def told(options: Namespace) -> int:
    """Do what the words of runs say, print how it ended, and return the exit code."""
    ended = RUNS[options.command](options)
    print(ended.text(as_json=options.json), end="")
    return ended.code
