"""What the tests load: the applications' own scripts, PostgreSQL's sources, and GNU Health; fetched once a week."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from applications import APPLICATIONS
from health import HEALTH
from trees import MAJORS, PLACE, entered

from ops.fleet.packaging.mirror import mirror
from ops.lab.hospital import Data

DAYS = 7
SECONDS = 900.0
IMAGES = ("CT_small.dcm", "MR_small.dcm")  # which pydicom ships for its own tests
SCRIPT = Path(__file__).with_name("fetched.sh")


def gathered(release: str, tree: Path) -> Path:
    """Return the folder with what there is for a release; fetch it when there is none, or it is old."""
    folder = PLACE / f"material-{release}"
    whole = folder / "whole"
    if not whole.exists() or time.time() - whole.stat().st_mtime > DAYS * 86_400:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        packages = [package for one in APPLICATIONS.values() for package in one.packages]
        words = [str(folder), mirror(), release, str(MAJORS[release]), proxies(), *packages]
        if entered(tree, [str(SCRIPT), *words], {"DEBIAN_FRONTEND": "noninteractive"}, SECONDS):
            sys.exit(f"the packages of {release} could not be fetched")
    if not (folder / "regress/parallel_schedule").exists():
        borrowed(release, folder)
    for name in IMAGES:
        shutil.copy(Data.found().dicom / name, folder)
    if HEALTH.exists():
        shutil.copy(HEALTH, folder / HEALTH.name)
    return folder


def borrowed(release: str, folder: Path) -> None:
    """Take PostgreSQL's scripts of the earlier release, where the archive lacks the sources of this one."""
    earlier = PLACE / "material-bookworm/regress"
    if release != "bookworm" and earlier.exists():
        shutil.copytree(earlier, folder / "regress", dirs_exist_ok=True)
        (folder / "regress/borrowed").write_text("15")


def proxies() -> str:
    """Return this machine's own apt settings on proxies and certificates, to fetch as it does."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    wanted = ("Acquire::http::", "Acquire::https::")
    return "".join(f"{line}\n" for line in dump.splitlines() if line.startswith(wanted))
