"""The package for servers: the same bytes from the same source, whole, and able to start."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops.fleet.packaging import deb


def checkout(folder: Path) -> Path:
    for name in ("ops", "templates", "locale"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(deb.CHECKOUT / name, folder / name, ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> deb.Package:
    return deb.build(tmp_path_factory.mktemp("built"))


def output(*argv: object, code: int = 0, cwd: Path | None = None) -> str:
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout


def listing(deb: Path) -> dict[str, str]:
    lines = output("dpkg-deb", "-c", deb).splitlines()
    return {line.split()[5].removeprefix("./"): " ".join(line.split()[:2]) for line in lines}


def test_the_same_source_gives_the_same_bytes(built, tmp_path):
    copy = checkout(tmp_path / "copy")
    for path in copy.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    (copy / "ops/__pycache__").mkdir()
    (copy / "ops/__pycache__/cli.cpython-311.pyc").write_bytes(b"left over")
    again = deb.build(tmp_path / "out", copy)
    assert (again.version, again.sha256) == (built.version, built.sha256)


def test_a_changed_source_is_a_new_version(built, tmp_path):
    copy = checkout(tmp_path / "copy")
    (copy / "ops/cli.py").write_text((copy / "ops/cli.py").read_text() + "\n")
    assert deb.build(tmp_path / "out", copy).version != built.version


def test_it_holds_what_a_server_needs_and_nothing_else(built):
    files = listing(built.path)
    assert files["usr/bin/seawall"] == "-rwxr-xr-x root/root"
    assert files["usr/share/seawall/ops/cli.py"] == "-rw-r--r-- root/root"
    assert not [name for name in files if any(f"/ops/{room}" in name for room in ("fleet", "lab", "commands/control"))]
    assert not [name for name in files if "__pycache__" in name]
    templates = {p.name for p in (deb.CHECKOUT / "templates").rglob("*") if p.is_file()}
    assert templates <= {Path(name).name for name in files if "/ops/_templates/" in name}


def test_its_fields_name_the_distribution_packages_it_needs(built):
    fields = output("dpkg-deb", "-f", built.path)
    assert f"Version: {built.version}" in fields
    needed = "python3 (>= 3.11), python3-psutil, python3-jinja2, openssh-client, tzdata"
    assert f"Depends: {needed}\n" in fields


def test_it_starts_from_an_isolated_python(built, tmp_path):
    output("dpkg-deb", "-x", built.path, tmp_path)
    launcher = (tmp_path / "usr/bin/seawall").read_text()
    assert launcher.startswith("#!/usr/bin/python3 -I\n")
    moved = tmp_path / "seawall"
    moved.write_text(launcher.replace("/usr/share/seawall", f"{tmp_path}/usr/share/seawall"))
    assert "seawall COMMAND" in output(sys.executable, "-I", moved, "--help")
    output(sys.executable, "-I", moved, "no-such-command", code=2)


def test_its_digests_are_those_that_dpkg_compares(built, tmp_path):
    output("dpkg-deb", "-R", built.path, tmp_path / "tree")
    assert output("md5sum", "--quiet", "-c", "DEBIAN/md5sums", cwd=tmp_path / "tree") == ""
