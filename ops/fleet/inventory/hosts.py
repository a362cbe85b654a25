"""What a file of hosts and groups says twice, or in a form that Ansible drops without more than a warning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.core.errors import Problem
from ops.fleet.inventory.documents import Document, doubled, empty, pairs
from ops.fleet.inventory.nearly import nearly
from ops.fleet.inventory.variables import ADDRESS
from ops.policy.hostvars import PREFIX

if TYPE_CHECKING:
    import yaml

    from ops.fleet.inventory.files import Owner
    from ops.fleet.inventory.locate import Layer

PARTS = ("hosts", "children", "vars")
_DEEPEST = 20  # groups in one another; an alias may lead back
_PORT = ("ansible_port", "ansible_ssh_port")


@dataclass(frozen=True)
class Group:
    """A place where a file speaks of a group. mark: the file and line of its name."""

    name: str
    body: yaml.Node
    document: Document
    mark: str

    def part(self, name: str) -> yaml.Node | None:
        """Return what a group says under hosts, children or vars."""
        return next((value for key, value in pairs(self.body) if key.value == name), None)


def groups(documents: Sequence[Document]) -> list[Group]:
    """Return every place in the files of hosts at which a group is spoken of."""
    found: list[Group] = []
    for document in documents:
        if _names_hosts(document) and document.root is not None:
            found.extend(_below(document.root, document, 0))
    return found


def misshapen(documents: Sequence[Document]) -> Iterator[Problem]:
    """Yield what Ansible drops of the files of hosts, because it has not the form that it needs there."""
    for document in documents:
        if _names_hosts(document) and document.root is not None:
            yield from doubled(document.root, document.source.path)
            yield from _root(document, document.root)
    for group in groups([document for document in documents if not _is_pack(document)]):
        yield from _body(group)
        yield from _hosts(group)
        children = group.part("children")
        if _entries(children):
            yield _as_list(group, "children", children)


def layers_twice(documents: Sequence[Document], layers: Sequence[Layer]) -> Iterator[Problem]:
    """Yield each layer of the policy in a file of hosts that stands elsewhere, too: Ansible takes one of the two."""
    seen = {_of_whom(layer.name, layer.owner): str(layer.mark) for layer in reversed(layers) if layer.owner}
    for group in groups(documents):
        bodies = [(("host", str(host.value)), body) for host, body in pairs(group.part("hosts"))]
        for owner, body in [(("group", group.name), group.part("vars")), *bodies]:
            for key, _ in pairs(body):
                name, mark = str(key.value), str(group.document.mark(key))
                first = seen.setdefault(_of_whom(name, owner), mark) if name.startswith(PREFIX) else mark
                if first != mark:
                    yield Problem(name, f"defined twice, also at {first}; only one of them takes effect", mark)


def _of_whom(name: str, owner: Owner | None) -> tuple[str, Owner | None]:
    """Each host has a layer of its own; every other one there is once."""
    return name, owner if name == f"{PREFIX}host" else None


def doubles(documents: Sequence[Document]) -> Iterator[Problem]:
    """Yield each host that has two values of one variable in the files of hosts: it was meant to be two hosts."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for group in groups(documents):
        for host, body in pairs(group.part("hosts")):
            for variable, value in pairs(body):
                said, where = _written(value, group.document), str(group.document.mark(variable))
                before, first = seen.setdefault((str(host.value), str(variable.value)), (said, where))
                if before != said:
                    message = f"{host.value} has another {variable.value} at {first}; is one of the two another host?"
                    yield Problem(f"{host.value}.{variable.value}", message, where)


def place(host: str, documents: Sequence[Document]) -> str:
    """Return where a host is named first, or else the file that names hosts; empty where there is none."""
    for group in groups(documents):
        for key, _ in pairs(group.part("hosts")):
            if key.value == host:
                return str(group.document.mark(key))
    return f"{documents[0].source.path}:1" if documents else ""


