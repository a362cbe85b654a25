"""Root acts on a machine whose account of the units is hostile: that one learns nothing, and destroys nothing."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from account import NOBODY, as_account, link, machine, needs_root

from ops.core.errors import Damaged, Locked, SeawallError
from ops.core.files import lock
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head
from ops.evidence.reader import read
from ops.evidence.verification import verify
from ops.interfaces.outcome import OutcomeFacts
from ops.interfaces.state import UnreadableState
from ops.jobs.drill import hold
from ops.jobs.drill.options import DrillOptions
from ops.jobs.host import folders, state_files
from ops.jobs.ledger.rotate_key import Wanted, go_on
from ops.jobs.run.job import Outcome, perform

pytestmark = needs_root

SECRET = "k7rt2mvx93hq4nbs8wzp5cdy6fga4jue2lmr9xkq"
LEDGER, STATE = "var/lib/seawall/ledger", "var/lib/seawall/state"


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The machine, with a secret and a file of root's."""
    with machine() as made:
        monkeypatch.setenv("SEAWALL_ROOT", str(made))
        run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", made / "etc/seawall/credentials/ledger.key"],
            timeout=60,
        )
        for name in ("secret", "victim"):
            (made / name).write_text(f"{SECRET}\n")
            (made / name).chmod(0o600)
        yield made


def restored() -> Outcome:
    return perform("restore", "restore-his", "his", "his1", lambda: Outcome(Verdict.PASS, "ok", OutcomeFacts()))


def unharmed(root: Path) -> None:
    """Demand that root's files are as they were, and that nothing of them stands where the account can read it."""
    for name in ("secret", "victim"):
        seen = (root / name).stat()
        assert ((root / name).read_text(), seen.st_uid, seen.st_mode & 0o777) == (f"{SECRET}\n", 0, 0o600)
    for folder in (LEDGER, STATE, "run/seawall/account"):
        for path in (root / folder).rglob("*"):
            assert path.is_symlink() or not path.is_file() or SECRET not in path.read_text()


def test_a_link_in_a_locks_place_destroys_nothing(root: Path) -> None:
    for folder in ("run/seawall/account", STATE):
        link(root / folder / "restore-his.lock", root / "victim")
    (root / "run/seawall/restore-his.lock").symlink_to(root / "victim")  # left from when the account owned that, too
    assert restored().verdict is Verdict.PASS
    unharmed(root)
    assert as_account(lambda: (root / "run/seawall/root/restore-his.lock").symlink_to(root / "victim")) == 1


@pytest.mark.parametrize(
    "left",
    [
        lambda path: path.symlink_to(path.parents[4] / "secret"),
        lambda path: path.write_text(SECRET),
        lambda path: path.write_bytes(b"\xff\x00" * 5000),
        lambda path: path.symlink_to("/dev/zero"),
        os.mkfifo,
        os.mkdir,
    ],
)
def test_the_mark_of_an_act_tells_no_secret(root: Path, left: Callable[[Path], None]) -> None:
    mark = root / STATE / "restore-his.running"
    assert as_account(lambda: left(mark)) == 0
    try:
        restored()
    except OSError:
        assert mark.is_dir()
    else:
        first = json.loads((root / LEDGER / NAME).read_text().splitlines()[0])
        assert first["message"].startswith("the run started at an unknown time never reported a result")
    unharmed(root)


def test_the_time_in_a_mark_is_told(root: Path) -> None:
    assert as_account(lambda: (root / STATE / "restore-his.running").write_text("2026-11-22T01:30:00Z")) == 0
    restored()
    first = json.loads((root / LEDGER / NAME).read_text().splitlines()[0])
    assert "started at 2026-11-22T01:30:00Z never" in first["message"]


def test_links_among_the_states_are_told_and_replaced(root: Path) -> None:
    for name in ("restore-his", "backup-his"):
        link(root / STATE / f"{name}.json", root / "secret")
    assert isinstance(state_files.read_all()["backup-his"], UnreadableState)
    restored()
    assert (root / STATE / "restore-his.json").stat().st_uid == NOBODY.pw_uid
    unharmed(root)


