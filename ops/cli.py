"""The command line: words to commands, errors to one line and an exit code; nothing else.

A command is a module with a docstring, `arguments(parser)` and `execute(options) -> int`. Only the module of
the command that was called is loaded, so that `seawall --help` and each check start at once.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

# Every machine has these.
SERVER = {
    "ack": ("ops.commands.server.ack", "say that you see to an alarm, until when and why"),
    "alarm-drill": ("ops.commands.server.alarm_drill", "make a fault on purpose, to see who is told and answers"),
    "alarms": ("ops.commands.server.alarms", "show the alarms of this machine, and who was told"),
    "archive": ("ops.commands.server.archive", "take a file of PostgreSQL's log; PostgreSQL runs this itself"),
    "backup": ("ops.commands.server.backup", "back up an asset and read the set back"),
    "before-update": ("ops.commands.server.before_update", "keep all that an update of packages replaces"),
    "copy": ("ops.commands.server.copy", "copy an asset's newest good set to another repository"),
    "deletable": ("ops.commands.server.deletable", "say which files are in verified copies, and delete those"),
    "disc": ("ops.commands.server.disc", "write copies to discs: make images, read discs, list them"),
    "restore": ("ops.commands.server.restore", "restore an asset, next to the live data or in place"),
    "devices": ("ops.commands.server.devices", "ask disks and pools how they are, for the checks that judge it"),
    "drill": ("ops.commands.server.drill", "restore an asset to prove that it can be restored, and measure"),
    "check": ("ops.commands.server.check", "run the checks of this machine now"),
    "disk": ("ops.commands.server.disk", "bring removable disks up to date, and know where each of them is"),
    "explain": ("ops.commands.server.explain", "say what a check looks at, why, by which limits, and what to do"),
    "export": ("ops.commands.server.export", "export data, encrypted to one key, and say that they arrived"),
    "gaps": ("ops.commands.server.gaps", "find data on this machine that no asset covers"),
    "heal": ("ops.commands.server.heal", "bring back what a disk has damaged in a repository"),
    "health": ("ops.commands.server.health", "record and show this machine's health"),
    "ledger": ("ops.commands.server.ledger", "show and verify the signed ledger of this machine"),
    "log": ("ops.commands.server.log", "archive PostgreSQL's log up to now, so that each moment can be restored"),
    "policy": ("ops.commands.server.policy", "check and show this machine's policy"),
    "record": ("ops.commands.server.record", "write the record of a drill as a page to sign"),
    "repository": ("ops.commands.server.repository", "create repositories; find foreign files and move them aside"),
    "retention": ("ops.commands.server.retention", "plan which old sets leave; let them leave, and bring them back"),
    "roll-back": ("ops.commands.server.roll_back", "bring packages and configuration back to before an update"),
    "snapshots": ("ops.commands.server.snapshots", "list the sets of an asset, each with its verdict"),
    "standby": ("ops.commands.server.standby", "a PostgreSQL cluster that another machine follows: fence, promote"),
    "status": ("ops.commands.server.status", "show the state of this machine"),
    "store": ("ops.commands.server.store", "renew locks at a store of somebody else, and bring back what was spoiled"),
    "ups": ("ops.commands.server.ups", "go through a power cut in order: conduct, plan, measure; test the battery"),
}
# The control machine has these in addition or instead.
CONTROL = {
    "lab": ("ops.lab.commands", "boot and use the lab: real Debian machines on this computer"),
    "demo": ("ops.lab.demo", "set up the lab and demonstrate everything"),
    "before-update": ("ops.commands.control.before_update", "keep all that an update of a machine replaces"),
    "conformity": ("ops.commands.control.conformity", "show how the site conforms to its written procedures"),
    "control": ("ops.commands.control.control", "back up the control machine itself"),
    "evidence-pack": ("ops.commands.control.evidence_pack", "pack all evidence of a period into one archive"),
    "failover": ("ops.commands.control.failover", "make a standby the primary, once the old primary is fenced"),
    "fleet": ("ops.commands.control.fleet", "start backups, copies and drills on many machines"),
    "incident": ("ops.commands.control.incident", "open, note, close and show incidents: clock, people, steps"),
    "keys": ("ops.commands.control.keys", "print the key sheet for the safe, and test one"),
    "package": ("ops.commands.control.package", "build the packages that servers install"),
    "policy": ("ops.commands.control.policy", "check and show the policy of an inventory"),
    "record": ("ops.commands.control.record", "write the record of a drill as a page to sign"),
    "report": ("ops.commands.control.report", "write the report about the whole fleet"),
    "roll-back": ("ops.commands.control.roll_back", "bring a machine's packages back to before an update"),
    "runbook": ("ops.commands.control.runbook", "print the runbook for rebuilding a lost site"),
    "secrets": ("ops.commands.control.secrets", "create the secrets that an inventory lacks"),
    "status": ("ops.commands.control.status", "show the state of the whole fleet"),
    "validation-protocol": ("ops.commands.control.validation_protocol", "write the validation protocol of a year"),
    "verify": ("ops.commands.control.verify", "audit every machine against the policy, from outside"),
}
JUDGING = {
    "alarm-drill",
    "check",
    "conformity",
    "control",
    "fleet",
    "gaps",
    "health",
    "keys",
    "ledger",
    "drill",
    "status",
    "verify",
}

USAGE = """\
usage: seawall COMMAND [...]      seawall COMMAND --help      seawall --version

