"""Removable disks: one arrives, is read, is brought up to date, is read again, and leaves with a signed slip.

Only disks that the policy names are opened, by serial number, encryption and repository. A disk is good when it left:
then all that is new on it was read from the disk itself, after it had been taken off and mounted anew. One whose plug
was pulled is not good before it arrived again. Seawall's page removable-disks.md leads through it.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import UsageError

if TYPE_CHECKING:
    from ops.jobs.disk.rotation import Rotation
    from ops.jobs.run.job import Ended

EXAMPLES = """\
examples, in the order of a day with a disk:
  seawall disk list                          whose turn it is, and where the others are
  seawall disk arrive                        the disk that is connected
  seawall disk update                        copies to it what the policy wants there
  seawall disk leave --hands 'Head of IT'    reads what is new, takes the disk off, prints the slip
a new disk, which must be empty; its serial number stands in the policy:
  seawall disk make red --dry-run
exit codes: 0 done, and the disk is good; 1 it is not; 2 wrong usage or policy
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall disk`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    commands = parser.add_subparsers(dest="command", required=True)
    _command(commands, "list", "show each disk: whether it is here, how it left, when it is due back")
    arrive = _command(commands, "arrive", "unlock and mount a disk that the policy knows, and read all of it; as root")
    arrive.add_argument("disk", nargs="?", default="", help="which one; by default, whichever is connected")
    _command(commands, "update", "copy to the disk that is here what the policy wants there")
    _command(commands, "verify", "read all of the disk that is here again; as root")
    leave = _command(
        commands,
        "leave",
        "take the disk off, once all that is new was read from it, and print its slip; as root",
        "examples:\n  seawall disk leave --hands 'Head of IT'\n"
        "  seawall disk leave --hands 'Head of IT' --due 2027-01-20\n"
        "  seawall disk leave --not-good 'it makes noises'\n",
    )
    leave.add_argument("--hands", default="", metavar="WHO", help="who takes it")
    leave.add_argument("--due", metavar="DAY", help="when it is due back, such as 2027-01-20; by default, at its turn")
    leave.add_argument("--not-good", default="", metavar="REASON", help="take it off unread, and without a slip")
    slip = _command(commands, "slip", "print the slip with which a disk last left")
    slip.add_argument("disk", help="which one, such as red")
    make = _command(
        commands,
        "make",
        "make an empty disk ready: encryption, file system, repository; as root",
        "examples:\n  seawall disk make red --dry-run\n  seawall disk make red\n",
    )
    make.add_argument("disk", help="which one, such as red; the policy says its serial number")
    make.add_argument("--plain", action="store_true", help="do not encrypt the disk itself; its repository always is")
    make.add_argument("--dry-run", action="store_true", help="say which disk it would be, and do nothing")


def _command(commands: _SubParsersAction[ArgumentParser], name: str, what: str, examples: str = "") -> ArgumentParser:
    epilog = examples or f"example:\n  seawall disk {name}{' red' if name == 'slip' else ''}\n"
    parser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog=epilog,
    )
    parser.add_argument("--repository", default="", metavar="NAME", help="which, if the policy has several of disks")
    return parser


def execute(options: Namespace) -> int:
    """Do what the words say; return the exit code."""
    from ops.jobs.disk.rotation import rotation

    command = {
        "list": _list,
        "arrive": _arrive,
        "update": _update,
        "verify": _verify,
        "leave": _leave,
        "slip": _slip,
        "make": _make,
    }[options.command]
    return command(rotation(options.repository), options)


def _list(rotation: Rotation, options: Namespace) -> int:
    from ops.jobs.disk.listing import listed

    disks = listed(rotation)
    if options.json:
        print(json.dumps([vars(disk) for disk in disks], indent=2))
    else:
        print("".join(f"{disk.line()}\n" for disk in disks), end="")
    return 0


def _arrive(rotation: Rotation, options: Namespace) -> int:
    from ops.jobs.disk.job import arrive

    return _told(arrive(rotation, options.disk), options)


def _update(rotation: Rotation, options: Namespace) -> int:
    from ops.jobs.disk.job import update

    return max(_told(ended, options) for ended in update(rotation))


def _verify(rotation: Rotation, options: Namespace) -> int:
    from ops.jobs.disk.job import verify

    return _told(verify(rotation), options)


def _leave(rotation: Rotation, options: Namespace) -> int:
    from ops.jobs.disk.job import give_up, leave

    hands, reason = (" ".join(text.split()) for text in (options.hands, options.not_good))
    if bool(hands) == bool(reason):
        raise UsageError("expected either --hands WHO or --not-good REASON", "seawall disk leave --hands 'Head of IT'")
    if reason:
        return _told(give_up(rotation, reason), options)
    here = rotation.demand_here()
    ended = leave(rotation, hands, _day(options.due, rotation))
    code = _told(ended, options)
    if code == 0 and not options.json:
        _print_slip(rotation, here.disk)
    return code


def _slip(rotation: Rotation, options: Namespace) -> int:
    _print_slip(rotation, options.disk)
    return 0


def _print_slip(rotation: Rotation, disk: str) -> None:
    from ops.jobs.disk.slip import printed

    print(f"\n{printed(rotation, disk)}", end="", flush=True)


def _make(rotation: Rotation, options: Namespace) -> int:
    from ops.jobs.disk.making import blank, lines, make

    chosen = blank(rotation, options.disk, plain=options.plain)
    device = chosen.device
    print(f"{chosen.label}: {device.path} with the serial number {device.serial}, which is empty", file=sys.stderr)
    if options.dry_run:
        return 0
    ended = make(rotation, chosen, plain=options.plain)
    code = _told(ended, options)
    if code == 0 and not options.json:
        print("write this into the policy, below `disks`, and run playbooks/site.yml:")
        print("".join(f"  {line}\n" for line in lines(ended)), end="")
    return code


def _told(ended: Ended, options: Namespace) -> int:
    print(ended.text(as_json=options.json), end="", flush=True)
    return ended.code


def _day(text: str | None, rotation: Rotation) -> datetime | None:
    if text is None:
        return None
    zone = ZoneInfo(rotation.policy.site.timezone)
    try:
        due = datetime.combine(date.fromisoformat(text), time(), zone)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day", "expected one such as 2027-01-20") from error
    if due <= clock.now():
        raise UsageError(f"{text} is over", "write the day on which it is due back")
    return due
