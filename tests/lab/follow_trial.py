"""Runs on a machine: starts a unit as a command does, and says on standard error how many programs that took.

python3 follow_trial.py UNIT [FILE]     FILE: it is enough when that is there
"""

import sys
from pathlib import Path

sys.path.insert(0, "/usr/share/seawall")

from ops.jobs.run.systemd_unit import run_in_unit

started = []
sys.addaudithook(lambda event, details: started.append(details[0]) if event == "subprocess.Popen" else None)
enough = Path(sys.argv[2]).exists if len(sys.argv) > 2 else None
try:
    ended = run_in_unit(sys.argv[1], "none", enough)
finally:
    print(f"programs {len(started)}", file=sys.stderr)
sys.exit(ended.code)
