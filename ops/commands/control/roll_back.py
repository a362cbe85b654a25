"""Bring a machine's packages and configuration back to before an update; `seawall before-update` kept them.

The machine does the work (there, the same command without its name). Without --yes it only shows what differs. Data are
not touched: it says which `seawall restore` brings those of then, and what that would lose.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from ops.commands._roll_back import add_words
from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.fleet.acts.there import person, run_there

EXAMPLES = """\
examples:
  seawall roll-back his1                           what differs from before the last update
  seawall roll-back his1 --list                    what was kept, the newest first
  seawall roll-back his1 --drill                   bring it back in a layer in memory that is thrown away
  seawall roll-back his1 --yes --reason 'his 2.4 prints no labels' --hold

exit codes: 0 done, or nothing to do; 1 something is not as it was; 2 wrong usage or policy;
            with --drill: 0 pass, 1 warn, 2 fail, 3 unknown
"""
_FLAGS = ("list", "drill", "yes", "dry_run", "hold", "partly", "json")


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall roll-back`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("host", metavar="HOST", help="the machine that was updated")
    add_words(parser)
    _options.add_inventory(parser)


def execute(options: Namespace) -> int:
    """Have the machine show, drill or do it; return its exit code."""
    if options.yes and not options.dry_run and not options.reason.strip():
        raise UsageError("a roll-back has a reason", "--reason 'his 2.4 prints no labels'")
    words = ["roll-back", "--reason", options.reason, "--by", options.by or person()]
    words += [word for path in options.leave for word in ("--leave", path)]
    words += [f"--{name.replace('_', '-')}" for name in _FLAGS if getattr(options, name)]
    words += ["--", options.id] if options.id else []
    return run_there(_options.read_inventory(options), options.host, words, _shown)


def _shown(line: str) -> None:
    print(line, flush=True)
