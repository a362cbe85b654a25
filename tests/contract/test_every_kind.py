"""What every kind keeps, of whichever sort: one constant, explained options, and a module that only defines."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest
from every_kind import SORTS, decoded, every, required

from ops.core import schema
from ops.core.errors import PolicyError
from ops.core.names import AbsolutePath

KINDS = [(package, kind) for package in SORTS for kind in every(package)]
# A machine knows what makes PostgreSQL's files whole; nobody else knows another kind.
FRIENDS = {
    ("ops.sources.machine", "ops.sources.postgresql"),
    ("ops.sources.postgresql_cluster", "ops.sources.machine"),
    ("ops.sources.postgresql_cluster", "ops.sources.postgresql"),
}
# What belongs to those who use the kinds.
ABOVE = ("ops.policy", "ops.jobs", "ops.commands", "ops.fleet", "ops.lab", "ops.cli")
PATIENCE = 120  # seconds for one import, on a machine with other work, too
# Imports each module in a process of its own, and tells what came along and what it did; or why it did not come to an
# end, with the line at which it waits.
WATCH = """
import faulthandler, importlib, json, os, sys
ACTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.mkdir", "socket.connect")
patience, names = json.loads(sys.argv[1])
for name in names:
    reader, writer = os.pipe()
    errors = os.memfd_create("errors")
    if not os.fork():
        os.dup2(errors, 2)
        faulthandler.dump_traceback_later(patience, exit=True)
        acts = []
        def hook(event, arguments):
            written = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if event in ACTS or written:
                acts.append(f"{event} {arguments[0]}")
        sys.addaudithook(hook)
        importlib.import_module(name)
        told = {"acts": [*acts], "modules": [one for one in sys.modules if one.startswith("ops.")]}
        with os.fdopen(writer, "w") as out:
            json.dump(told, out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        told = said.read()
    os.wait()
    os.lseek(errors, 0, os.SEEK_SET)
    with os.fdopen(errors) as said:
        print(told or json.dumps({"failed": said.read()}), flush=True)
"""


@pytest.fixture(params=KINDS, ids=[f"{package.removeprefix('ops.')}.{kind}" for package, kind in KINDS])
def which(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture
def module(which: tuple[str, str]) -> ModuleType:
    return importlib.import_module(".".join(which))


@pytest.fixture(scope="module")
def imported(checkout: Path) -> dict[str, dict[str, Any]]:
    """What came along with each kind's module, and what it did, in an interpreter that knew nothing of us."""
    return watched(checkout, [".".join(pair) for pair in KINDS], PATIENCE)


def watched(folder: Path, names: list[str], patience: int) -> dict[str, dict[str, Any]]:
    """Import modules that a folder has. patience: seconds for each; one that takes longer, or fails, has `failed`."""
    argv = [sys.executable, "-B", "-c", WATCH, json.dumps([patience, names])]
    bound = (len(names) + 1) * patience
    said = subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True, timeout=bound).stdout
    return dict(zip(names, map(json.loads, said.splitlines()), strict=True))


def came(which: tuple[str, str], imported: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what came of the import of a kind; fail with the reason when it did not come to an end."""
    told = imported[".".join(which)]
    if "failed" in told:
        pytest.fail(f"{'.'.join(which)} could not be imported within {PATIENCE} s; it says:\n{told['failed']}")
    return told


def test_an_import_that_does_not_end_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "stuck.py").write_text("import threading\n\nthreading.Event().wait()\n")
    (tmp_path / "broken.py").write_text("import no_such_module\n")
    (tmp_path / "sound.py").write_text("VALUE = 1\n")
    told = watched(tmp_path, ["stuck", "broken", "sound"], 2)
    assert 'stuck.py", line 3' in told["stuck"]["failed"]
    assert "No module named 'no_such_module'" in told["broken"]["failed"]
    assert told["sound"] == {"acts": [], "modules": []}


def test_the_module_says_in_one_sentence_what_it_is(module: ModuleType) -> None:
    first = (module.__doc__ or "").splitlines()[0]
    assert first.endswith("."), "the first line of the docstring is one sentence; the reference is made of it"


def test_there_is_exactly_one_constant(which: tuple[str, str], module: ModuleType) -> None:
    assert [name for name, value in vars(module).items() if isinstance(value, SORTS[which[0]])] == ["KIND"]


def test_what_it_offers_is_frozen(module: ModuleType) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        module.KIND.added = "later"


def test_to_import_it_does_nothing(which: tuple[str, str], imported: dict[str, Any]) -> None:
    assert came(which, imported)["acts"] == [], "to import a kind does nothing: move it into a function"


def test_it_knows_no_other_kind_and_nobody_above(which: tuple[str, str], imported: dict[str, Any]) -> None:
    package, kind = which
    others = {f"{package}.{other}" for other in every(package) if other != kind}
    with_it = set(came(which, imported)["modules"])
    known = {other for other in others & with_it if (f"{package}.{kind}", other) not in FRIENDS}
    assert known == set()
    assert {name for name in with_it if name.startswith(ABOVE)} == set()


WITH_OPTIONS = [pair for pair in KINDS if pair[0] != "ops.gaps"]


@pytest.mark.parametrize(("package", "kind"), WITH_OPTIONS)
def test_every_option_is_frozen_and_explained(package: str, kind: str) -> None:
    options = importlib.import_module(f"{package}.{kind}").KIND.options
    assert options.__dataclass_params__.frozen
    explained = re.findall(r"^ *(\w+): .+$", options.__doc__ or "", re.MULTILINE)
    assert sorted(explained) == sorted(field.name for field in dataclasses.fields(options))


@pytest.mark.parametrize(("package", "kind"), WITH_OPTIONS)
def test_options_are_understood_and_unknown_words_are_not(package: str, kind: str) -> None:
    options = importlib.import_module(f"{package}.{kind}").KIND.options
    made = decoded(kind, options)
    assert schema.decode(options, json.loads(json.dumps(schema.encode(made))), "options") == made
    with pytest.raises(PolicyError, match="unknown key"):
        schema.decode(options, {**required(kind, options), "no_such_option": 1}, "options")


@pytest.mark.parametrize(("package", "kind"), WITH_OPTIONS)
def test_what_is_missing_is_named(package: str, kind: str) -> None:
    options = importlib.import_module(f"{package}.{kind}").KIND.options
    for name in required(kind, options):
        given = required(kind, options)
        del given[name]
        with pytest.raises(PolicyError) as refused:
            schema.decode(options, given, "options")
        assert name in str(refused.value)


PATHS = {"file", "filesystems", "folder", "folders", "leave_out", "mounted", "path", "paths", "socket"}


@pytest.mark.parametrize(("package", "kind"), WITH_OPTIONS)
def test_a_path_is_typed_as_one(package: str, kind: str) -> None:
    options = importlib.import_module(f"{package}.{kind}").KIND.options
    hints = {name: hint for name, hint in get_type_hints(options).items() if name in PATHS}
    assert {name: hint for name, hint in hints.items() if AbsolutePath not in (hint, *get_args(hint))} == {}


@pytest.mark.parametrize("package", sorted({package for package, _ in WITH_OPTIONS}))
def test_a_word_that_people_use_means_one_kind(package: str) -> None:
    words = [word for kind in every(package) for word in importlib.import_module(f"{package}.{kind}").KIND.synonyms]
    assert len(words) == len({*words})
    assert {*words} & {*every(package)} == set()
    assert [word for word in words if word != word.lower()] == []
