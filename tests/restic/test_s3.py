"""A copy at a store that speaks S3, with versions and locks: the real radosgw, restic, and the jobs of a machine."""

import json
import re
import runpy
import stat
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import md5, sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import throwaway_store
from one_machine import Machine
from throwaway_store import KEEPER, NAMESPACE, OWNER, PREFIX, SERVER, Store

from ops.core import clock
from ops.core.schema import decode
from ops.jobs.host import own_policy
from ops.policy.compile import document
from ops.policy.model import Repository
from ops.policy.secret_files import client_files, keeper_files
from ops.policy.secrets import Secrets
from ops.targets import _signed
from ops.targets._versions import entries
from ops.targets.s3 import Options

POLICY = Path(__file__).parents[1] / "policy"


class Said(Secrets):
    """The account at the store, and the same word for every other secret."""

    def text(self, host: str, *path: str) -> str:
        who = KEEPER if "locks-of-far" in path else SERVER
        return {"account": who, "key": f"key-of-{who}"}.get(path[-1], "password of primary")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with throwaway_store.running(tmp_path_factory.mktemp("store")) as one:
        yield one


@pytest.fixture
def copying(machine: Machine, store: Store, request: pytest.FixtureRequest) -> Machine:
    """A machine whose documents are copied to the store, by its policy and by the files that the role would write."""
    (machine.root / "var/lib/seawall/state").mkdir(exist_ok=True)
    policy = own_policy.read()
    told = {**store.options(), "lock": {"days": 30}, "prefix": f"{PREFIX}-{request.node.name[:40]}"}
    far = Repository("s3", "offsite", options=decode(Options, told, "options"))
    asset = policy.assets["documents"]
    copied = replace(asset, copies={"far": replace(asset.copies["offsite"], to="far")})
    policy = replace(policy, repositories={**policy.repositories, "far": far}, assets={"documents": copied})
    (machine.root / "etc/seawall/policy.json").write_text(json.dumps(document(policy)))
    for file in [*client_files(policy, Said({})), *keeper_files(policy, Said({}))]:
        if Path(file.path).name.startswith(("far.", "locks-of-far.")):
            assert (file.mode, file.secret) == ("0600", True)
            path = machine.root / file.path.lstrip("/")
            path.write_text(str(file.content))
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return machine


def kept(machine: Machine, store: Store, empty: Path) -> None:
    """Copy to the repository, which is there already and costs little to open."""
    for path in filter(Path.is_file, empty.rglob("*")):
        name = f"{folder(machine)}/{path.relative_to(empty)}"
        assert store.ask(SERVER, name, method="PUT", body=path.read_bytes())[0] == 200
    assert machine.seawall("copy", "documents", "--to", "far") == 0
    assert machine.state("copy-documents-far")["verdict"] == "pass"


def folder(machine: Machine) -> str:
    """Return the name in the bucket of the machine's folder."""
    return _signed.Store.read(machine.place("far").repository.url).folder


def files(machine: Machine) -> list[str]:
    """Return the files of the repository, but for locks."""
    found = entries(
        _signed.Store.read(machine.place("far").repository.url), machine.place("far").repository.authority, ""
    )
    return [one.path for one in found if not one.path.startswith("locks/")]


def restored(machine: Machine, to: Path) -> None:
    """Demand that all comes back from it as it is on the machine."""
    assert machine.seawall("restore", "documents", "--from", "far", "--to", to) == 0
    for path in (machine.files / "documents").iterdir():
        assert next(to.rglob(path.name)).read_bytes() == path.read_bytes()


def until(store: Store, path: str) -> datetime:
    """Return when the lock of a file's oldest version ends, as the keeper sees it."""
    _, listed, _ = store.ask(SERVER, "", {"versions": "", "prefix": path})
    version = re.findall(rb"<VersionId>([^<]+)<", listed)[-1].decode()
    status, said, _ = store.ask(KEEPER, path, {"retention": "", "versionId": version})
    assert status == 200, said
    found = re.search(rb"<RetainUntilDate>([^<]+)<", said)
    assert found
    return clock.parse(found[1].decode())


def test_it_is_made_copied_to_read_back_and_restored_from(copying: Machine, tmp_path: Path) -> None:
    assert copying.seawall("repository", "prepare") == 0, "there is no folder to be made"
    assert copying.seawall("repository", "init") == 0
    assert copying.seawall("copy", "documents", "--to", "far") == 0
    assert copying.state("copy-documents-far")["verdict"] == "pass"
    assert copying.state("copy-documents-far")["last_good"]["packs_read"] > 0
    restored(copying, tmp_path / "restored")
    assert copying.seawall("store", "recover", "far", "--dry-run") == 0, "nothing was spoiled"


