"""Back up an asset: capture its sources as one set with a manifest, and read the set back before it counts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from ops.jobs.backup.job import back_up


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall backup`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = (
        "examples:\n  seawall backup his          back up now, as its timer does at night\n"
        "  seawall backup documents --accept-loss 'the archive of 2009 was deleted, ticket 4711'\n"
    )
    parser.add_argument("asset", help="name of the asset in the policy")
    parser.add_argument(
        "--accept-loss", metavar="REASON", help="accept an unexpected shrinkage; the reason is recorded"
    )


def execute(options: Namespace) -> int:
    """Back up one asset of this machine; 0 when the set was read back, 1 when not."""
    ended = back_up(options.asset, options.accept_loss or "")
    print(ended.text(as_json=options.json), end="")
    return ended.code
