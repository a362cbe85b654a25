"""Looking at machines that have nothing of Seawall yet, over SSH: what they hold, and whether they are as they must be.

Nothing is installed or written there: Python's interpreter, which Ansible needs as well, gets the code as its input and
keeps it in memory. What a machine answers is hostile until it is understood.
"""

from __future__ import annotations

import base64
import io
import shlex
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.facts import FactBase
from pyinfra.api.host import Host

import ops
from ops.core import kinds
from ops.core.document import Limits, decode, parse
from ops.core.errors import Damaged
from ops.core.printable import printable
from ops.fleet.inventory import Inventory
from ops.fleet.ssh.ask import Answer, find_ways, reached
from ops.fleet.ssh.text import first_line
from ops.interfaces.discovery import Found
from ops.interfaces.state import Unsearched

SECONDS = 300  # a search of folders may take two minutes, and each database server one
LIMIT = 1 << 20  # characters that a machine may say
LONGEST_RELEASE = 32  # letters of its code name
LIMITS = Limits(bytes=LIMIT, depth=8, entries=20_000, text=8_192)
ANSWER = "the answer"
SENT = ("core", "interfaces", "gaps")
START = """
import base64, os, sys
memory = os.memfd_create("seawall")
os.write(memory, base64.b64decode(sys.stdin.read()))
sys.path.insert(0, f"/proc/self/fd/{memory}")
from ops.fleet.new_policy.on_server import main
"""


@dataclass(frozen=True)
class Seen:
    """What a machine is and holds. unresolved: the names of backup hosts that it does not know."""

    release: str
    unresolved: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    unlooked: tuple[Unsearched, ...] = ()

    def __post_init__(self) -> None:
        if not self.release.isprintable() or len(self.release) > LONGEST_RELEASE:
            raise ValueError("expected the code name of a release")
        if not {one.sort for one in self.unlooked} <= {*kinds.kinds("ops.gaps")}:
            raise ValueError("expected sorts of things that were sent there to be looked for")


class Look(FactBase[Seen | None]):
    """What a machine is and holds."""

    def command(self, keepers: Sequence[str], searched: bool) -> str:
        """Return the command, which reads the code from its input. searched: whether to look for data."""
        call = f"main({list(keepers)!r}, searched={searched})\n"
        return f"python3 -I -B -c {shlex.quote(START + call)}"

    def process(self, output: list[str]) -> Seen | None:
        """Return what was seen, or nothing when this is no such answer."""
        return understood("\n".join(output))


def understood(text: str) -> Seen | None:
    """Given what a machine answered, return what was seen; nothing when it is anything else."""
    try:
        return decode(Seen, parse(text.encode("utf-8", "surrogatepass"), LIMITS, ANSWER), ANSWER)
    except Damaged:
        return None


def look(inventory: Inventory, keepers: Sequence[str], servers: Sequence[str]) -> dict[str, Answer[Seen | None]]:
    """Look at every machine of an inventory at once, and at what the servers among them hold.

    What goes wrong with a machine is its answer. keepers: the names that the servers must know to reach their backups.
    """
    code = _code()

    def ask(host: Host) -> Answer[Seen | None]:
        searched = host.name in servers
        try:
            seen = host.get_fact(
                Look,
                keepers=list(keepers) if searched else [],
                searched=searched,
                _stdin=code,
                _timeout=SECONDS,
                _success_exit_codes=list(range(255)),
            )
        except PyinfraError as error:
            return Answer(None, printable(str(error)))
        reply = getattr(host.connector, "reply", None)
        return Answer(seen, "" if seen else f"said {first_line(reply.errors if reply else '')}")

    ways, answers = find_ways(inventory, inventory.variables)
    with ThreadPoolExecutor(len(ways) or 1) as pool, reached(ways, LIMIT) as state:
        asked = {host.name: pool.submit(ask, host) for host in state.inventory}
        return answers | {name: job.result() for name, job in asked.items()}


def _code() -> str:
    """Return the modules that run there, as a ZIP archive that Python imports from."""
    here = Path(ops.__file__).parent
    packages = [path for name in SENT for path in sorted((here / name).glob("*.py"))]
    own = [here / "__init__.py", here / "fleet/__init__.py"]
    own += [Path(__file__).with_name(name) for name in ("__init__.py", "on_server.py")]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in [*own, *packages]:
            file.write(path, path.relative_to(here.parent))
    return base64.b64encode(archive.getvalue()).decode("ascii")
