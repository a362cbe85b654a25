"""What sends images to the lab's Orthanc, as a scanner does: one after the other, for as long as a block takes."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pydicom
from hospital import Site

from ops.lab.hospital import Data

STORAGE = "/var/lib/orthanc/db-v6"
NUMBER = "10000000"  # in the name of the image, and another one in that of each that is sent
# Seconds between two: a scanner is no faster, and a drill reads all of so many files, where it samples thousands.
PACE = 0.1
SENDER = f"""
import base64, itertools, os, sys, time, urllib.request
image = base64.b64decode(open("/run/image").read())
for number in itertools.count({NUMBER} + int(sys.argv[1])):
    urllib.request.urlopen("http://127.0.0.1:8042/instances", image.replace(b"{NUMBER}", str(number).encode())).close()
    if os.path.exists("/run/enough"):
        break
    time.sleep({PACE})
"""


def image() -> str:
    """Return an image by pydicom under a name of its own, in base64."""
    made = pydicom.dcmread(Data.found().dicom / "MR_small.dcm")
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.8.498.{NUMBER}"
    file = BytesIO()
    made.save_as(file)
    return base64.b64encode(file.getvalue()).decode()


def images(site: Site) -> int:
    """Return how many images Orthanc on his1 has."""
    query = "select count(*) from attachedfiles"
    return int(site.on("his1", f"cd / && runuser -u postgres -- psql -d orthanc -XAtqc '{query}'", ok=range(1)).stdout)


@contextmanager
def sending(site: Site) -> Iterator[None]:
    """Send images to his1 for a block; the first is there when it begins, and more come until it ends."""
    before = images(site)
    files = {"/run/image": image(), "/run/sender.py": SENDER}
    for path, text in files.items():
        site.lab.machine("his1").ssh(f"cat >{path}", input=text)
    start = f"rm -f /run/enough; systemd-run -q --unit=sender --collect python3 /run/sender.py {before}"
    there = f"until [ $(find {STORAGE} -type f | wc -l) -gt {before} ]; do sleep 0.05; done"
    site.on("his1", f"{start}; timeout 60 sh -c '{there}'", ok=range(1))
    try:
        begun = images(site)
        yield
        assert images(site) > begun, "no image came meanwhile"
    finally:
        site.on("his1", "touch /run/enough; timeout 60 sh -c 'while systemctl is-active -q sender; do sleep 0.1; done'")
