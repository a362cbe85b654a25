"""A backup of the lab's database through Seawall, against the same acts in a shell script, and against a bare pipe.

All run on his1, as Seawall's own account, into the same repository. The snapshots made by hand carry the tag
`by-hand`, which Seawall does not take for a set.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ops.lab.lab import Lab
from ops.lab.machine import Machine
from ops.sources.postgresql import structure as defined
from ops.sources.postgresql.facts import EXTENSIONS, ROLES, SETTING
from ops.sources.postgresql.sequences import SEQUENCES
from tests.benchmarks.timing import medians, table

PLACE = "/run/seawall-benchmark"
OURS, BY_HAND, PIPE = "seawall backup his", "the same acts in a shell script", "the dump piped into restic"
TABLES = ("patients", "admissions", "examinations", "audit_log")
AS = f"cd / && runuser -u seawall -- env CREDENTIALS_DIRECTORY={PLACE} "
HERE = Path(__file__).parent


def measure(lab: Lab) -> Iterator[str]:
    """Yield the table."""
    his = lab.machine("his1")
    prepare(his)
    script = f"bash {PLACE}/by_hand.sh {PLACE} {PLACE}/queries.sql"
    try:
        seconds = medians(
            {
                BY_HAND: partial(his.ssh, AS + script, timeout=300),
                OURS: partial(his.ssh, AS + "seawall backup his", timeout=300),
                PIPE: partial(his.ssh, f"{AS}{script} pipe", timeout=300),
            },
            rounds=7,
        )
    finally:
        his.ssh(f"rm -rf {PLACE}")
    ratio = f"\n  seawall to the bare pipe: {seconds[OURS] / seconds[PIPE]:.2f}"
    yield table("backup of 240,000 rows", seconds, BY_HAND, "at most 1.03") + ratio


def prepare(his: Machine) -> None:
    """Lay out the secrets for the account that backs up, in memory, as its unit would; and the script."""
    his.ssh(
        f"install -d -m 0700 -o seawall -g seawall {PLACE} && "
        f"install -m 0400 -o seawall -g seawall /etc/seawall/credentials/* {PLACE}/"
    )
    his.ssh(f"cat >{PLACE}/queries.sql", input=queries())
    his.ssh(f"cat >{PLACE}/by_hand.sh", input=(HERE / "by_hand.sh").read_text(encoding="utf-8"))
    his.ssh(f"chown -R seawall: {PLACE}")


def queries() -> str:
    """Return the questions of a manifest, those that Seawall asks."""
    definitions = [defined.definitions(what) for what in defined.SORTS]
    counts = [f"select count(*) from public.{table}" for table in TABLES]
    asked = [SEQUENCES, SETTING, *counts, EXTENSIONS, ROLES, *definitions]
    return "".join(f"{query.strip()};\n" for query in asked)
