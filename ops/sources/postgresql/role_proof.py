"""The roles of a cluster beside those of a manifest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ops.core.verdict import Finding, Verdict, judged
from ops.sources.postgresql.facts import ROLE_ATTRIBUTES, DatabaseFacts, shared
from ops.sources.postgresql.session import Session
from ops.sources.postgresql.sql import identifier, setting
from ops.sources.postgresql.structure.rereading import accepts

_SET = "set "
# Without them the server's own superuser could not load and prove the rest.
_NEEDED = ("rolsuper", "rolcanlogin")


def roles(session: Session, facts: DatabaseFacts, *, fresh: bool) -> Finding:
    """Demand all roles, and all that they may do, of a server that was made for the proof.

    A restore makes only the roles that the database needs: those of the database as a whole are looked at here, owners
    and whoever was granted something with the structure.
    """
    there: Mapping[str, Sequence[str]] = shared(session.ask, ROLE_ATTRIBUTES)
    if not fresh:
        needed = {facts.owner or "", *(role for role, _ in facts.settings), *(role for role, _, _ in facts.grants)} - {
            ""
        }
        wrong = [f"{name} is missing" for name in sorted(needed) if name not in there]
        return judged(wrong, f"the {len(needed)} roles that the database itself needs are there")
    own = session.ask("select to_json(current_user)")
    wrong = [f"{name} is missing" for name in facts.roles if name not in there]
    refused = []
    for name, words in facts.role_attributes.items():
        different = ({*words} ^ {*there.get(name, words)}) - ({*_NEEDED} if name == own else set())
        lost = {*_refused(session, name, different - {*there.get(name, ())})}
        refused += [f"{word.removeprefix(_SET)} of {name}" for word in sorted(lost)]
        if different - lost:
            wrong.append(f"{name} differs: {', '.join(sorted(different - lost))}")
    said = f"{len(facts.roles)} roles are there" + (", with their permissions" if facts.role_attributes else "")
    if refused and not wrong:
        return Finding(Verdict.WARN, f"{said}, but for settings that this server refuses: {'; '.join(refused)}")
    return judged(wrong, said)


def _refused(session: Session, role: str, words: Collection[str]) -> Iterator[str]:
    """Yield the settings, among what a role lacks, that the server would not take, as of a language that it lacks."""
    for word in words:
        name, equals, value = word.removeprefix(_SET).partition("=")
        if word.startswith(_SET) and equals:
            statement = f"alter role {identifier(role)} set {setting(name, value)}"
            if not accepts(session, statement):
                yield word
