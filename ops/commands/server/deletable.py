"""Say of each file below some paths whether verified copies of it are kept, and delete those of which they are.

A file may be deleted when its every byte is in as many repositories as the policy demands (`deletable` of its asset;
by default two, one of them off-site or removable), each in the set of the last good backup or copy, read back within
30 days. The bytes are compared where they lie; size and times are not trusted. Nothing is deleted without --delete.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence

from ops.core.errors import UsageError
from ops.core.printable import printable
from ops.core.quantity import Size, counted
from ops.jobs.deletable.job import asset_of, carry_out
from ops.jobs.deletable.judging import Judged, Verdicts, judge

EXAMPLES = """\
examples:
  seawall deletable /srv/pacs/2019                     what could be deleted, and what is missing for the rest
  seawall deletable /srv/pacs/2019 --all               names every file
  seawall deletable /srv/pacs/2019 --read              reads the files' bytes from each repository now
  seawall deletable /srv/pacs/2019 --delete            shows what would go, asks, and deletes it
  seawall deletable /srv/pacs/2019 --delete --dry-run  only says what it would delete
  seawall deletable /srv/pacs/2019 --delete --confirm pictures     in a script; pictures is the asset

exit codes: 0 every file may be deleted, or was; 1 some file stays; 2 wrong usage or policy
"""
QUESTION = "{} will be deleted here; copies stay in {} for {} at least. Type {} to continue: "
MOST = 20  # files that are named for each reason, without --all


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall deletable`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, or a folder with all below it")
    parser.add_argument("--all", action="store_true", help=f"name every file, not only {MOST} for each reason")
    parser.add_argument(
        "--read",
        action="store_true",
        help="read the bytes of the files back from each repository now; takes as long as a restore of them",
    )
    parser.add_argument("--delete", action="store_true", help="delete the files that may be; asks for confirmation")
    parser.add_argument("--confirm", metavar="ASSET", help="confirm --delete in a script")
    parser.add_argument("--dry-run", action="store_true", help="delete nothing, even with --delete")


def execute(options: Namespace) -> int:
    """Say what may be deleted, or delete it; 0 when nothing stays."""
    if options.confirm is not None and not options.delete:
        raise UsageError("--confirm confirms --delete", "add --delete, or leave --confirm out")
    verdicts = judge(options.paths, read=options.read)
    lines = [*_lines(verdicts, len(verdicts.files) if options.all else MOST)]
    stays = 0 if len(verdicts.deletable) == len(verdicts.files) else 1
    if not options.delete or options.dry_run:
        print(json.dumps(_plain(verdicts), indent=2) if options.json else "\n".join(lines))
        return stays
    print("\n".join(lines), file=sys.stderr if options.json else sys.stdout)
    if asset := asset_of(verdicts):
        _demand_answer(options, verdicts, asset)
        ended = carry_out(verdicts)
        print(ended.text(as_json=options.json), end="")
        return ended.code or stays
    return stays


def _demand_answer(options: Namespace, verdicts: Verdicts, asset: str) -> None:
    """Demand a person's word, or raise UsageError."""
    answer = options.confirm
    if answer is None:
        if not sys.stdin.isatty():
            raise UsageError("--delete requires confirmation, and there is no terminal", f"use --confirm {asset}")
        held = ", ".join(one.holder.name for one in verdicts.compared[asset] if one.proven)
        kept = verdicts.policy.assets[asset].retention.all
        answer = input(QUESTION.format(counted(len(verdicts.deletable), "file"), held, kept, asset))
    if answer.strip() != asset:
        raise UsageError("not confirmed; nothing was deleted", f"the files are of the asset {asset}")


def _lines(verdicts: Verdicts, most: int) -> Iterator[str]:
    """Yield what was found for a person: the sets that were compared with, then the files by reason."""
    for asset, found in verdicts.compared.items():
        for one in found:
            words = one.missing or f"set {one.holder.set[:8]}"
            yield f"{asset} in {one.holder.name}{', elsewhere' if one.holder.elsewhere else ''}: {words}"
        kept = verdicts.policy.assets[asset].retention.all
        yield f"{asset}: a deleted file stays in these sets for {kept} at least (retention); after that it may be gone"
    reasons: dict[str, list[Judged]] = {}
    for file in verdicts.files:
        reasons.setdefault(file.missing, []).append(file)
    for why in sorted(reasons):
        yield from _group(why, reasons[why], most)
    if verdicts.passed:
        yield f"not looked at, and never deleted: {len(verdicts.passed)}"
        yield from _few([f"{printable(path)}: {why}" for path, why in sorted(verdicts.passed.items())], most)
    if not verdicts.files:
        yield "no file lies there"


def _group(why: str, files: Sequence[Judged], most: int) -> Iterator[str]:
    amount = f"{counted(len(files), 'file')}, {Size(sum(one.file.look.size for one in files))}"
    yield f"stay, {why}: {amount}" if why else f"may be deleted: {amount}"
    yield from _few([printable(one.file.path) for one in files], most)


def _few(texts: Sequence[str], most: int) -> Iterator[str]:
    yield from (f"  {text}" for text in texts[:most])
    if len(texts) > most:
        yield f"  and {len(texts) - most} more; --all names them"


def _plain(verdicts: Verdicts) -> dict[str, object]:
    """Return what was found for programs. A byte of a path that is not UTF-8 comes as Python's U+DC80 to U+DCFF."""
    files = [
        {
            "path": one.file.path,
            "bytes": one.file.look.size,
            "asset": one.asset,
            "deletable": one.deletable,
            "missing": one.missing,
        }
        for one in verdicts.files
    ]
    chosen = verdicts.deletable
    total = {"files": len(files), "deletable": len(chosen), "bytes": sum(one.file.look.size for one in chosen)}
    return {"summary": total, "files": files, "passed": dict(verdicts.passed)}
