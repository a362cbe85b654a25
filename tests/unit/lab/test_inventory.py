from pathlib import Path

from ops.lab import inventory


def lay(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_a_copy_leaves_out_what_belongs_to_one_lab(tmp_path: Path):
    lay(tmp_path / "lab", "hosts.yml", "machines.yml", "host_vars/his1/policy.yml", "host_vars/his1/secrets.yml")
    inventory.copy(tmp_path / "lab", tmp_path / "mine")
    assert files(tmp_path / "mine") == {"hosts.yml", "host_vars/his1/policy.yml"}


def test_a_copy_made_again_keeps_its_own_secrets_and_loses_what_was_removed(tmp_path: Path):
    lay(tmp_path / "lab", "hosts.yml")
    lay(tmp_path / "mine", "machines.yml", "host_vars/his1/secrets.yml", "host_vars/old1/policy.yml")
    inventory.copy(tmp_path / "lab", tmp_path / "mine")
    assert files(tmp_path / "mine") == {"hosts.yml", "machines.yml", "host_vars/his1/secrets.yml"}


def test_removing_the_demos_own_files_leaves_the_inventory(tmp_path: Path):
    lay(tmp_path / "inventories/lab", "hosts.yml", "machines.yml", "group_vars/all/secrets.yml")
    inventory.remove(tmp_path, tmp_path / "inventories/lab")
    assert files(tmp_path / "inventories/lab") == {"hosts.yml"}
