"""What a set says of MariaDB's accounts: what is made of it, and what is not run."""

import json
import re
from contextlib import suppress

import pytest

from ops.sources._shared.statement import MOST_TOKENS, PassedOver
from ops.sources.mariadb.accounts import missing

# As MariaDB 10.11 and 11.8 say it; plugins are in quotes here, which makes no difference.
HEALTHY = r"""
nopw@localhost CREATE USER IF NOT EXISTS `nopw`@`localhost`;
clerk@% CREATE USER IF NOT EXISTS `clerk`@`%` IDENTIFIED BY PASSWORD '*A7EA126B023F242D2CAC6BA31FE0704AA42F49E8';
boss@ CREATE ROLE IF NOT EXISTS `boss`;
inter@h CREATE USER IF NOT EXISTS `inter`@`h` ACCOUNT LOCK PASSWORD EXPIRE INTERVAL 30 DAY;
never@h CREATE USER IF NOT EXISTS `never`@`h` REQUIRE SSL PASSWORD EXPIRE NEVER;
lim@10.% CREATE USER IF NOT EXISTS `lim`@`10.%` REQUIRE ISSUER '/O=it''s' SUBJECT '/CN=a\\b' CIPHER 'AES';
odd 'na`me\ x@h CREATE USER IF NOT EXISTS `odd 'na``me\ x`@`h` IDENTIFIED VIA `unix_socket` OR `ed25519` USING 'G/+=';
Grüße@h CREATE USER IF NOT EXISTS `Grüße`@`h` REQUIRE X509 WITH MAX_USER_CONNECTIONS -1 MAX_STATEMENT_TIME 1.500000;
boss@ GRANT `reader` TO `boss`;
boss@ GRANT ALL PRIVILEGES ON *.* TO `boss` WITH GRANT OPTION;
clerk@% GRANT `boss` TO `clerk`@`%` WITH ADMIN OPTION;
clerk@% GRANT USAGE ON *.* TO `clerk`@`%` IDENTIFIED BY PASSWORD '*A7EA126B023F242D2CAC6BA31FE0704AA42F49E8';
clerk@% GRANT SELECT, INSERT ON `a\_b\%`.* TO `clerk`@`%`;
clerk@% SET DEFAULT ROLE `boss` FOR `clerk`@`%`;
lim@10.% GRANT USAGE ON *.* TO `lim`@`10.%` REQUIRE X509 WITH GRANT OPTION MAX_QUERIES_PER_HOUR 3;
nopw@localhost GRANT SELECT (`odd na``me`, `id`), INSERT (`c,d`), DELETE ON `his`.`t` TO `nopw`@`localhost`;
nopw@localhost GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE `his`.`p` TO `nopw`@`localhost` WITH GRANT OPTION;
nopw@localhost GRANT EXECUTE ON PACKAGE BODY `his`.`pk` TO `nopw`@`localhost`;
nopw@localhost GRANT PROXY ON `clerk`@`%` TO `nopw`@`localhost` WITH GRANT OPTION;
nopw@localhost GRANT PROXY ON ``@`%` TO `nopw`@`localhost`;
inter@h GRANT BINLOG MONITOR, DELETE HISTORY, CREATE TEMPORARY TABLES, READ_ONLY ADMIN ON *.* TO `inter`@`h`;
"""
PAIRS = [(found[1], found[2]) for found in re.finditer(r"(?m)^(.+?) ((?:CREATE|GRANT|SET) .*)$", HEALTHY)]
CAREFUL = "set session sql_mode = 'NO_AUTO_CREATE_USER';\n"
MADE = ("nobody@h", "CREATE USER IF NOT EXISTS `nobody`@`h` ACCOUNT LOCK;")


def told(*pairs: tuple[str, str]) -> str:
    lines = [f"-- account {json.dumps(owner, ensure_ascii=False)}\n{statement}\n" for owner, statement in pairs]
    return "-- Accounts of the server\n" + "".join(lines)


def read(text: str, *present: str) -> tuple[list[str], list[str]]:
    """Return the statements to run, and the sentences on the others."""
    strange = PassedOver("users.sql")
    made = missing(text, ["root@localhost", *present], strange, owners(text)).sql
    assert made.startswith(CAREFUL)
    return made.removeprefix(CAREFUL).splitlines(), strange.sentences()


def owners(text: str) -> list[str]:
    """Whoever a text tells of, as far as that is a text."""
    found = []
    for owner in re.findall(r"(?m)^-- account (.*)$", text):
        with suppress(ValueError, RecursionError):
            found.append(str(json.loads(owner)))
    return found


def locked(statement: str) -> str:
    """The statement as it is run: whoever is made by it is locked."""
    made = statement.startswith("CREATE USER") and "ACCOUNT LOCK" not in statement
    return re.sub(r"(?= PASSWORD EXPIRE|;$)", " ACCOUNT LOCK", statement, count=1) if made else statement