def shared_addresses(documents: Sequence[Document]) -> Iterator[Problem]:
    """Yield a note of each two hosts that are reached at one address and port."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for group in groups(documents):
        for host, body in pairs(group.part("hosts")):
            said = {str(key.value): (str(value.value), key) for key, value in pairs(body)}
            address = next((said[name] for name in ADDRESS if name in said), None)
            if address is None or "{{" in address[0]:
                continue
            port = next((said[name][0] for name in _PORT if name in said), "")
            mark = str(group.document.mark(address[1]))
            other, first = seen.setdefault((address[0], port), (str(host.value), mark))
            if other != host.value:
                yield Problem(str(host.value), f"has the address of {other}, {address[0]} ({first})", mark)


def _names_hosts(document: Document) -> bool:
    """Whether a file names hosts: it is no file of variables, and no settings of a plugin that asks elsewhere."""
    if document.source.owner is not None or document.root is None:
        return False
    return "plugin" not in {key.value for key, _ in pairs(document.root)}


def _below(node: yaml.Node, document: Document, depth: int) -> Iterator[Group]:
    for key, body in pairs(node):
        group = Group(str(key.value), body, document, str(document.mark(key)))
        yield group
        children = group.part("children")
        if children is not None and depth < _DEEPEST:
            yield from _below(children, document, depth + 1)


def _is_pack(document: Document) -> bool:
    """Whether a file that Ansible takes for one of hosts is a pack of clauses."""
    return {"title", "clauses"} <= {key.value for key, _ in pairs(document.root)}


def _root(document: Document, root: yaml.Node) -> Iterator[Problem]:
    if _is_pack(document):
        said = "Ansible takes this pack for hosts; put it below a folder that begins with a dot, such as .packs/"
        yield Problem("clauses", f"{said}, and name that in `file`", f"{document.source.path}:1")
    where = f"{document.source.path}:{root.start_mark.line + 1}"
    if not empty(root) and not pairs(root):
        yield Problem("hosts", "expected groups such as `servers: {hosts: {his1: }}`", where)
    for key, _ in pairs(root):
        if key.value in PARTS:
            said = (
                f"stands at the top, where Ansible takes {key.value!r} for a group; write `all:` above, and indent it"
            )
            yield Problem(str(key.value), said, str(document.mark(key)))


def _body(group: Group) -> Iterator[Problem]:
    if not pairs(group.body) and not empty(group.body):
        said = f"Ansible drops this group; write the hosts of {group.name} below `hosts:`, each with a colon"
        yield Problem(group.name, said, group.mark)
    for key, _ in pairs(group.body) if group.name not in PARTS else ():
        if key.value not in PARTS:
            near = nearly(str(key.value), PARTS)
            how = f"write `{near}:`" if near else "a host stands below `hosts:`, a group below `children:`"
            yield Problem(f"{group.name}.{key.value}", f"Ansible drops this; {how}", str(group.document.mark(key)))


def _hosts(group: Group) -> Iterator[Problem]:
    hosts = group.part("hosts")
    if _entries(hosts):
        yield _as_list(group, "hosts", hosts)
    elif hosts is not None and isinstance(hosts.value, str) and len(hosts.value.split()) > 1:
        said = f"the colons are missing; write `{hosts.value.split()[0]}:` and so on, each in its own line"
        yield Problem(f"{group.name}.hosts", said, str(group.document.mark(hosts)))
    for host, body in pairs(hosts):
        if re.search(r"[\s{]", str(host.value)):
            name = re.split(r"[{\s]", host.value)[0]
            said = f"no host has such a name; write `{name}: {{ansible_host: ...}}`"
            yield Problem(f"{group.name}.hosts", said, str(group.document.mark(host)))
        elif not pairs(body) and not empty(body):
            said = f"expected variables; is its address meant? write `{host.value}: {{ansible_host: ...}}`"
            yield Problem(f"{group.name}.{host.value}", said, str(group.document.mark(host)))


def _entries(node: yaml.Node | None) -> bool:
    """Whether a list stands where names with colons belong."""
    return node is not None and not pairs(node) and isinstance(node.value, list) and bool(node.value)


def _as_list(group: Group, part: str, node: yaml.Node | None) -> Problem:
    first = node.value[0] if node is not None else None
    name = first.value if first is not None and isinstance(first.value, str) else "his1"
    said = f"a list, which Ansible drops with the whole file; write `{name}:` for `- {name}`, each with a colon"
    return Problem(f"{group.name}.{part}", said, str(group.document.mark(node or group.body)))


def _written(node: yaml.Node, document: Document) -> str:
    """Return what stands in the file for a value, in a form in which two can be compared."""
    if isinstance(node.value, str):
        return node.value
    return "".join(document.source.text[node.start_mark.index : node.end_mark.index].split())
