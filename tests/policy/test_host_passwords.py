"""Passwords and sessions as the policy's hardening wants them."""

DAY = 86_400


def test_passwords_of_people_end(personal, passwords):
    days = personal.wanted.password_age.seconds // DAY
    late = {name: end for name, end in passwords["people"].items() if not end.isdigit() or int(end) > days}
    told = ", ".join(f"{name} ({end or 'never'})" for name, end in sorted(late.items()))
    assert not late, f"these passwords end later than after {days} days: {told}"


def test_new_passwords_end(personal, passwords):
    days, found = personal.wanted.password_age.seconds // DAY, passwords["new"].get("PASS_MAX_DAYS", "never")
    assert found.isdigit() and int(found) <= days, f"a new account's password ends after {found} days, not {days}"


def test_new_passwords_are_long_and_mixed(personal, passwords):
    judge = said(passwords["stack"], "pam_pwquality.so")
    assert judge, "PAM asks nobody whether a password is good"
    words = passwords["quality"] | dict(word.split("=", 1) for word in judge[3:] if "=" in word)
    length, classes = int(words.get("minlen", 8)), int(words.get("minclass", 0))
    assert length >= personal.wanted.password_length, f"a new password needs {length} characters only"
    assert classes >= personal.wanted.password_classes, f"a new password mixes {classes} kinds of characters only"
    credits_ = [name for name in ("dcredit", "ucredit", "lcredit", "ocredit") if int(words.get(name, 0)) > 0]
    assert not credits_, f"a mixture makes up for length: {', '.join(credits_)}"


def test_passwords_of_before_are_refused(personal, passwords):
    judge = said(passwords["stack"], "pam_pwhistory.so")
    assert judge, "PAM remembers no passwords"
    found = dict(word.split("=", 1) for word in judge[3:] if "=" in word).get("remember", "10")
    assert int(found) >= personal.wanted.password_history, f"PAM remembers {found} passwords only"


def test_services_are_let_in_by_a_key_alone(personal, passwords):
    wrong = {name: kind for name, kind in passwords["services"].items() if kind != "key"}
    words = {"password": "has a password", "end": "has a password with an end", "no account": "is not there"}
    assert not wrong, "; ".join(f"{name} {words[kind]}" for name, kind in sorted(wrong.items()))


def test_idle_shells_end(personal, passwords):
    limit, found = personal.wanted.idle.seconds, passwords["idle"]
    assert found.isdigit() and 0 < int(found) <= limit, f"an idle shell ends after {found or 'no'} s, not {limit}"


def test_sudo_is_logged(personal, passwords):
    assert passwords["sudo_log"], "sudo keeps no log of its own"


def said(stack, module):
    """Return the line of a module that stands before the one that sets the password, and whose no counts."""
    before = []
    for line in stack:
        if "pam_unix.so" in line:
            break
        before.append(line)
    return next((line for line in before if line[1] in {"required", "requisite"} and line[2] == module), None)