def test_only_accounts_that_are_wanted_are_made_and_users_are_named_and_locked() -> None:
    text, strange = told(*PAIRS), PassedOver("users.sql")
    made = missing(text, ["clerk@%"], strange, ["boss@", "CLERK@%", "lim@10.%"])
    assert made.roles == ["`boss`"]
    assert made.users == ["`lim`@`10.%`"]
    assert [one.split(" ")[-1] for one in made.sql.splitlines() if one.startswith("CREATE USER")] == ["LOCK;"]
    assert {*re.findall(r"(?:TO|FOR) (\S+)", made.sql)} == {"`boss`;", "`boss`", "`lim`@`10.%`"}
    sentences = [*made.sentences()]
    assert "`boss`" in sentences[0]
    assert "locked: `lim`@`10.%`" in sentences[1]
    assert [*missing(text, owners(text), strange, owners(text)).sentences()] == []


def test_on_a_new_server_accounts_may_log_in_unless_they_were_locked() -> None:
    shut = ("shut@h", "CREATE USER IF NOT EXISTS `shut`@`h` ACCOUNT LOCK;")
    open_ = ("open@h", "CREATE USER IF NOT EXISTS `open`@`h` IDENTIFIED BY PASSWORD '*1';")
    text, strange = told(shut, open_), PassedOver("users.sql")
    made = missing(text, (), strange, owners(text), logins=True)
    assert made.sql.removeprefix(CAREFUL).splitlines() == [
        *(shut[1], locked(open_[1]), "ALTER USER `open`@`h` ACCOUNT UNLOCK;"),
    ]
    said = [*made.sentences()]
    assert said[0] == "accounts that were missing were made, with the passwords of the set: `open`@`h`"
    assert "locked: `shut`@`h`" in said[1]
    assert strange.sentences() == []


@pytest.mark.parametrize(
    "right",
    [
        *("GRANT SELECT ON *.* TO `app`@`%`;", "GRANT PROXY ON 'root'@'localhost' TO 'app'@'%' WITH GRANT OPTION;"),
        *("GRANT ALL PRIVILEGES ON `mysql`.* TO `app`@`%`;", "GRANT `boss` TO `app`@`%`;", "GRANT `dba` TO `app`@`%`;"),
        *("GRANT SELECT ON `%`.* TO `app`@`%`;", "GRANT SELECT ON `m_sql`.* TO `app`@`%`;"),
    ],
)
def test_nobody_with_a_right_beyond_single_databases_is_let_in(right: str) -> None:
    role = [("boss@", "CREATE ROLE IF NOT EXISTS `boss`;"), ("boss@", "GRANT RELOAD ON *.* TO `boss`;")]
    app = ("app@%", "CREATE USER IF NOT EXISTS `app`@`%` IDENTIFIED BY PASSWORD '*1';")
    text, strange = told(*role, app, ("app@%", right)), PassedOver("users.sql")
    made = missing(text, ["dba@"], strange, owners(text), logins=True)
    assert (made.users, made.let_in, strange.sentences()) == (["`app`@`%`"], [], [])
    assert "UNLOCK" not in made.sql
    weak = ["USAGE ON *.*", "ALL PRIVILEGES ON `his`.*", "SELECT ON `his\\_2`.`t`"]
    usage = told(app, *(("app@%", f"GRANT {one} TO `app`@`%`;") for one in weak))
    assert missing(usage, (), strange, owners(usage), logins=True).let_in == ["`app`@`%`"]


def test_accounts_come_back_as_they_were_and_those_that_are_there_stay() -> None:
    assert read(told(*PAIRS)) == ([locked(statement) for _, statement in PAIRS], [])
    assert read(told(*PAIRS), *{owner for owner, _ in PAIRS}) == ([], [])
    assert read(told(*PAIRS), "clerk@%") == (
        [locked(statement) for owner, statement in PAIRS if owner != "clerk@%"],
        [],
    )


def test_what_older_servers_write_means_the_same() -> None:
    old = ("nobody@h", "GRANT PROXY ON 'clerk'@'%' TO 'nobody'@'h';")
    assert read(told(MADE, old)) == ([MADE[1], "GRANT PROXY ON `clerk`@`%` TO `nobody`@`h`;"], [])
    plugin = ("odd@h", "CREATE USER IF NOT EXISTS `odd`@`h` IDENTIFIED VIA unix_socket;")
    assert read(told(plugin))[0] == ["CREATE USER IF NOT EXISTS `odd`@`h` IDENTIFIED VIA `unix_socket` ACCOUNT LOCK;"]


def test_what_a_role_has_from_another_is_said_by_that_one() -> None:
    boss = ("boss@", "CREATE ROLE IF NOT EXISTS `boss`;")
    within = ("boss@", "GRANT SELECT ON `his`.* TO `reader`;")
    assert read(told(boss, within), "reader@") == ([boss[1]], [])


