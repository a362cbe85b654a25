import sqlite3

from ops.gaps import sqlite
from ops.interfaces.discovery import SearchContext


def database(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as made:
        made.execute("create table t (a)")
    made.close()
    return path


def test_a_database_that_is_open_is_named_once(kernel, tmp_path):
    path = database(tmp_path / "srv/agenda.db")
    text = tmp_path / "srv/notes.txt"
    text.write_text("SQLite is not here")
    kernel.runs(70, "agenda", open_files=[path, text, path])
    kernel.runs(71, "worker", open_files=[path])
    (found,) = sqlite.look(SearchContext(0, proc=kernel.proc))
    assert (found.name, found.places) == (f"sqlite:{path}", (str(path),))
    assert found.words == "a SQLite file that agenda has open"
    assert found.bytes == path.stat().st_size


def test_what_browsers_and_packages_keep_is_left_out(kernel, tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "KNOWN", (f"{tmp_path}/var/cache/",))
    paths = [database(tmp_path / "home/anna/.mozilla/places.sqlite"), database(tmp_path / "var/cache/some.db")]
    kernel.runs(70, "some", open_files=paths)
    assert list(sqlite.look(SearchContext(0, proc=kernel.proc))) == []
