"""Create this machine's repositories, find files that somebody added to one, and those that a disk has damaged.

A machine may add to its own repository whatever it likes, also when somebody broke into it. The backup host searches
for such files each night without any key (arrivals) and moves them aside by a person's word (set-aside). It also reads
all files again and again, and names those that are damaged (scrub). A machine with a key tells which files restic can't
read and which parts come twice (foreign), and reads the repository without some files meanwhile (view).
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ops.commands._options import paths_in
from ops.commands.server import _repository_keys
from ops.core import clock
from ops.core.errors import UsageError

if TYPE_CHECKING:
    from ops.jobs.run.job import Ended

REASON = "why; it is recorded in the ledger"


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall repository`."""
    commands = parser.add_subparsers(dest="command", required=True)
    _of_owners(commands)
    _of_readers(commands)
    _of_keepers(commands)
    _repository_keys.arguments(commands, REASON)
    _of_disks(commands)
    _of_servers(commands)


def _of_owners(commands: _SubParsersAction[ArgumentParser]) -> None:
    init = commands.add_parser(
        "init",
        help="create the missing repositories",
        description="Create the repositories that the policy names for this machine and that do not exist yet.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="example:\n  seawall repository init --reader primary:drill1=/run/drill1.password\n",
    )
    init.add_argument(
        "--reader",
        action="append",
        default=[],
        metavar="REPOSITORY:NAME=FILE",
        help="add a key for a reader; FILE contains its password",
    )
    commands.add_parser(
        "prepare",
        help="make this machine's folders on its own disks, as root; the playbook runs it",
        description="Make the folders on this machine's own disks in which the policy wants repositories. Nothing is\n"
        "made where no disk is mounted.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="example:\n  seawall repository prepare\n",
    )
    commands.add_parser(
        "note",
        help="note with which keys this machine opens other machines' repositories",
        description="Open every repository that this machine may read, and note the id of the key that opened it.",
    )


def _of_readers(commands: _SubParsersAction[ArgumentParser]) -> None:
    foreign = commands.add_parser(
        "foreign",
        help="name the files that restic can't read with this machine's key, and parts that come twice",
        description="Name the files in index/, snapshots/ and locks/ that restic can't read. Of two snapshots of the "
        "same part of a set, also name the one with the later date. Nothing is changed.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="exit codes: 0 there are none, 1 there are some\n",
    )
    view = commands.add_parser(
        "view",
        help="run a program that reads a repository without its foreign files",
        description="Run restic, or seawall restore, on a repository as if its foreign files were not there.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="examples:\n  seawall repository view primary -- restic snapshots\n"
        "  seawall repository view primary -- seawall restore his --to /srv/restore\n",
    )
    for command in (foreign, view):
        command.add_argument("repository", help="its name in the policy, such as primary")
        command.add_argument(
            "--of", default="", metavar="HOST", help="another machine, whose repository this one reads"
        )
    view.add_argument("--leave-out", metavar="FILE", help="a file with names as foreign prints them; -: standard input")
    view.add_argument("program", nargs="+", help="the program and its arguments, behind --")


def _of_keepers(commands: _SubParsersAction[ArgumentParser]) -> None:
    arrivals = commands.add_parser(
        "arrivals",
        help="on a backup host: search all repositories for foreign files, without a key, and tell their quotas",
        description="Search the repositories that this machine keeps for files that no backup explains, and tell how "
        "much of its quota each takes up.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="exit codes: 0 there are none, 1 much more arrived than usual, or a quota is nearly used up,\n"
        "            2 there are some, or a quota is full, 3 nobody could look\n",
    )
    arrivals.add_argument("--accept", metavar="HOST", help="trust the keys and files that HOST's repository has now")
    arrivals.add_argument("--reason", default="", help=REASON)
    aside = commands.add_parser(
        "set-aside",
        help="on a backup host: move files out of a repository, or back",
        description="Move files out of a repository: those named, those that arrived late, else all foreign ones.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="examples:\n  seawall repository set-aside his1 --reason 'garbage in index/'\n"
        "  seawall repository foreign primary --of his1 > names         on a machine with a key\n"
        "  seawall repository set-aside his1 --files names --reason 'garbage in index/'\n"
        "  seawall repository set-aside his1 --arrived-after 2026-11-20T02:00:00Z --reason 'broken into that night'\n"
        "  seawall repository set-aside his1 --back 20261126T180000Z --reason 'the wrong files'\n",
    )
    aside.add_argument("host", help="whose repository")
    aside.add_argument("--files", metavar="FILE", help="a file with their paths, one a line; -: standard input")
    aside.add_argument(
        "--arrived-after", metavar="TIME", help="all that arrived after a moment, such as 2026-11-20T02:00:00Z"
    )
    aside.add_argument("--back", metavar="MOVE", help="move back what was set aside, by the name of that move")
    aside.add_argument("--reason", default="", help=REASON)


def _of_disks(commands: _SubParsersAction[ArgumentParser]) -> None:
    scrub = commands.add_parser(
        "scrub",
        help="on a backup host: read all repositories again, without a key, and name the files that are damaged",
        description="Read what is new in the repositories that this machine keeps, then what was not read for the\n"
        "longest time, and compare each file with its name, which is the SHA-256 of its content. It ends after the\n"
        "time that the policy allows (8h by default), and goes on there the next time.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="examples:\n  seawall repository scrub\n"
        "  seawall repository scrub --accept his1 --reason 'removed old sets, ticket 4712'\n\n"
        "exit codes: 0 no damage, 1 some were not read for too long, 2 damaged or missing files, 3 nobody could look\n",
    )
    scrub.add_argument("--accept", metavar="HOST", help="files of HOST's repository that are gone may be")
    scrub.add_argument("--reason", default="", help=REASON)


