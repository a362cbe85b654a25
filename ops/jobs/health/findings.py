"""What one check finds, kept as it comes: what goes wrong after that is one more finding, and takes back none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ops.core.errors import SeawallError
from ops.core.verdict import Finding, Verdict, worst


def kept(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings as a check makes them; an error of its ends them with an unknown."""
    try:
        yield from findings
    except SeawallError as error:
        yield Finding(Verdict.UNKNOWN, error.message)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        yield Finding(Verdict.UNKNOWN, f"{where}{error.strerror or error}")
    except Exception as error:  # noqa: BLE001 -- a fault in one check must not blind the others
        yield Finding(Verdict.UNKNOWN, f"this check failed with an error: {type(error).__name__}: {error}")


def join(findings: Sequence[Finding]) -> Finding:
    """Make one finding of several: the worst verdict, the words of those that are not good, and the worst's figures.

    Figures of several devices have the device's name before their own, so that none takes another's place.
    """
    verdict = worst(finding.verdict for finding in findings)
    loud = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    loud.sort(key=lambda finding: -finding.verdict.severity)
    words = "; ".join(finding.message for finding in loud or findings) or "the check returned no result"
    several = len({finding.subject for finding in findings if finding.subject}) > 1
    figures: dict[str, float] = {}
    for finding in sorted(findings, key=lambda finding: finding.verdict.severity):
        before = f"{finding.subject} " if several and finding.subject else ""
        figures |= {f"{before}{name}": value for name, value in finding.figures.items()}
    return Finding(verdict, words, figures)
