"""Which secrets a machine holds: the digests of their files, and never what is in them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from pyinfra.api.facts import FactBase

from ops.core.names import Digest

FOLDER = "/etc/seawall/credentials"  # below SEAWALL_ROOT, as everything of a machine, which only tests set
_WORDS = 2  # in a line of sha256sum


class HeldSecrets(FactBase[Mapping[str, str]]):
    """The SHA-256 of files with secrets, by their names; none for one that is not there."""

    def command(self, files: Sequence[str]) -> str:
        """Return the command. files: their names."""
        return f'cd "$SEAWALL_ROOT"{FOLDER} && sha256sum -- {shlex.join(files)}'

    def process(self, output: list[str]) -> Mapping[str, str]:
        """Return what was told; other lines are passed over."""
        rows = (line.split() for line in output)
        return {row[1]: row[0] for row in rows if len(row) == _WORDS and Digest.fits(row[0])}