def test_a_further_name_of_a_file_of_roots_is_no_state(root: Path) -> None:
    (root / STATE / "backup-his.json").hardlink_to(root / "secret")
    state = state_files.read_all()["backup-his"]
    assert isinstance(state, UnreadableState) and "belongs to root" in state.message
    (root / STATE / "backup-his.json").unlink()


@pytest.mark.parametrize("name", [NAME, HEAD, SIGNATURE, SIGNATURES, f".{HEAD}.new", f".{SIGNATURE}.new"])
@pytest.mark.parametrize("also", ["victim", "new", "/dev/zero"])
def test_links_in_the_ledger_harm_nothing(root: Path, name: str, also: str) -> None:
    link(root / LEDGER / name, root / also)
    try:
        restored()
        verify(root / LEDGER, root / "etc/seawall/allowed_signers", each_signature=True)
        Head.of(root / LEDGER)
    except SeawallError:
        pass
    unharmed(root)
    assert not (root / "new").exists()


def test_a_ledger_that_is_a_link_does_not_verify(root: Path) -> None:
    link(root / LEDGER / NAME, root / "secret")
    (finding, *_) = verify(root / LEDGER, root / "etc/seawall/allowed_signers")
    assert finding.verdict is Verdict.FAIL and "is not a plain file" in finding.message
    assert SECRET not in finding.message
    for trap in (lambda path: path.symlink_to(root / "secret"), os.mkfifo):
        (root / LEDGER / NAME).unlink()
        trap(root / LEDGER / NAME)
        with pytest.raises(Damaged, match="is not a plain file"):
            read(root / LEDGER / NAME)


def test_the_account_cannot_say_what_root_runs_in_a_held_system(root: Path) -> None:
    """Nothing is held there, so it is asked first whether this is a server of a site."""
    words = json.dumps({"enter": ["/bin/sh", "-c", "id"], "until": "x", "reason": "x", "approver": "x"})
    note = hold.note("his")
    assert as_account(lambda: note.write_text(words)) == 1
    (root / "run/seawall/kept-his.json").write_text(words)  # where the notes lay before
    with pytest.raises(SeawallError, match="has no policy"):
        hold._kept("his")


def test_the_note_of_a_held_system_is_roots(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(_seconds: float) -> None:
        seen.append((hold.note("his").stat().st_uid, hold._kept("his").enter))
        hold.note("his").unlink()

    monkeypatch.setattr(hold.time, "sleep", look)
    wanted = DrillOptions(keep="ticket 4711", approver="Head of IT")
    hold.hold("his", ["/usr/bin/nsenter"], wanted, root / "words")
    assert seen == [(0, ("/usr/bin/nsenter",))]


def rotated(root: Path) -> None:
    go_on(Wanted("yearly"), root / LEDGER, root / "etc/seawall/allowed_signers")


def test_the_locks_of_the_account_are_held_and_not_written(root: Path) -> None:
    restored()
    theirs = root / "run/seawall/account/backup-his.lock"
    assert as_account(lambda: lock(theirs, "backup-his").__enter__()) == 0
    content = theirs.read_text()
    with pytest.raises(SeawallError, match="has no policy"):
        rotated(root)
    assert theirs.read_text() == content
    handle = os.open(theirs, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(Locked, match="backup-his is already running"):
            rotated(root)
    finally:
        os.close(handle)


def test_a_link_among_the_accounts_locks_stops_a_new_key(root: Path) -> None:
    restored()
    link(root / "run/seawall/account/backup-his.lock", root / "victim")
    with pytest.raises(Damaged, match=r"backup-his\.lock is not a plain file"):
        rotated(root)
    unharmed(root)


def test_root_has_a_cache_of_its_own(root: Path) -> None:
    assert folders.cache() == root / "var/cache/seawall/root"
    assert as_account(lambda: _demand(folders.cache() == root / "var/cache/seawall")) == 0


def _demand(held: bool) -> None:
    assert held
