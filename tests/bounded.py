"""What a process that may use little memory says of itself."""

from pathlib import Path


def memory(name: str) -> int:
    """Return a figure of this process from the kernel, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)
