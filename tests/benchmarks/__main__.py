"""Benchmarks: seconds and ratios for a person to read. Nothing fails because something was slow.

make bench                 after `make demo`, whose machines it uses
make bench PARTS=machine   only this part
make bench PARTS=huge      a part that takes hours, which runs only where it is named

Each table is printed as soon as it is measured. A part that breaks is named, the others still run, and the exit code
is 1.
"""

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ops.core.errors import SeawallError
from ops.lab.lab import Lab
from tests.benchmarks import (
    backup,
    conformity,
    content,
    deletable,
    door,
    drill,
    huge,
    large,
    leaving,
    ledger,
    machine,
    many,
    scrub,
    start,
    status,
)

Part = Callable[[], Iterator[str]]
ONLY_NAMED = {"huge"}


def main(chosen: Sequence[str]) -> int:
    """Print the chosen benchmarks, all when none is; 1 when one could not be run, 2 when there is none of that name."""
    lab = Lab("demo")
    parts: dict[str, Part] = {"start": start.measure, "ledger": ledger.measure, "drill": drill.measure}
    parts |= {"status": status.measure, "scrub": scrub.measure, "content": content.measure}
    parts |= {"deletable": deletable.measure, "leaving": leaving.measure, "many": many.measure}
    parts |= {"conformity": conformity.measure}
    for name, module in {"backup": backup, "door": door, "huge": huge, "large": large, "machine": machine}.items():
        parts[name] = partial(_in_lab, lab, module.measure)
    if unknown := [name for name in chosen if name not in parts]:
        print(f"there is no part {unknown[0]!r}; there are: {', '.join(parts)}", file=sys.stderr)
        return 2
    broken = run({name: measure for name, measure in parts.items() if name in (chosen or parts.keys() - ONLY_NAMED)})
    if broken:
        print("\nnot measured to the end: " + ", ".join(broken), file=sys.stderr)
    return 1 if broken else 0


def run(parts: dict[str, Part]) -> list[str]:
    """Print the tables of each part as they come; return the names of the parts that broke."""
    broken = []
    for name, measure in parts.items():
        try:
            for table in measure():
                print(f"{table}\n", flush=True)
        except SeawallError as error:
            broken.append(name)
            print(f"{name}: {error}\n", file=sys.stderr, flush=True)
        except Exception:  # noqa: BLE001 -- a part that breaks must not take the others along
            broken.append(name)
            print(f"{name}: {traceback.format_exc()}", file=sys.stderr, flush=True)
    return broken


def _in_lab(lab: Lab, measure: Callable[[Lab], Iterator[str]]) -> Iterator[str]:
    """Yield the tables of a part that needs the demo's machines; raise SeawallError when they are not set up."""
    try:
        lab.machine("his1").ssh("command -v seawall")
    except SeawallError as error:
        raise SeawallError(f"the demo's machines are not set up: {error}", "make demo") from error
    yield from measure(lab)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
