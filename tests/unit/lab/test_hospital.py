from pathlib import Path

from ops.lab import hospital, people


def first_rows(seed: int) -> dict[str, list[str]]:
    return {table: [next(rows) for _ in range(200)] for table, _, rows in people.tables(seed)}


def test_the_same_seed_makes_the_same_people():
    assert first_rows(1) == first_rows(1)
    assert first_rows(1) != first_rows(2)


def test_every_row_has_a_value_for_every_column():
    for table, columns, rows in people.tables(1):
        for row, _ in zip(rows, range(500), strict=False):
            assert row.endswith("\n")
            assert row.count("\t") == columns.count(","), f"{table}: {row}"


def test_there_are_rows_enough_and_names_of_three_scripts():
    total = people.PATIENTS + people.ADMISSIONS + people.EXAMINATIONS + people.AUDITED
    assert total >= 200_000
    names = "".join(row.split("\t")[2] for row in first_rows(1)["patients"])
    assert {"ã", "ř", "王"} <= set(names)


def test_documents_are_text_and_pdf(tmp_path: Path):
    hospital.write_documents(tmp_path)
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(found) == hospital.DOCUMENTS
    scans = [path for path in found if path.suffix == ".pdf"]
    assert scans
    assert all(path.read_bytes().startswith(b"%PDF-1.4\n") for path in scans)
    assert all(path.read_bytes().endswith(b"%%EOF\n") for path in scans)


def test_a_pdf_says_where_its_objects_are():
    text = hospital.pdf(bytes(range(256)) * 20)
    table = int(text.rsplit(b"startxref\n", 1)[1].split()[0])
    assert text[table:].startswith(b"xref\n0 6\n")
    for number, line in enumerate(text[table:].split(b"\n")[3:8], 1):
        assert text[int(line.split()[0]) :].startswith(b"%d 0 obj" % number)


def test_a_script_that_makes_its_database_is_taken_without_that():
    script = "DROP DATABASE IF EXISTS x;\nCREATE DATABASE x;\n\\c x;\nCREATE TABLE t (a int);\n"
    assert hospital.without_database(script) == "CREATE TABLE t (a int);\n"
