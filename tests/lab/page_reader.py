"""Pages of the documents typed at the terminal of a machine of the lab, as they stand there.

A line such as `asset=his` gets other names, as the pages themselves say, and where an editor is started its file is
written. Nothing else is changed, and nothing is left out.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from hospital import CHECKOUT, Site

from ops.core.run import Stream, stream

PAGES = [CHECKOUT / "docs" / f"restore-by-hand{page}.md" for page in ("", "-databases", "-machine")]
BLOCK = re.compile(r"^(?:<!-- lab: (\S+) -->\n)?```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_HERE = "-"  # partitions and boot loaders are nothing that a machine of the lab has
END = "end-of-the-block"
FAILED = "this-failed:"
HOUR = 3600.0  # a whole module types at one terminal; a machine with other work is slow
SECRETS = "/etc/seawall/credentials"


def named() -> list[tuple[str, str]]:
    """Return the blocks of the pages with the names that comments before them give them."""
    return [found for page in PAGES for found in BLOCK.findall(page.read_text("utf-8"))]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


class Reader:
    """Somebody at the terminal of a machine as root, in one shell from the first page to the last."""

    def __init__(self, program: Stream, secrets: str) -> None:
        self.program = program
        self.secrets = secrets
        self.lines = program.lines()
        self.blocks = dict(named())
        self.backed_up: set[str] = set()
        self.run(f"exec 2>&1; set -Eo pipefail; trap 'echo {FAILED} $BASH_COMMAND' ERR; cd /root")

    def run(self, command: str, *, good: bool = True) -> str:
        """Type something, see what it says; by default no command of it may fail."""
        self.program.write(f"{{ {command}\n}} </dev/null\nset +x; echo {END}\n")
        told = []
        for line in self.lines:
            if line == END:
                assert not good or FAILED not in "\n".join(told), "\n".join([command, *told[-40:]])
                return "\n".join(told)
            told.append(line)
        raise AssertionError("\n".join(["the shell has ended", command, *told[-40:]]))

    def typed(self, *names: str, good: bool = True, **names_of_ours: str) -> str:
        """Type blocks of the pages, with names put in the place of those of the example."""
        return "\n".join(self.run(self._block(name, names_of_ours), good=good) for name in names)

    def _block(self, name: str, values: dict[str, str]) -> str:
        text = self.blocks[name]
        for word, value in values.items():
            text, count = re.subn(rf"^{word}=\S+", f"{word}={value}", text, flags=re.MULTILINE)
            assert count == 1, f"{name} has no line {word}=..."
        return "\n".join(self._edited(line) for line in text.splitlines())

    def _edited(self, line: str) -> str:
        """Write the file where the page starts an editor."""
        if not (found := re.match(r"editor (\S+)", line)):
            return line
        name = found[1]
        return f"cat {self.secrets}/{name if name == 'ca.pem' else f'primary.{name}'} > {name}"

    def finds(self, asset: str, *, any_set: bool = False) -> None:
        """Look for the newest set as the page says it; it is one of today's data, unless any is good enough."""
        if asset not in self.backed_up and not any_set:
            self.run(f"seawall backup {asset}")
            self.backed_up.add(asset)
        listed = self.typed("find", asset=asset)
        if "seawall-set=" not in listed:
            self.run(f"seawall backup {asset}")
            listed = self.typed("find", asset=asset)
        newest = re.findall(r"seawall-set=[0-9a-f-]{36}", listed)[-1]
        told = self.typed("set", set=newest)
        wanted = re.findall(r"seawall-parts=(\S+)", told)[0]
        assert all(f"seawall-part={part}" in told for part in wanted.split("+"))
        self.typed("manifest")

    def psql(self, query: str, database: str) -> str:
        return self.run(f"runuser -u postgres -- psql -XAtqc {quoted(query)} {quoted(database)}")


@contextmanager
def at(site: Site, host: str, secrets: str = SECRETS) -> Iterator[Reader]:
    """Sit down at a machine; no restored data stay there."""
    sweep = "cd /; rm -rf /root/restore /var/tmp/restore"
    site.on(host, sweep)
    with stream([*site.lab.machine(host).ssh_argv(), "bash"], timeout=HOUR, talk=True, ok=range(256)) as program:
        yield Reader(program, secrets)
        program.dismiss()
    site.on(host, sweep)
