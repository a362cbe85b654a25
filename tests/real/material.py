"""What the tests load: the applications' own scripts, PostgreSQL's sources; fetched once a week."""

import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from applications import APPLICATIONS
from trees import MAJORS, PLACE, entered

from ops.fleet.packaging.mirror import mirror
from ops.lab.hospital import Data

DAYS = 7
SECONDS = 900.0
IMAGES = ("CT_small.dcm", "MR_small.dcm")  # which pydicom ships for its own tests
SCRIPT = Path(__file__).with_name("fetched.sh")


def gathered(release: str, tree: Path) -> Path:
    """Return the folder with what there is for a release; fetch it when there is none, or it is old, or incomplete."""
    folder = PLACE / f"material-{release}"
    whole = folder / "whole"
    if not whole.exists() or time.time() - whole.stat().st_mtime > DAYS * 86_400:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        packages = [package for one in APPLICATIONS.values() for package in one.packages]
        if fetched(release, tree, folder, packages):
            sys.exit(f"the packages of {release} could not be fetched")
    elif (folder / "lacking").exists():
        fetched(release, tree, folder, ())
    if not (folder / "regress/parallel_schedule").exists() or lacking(release):
        borrowed(release, folder)
    for name in IMAGES:
        shutil.copy(Data.found().dicom / name, folder)
    return folder


def fetched(release: str, tree: Path, folder: Path, packages: Sequence[str]) -> int:
    """Fetch packages and the sources of PostgreSQL to a folder, in the tree; return the exit code."""
    suites = "".join(f"{address} {suite}\n" for address, suite in archives(release))
    words = [str(SCRIPT), str(folder), suites, release, str(MAJORS[release]), proxies(), *packages]
    return entered(tree, words, {"DEBIAN_FRONTEND": "noninteractive"}, SECONDS)


def archives(release: str) -> list[tuple[str, str]]:
    """Return address and suite of a release and its updates, where this machine has those of its own release."""
    told = ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)", "Created-By: Packages"]
    lines = subprocess.run(told, capture_output=True, text=True, check=True).stdout.splitlines()
    own = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    found = [(mirror(), release)]
    for suite, component, address in (line.split(maxsplit=2) for line in lines):
        if component == "main" and suite in {f"{own}-updates", f"{own}-security"}:
            found.append((address.rstrip("/"), release + suite.removeprefix(own)))
    return list(dict.fromkeys(found))


def lacking(release: str) -> str:
    """Return the versions of PostgreSQL's sources that the archive names, where it has none of them."""
    note = PLACE / f"material-{release}/lacking"
    return note.read_text("utf-8").strip() if note.exists() else ""


def borrowed(release: str, folder: Path) -> None:
    """Take PostgreSQL's scripts of the earlier release, where the archive lacks the sources of this one.

    What lies at `.cache/real/regress-MAJOR` goes over them: the SQL of this major, from wherever else it was had.
    """
    earlier = PLACE / "material-bookworm/regress"
    if release == "bookworm" or not earlier.exists():
        return
    shutil.copytree(earlier, folder / "regress", dirs_exist_ok=True)
    told = str(MAJORS["bookworm"])
    if (own := PLACE / f"regress-{MAJORS[release]}").is_dir():
        shutil.copytree(own, folder / "regress", dirs_exist_ok=True)
        told = f"{MAJORS[release]}, not of the archive"
    (folder / "regress/borrowed").write_text(told, "utf-8")


def proxies() -> str:
    """Return this machine's own apt settings on proxies and certificates, to fetch as it does."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    wanted = ("Acquire::http::", "Acquire::https::")
    return "".join(f"{line}\n" for line in dump.splitlines() if line.startswith(wanted))
