"""The data of the lab's hospital: databases, documents and DICOM images, made once and baked into trees.

The DICOM files are those that the Python package pydicom ships for its own tests; the rest is generated from a
fixed seed. Where the Chinook example databases lie beside the checkout, they are loaded too.
"""

from __future__ import annotations

import hashlib
import importlib.util
import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ops
from ops.core.errors import Unavailable
from ops.core.files import digest
from ops.lab import people

SEED = 20261122
DOCUMENTS = 420
# What Orthanc holds: a study each.
SENT = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "SC_rgb_small_odd.dcm", "rtdose_1frame.dcm")
HERE = Path(__file__).parent
SQL = HERE / "data"
EXAMPLES = Path(ops.__file__).resolve().parents[2] / "shared/data/db"
CHINOOK = {
    "chinook.postgresql.sql": EXAMPLES / "Chinook_PostgreSql.sql",
    "chinook.mysql.sql": EXAMPLES / "Chinook_MySql.sql",
    "chinook.sqlite": EXAMPLES / "Chinook_Sqlite.sqlite",
}


@dataclass(frozen=True)
class Data:
    """What the hospital's data are made from on this computer.

    chinook: the example database for three engines, by the name its file gets on a server; empty without them.
    """

    dicom: Path
    chinook: Mapping[str, Path]

    @classmethod
    def found(cls) -> Data:
        """Return what is at hand; raise Unavailable without the DICOM files."""
        package = importlib.util.find_spec("pydicom")
        if package is None or package.origin is None:
            raise Unavailable("the Python package pydicom is not installed", "run `make setup`")
        folder = Path(package.origin).parent / "data/test_files"
        return cls(folder, {name: path for name, path in CHINOOK.items() if path.exists()})

    @property
    def digest(self) -> str:
        """A short name for exactly these data."""
        total = hashlib.sha256()
        for source in (*scripts(), HERE / "people.py", HERE / "hospital.py"):
            total.update(source.read_bytes())
        for image in self.images():
            total.update(f"{image.name} {image.stat().st_size}\n".encode())
        for path in self.chinook.values():
            total.update(digest(path).encode())
        return total.hexdigest()[:12]

    def images(self) -> list[Path]:
        """Return the DICOM files."""
        return sorted(self.dicom.glob("*.dcm"))

    def write(self, folder: Path) -> None:
        """Write everything that `his.sh` or `lis.sh` in the folder then brings to its place on the server."""
        folder.mkdir(parents=True)
        for path in scripts():
            shutil.copyfile(path, folder / path.name)
        for name, path in self.chinook.items():
            shutil.copyfile(path, folder / name)
        own = folder / "chinook.postgresql.sql"
        if own.exists():
            own.write_text(without_database(own.read_text("utf-8")), "utf-8")
        write_rows(folder / "rows.sql")
        write_documents(folder / "documents")
        (folder / "dicom").mkdir()
        for image in self.images():
            shutil.copyfile(image, folder / "dicom" / image.name)
        (folder / "images").mkdir()
        for name in SENT:
            shutil.copyfile(self.dicom / name, folder / "images" / name)


def scripts() -> list[Path]:
    """Return what fills the servers."""
    return sorted(path for path in SQL.iterdir() if path.is_file())


def write_rows(path: Path) -> None:
    """Write all rows as COPY blocks for psql."""
    with path.open("w", encoding="utf-8") as file:
        for table, columns, rows in people.tables(SEED):
            file.write(f"COPY {table} ({columns}) FROM stdin;\n")
            file.writelines(rows)
            file.write("\\.\n")


def write_documents(folder: Path) -> None:
    """Write letters and reports, as text and as PDF, into folders by year and month."""
    chance = random.Random(SEED)  # noqa: S311 -- repeatable on purpose, nothing secret
    for number in range(1, DOCUMENTS + 1):
        place = folder / f"{chance.randint(2019, 2026)}/{chance.randint(1, 12):02d}"
        place.mkdir(parents=True, exist_ok=True)
        patient = people.name(chance)
        text = f"{patient}\n\n{people.note(chance, chance.randint(5, 400))}\n"
        if number % 3:
            (place / f"carta {number:05d} {patient}.txt").write_text(text, encoding="utf-8")
        else:
            pages = chance.randbytes(chance.randrange(2_000, 60_000))
            (place / f"laudo {number:05d}.pdf").write_bytes(pdf(pages))


def pdf(scan: bytes) -> bytes:
    """Return a small PDF with one scanned picture (noise) on one page."""
    width = 100
    height = len(scan) // width
    picture = scan[: width * height]
    draw = b"q 500 0 0 700 50 50 cm /Scan Do Q"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /Scan 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(draw), draw),
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray"
        b" /BitsPerComponent 8 /Length %d >>\nstream\n%s\nendstream" % (width, height, len(picture), picture),
    ]
    text, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return text + head + table + tail % (len(objects) + 1, len(text))


def without_database(script: str) -> str:
    """Given a script that makes its own database, return it for one that is there already."""
    own = ("DROP DATABASE", "CREATE DATABASE", "\\c ")
    return "\n".join(line for line in script.splitlines() if not line.startswith(own)) + "\n"
