"""Restore an asset beside what runs: into a folder, or into a database of another name.

A PLACE that begins with / is a folder, which gets one folder for each part of the set; any other word is the name of
a new database on this machine's own server, in which {} stands for the database's own name. Nothing that is there is
touched, unless --in-place is said and answered; what was there before is kept then, too.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from ops.core import clock
from ops.core.errors import SeawallError, UsageError
from ops.core.quantity import Size
from ops.core.verdict import Finding, Verdict, worst
from ops.jobs import settings
from ops.jobs.backup.job import chosen
from ops.jobs.host import repositories
from ops.jobs.restore import material
from ops.jobs.restore.execution import Source, carry_out
from ops.jobs.restore.plan import Step, planned
from ops.jobs.restore.point_in_time import point_in_time
from ops.jobs.run.job import Outcome, perform
from ops.policy import HostPolicy

EXAMPLES = """\
examples:
  seawall restore his --to his_restored                the newest set, as a new database beside the live one
  seawall restore documents --to /srv/restore          files into a folder
  seawall restore documents --to /srv/restore --only /srv/his/documents/2026
  seawall restore his --to his_restored --only patients --at '2026-11-20 12:00'
  seawall restore lis --to '{}_restored' --part database.lis --from offsite
  seawall restore lis --to '{}_restored' --to reports=/srv/restore      all of a set of several parts
  seawall restore his --in-place                       asks first; keeps what was there before
  seawall restore his --to his_restored --dry-run      only says what it would do
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall restore`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("asset", help="the asset's name in the policy")
    parser.add_argument(
        "--to", action="append", default=[], metavar="[PART=]PLACE", help="a folder, or the name of a new database"
    )
    parser.add_argument("--at", metavar="WHEN", help="2026-11-20, '2026-11-20 12:00' (the site's time), or a set's id")
    parser.add_argument("--from", dest="source", metavar="REPOSITORY", help="default: where its sets go first")
    parser.add_argument("--part", action="append", default=[], metavar="PART", help="only this part of the set")
    parser.add_argument("--only", action="append", default=[], metavar="PATH|TABLE", help="only this; may be repeated")
    parser.add_argument("--in-place", action="store_true", help="put it in the place of what is there; asks first")
    parser.add_argument("--confirm", metavar="ASSET", help="the answer to --in-place, for scripts")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def execute(options: Namespace) -> int:
    """Restore an asset; 0 when all was brought and is as its manifest says."""
    if os.geteuid() != 0 and "SEAWALL_ROOT" not in os.environ:
        raise UsageError("only root can give files and databases back to their owners", "sudo seawall restore ...")
    policy = settings.policy()
    asset = chosen(policy, options.asset)
    meant = point_in_time(options.at, policy.site.timezone)
    with tempfile.TemporaryDirectory(prefix="restore-", dir=_memory()) as folder:
        place = repositories.open_own(policy, options.source or asset.repository)
        place.reach()
        which = material.chosen(place, options.asset, *meant)
        told = material.manifest(place, which, Path(folder, "manifest"))
        steps = planned(asset, which, told, options)
        source = Source(place, which, Path(folder, "manifest"))
        _say(options, source, steps)
        if options.dry_run:
            return 0
        if options.in_place:
            _answered(options)
        return _done(policy, options, source, steps)


def _memory() -> Path:
    folder = settings.scratch()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _say(options: Namespace, source: Source, steps: Sequence[Step]) -> None:
    """Say what is going to be done, and how much it is."""
    age = clock.now() - source.which.time
    total = sum(step.bytes for step in steps)
    print(
        f"{options.asset}: set {source.which.id[:8]} of {clock.iso(source.which.time)} "
        f"({age.days} d {age.seconds // 3600} h old) from {source.place.repository.name}, {Size(total)}",
        file=sys.stderr if options.json else sys.stdout,
    )
    for step in steps:
        print(f"  {step.words()}", file=sys.stderr if options.json else sys.stdout)


def _answered(options: Namespace) -> None:
    """Demand a person's word, or raise UsageError."""
    answer = options.confirm
    if answer is None:
        if not sys.stdin.isatty():
            raise UsageError("--in-place wants an answer, and nobody is at the terminal", "--confirm ASSET gives it")
        answer = input(f"What is there is put aside. Type {options.asset} to go on: ")
    if answer.strip() != options.asset:
        raise UsageError("not confirmed; nothing was changed")


def _done(policy: HostPolicy, options: Namespace, source: Source, steps: Sequence[Step]) -> int:
    outcome = perform(
        "restore",
        f"restore-{options.asset}",
        options.asset,
        policy.host,
        lambda: _work(source, steps, tuple(options.only)),
    )
    print(json.dumps(dict(outcome.facts)) if options.json else f"{outcome.verdict.value}: {outcome.message}")
    return 0 if outcome.good else 1


def _work(source: Source, steps: Sequence[Step], only: tuple[str, ...]) -> Outcome:
    started = clock.now()
    found: list[tuple[str, str, Finding]] = []
    said: list[str] = []
    for step in steps:
        findings, words = carry_out(source, step, only)
        said.append(words)
        for name, finding in findings:
            word = finding.verdict.value if finding.configured else "-"
            print(f"{step.label}: {word:<7} {name}: {finding.message}", flush=True)
            found += [(step.label, name, finding)] if finding.configured else []
    if not found:
        raise SeawallError("there was nothing to restore")
    verdict = worst(finding.verdict for _, _, finding in found)
    wrong = [f"{label} {name}: {seen.message}" for label, name, seen in found if seen.verdict is not Verdict.PASS]
    seconds = round((clock.now() - started).total_seconds(), 1)
    facts = {
        "time": clock.iso(started),
        "set": source.which.id,
        "repository": source.place.repository.name,
        "data_time": clock.iso(source.which.time),
        "seconds": seconds,
        "bytes": sum(step.bytes for step in steps),
        "parts": [step.label for step in steps],
        "in_place": any(step.live for step in steps),
        "rungs": [{"part": label, "name": name, "verdict": seen.verdict.value} for label, name, seen in found],
    }
    head = f"set {source.which.id[:8]} restored in {seconds} s"
    message = "; ".join([head, *said, *wrong])
    return Outcome(verdict, message, facts if not wrong else None, facts)
