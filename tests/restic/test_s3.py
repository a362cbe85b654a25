"""A copy at a store that speaks S3, with versions and locks: the real radosgw, restic, and the jobs of a machine."""

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import throwaway_store
from one_machine import Machine
from throwaway_store import PREFIX, SERVER, Store

from ops.core.schema import decode
from ops.jobs.host import own_policy
from ops.policy.compile import document
from ops.policy.model import Repository
from ops.policy.secret_files import client_files
from ops.policy.secrets import Secrets
from ops.targets.s3 import Options


class Said(Secrets):
    """The account at the store, and the same word for every other secret."""

    def text(self, host: str, *path: str) -> str:
        return {"account": SERVER, "key": f"key-of-{SERVER}"}.get(path[-1], "password of the store")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with throwaway_store.running(tmp_path_factory.mktemp("store")) as one:
        yield one


@pytest.fixture
def copying(machine: Machine, store: Store, request: pytest.FixtureRequest) -> Machine:
    """A machine whose documents are copied to the store, by its policy and by the files that the role would write."""
    (machine.root / "var/lib/seawall/state").mkdir(exist_ok=True)
    policy = own_policy.read()
    told = {**store.options(), "prefix": f"{PREFIX}-{request.node.name[:40]}"}
    far = Repository("s3", "offsite", options=decode(Options, told, "options"))
    asset = policy.assets["documents"]
    copied = replace(asset, copies={"far": replace(asset.copies["offsite"], to="far")})
    policy = replace(policy, repositories={**policy.repositories, "far": far}, assets={"documents": copied})
    (machine.root / "etc/seawall/policy.json").write_text(json.dumps(document(policy)))
    for file in client_files(policy, Said({})):
        if Path(file.path).name.startswith("far."):
            assert (file.mode, file.secret) == ("0600", True)
            path = machine.root / file.path.lstrip("/")
            path.write_text(str(file.content))
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return machine


def test_it_is_made_copied_to_read_back_and_restored_from(copying: Machine, tmp_path: Path) -> None:
    assert copying.seawall("repository", "prepare") == 0, "there is no folder to be made"
    assert copying.seawall("repository", "init") == 0
    assert copying.seawall("copy", "documents", "--to", "far") == 0
    assert copying.state("copy-documents-far")["verdict"] == "pass"
    assert copying.state("copy-documents-far")["good"]["packs_read"] > 0
    assert copying.seawall("restore", "documents", "--from", "far", "--to", tmp_path / "restored") == 0
    for path in (copying.files / "documents").iterdir():
        assert next((tmp_path / "restored").rglob(path.name)).read_bytes() == path.read_bytes()
