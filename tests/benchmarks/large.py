"""A larger backup (pgbench at scale 50, 20,000 small files): Seawall, by hand, borgmatic; and what a repository grows.

Everything runs on his1 as Seawall's own account. Seawall and the script write over the network to the backup host,
borgmatic to the server's own disk, which is in its favour. First runs are into fresh repositories.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from ops.lab.lab import Lab
from ops.lab.machine import Machine
from tests.benchmarks.wide_door import wide

HERE = Path(__file__).parent
AS = "cd / && runuser -u seawall -- env "
OURS = AS + "SEAWALL_ROOT=/srv/bench/root seawall backup bench --json"
BORG = AS + "HOME=/srv/bench/borg borgmatic -c /srv/bench/borgmatic.yaml create"
HAND, COMPRESSED = AS + "bash /srv/bench/by_hand.sh", AS + "bash /srv/bench/by_hand.sh compressed"
MINUTES = 60.0
# The program that is compared with goes, too: its package brings a timer that would be taken for a backup of the site.
CLEANED = """
cd /; rm -rf /srv/bench; runuser -u postgres -- dropdb --if-exists --force bench
DEBIAN_FRONTEND=noninteractive apt-get -qq purge --autoremove borgmatic borgbackup >/dev/null
"""
# New rows at the end of the journal, and one stretch of accounts that was worked on: pure additions would spare even a
# compressed dump, whose beginning then stays as it was.
APPENDED = """
insert into pgbench_history (tid, bid, aid, delta, mtime)
select 1 + i % 500, 1 + i % 50, i * 97 % 5000000, i % 1000, timestamp '2026-11-22' + i * interval '1 s'
from generate_series(1, 50000) i;
update pgbench_accounts set abalance = abalance + 1 where aid between 2000001 and 2005000
"""
SCATTERED = """
update pgbench_accounts set abalance = abalance + 1
where aid in (select (i::bigint * 104729 % 5000000)::int from generate_series(1, 500) i)
"""
# Runs the command and says how much memory its own process took, without those that it starts.
MEASURED = """
import resource, sys
sys.path.insert(0, '/usr/share/seawall')
from ops.cli import run
code = run(['backup', 'bench', '--json'])
print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def measure(lab: Lab) -> Iterator[str]:
    """Yield the tables."""
    his = lab.machine("his1")
    try:
        with wide(lab.machine("backup1")):
            prepare(his, {}, 20 * MINUTES)
            yield "\n".join([*speed(his), *memory(his)])
            yield "\n".join(growth(his))
    finally:
        clean(lab)


def prepare(his: Machine, sizes: Mapping[str, int], timeout: float) -> None:
    """Make the data and the repositories, of the usual sizes but for some; timeout: in seconds."""
    given = "".join(f"export {name}={value}\n" for name, value in sizes.items())
    his.ssh("sh -s", input=given + (HERE / "bench_prepare.sh").read_text("utf-8"), timeout=timeout)
    his.ssh("cat >/srv/bench/by_hand.sh", input=(HERE / "large_by_hand.sh").read_text("utf-8"))


def clean(lab: Lab) -> None:
    """Remove all of it again."""
    lab.machine("his1").ssh(CLEANED, timeout=20 * MINUTES)
    # A client can't remove what it wrote; the backup host's administrator can.
    lab.machine("backup1").ssh("rm -rf /srv/seawall/his1/bench-*", timeout=20 * MINUTES)


def speed(his: Machine) -> list[str]:
    """Return first and unchanged runs of each way."""
    ways = {"by hand": HAND, "seawall": OURS, "borgmatic": BORG}
    first = {name: seconds(partial(his.ssh, words, timeout=15 * MINUTES)) for name, words in ways.items()}
    again = {name: seconds(partial(his.ssh, words, timeout=15 * MINUTES)) for name, words in ways.items()}
    lines = [
        "pgbench scale 50 and 20,000 files (aim: seawall at most 1.03 by hand, and quicker than borgmatic at first)"
    ]
    for title, taken in (("first run", first), ("unchanged", again)):
        lines += [f"  {title}, {name:<10}{took:>9.1f} s{took / taken['by hand']:>8.2f}" for name, took in taken.items()]
    return lines


def memory(his: Machine, timeout: float = 15 * MINUTES) -> list[str]:
    """Return the most memory that Seawall's own process took; timeout: in seconds."""
    done = his.ssh(f"{AS}SEAWALL_ROOT=/srv/bench/root python3 - <<'END'\n{MEASURED}\nEND", timeout=timeout)
    peak = next(int(line.split()[1]) for line in done.stderr.splitlines() if line.startswith("peak"))
    return [f"  memory of seawall's own process: {peak / 1024:.0f} MB (aim: under 60 MB)"]


def growth(his: Machine) -> list[str]:
    """Return what each further backup adds, against dumps that pg_dump has compressed."""
    lines = ["growth of the repository (aim: a twentieth after new rows, nine tenths after scattered updates)"]
    his.ssh(COMPRESSED, timeout=15 * MINUTES)
    for title, change in (
        ("1 % new rows, 0.1 % in one place", APPENDED),
        ("500 rows changed here and there", SCATTERED),
    ):
        his.ssh("cd / && runuser -u postgres -- psql -Xq bench", input=change + ";", timeout=5 * MINUTES)
        ours = int(json.loads(his.ssh(OURS, timeout=15 * MINUTES).stdout)["added_bytes"])
        theirs = int(his.ssh(COMPRESSED, timeout=15 * MINUTES).stdout.split()[-1])
        row = f"{ours / 1e6:>8.1f} MB{theirs / 1e6:>10.1f} MB{ours / theirs:>8.3f}"
        lines.append(f"  after {title:<34}{row}")
    return lines


def seconds(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
