"""What loading a source would run, as it was found by reading it, and the refusal of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edgewright.errors import UntrustedSourceError
from edgewright.spelling import argument


@dataclass(frozen=True)
class Finding:
    """One thing that loading or running a source would do: `where` names the layer or operator, `what` the deed.

    `kind` is "code" for what comes with the file and would run, "class" for a class that the file does not bring.
    """

    where: str
    what: str
    kind: Literal["code", "class"] = "code"

    def __str__(self) -> str:
        return f"{self.where} {self.what}"


def refuse(name: str, findings: Sequence[Finding], *, trust: bool) -> None:
    """Raise `UntrustedSourceError` that names the findings, unless there are none or the source is trusted."""
    if trust or not findings:
        return
    shown = "; ".join(map(str, findings[:3]))
    more = f"; and {len(findings) - 3} more" if len(findings) > 3 else ""
    if all(finding.kind == "class" for finding in findings):
        remedy = "Load it in your own program, where that code is, and pass the model object to edgewright.convert"
    else:
        more += ". Nothing was loaded"
        remedy = f"If you trust who made it, say so with {argument('trust', True)}"
    raise UntrustedSourceError(f"{shown}{more}", where=name, remedy=remedy)
