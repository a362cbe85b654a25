"""The arguments of `seawall policy new`, and the person at the terminal."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.printable import printable
from ops.fleet.new_policy.answers import Answers, new_folder
from ops.fleet.new_policy.questions import QUESTIONS, answered

if TYPE_CHECKING:
    from ops.fleet.new_policy.look import Seen

EPILOG = """\
example, which asks nothing:
  seawall policy new inventories/mysite --site "Example hospital" --timezone Europe/Prague \\
    --contact "Head of IT, +420 555 0100, it@hospital.example" --server his1=192.0.2.11 --server docs1=192.0.2.12 \\
    --backup-host backup1=192.0.2.21 --look
"""
LOOK = "May I look at the machines over SSH? Nothing is installed or changed there [Y/n]: "


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Write the inventory of a new site from ten answers; what no flag says is asked on the terminal.\n"
        "What already exists is never overwritten."
    )
    parser.epilog = EPILOG
    parser.add_argument("folder", metavar="FOLDER", help="folder to create, such as inventories/mysite")
    for one in QUESTIONS:
        default = one.default() if one.default else None
        empty = "" if default is None else f" (default: {default or 'none yet'})"
        words = f"{one.text}{'; may be repeated' if one.several else ''}{empty}"
        action = "append" if one.several else "store"
        parser.add_argument(one.flag, dest=one.field, action=action, metavar=one.shape, help=words)
    parser.add_argument("--user", default="root", help="account that SSH logs in to; another one than root uses sudo")
    parser.add_argument(
        "--look",
        action=argparse.BooleanOptionalAction,
        help="look over SSH for the databases and large folders of the servers; changes nothing there (default: ask)",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the files, and write none")


def execute(options: argparse.Namespace) -> int:
    """Ask, look, check and write; say what comes next."""
    from ops.fleet.new_policy import make

    folder = _folder(options.folder)
    person = sys.stdin.isatty() and not options.json
    given = {one.field: _text(getattr(options, one.field)) for one in QUESTIONS}
    answers = answered(given, options.user, _ask if person else None)
    looks = options.look if options.look is not None else person and _ask(LOOK).strip().lower() in {"", "y", "yes"}
    seen, warnings = _seen(answers) if looks else ({}, [])
    draft = make.draft(answers, seen, clock.now().date())
    assets = make.write(draft, folder, dry_run=options.dry_run)
    for warning in warnings:
        print(f"warning: {printable(warning)}", file=sys.stderr)
    notes = {server: proposal.notes for server, proposal in draft.proposals.items() if proposal.notes}
    if options.json:
        texts = dict(draft.texts) if options.dry_run else sorted(draft.texts)
        print(json.dumps({"version": 1, "files": texts, "assets": assets, "notes": notes, "warnings": warnings}))
    elif options.dry_run:
        print("\n".join(f"# {folder / name}\n{text}" for name, text in draft.texts.items()), end="")
    else:
        print(_told(folder, answers, assets, sum(map(len, notes.values()))))
    return 0


def _folder(text: str) -> Path:
    try:
        return new_folder(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _text(value: str | list[str] | None) -> str | None:
    return ",".join(value) if isinstance(value, list) else value


def _ask(question: str) -> str:
    try:
        return input(question)
    except EOFError as error:
        raise UsageError("the answers ended early; nothing was written") from error


def _seen(answers: Answers) -> tuple[dict[str, Seen], list[str]]:
    """Look at the machines; return what was seen of those that answered, and what should be known of all."""
    from ops.fleet.new_policy import make

    print(f"looking at {', '.join(machine.name for machine in answers.machines)}", file=sys.stderr, flush=True)
    looked = make.look_at(answers)
    seen = {name: answer.fact for name, answer in looked.items() if answer.fact}
    return seen, make.warnings(answers, looked)


def _told(folder: Path, answers: Answers, assets: list[str], notes: int) -> str:
    named = ", ".join(assets)
    uncovered = f"; {notes} found and in no asset, see the files below host_vars" if notes else ""
    return (
        f"wrote {folder}: {len(answers.machines)} machines; assets: {named}; the policy is valid{uncovered}\n"
        f"read it, and strike out what needs no backup; then:\n"
        f"  export SEAWALL_INVENTORY={folder} ANSIBLE_VAULT_PASSWORD_FILE=~/.seawall-vault\n"
        f"  seawall secrets make --new-password\n"
        f"  ansible-playbook -i {folder} playbooks/site.yml\n"
        f"  seawall fleet run backup"
    )
