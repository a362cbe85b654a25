"""What a machine holds, whether the policy says so or not: one file per sort of thing, named as names begin.

A sort offers `KIND = Sort(...)`. What it cannot look at it raises as SeawallError or OSError, and the caller reports
that as unknown, never as nothing found. Names are those of a source's `covers`: `postgresql:5432/his`,
`mariadb:/run/mysqld/mysqld.sock/lab`, `sqlite:/srv/a.db`, `path:/srv/documents`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from ops.core import kinds
from ops.core.errors import SeawallError
from ops.interfaces.discovery import Found, SearchContext, Sort
from ops.interfaces.state import Unsearched


@dataclass
class Search:
    """Everything that was found, and the sorts that could not be looked for."""

    found: list[Found] = field(default_factory=list)
    unlooked: list[Unsearched] = field(default_factory=list)


def search(scene: SearchContext) -> Search:
    """Look for every sort of thing; what lies in the place of a thing found before is not found again."""
    seen = Search()
    sorts: dict[str, Sort] = {name: kinds.load(__name__, name) for name in kinds.kinds(__name__)}
    for name, sort in sorted(sorts.items(), key=lambda item: item[1].order):
        places = [Path(place) for one in seen.found for place in one.places]
        try:
            for one in sort.look(replace(scene, answered=(*scene.answered, *places))):
                seen.found.append(one)
        except SeawallError as error:
            seen.unlooked.append(Unsearched(sort=name, message=error.message))
        except OSError as error:
            seen.unlooked.append(Unsearched(sort=name, message=f"{error.filename}: {error.strerror}"))
    return seen
