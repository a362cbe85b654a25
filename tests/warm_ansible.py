"""The real Ansible without the second that it takes to load: one process has it loaded, and forks for each call.

A call has its own process, so nothing of one inventory is left for the next. Only what Ansible reads while it loads,
its settings, is the same for all: a call with other settings than the one before has it loaded anew.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import CommandError
from ops.core.process import environment
from ops.core.run import TAIL_LINES, Result, run

PROGRAMS = {"ansible-inventory", "ansible-playbook"}


class WarmAnsible:
    """Answers as `ops.core.run.run` does; programs other than Ansible's are started as ever."""

    def __init__(self) -> None:
        self.settings: Mapping[str, str] | None = None
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, argv: Sequence[str | Path], *, timeout: float, **words: Any) -> Result:
        if Path(argv[0]).name not in PROGRAMS or words.get("cwd") or words.get("input"):
            return run(argv, timeout=timeout, **words)
        answer = self.asked([str(word) for word in argv], environment(words.get("env")))
        result = Result(answer["code"], answer["stdout"], "\n".join(answer["stderr"].splitlines()[-TAIL_LINES:]))
        if result.code not in words.get("ok", (0,)):
            raise CommandError([str(word) for word in argv], result.code, result.stderr)
        return result

    def asked(self, argv: list[str], settings: Mapping[str, str]) -> dict[str, Any]:
        if self.process is None or settings != self.settings:
            self.end()
            self.settings = settings
            self.process = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=settings, text=True
            )
        assert self.process.stdin and self.process.stdout
        print(json.dumps([argv, str(Path.cwd())]), file=self.process.stdin, flush=True)
        return dict(json.loads(self.process.stdout.readline()))

    def end(self) -> None:
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()  # type: ignore[union-attr]


@pytest.fixture(scope="session")
def warm_ansible() -> Iterator[WarmAnsible]:
    """Let all that reads inventories ask this one; the program is loaded at the first question."""
    warm = WarmAnsible()
    with pytest.MonkeyPatch.context() as patch:
        put_in(patch, warm)
        yield warm
    warm.end()


def put_in(patch: pytest.MonkeyPatch, warm: WarmAnsible) -> None:
    """Where the inventory's readers have the door to programs, put this one before it."""
    import ops.fleet.inventory  # noqa: F401 -- with all of its modules that have been loaded

    for name, module in list(sys.modules.items()):
        if name.startswith("ops.fleet.inventory") and getattr(module, "run", None) is run:
            patch.setattr(module, "run", warm)


def serve() -> None:
    """Answer each line, a call and its folder, with one that says how it ended."""
    load_plugins()
    for line in sys.stdin:
        argv, folder = json.loads(line)
        program = importlib.import_module(f"ansible.cli.{Path(argv[0]).name.removeprefix('ansible-')}")
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
            child = os.fork()
            if child == 0:
                called(program.main, argv, folder, (out.fileno(), errors.fileno()))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            for file in (out, errors):
                file.seek(0)
            answer = {"code": code, "stdout": out.read(), "stderr": errors.read()}
        print(json.dumps(answer), flush=True)


def load_plugins() -> None:
    """Load what every call would load; finding the plugins takes most of its time."""
    from ansible.plugins.loader import init_plugin_loader, inventory_loader

    init_plugin_loader()
    for name in ("host_list", "script", "auto", "yaml", "ini", "toml"):
        inventory_loader.get(name)
    warnings.filterwarnings("ignore", "AnsibleCollectionFinder has already been configured")


def called(main: Any, argv: list[str], folder: str, outputs: tuple[int, int]) -> None:
    """Be the program, in a process of its own."""
    os.chdir(folder)
    os.dup2(outputs[0], 1)
    os.dup2(outputs[1], 2)
    sys.argv = argv
    code = 1
    try:
        main(argv)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