def test_what_an_intruder_wrote_over_and_deleted_comes_back(
    copying: Machine, store: Store, empty_repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(copying, store, empty_repository)
    here, there = folder(copying), files(copying)
    for path in there:
        assert store.ask(SERVER, f"{here}/{path}", method="PUT", body=b"by an intruder")[0] == 200
        assert store.ask(SERVER, f"{here}/{path}", method="DELETE")[0] == 403, "the store's owner allows no deletion"
    for path in there[::2]:  # as at a store that knows no such rights
        assert store.ask(OWNER, f"{here}/{path}", method="DELETE")[0] == 204
    assert copying.seawall("restore", "documents", "--from", "far", "--to", tmp_path / "spoiled") != 0
    assert copying.seawall("store", "recover", "far") == 2, "without a reason nothing is done"
    capsys.readouterr()
    assert copying.seawall("store", "recover", "far", "--dry-run") == 0
    told = capsys.readouterr().out
    assert f"{len(there)} files would be brought back" in told
    assert all(path in told for path in there)
    assert copying.seawall("store", "recover", "far", "--reason", "broken into") == 0
    assert copying.seawall("store", "recover", "far", "--dry-run") == 0
    assert "0 files would be" in capsys.readouterr().out
    restored(copying, tmp_path / "restored")


def test_what_has_no_right_version_left_is_named(copying: Machine, store: Store, empty_repository: Path) -> None:
    kept(copying, store, empty_repository)
    name = f"data/ab/{'ab' * 32}"
    for content in (b"one", b"two"):
        assert store.ask(SERVER, f"{folder(copying)}/{name}", method="PUT", body=content)[0] == 200
    assert copying.seawall("store", "recover", "far", "--reason", "looked") == 1
    assert f"not {name}: no right version is left" in copying.state("recover-far")["message"]


def test_locks_are_renewed_by_the_keeper_of_what_was_first_stored(
    copying: Machine, store: Store, empty_repository: Path
) -> None:
    kept(copying, store, empty_repository)
    paths = [f"{folder(copying)}/{path}" for path in files(copying)]
    before = {path: until(store, path) for path in paths}
    assert store.ask(SERVER, paths[0], method="PUT", body=b"by an intruder")[0] == 200
    assert copying.seawall("store", "renew", "far") == 0
    state = copying.state("renew-far")
    assert state["verdict"] == "pass"
    for path in paths:
        assert until(store, path) > before[path] + timedelta(days=7)


def test_a_keeper_that_may_not_renew_says_so(copying: Machine, store: Store, empty_repository: Path) -> None:
    kept(copying, store, empty_repository)
    account = copying.root / "etc/seawall/credentials/locks-of-far.store"
    account.write_text(_signed.written("nobody", "key-of-nobody", "us-east-1"))
    assert copying.seawall("store", "renew", "far") == 1
    assert "rejects this account" in copying.state("renew-far")["message"]


def attempts(machine: Machine, url: str, account: str, authority: Path) -> dict[str, Any]:
    """Return what a host check sees who has an address and an account."""
    looks = runpy.run_path(str(POLICY / "looks/stores.py"))
    there = machine.root / "etc/seawall/credentials"
    (there / "tried.url").write_text(url)
    (there / "tried.store").write_text(_signed.written(account, f"key-of-{account}", "us-east-1"))
    looks["try_store"].__globals__["CREDENTIALS"] = there
    return dict(looks["try_store"]({"credential": "tried", "authority": str(authority)}))


def judged(seen: Mapping[str, Any], days: int) -> list[str]:
    """Return the host checks that fail."""
    failed, one = [], SimpleNamespace(host="his1", name="far", days=days)
    for name, test in runpy.run_path(str(POLICY / "test_host_stores.py")).items():
        if name.startswith("test_"):
            try:
                test(one, seen)
            except AssertionError:
                failed.append(name.removeprefix("test_"))
    return failed


def test_a_host_check_attacks_and_is_refused(copying: Machine, store: Store) -> None:
    url = copying.place("far").repository.url.read_text()
    seen = attempts(copying, url, SERVER, store.authority)
    assert seen["trouble"] == ""
    assert judged(seen, 2) == []
    assert judged(seen, 30) == ["a_lock_holds_as_long_as_the_policy_says"], "the bucket locks for two days alone"


def test_a_host_check_tells_a_store_from_which_can_be_deleted(copying: Machine, store: Store) -> None:
    here = f"s3:https://localhost:{store.port}/open"
    (store.folder / "open.url").write_text(here)
    (store.folder / "open.store").write_text(_signed.written(OWNER, f"key-of-{OWNER}", "us-east-1"))
    place = _signed.Store.read(store.folder / "open.url")
    body = f'<VersioningConfiguration xmlns="{NAMESPACE}"><Status>Enabled</Status></VersioningConfiguration>'.encode()
    told = {"content-md5": b64encode(md5(body).digest()).decode()}
    for query, content, more in (({}, b"", {}), ({"versioning": ""}, body, told)):
        with _signed.asked(place, store.authority, "", query, "PUT", content, more) as answer:
            assert answer.status == 200
    seen = attempts(copying, f"{here}/his1", OWNER, store.authority)
    assert judged(seen, 2) == [
        "a_version_cannot_be_deleted",
        "a_lock_cannot_be_shortened",
        "versions_cannot_be_suspended",
        "what_was_written_over_is_still_there",
        "a_lock_holds_as_long_as_the_policy_says",
    ]
    none = attempts(copying, f"{here}/his1", OWNER, store.authority)
    assert "what_is_written_has_a_version" in judged(none, 2), "its versions are suspended now"


def test_what_an_intruder_added_under_a_name_of_its_own_is_named(
    copying: Machine, store: Store, empty_repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(copying, store, empty_repository)
    garbage = b"garbage" * 100
    path = f"index/{sha256(garbage).hexdigest()}"
    assert copying.seawall("repository", "foreign", "far") == 0
    assert store.ask(SERVER, f"{folder(copying)}/{path}", method="PUT", body=garbage)[0] == 200
    capsys.readouterr()
    assert copying.seawall("repository", "foreign", "far") == 1
    assert path in capsys.readouterr().out
