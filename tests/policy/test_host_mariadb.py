"""The account that dumps from MariaDB: it reads everything and changes nothing."""

import re

RIGHTS = {"SELECT", "RELOAD", "PROCESS", "SHOW VIEW", "EVENT", "TRIGGER", "SLAVE MONITOR"}
NEWER = {"SHOW CREATE ROUTINE"}  # 11.3


def test_account_is_let_in_by_its_process_alone(mariadb, account):
    name = mariadb.options.user
    assert account["exists"], f"there is no account {name}@localhost"
    way = account["made"].partition(" IDENTIFIED ")[2]
    assert way == "VIA unix_socket", f"{name}@localhost is let in otherwise: {account['made']}"
    assert account["hosts"] == ["localhost"], f"{name} is known from {', '.join(account['hosts'])}"
    assert not account["strangers"], f"user nobody is let in as {name}"


def test_account_has_exactly_the_rights_of_a_dump(mariadb, account):
    assert account["exists"], f"there is no account {mariadb.options.user}@localhost"
    release = tuple(int(number) for number in re.findall(r"\d+", account["version"])[:2])
    first, *further = account["grants"]
    assert not further, f"{mariadb.options.user} has more rights: {'; '.join(further)}"
    found = re.fullmatch(r"GRANT (.*) ON \*\.\* TO \S+ IDENTIFIED VIA unix_socket", first)
    assert found, f"{mariadb.options.user} has other rights: {first}"
    wanted = RIGHTS | NEWER if release >= (11, 3) else RIGHTS
    assert set(found[1].split(", ")) == wanted, f"{mariadb.options.user} has {found[1]}"


def test_account_reads_and_cannot_write(mariadb, account):
    assert account["exists"], f"there is no account {mariadb.options.user}@localhost"
    assert account["databases"], f"user seawall can't read: {account['reading']}"
    missing = {mariadb.name} - {"", *account["databases"]}
    assert not missing, f"{mariadb.options.user} does not see {mariadb.name}"
    assert not account["written"], f"{mariadb.options.user} was able to {', '.join(account['written'])}"