Back up, copy, drill, check and document the servers of a hospital, as its written policy requires.

"""
EXIT_CODES = """
exit codes: 0 done, 1 failed, 2 wrong usage or policy;
            check, conformity, control check, fleet, gaps, health, status, drill, alarm-drill, keys check, ledger:
            0 pass, 1 warn, 2 fail, 3 unknown or wrong usage
"""


def run(words: Sequence[str]) -> int:
    """Given the words after `seawall`, do what they say and return the exit code."""
    commands = available()
    if not words or words[0] in {"-h", "--help", "help"}:
        print(_help(commands), end="")
        return 0 if words else 2
    if words[0] == "--version":
        from ops import __version__

        print(f"seawall {__version__}")
        return 0
    if words[0] not in commands:
        return _unknown(words[0], list(commands))
    return _command(words[0], commands[words[0]], words[1:])


def available() -> dict[str, tuple[str, str]]:
    """Return the commands of this machine: name to module and summary."""
    control = importlib.util.find_spec("ops.fleet") is not None
    return dict(sorted((SERVER | CONTROL if control else SERVER).items()))


def _help(commands: dict[str, tuple[str, str]]) -> str:
    lines = [f"  {name:<13} {summary}\n" for name, (_, summary) in commands.items()]
    return USAGE + "".join(lines) + EXIT_CODES


def _unknown(word: str, known: list[str]) -> int:
    from ops.core.kinds import nearest

    print(f"seawall: unknown command {word!r}{nearest(word, known)}", file=sys.stderr)
    print("  seawall --help lists the commands", file=sys.stderr)
    return 2


def _command(name: str, place: tuple[str, str], words: Sequence[str]) -> int:
    from ops.core.errors import SeawallError, Stopped
    from ops.core.terminal import only_plain, plain

    wrong = 3 if name in JUDGING else None
    debug = "--debug" in words  # as long as the words are not understood
    module = importlib.import_module(place[0])
    try:
        options = _parse(name, place[1], module, words)
        debug = options.debug
        with only_plain(sys.stdout):
            code = _executed(module, options)
        sys.stdout.flush()  # a full disk shows here, not after the last word
        return code
    except SystemExit as end:  # argparse has said what is wrong, or has shown the help
        return int(end.code or 0) and (wrong or 2)
    except SeawallError as error:
        if debug:
            raise
        print(f"seawall {name}: {plain(str(error))}", file=sys.stderr)
        return wrong or error.code
    except KeyboardInterrupt:
        print(f"seawall {name}: interrupted", file=sys.stderr)
        return 130
    except Stopped as stop:
        print(f"seawall {name}: {stop}", file=sys.stderr)
        return 143
    except BrokenPipeError:
        sys.stderr.close()  # the reader left; there is nobody to tell
        return 0
    except OSError as error:
        if debug:
            raise
        return _refused(name, error, wrong)


def _refused(name: str, error: OSError, wrong: int | None) -> int:
    """Tell that the system refused a file; what is still to be written of the output goes nowhere."""
    import os

    from ops.core.output import explained
    from ops.core.terminal import plain

    told = explained(error)
    print(f"seawall {name}: {plain(str(told))}", file=sys.stderr)
    if error.filename is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return wrong or told.code


def _executed(module: Any, options: argparse.Namespace) -> int:
    """Execute a command; with --json what it says meanwhile goes where it is in no program's way."""
    if not options.json:
        return int(module.execute(options))
    from ops.core import announce

    with announce.heard_by(announce.to_errors):
        return int(module.execute(options))


def _parse(name: str, summary: str, module: Any, words: Sequence[str]) -> argparse.Namespace:
    import argparse

    parser = argparse.ArgumentParser(
        prog=f"seawall {name}",
        description=(module.__doc__ or summary).strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _common(parser)
    module.arguments(parser)
    for action in parser._subparsers._group_actions if parser._subparsers else ():
        for sub in dict(action.choices or {}).values():
            _common(sub, argparse.SUPPRESS)
    return parser.parse_args(words)


def _common(parser: argparse.ArgumentParser, default: Any = False) -> None:
    parser.add_argument("--json", action="store_true", default=default, help="print JSON")
    parser.add_argument(
        "--debug", action="store_true", default=default, help="show where in the code an error occurred"
    )
