"""Programs run as another account of the machine; no look of its own, the looks at databases import it."""

import subprocess

SECONDS = 20


def run_as(account: str, argv: list, text: str) -> subprocess.CompletedProcess:
    """Run a program as an account, with a text as its input."""
    return subprocess.run(
        ["runuser", "-u", account, "--", *argv],
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd="/",
    )


def last(done: subprocess.CompletedProcess) -> str:
    """Return the last line of what a program said of its trouble."""
    return (done.stderr.strip().splitlines() or [""])[-1]
