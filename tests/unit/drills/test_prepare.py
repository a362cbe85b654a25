"""What a booted machine is asked about its services."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from ops.core import kinds
from ops.core.errors import Damaged, PolicyError
from ops.core.run import stream
from ops.core.schema import decode
from ops.core.verdict import Finding, Verdict
from ops.drills._boot import prepare
from ops.drills._boot.container import Booted
from ops.drills._boot.prepare import TRUSTING, Options, boot_over, raised
from ops.interfaces.drill import Part, Stage
from ops.interfaces.facts import Facts
from ops.interfaces.manifest import Material, PartFacts


@pytest.mark.parametrize("name", ["postgresql@*.service", "ssh.service cron.service", "--all", "[a-z]*"])
def test_a_service_is_named_and_not_described(name: str) -> None:
    with pytest.raises(PolicyError, match="expected the name of a systemd unit"):
        decode(Options, {"services": ["ssh.service", name]}, "options")


def test_an_instance_is_a_name() -> None:
    assert decode(Options, {"services": ["postgresql@15-main.service"]}, "options").services


def test_a_machine_that_stopped_after_it_answered_has_no_good_boot(tmp_path: Path) -> None:
    """Nothing is heard of failed units then, and that is no news of a good one."""
    told: dict[str, Finding] = {}
    stage = cast(Stage[Options], SimpleNamespace(options=Options(), rung=told.__setitem__))
    console = tmp_path / "console"
    console.write_text("Kernel panic\n")
    with stream(["true"], timeout=20) as nspawn:
        nspawn.process.wait()
        boot_over(stage, Booted(nspawn.process.pid, nspawn, console))
    assert told["boot"].verdict is Verdict.FAIL
    assert "Kernel panic" in told["boot"].message


class Slow:
    """A machine that answers, and has not come to the end of its boot."""

    patience = 0

    def told(self, argv: list[str]) -> str:
        return "starting" if argv[1] == "is-system-running" else self.failed

    def alive(self) -> bool:
        return True

    def __init__(self, failed: str) -> None:
        self.failed = failed


@pytest.mark.parametrize(
    ("failed", "message"),
    [
        ("", "units were still being started after 0s"),
        ("a.service loaded failed failed A", "failed: a.service; units were still being started after 0s"),
    ],
)
def test_a_boot_that_was_not_over_in_time_is_no_good_one(failed: str, message: str) -> None:
    told: dict[str, Finding] = {}
    stage = cast(Stage[Options], SimpleNamespace(options=Options(), rung=told.__setitem__))
    boot_over(stage, cast(Booted, Slow(failed)))
    assert told["boot"] == Finding(Verdict.WARN, message)


def test_a_boot_that_is_over_is_good_when_no_unit_has_failed() -> None:
    told: dict[str, Finding] = {}
    stage = cast(Stage[Options], SimpleNamespace(options=Options(), rung=told.__setitem__))
    over = Slow("")
    over.told = lambda argv: "running" if argv[1] == "is-system-running" else ""  # type: ignore[method-assign]
    boot_over(stage, cast(Booted, over))
    assert told["boot"] == Finding(Verdict.PASS, "no unit has failed")


@pytest.mark.parametrize("port", [99_999, 65_536, 0, -1, 22.5, "22", float("nan"), True])
def test_a_port_that_is_none_is_refused(port: object) -> None:
    with pytest.raises(PolicyError, match="port"):
        decode(Options, {"answers": [{"port": port}]}, "options")
    assert decode(Options, {"answers": [{"port": 65_535}]}, "options").answers[0].port == 65_535


class Nothing:
    """A stage on which nothing can be brought."""

    name, instant = "his1_server", None
    scratch = Path("/nowhere")
    parts: Mapping[str, Part] = {}

    def __init__(self, options: Options) -> None:
        self.options = options

    def tell(self, **_figures: object) -> None:
        pass

    def timed(self, part: str) -> AbstractContextManager[None]:
        raise Damaged(part)


@pytest.mark.parametrize("instant", [True, False])
def test_a_machine_whose_root_has_to_be_trusted_is_called_one(
    instant: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "room", lambda _stage, _needed: nullcontext(Path("/nowhere")))
    stage = cast(Stage[Options], Nothing(Options(instant=instant)))
    part = cast(Part, SimpleNamespace(label="tree", bytes=1))
    with pytest.raises(Damaged, match="fetch"), raised(stage, part):
        pass
    assert (TRUSTING in capsys.readouterr().out) is instant


def part(label: str, kind: str, **more: object) -> Part:
    told = PartFacts(kind, kinds.load("ops.sources", kind), cast(Facts, None), Material(), **more)  # type: ignore[arg-type]
    return Part(label, told, 1)


class Bringing:
    """A stage whose parts each bring one file of their own, and one that all of them have."""

    options, instant = Options(), None
    parts: Mapping[str, Part] = {
        one.label: one
        for one in (
            part("images", "files"),
            part("tree", "machine"),
            part("tree.log", "machine", completes="tree"),
            part("agenda", "sqlite"),
        )
    }

    def tell(self, **_figures: object) -> None:
        pass

    def timed(self, _part: str) -> AbstractContextManager[None]:
        return nullcontext()

    def bring(self, label: str, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        (folder / label).touch()
        if label != "tree.log":  # brought beside the tree, at any time
            (folder / "both").write_text(label)


def test_files_of_the_set_lie_over_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They were taken after it; what is no file of it does not belong there."""
    monkeypatch.setattr(prepare, "room", lambda _stage, _needed: nullcontext(tmp_path))
    stage = cast(Stage[Options], Bringing())
    files = prepare._files_beside(stage)
    with prepare._restored(stage, stage.parts["tree"], files) as root:
        assert {path.name for path in root.iterdir()} == {"tree", "tree.log", "images", "both"}
        assert (root / "both").read_text() == "images"


def test_files_are_taken_after_a_machine() -> None:
    order = {kind: kinds.load("ops.sources", kind).order for kind in ("machine", "postgresql", "files")}
    assert order["machine"] < order["files"]
    assert order["postgresql"] < order["files"]
