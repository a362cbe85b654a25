"""The guard of a start: a cluster that would take writes starts only where the other machine's does not."""

from __future__ import annotations

from pathlib import Path

from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.files import write_atomically
from ops.jobs.host import folders
from ops.jobs.standby.place import Place
from ops.jobs.standby.state import await_that
from ops.policy.standby import slot


def start_allowed(place: Place) -> str:
    """Return why a cluster may start; raise UsageError where it must not, Unavailable where nobody knows.

    A standby may: it takes no writes. A primary may when the other machine says that it follows. As long as that says
    nothing, this waits for it, so that after a power cut either may boot first.
    """
    if place.there(place.fence):
        raise UsageError(
            f"{place.host} is fenced: {place.other} may be the primary", f"sudo seawall standby rejoin {place.name}"
        )
    if place.there(place.signal):
        return "it follows, and takes no writes"
    if not place.there(place.data / "pg_replslot" / slot(place.name)):
        return "it never had a standby"
    if _take_word(place):
        return f"a person said that {place.other} is off"
    answers: list[str] = []

    def answered() -> bool:
        answers.append(place.ask_other("select pg_is_in_recovery()", timeout=20))
        return True

    try:
        await_that(f"{place.other} did not say whether it is the primary", answered, place.one.start_wait.seconds)
    except SeawallError as error:
        if place.one.start_alone:
            return f"{error.message}, and the policy has it start all the same"
        hint = f"if it is off, and stays off: sudo seawall standby start {place.name} --other-is-off"
        raise Unavailable(error.message, hint) from error
    if answers[-1] != "t":
        raise UsageError(f"{place.other} is the primary", f"sudo seawall standby rejoin {place.name}")
    return f"{place.other} follows"


def start_alone(place: Place) -> None:
    """Start a cluster by the word of a person who knows that the other machine is off; raise SeawallError.

    The word counts for one start, and is gone when the machine boots.
    """
    if place.there(place.fence):
        raise UsageError(f"{place.host} is fenced", f"sudo seawall standby rejoin {place.name}")
    try:
        other = place.ask_other("select pg_is_in_recovery()", timeout=20)
    except SeawallError:
        other = ""
    if other == "f":
        raise UsageError(f"{place.other} is not off: it is the primary", f"sudo seawall standby rejoin {place.name}")
    folders.scratch().mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(_word(place), "off\n")
    place.steering.start()


def _take_word(place: Place) -> bool:
    try:
        _word(place).unlink()
    except FileNotFoundError:
        return False
    return True


def _word(place: Place) -> Path:
    """Return where the word of a person lies: in root's folder in memory."""
    return folders.scratch() / f"standby-{place.name}.alone"