def test_everybody_stays_as_on_this_server() -> None:
    everybody = [("PUBLIC@", "-- PUBLIC is there by itself;"), ("PUBLIC@", "GRANT SELECT ON *.* TO PUBLIC;")]
    assert read(told(*everybody)) == ([], [])


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER USER root@localhost IDENTIFIED BY 'x';",
        "ALTER USER `nobody`@`h` IDENTIFIED BY 'x';",
        "DROP DATABASE live;",
        'SET GLOBAL general_log_file="/x";',
        "SET PASSWORD FOR `nobody`@`h` = 'x';",
        "SET DEFAULT ROLE `boss` FOR `root`@`localhost`;",
        "INSTALL SONAME 'x';",
        "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost`;",
        "GRANT ALL PRIVILEGES ON *.* TO `nobody`@`h`, `root`@`localhost`;",
        "GRANT ALL PRIVILEGES ON *.* TO `nobody`;",
        "GRANT ALL PRIVILEGES ON *.* TO `NOBODY`@`h`;",
        "GRANT `boss` TO `root`@`localhost`;",
        "GRANT PROXY ON `nobody`@`h` TO `root`@`localhost`;",
        "GRANT USAGE ON *.* TO `nobody`@`h`; DROP DATABASE live;",
        "GRANT USAGE ON *.* TO `nobody`@`h`;\nDROP DATABASE live;",
        "GRANT USAGE ON *.* TO `nobody`@`h`",
        "GRANT USAGE ON *.* TO `nobody`@`h` IDENTIFIED BY 'x';",
        "GRANT USAGE ON *.* TO `nobody`@`h` IDENTIFIED BY PASSWORD 'x' 'y';",
        "GRANT USAGE ON *.* TO `nobody`@`h` /*! ; DROP DATABASE live */;",
        "GRANT USAGE ON *.* TO `nobody`@`h` -- x\n;",
        "GRANT EVERYTHING ON *.* TO `nobody`@`h`;",
        "GRANT SELECT (`a` + 1) ON `his`.`t` TO `nobody`@`h`;",
        "GRANT SELECT ON * TO `nobody`@`h`;",
        'GRANT SELECT ON "his".* TO `nobody`@`h`;',
        "CREATE USER `nobody`@`h`;",
        "CREATE OR REPLACE USER `root`@`localhost`;",
        "CREATE USER IF NOT EXISTS `nobody`@`h`, `other`@`h`;",
        "CREATE USER IF NOT EXISTS `nobody`@``;",
        "CREATE USER IF NOT EXISTS `nobody`@`h` IDENTIFIED BY PASSWORD 'x\\' OR IDENTIFIED VIA;",
        "CREATE USER IF NOT EXISTS `nobody`@`h` IDENTIFIED VIA `a` USING PASSWORD('x');",
        "CREATE ROLE IF NOT EXISTS `nobody` WITH ADMIN `root`@`localhost`;",
        "delimiter //\nDROP DATABASE live//",
        "\\! id",
        "system id",
        "source /etc/passwd",
        "",
        "GRANT USAGE ON *.* TO `nobody\0`@`h`;",
        "GRANT " + "SELECT, " * MOST_TOKENS + "INSERT ON *.* TO `nobody`@`h`;",
    ],
)
def test_what_is_not_about_the_one_account_is_passed_over_by_name(statement: str) -> None:
    made, strange = read(told(MADE, ("nobody@h", statement)))
    assert made == [MADE[1]]
    assert strange == [
        "users.sql: a statement of nobody@h is not what SHOW CREATE USER or SHOW GRANTS say of it; it was not run"
    ]


# The server takes each of these for an account of its own, for one that is there, or for everybody.
@pytest.mark.parametrize(
    ("user", "host"),
    [
        ("root", "%"),
        ("mysql", "localhost"),
        ("mariadb.sys", "localhost"),
        ("root ", "localhost"),
        ("", "localhost"),
        ("nobody", "ⓗ"),
        ("noone\U0001f600", "h"),
        ("none", ""),
        ("Public", ""),
    ],
)
def test_accounts_that_are_not_a_sets_to_make(user: str, host: str) -> None:
    at = f"`{user}`@`{host}`" if host else f"`{user}`"
    creation = f"CREATE {'USER' if host else 'ROLE'} IF NOT EXISTS {at};"
    made, strange = read(told((f"{user}@{host}", creation), (f"{user}@{host}", f"GRANT USAGE ON *.* TO {at};")))
    assert made == []
    assert len(strange) == 2
    assert all(sentence.isprintable() and sentence.isascii() for sentence in strange)


def test_an_account_that_is_there_is_told_by_all_its_spellings() -> None:
    creation = "CREATE USER IF NOT EXISTS `clerk`@`Ward`;"
    assert read(told(("clerk@Ward", creation)), "clerk@ward") == ([], [])


def test_rights_alone_make_nobody() -> None:
    # Without the role, they would go to the user of that name at any host.
    for owner, at in (("clerk@", "`clerk`"), ("clerk@h", "`clerk`@`h`")):
        made, strange = read(told((owner, f"GRANT ALL PRIVILEGES ON *.* TO {at};")), "clerk@%")
        assert made == []
        assert len(strange) == 1


@pytest.mark.parametrize("owner", ["[" * 100_000, "nobody@h", "[]", "1", "null", '{"a": 1}', ""])
def test_an_owner_that_is_no_account_is_strange(owner: str) -> None:
    made, strange = read(f"-- account {owner}\nDROP DATABASE live;\n")
    assert made == []
    assert len(strange) == 1
