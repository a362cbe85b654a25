import pytest

from ops.interfaces.discovery import answers


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("postgresql:5432/his", "postgresql:5432/his"),
        ("postgresql:5432/*", "postgresql:5432/his"),
        ("postgresql:5432/*", "postgresql:5432"),
        ("postgresql:his-db:5432", "postgresql:his-db:5432/his"),
        ("mariadb:lis-db", "mariadb:lis-db/lis"),
        ("mariadb:/var/run/mysqld/mysqld.sock/lab", "mariadb:/run/mysqld/mysqld.sock/lab"),
        ("mariadb:/run/mysqld/mysqld.sock/*", "mariadb:/run/mysqld/mysqld.sock/a b/c"),
        ("path:/srv", "path:/srv/his/documents"),
        ("path:/srv/", "path:/srv"),
        ("path:/", "path:/srv"),
        ("sqlite:/home/*", "sqlite:/home/anna/notes.db"),
    ],
)
def test_a_name_answers_for(said, name):
    assert answers(said, name)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("postgresql:5432/his", "postgresql:5432/his2"),
        ("postgresql:5432/his", "postgresql:5432"),
        ("postgresql:5432", "postgresql:5432/his"),
        ("postgresql:his-db:5432", "postgresql:his-db:54321/his"),
        ("mariadb:lis-db", "mariadb:lis-db2/lis"),
        ("mariadb:/run/mysqld/mysqld.sock", "mariadb:/run/mysqld/mysqld.sock/lab"),
        ("postgresql:5432/*", "postgresql:54321/his"),
        ("postgresql:5432/*", "postgresql:5433/his"),
        ("path:/srv", "path:/srv2"),
        ("path:/srv/his", "path:/srv"),
        # A copy of a database's files is no backup of it.
        ("path:/", "sqlite:/srv/a.db"),
        ("path:/", "postgresql:5432/his"),
    ],
)
def test_a_name_does_not_answer_for(said, name):
    assert not answers(said, name)
