"""What the control machine asks its machines, as facts of pyinfra: a command, and what is understood of its output.

What a machine says is hostile until it is understood: anything else than the expected answer is no fact, or one that
says so.
"""

import sys
from types import ModuleType
from typing import cast


def _load_pyinfra() -> None:
    """Load pyinfra without the task runner that paramiko brings with it, which takes a third of the time.

    paramiko needs it only for `Match exec` in settings of OpenSSH, and nobody has it read any: OpenSSH itself does.
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    unknown = modules.setdefault("invoke", None) is None  # Python takes it for one that is not installed
    try:
        import pyinfra.api  # noqa: F401 -- loaded for those who import it next
    finally:
        if unknown:
            del modules["invoke"]


_load_pyinfra()
