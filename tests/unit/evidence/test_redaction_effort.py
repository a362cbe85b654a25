"""The longest text that is read costs little, whatever it is made of: each rule looks at a letter a few times at most.

Whoever writes a program's last words (a name of a table, a file) could else keep a machine's jobs waiting.
"""

import subprocess
import sys

import pytest

# In a process of its own that the kernel ends: with a rule that looks back at each letter, each takes 7 s and more.
_CUT = """
import resource, sys
from ops.evidence.redaction import LONGEST, redacted_text
resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
piece = sys.argv[1]
redacted_text((piece * LONGEST)[:LONGEST])
"""


@pytest.mark.parametrize("piece", ['"', "`a", "a", "A", ".", "^", "É", "/", "/a ", "= (", "Abc de ", "ABCD 1", "\"'`"])
def test_a_text_of_one_piece_again_and_again(piece: str) -> None:
    subprocess.run([sys.executable, "-c", _CUT, piece], check=True)
