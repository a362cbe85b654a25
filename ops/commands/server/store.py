"""A store of somebody else that speaks S3: its locks are renewed, and what was spoiled there is brought back.

A store with versions keeps what is written over or deleted. Whoever has a server's account can hide files that way, and
never destroy them before their locks end; recover makes the right versions the newest again. Seawall's page s3.md leads
through it.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from ops.core.errors import UsageError
from ops.core.printable import printable
from ops.core.quantity import counted

EXAMPLES = """\
examples, on the server, as root:
  seawall store recover far --dry-run                       names what was spoiled
  seawall store recover far --reason 'broken into, 4712'    brings it back
on the backup host that renews the locks; a timer does this:
  seawall store renew far
exit codes: 0 done, 1 not all of it, 2 wrong usage or policy
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall store`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    commands = parser.add_subparsers(dest="command", required=True)
    recover = commands.add_parser(
        "recover",
        help="bring back what was written over or deleted in a repository of this machine",
        description="Look at every version of each file, and make the right one the newest again. Nothing is removed.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="examples:\n  seawall store recover far --dry-run\n"
        "  seawall store recover far --reason 'broken into, 4712'\n",
    )
    recover.add_argument("--reason", default="", help="why; it is recorded in the ledger")
    recover.add_argument("--dry-run", action="store_true", help="name what was spoiled, and change nothing")
    renew = commands.add_parser(
        "renew",
        help="on the backup host that the policy names: lock all files anew; a timer runs this",
        description="Lock the right version of each file for as long as the policy says, from now on.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="example:\n  seawall store renew far\n",
    )
    for command in (recover, renew):
        command.add_argument("repository", help="the policy's name for it, such as far")


def execute(options: Namespace) -> int:
    """Do what the words say; return the exit code."""
    return {"recover": _recover, "renew": _renew}[options.command](options)


def _recover(options: Namespace) -> int:
    from ops.jobs.store import looked, recover

    if not options.dry_run and not options.reason.strip():
        raise UsageError("no reason", "--reason TEXT, which is recorded in the ledger")
    found = looked(options.repository)
    if options.dry_run:
        for one in found.found:
            print(printable(f"{one.path}  {one.why}{'' if one.right else '; no right version is left'}"))
        print(f"{counted(len(found.found) - len(found.lost), 'file')} would be brought back")
        return 1 if found.lost else 0
    ended = recover(found, options.reason.strip())
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _renew(options: Namespace) -> int:
    from ops.jobs.store import renew

    ended = renew(options.repository)
    print(ended.text(as_json=options.json), end="")
    return ended.code
