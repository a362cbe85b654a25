"""Copy an asset's newest good set to another repository, and read back there what was written."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from ops.jobs.copy.job import copies


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall copy`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = (
        "examples:\n  seawall copy his                 to every repository that the policy names\n"
        "  seawall copy his --to offsite    to this one\n"
    )
    parser.add_argument("asset", help="name of the asset in the policy")
    parser.add_argument("--to", metavar="REPOSITORY", help="copy to this repository only")


def execute(options: Namespace) -> int:
    """Copy one asset of this machine; 0 when every copy was read back, 1 when not."""
    code = 0
    for ended in copies(options.asset, options.to):
        print(ended.text(as_json=options.json), end="", flush=True)
        code = max(code, ended.code)
    return code
