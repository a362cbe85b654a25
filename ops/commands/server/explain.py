"""Say what a check looks at, why, by which limits, whose they are, and what to do when it is not a pass.

CHECK is a check in this machine's policy, or a kind of check. `seawall policy show HOST` on the control machine says in
which file of the policy a limit was written.
"""

from __future__ import annotations

import argparse

from ops.core.errors import Unavailable
from ops.core.printable import as_json
from ops.core.schema import encode
from ops.interfaces.state import HEALTH, HealthState
from ops.jobs.health.explain import explained
from ops.jobs.host import own_policy, state_files
from ops.reports.explanation import text


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.add_argument("check", metavar="CHECK", help="a check in the policy, or a kind of check such as disk")
    parser.epilog = "examples: seawall explain root_disk; seawall explain ups"


def execute(options: argparse.Namespace) -> int:
    """Print the explanation; on a machine without a policy, that of a kind."""
    try:
        checks = own_policy.read().checks
    except Unavailable:
        checks = {}
    last = state_files.read_all().get(HEALTH) if checks else None
    seen = {entry.name: entry for entry in last.checks} if isinstance(last, HealthState) else {}
    found = explained(options.check, checks, seen)
    if options.json:
        print(as_json({"checks": encode(found)}))
    else:
        print("\n\n".join(text(one) for one in found))
    return 0