def _of_servers(commands: _SubParsersAction[ArgumentParser]) -> None:
    serve = commands.add_parser(
        "serve",
        help="on a backup host: serve a client's repository, up to its quota; only its unit runs this",
        description="Become rest-server for one client's repository, at a socket that systemd hands over. "
        "Only the client's unit runs this: systemctl restart seawall-writer-HOST.service.",
    )
    serve.add_argument("host", help="whose repository")
    serve.add_argument("--folder", type=Path, required=True, help="the folder above the repository")
    serve.add_argument("--accounts", type=Path, required=True, metavar="FILE", help="the account's name and hash")
    serve.add_argument(
        "--quota",
        type=int,
        metavar="BYTES",
        help="how large it may become; by default, it may add half of what is free",
    )
    serve.add_argument(
        "--second-names", action="store_true", help="serve the second names of its files, from which it may delete"
    )

    leave = commands.add_parser(
        "leave",
        help="forget in a repository what its backup host asks, and nothing else; a timer runs this",
        description="Ask the host of a repository which snapshots are to leave, and forget them behind the door that "
        "it opens for that. Nothing is done while it asks nothing, or for the newest set of an asset.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="example:\n  seawall repository leave primary\n",
    )
    leave.add_argument("repository", help="the policy's name for it")


def execute(options: Namespace) -> int:
    """Do what the words say; return the exit code."""
    command = {
        "init": _init,
        "prepare": _prepare,
        "note": _note,
        "foreign": _foreign,
        "view": _view,
        "arrivals": _arrivals,
        "scrub": _scrub,
        "serve": _serve,
        "leave": _leave,
        "set-aside": _set_aside,
        "keys": _keys,
    }[options.command]
    return command(options)


def _init(options: Namespace) -> int:
    """Make what is missing; print for each repository its key, and whether it was made or was there already."""
    from ops.jobs.repository import make_all

    for opened in make_all([_reader(word) for word in options.reader]):
        print(f"{opened.name}: opens with key {opened.key}", flush=True)
        print(f"{opened.name}: {'made' if opened.made else 'exists already'}", flush=True)
    return 0


def _prepare(_: Namespace) -> int:
    from ops.jobs.repository import prepare

    for folder in prepare():
        print(f"{folder}: made", flush=True)
    return 0


def _note(_: Namespace) -> int:
    from ops.jobs.repository import note_all

    for opened in note_all():
        print(f"{opened.name}: opens with key {opened.key}", flush=True)
    return 0


def _foreign(options: Namespace) -> int:
    from ops.jobs.foreign import opened, search

    found = search(opened(options.repository, options.of))
    if options.json:
        print(json.dumps([vars(one) for one in found], indent=2))
    else:
        print("".join(f"{one.path}  {one.why}\n" for one in found), end="")
    return 1 if found else 0


def _view(options: Namespace) -> int:
    from ops.jobs.foreign import run_with_view

    return run_with_view(options.repository, options.of, paths_in(options.leave_out), options.program)


def _arrivals(options: Namespace) -> int:
    from ops.jobs.keeper.arrivals import accept, search

    if not options.accept:
        return _told(search(), options)
    return _told(accept(options.accept, _demanded(options.reason)), options)


def _scrub(options: Namespace) -> int:
    from ops.jobs.keeper.scrub import accept, scrub

    return _told(accept(options.accept, _demanded(options.reason)) if options.accept else scrub(), options)


def _serve(options: Namespace) -> int:
    from ops.jobs.keeper.serve import Service, serve

    serve(Service(options.host, options.folder, options.accounts, options.quota, deletes=options.second_names))
    return 0


def _leave(options: Namespace) -> int:
    from ops.jobs.leave import leave

    return _told(leave(options.repository), options)


def _set_aside(options: Namespace) -> int:
    from ops.jobs.keeper.set_aside import bring_back, set_aside

    reason = _demanded(options.reason)
    if sum(map(bool, (options.files, options.arrived_after, options.back))) > 1:
        raise UsageError("--files, --arrived-after and --back exclude each other")
    if options.back:
        return _told(bring_back(options.host, options.back, reason), options)
    return _told(set_aside(options.host, paths_in(options.files), _moment(options.arrived_after), reason), options)


def _keys(options: Namespace) -> int:
    return _told(_repository_keys.exchanged(options, _demanded(options.reason)), options)


def _told(ended: Ended, options: Namespace) -> int:
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _demanded(reason: str) -> str:
    if not reason.strip():
        raise UsageError("no reason", "--reason TEXT, which is recorded in the ledger")
    return reason.strip()


def _moment(text: str | None) -> datetime | None:
    try:
        return clock.parse(text) if text else None
    except ValueError as error:
        raise UsageError(f"{text!r} is no moment", "expected one such as 2026-11-20T02:00:00Z") from error


def _reader(word: str) -> tuple[str, str, Path]:
    place, colon, rest = word.partition(":")
    label, equals, file = rest.partition("=")
    if not (colon and equals and Path(file).is_file()):
        raise UsageError(f"--reader {word}: expected REPOSITORY:NAME=FILE with an existing file")
    return place, label, Path(file)
