"""The runbook: how to rebuild a lost site, from a clean machine to users at work. It is generated, to be printed.

  seawall runbook --output runbook.txt
  seawall runbook --html --output runbook.html
  seawall runbook --pdf --output runbook.pdf --language cs

It is generated from the policy, the inventory, and facts about the machines (`seawall control look`). It contains no
secrets; those are on the key sheet. What the reader must know from elsewhere is marked [KNOW: ...] and counted.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ops.commands._options import add_language, spoken
from ops.commands.control import _options, _output
from ops.fleet.runbook.model import known_elsewhere
from ops.fleet.runbook.render import gathered, html, text, written


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    _options.add_inventory(parser)
    add_language(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--html", action="store_true", help="an HTML page to print")
    form.add_argument("--pdf", action="store_true", help="the same page as a PDF")
    parser.add_argument("--output", type=Path, metavar="FILE", help="output file (default: standard output)")


def execute(options: argparse.Namespace) -> int:
    """Write the runbook and say how much of it must be known from elsewhere."""
    _output.demand_place(options.output, pdf=options.pdf)
    site = gathered(_options.read_inventory(options).path)
    with spoken(options, site.own.site.language):
        chapters = written(site)
        found = known_elsewhere(chapters[:-1])
        page = html(site, chapters) if options.html or options.pdf else text(site, chapters)
    if options.json:
        print(json.dumps({"known_elsewhere": found, "chapters": [chapter.title for chapter in chapters]}))
        return 0
    _output.write(page, options.output, pdf=options.pdf, mode=0o640)
    if options.output:
        print(f"{options.output}: {len(chapters)} chapters; to be known from elsewhere: {len(found)}")
    return 0
