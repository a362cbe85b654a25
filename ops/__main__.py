"""The door of the command `seawall`."""

import gc
import sys

from ops.cli import run

YOUNG = 100_000  # objects of which the collector looks for what is garbage; by itself Python looks at each 700


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(YOUNG)  # a tenth of a command's start is a search for garbage among what was just imported
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
