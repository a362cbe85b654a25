import pytest

from ops.core.errors import Unavailable
from ops.gaps import mariadb, postgresql
from ops.gaps._processes import files, processes, sockets
from ops.interfaces.discovery import SearchContext

UNIX = """\
Num       RefCount Protocol Flags    Type St Inode Path
0000: 00000002 00000000 00010000 0001 01 501 /run/mysqld/mysqld.sock
0000: 00000003 00000000 00000000 0001 03 502 /run/mysqld/mysqld.sock
0000: 00000002 00000000 00010000 0001 01 503 /run/other.sock
0000: 00000002 00000000 00010000 0001 01 504
0000: 00000002 00000000 00010000 0001 01 505 @abstract
"""


def test_the_kernel_s_threads_and_our_own_units_are_left_out(kernel):
    kernel.runs(70, "postgres", group="/system.slice/seawall-drill-his.service/payload")
    kernel.runs(71, "postgres (deleted)")
    assert [(one.pid, one.program, one.parent) for one in processes(kernel.proc)] == [
        (1, "systemd", 0),
        (71, "postgres", 1),
    ]


def test_a_process_with_another_root_is_inside_a_container(kernel, tmp_path):
    kernel.runs(70, "postgres", group="/system.slice/docker-4f1.scope", root=tmp_path)
    assert [one.inside for one in processes(kernel.proc)] == ["", "docker-4f1.scope"]


def test_files_that_are_open_but_no_longer_there_are_left_out(kernel, tmp_path):
    there = tmp_path / "there"
    there.write_text("x")
    kernel.runs(70, "some", open_files=[there, f"{tmp_path}/gone (deleted)", tmp_path, "socket:[7]", "/dev/null"])
    process = next(one for one in processes(kernel.proc) if one.pid == 70)
    assert [path for path, _ in files(process, kernel.proc)] == [there]


def test_sockets_are_those_on_which_the_process_itself_waits(kernel):
    folder = kernel.runs(70, "mariadbd", open_files=["socket:[501]", "socket:[502]", "socket:[504]", "socket:[505]"])
    (folder / "net/unix").write_text(UNIX)
    process = next(one for one in processes(kernel.proc) if one.pid == 70)
    assert sockets(process, kernel.proc) == ["/run/mysqld/mysqld.sock"]


def test_what_may_not_be_looked_at_is_no_empty_machine(kernel, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.readlink", refused)
    with pytest.raises(Unavailable, match="other accounts"):
        list(processes(kernel.proc))


def test_a_server_that_cannot_be_asked_is_named_with_its_folder(kernel, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # no psql and no mariadb here
    data = tmp_path / "main"
    data.mkdir()
    (data / "postmaster.pid").write_text(f"70\n{data}\n1763800000\n5433\n/run/postgresql\nlocalhost\n")
    kernel.runs(70, "postgres", cwd=data)
    kernel.runs(71, "postgres", cwd=data, parent=70)
    (one,) = postgresql.look(SearchContext(0, proc=kernel.proc))
    assert (one.name, one.places) == ("postgresql:5433", (str(data),))
    assert "can't be listed" in one.words
    folder = kernel.runs(80, "mariadbd", cwd=tmp_path, open_files=["socket:[501]"])
    (folder / "net/unix").write_text(UNIX)
    (two,) = mariadb.look(SearchContext(0, proc=kernel.proc))
    assert (two.name, two.places) == ("mariadb:/run/mysqld/mysqld.sock", (str(tmp_path),))
    assert "can't be listed" in two.words
