"""Run the checks of this machine now.

NAME is a check in the policy, or a kind of check: that runs every check of the kind, or one with the kind's defaults
where the policy has none, and prints it as a monitoring plugin does (a line, then the figures as performance data), as
`--plugin` does for any check. Nothing is recorded. The exit code is that of the worst verdict.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ops.core import clock, kinds
from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.core.printable import as_json
from ops.core.schema import encode
from ops.core.verdict import worst
from ops.jobs.health import notes
from ops.jobs.health.explain import of_kind
from ops.jobs.health.job import look
from ops.jobs.host import own_policy, state_files
from ops.policy.model import CheckSpec
from ops.reports.check_table import table
from ops.reports.plugin_output import output


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a check in the policy, or a kind (default: all)")
    parser.add_argument("--plugin", action="store_true", help="print in the form of a monitoring plugin")
    parser.epilog = "examples: seawall check root_disk; seawall check ups; seawall check --plugin root_disk"


def execute(options: argparse.Namespace) -> int:
    """Make the checks, show what they saw, and return the worst verdict's exit code."""
    policy = own_policy.read()
    checks = _chosen(options.names, policy.checks)
    entries = look(replace(policy, checks=checks), state_files.read_all(), clock.now(), noted=notes.read())
    verdict = worst(entry.verdict for entry in entries)
    as_plugin = options.plugin or bool(set(options.names) - set(policy.checks))
    if options.json:
        print(as_json({"verdict": verdict.value, "checks": encode(entries)}))
    else:
        print(output(entries) if as_plugin and entries else table(entries))
    return verdict.exit_code


def _chosen(words: Sequence[str], checks: Mapping[str, CheckSpec]) -> dict[str, CheckSpec]:
    """Return the checks that were asked for, by name or by kind; all, where none was. Raise UsageError."""
    found: dict[str, CheckSpec] = {} if words else dict(checks)
    for word in words:
        same = {name: spec for name, spec in checks.items() if spec.kind == word}
        if word in checks:
            found[word] = checks[word]
        elif word in kinds.kinds("ops.health"):
            found |= same or {word: of_kind(word)}
        else:
            listed = ", ".join(checks) or "none"
            raise UsageError(f"unknown check {word!r}{nearest(word, list(checks))}", f"known: {listed}")
    return found
