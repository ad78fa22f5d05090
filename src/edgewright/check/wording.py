"""A check of a model file in words: a verdict, and the operators in groups that fare alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edgewright.check.results import Arena, CheckReport, OperatorVerdict, TargetReport, Verdict
from edgewright.report import Column, Table, numbers

if TYPE_CHECKING:
    from edgewright.evaluate import OutputAgreement

_FEW = 4
_LONGEST_NAME = 48


def tables(report: CheckReport) -> list[Table]:
    """Two tables for each target: the verdict with what it rests on, and the operators."""
    return [table for target in report.targets for table in (_overview(report, target), _operators(target))]


def _overview(report: CheckReport, target: TargetReport) -> Table:
    rows: list[tuple[str, str]] = [("verdict", verdict(target)), *(("type", step) for step in target.next_steps)]
    if target.runs:
        rows += [("split", f"by {place}") for place in _splits(target)]
    if target.arena:
        rows.append(("arena", _arena(target.arena)))
    if target.agreement:
        rows += [("agreement", _agreement(output)) for output in target.agreement.outputs]
    rows.append(("basis", target.basis))
    rows += [("note", note) for note in target.notices]
    which = f", signature {target.signature}" if target.signature else ""
    return Table(f"{report.model.name} on {target.target}{which}", (Column(""), Column("")), rows)


def verdict(target: TargetReport) -> str:
    """One line: does it run, and how much of it on the target itself."""
    if not target.runs:
        return f"no: {target.problem}"
    count = len(target.operators)
    if target.taken == count:
        return f"runs: {target.title} takes all {numbers.count(count, 'operator')}"
    if target.target == "cpu" and not target.taken:
        return f"runs on LiteRT's own kernels: {target.title} takes none of {numbers.count(count, 'operator')}"
    share = target.macs_share
    macs = "" if share is None else f", {numbers.percent(share)} of the multiply-accumulates"
    pieces = f", in {target.pieces} pieces" if target.target == "cpu" and target.pieces > 1 else ""
    return f"runs: {target.title} takes {target.taken} of {count} operators{macs}{pieces}; {_others(target)} the others"


def _others(target: TargetReport) -> str:
    return "LiteRT" if target.target == "cpu" else "the CPU"


def _splits(target: TargetReport) -> list[str]:
    places = [_place(target.operators[index]) for index in target.splits]
    more = len(places) - _FEW
    return [*places[:_FEW], f"{more} more, see below"] if more > 1 else places


def _place(one: OperatorVerdict) -> str:
    return f"operator {one.index}, {one.name} ({layer(one.tensor)}), {one.pattern}: {one.reason}"


def layer(tensor: str) -> str:
    """The name of a tensor for people: converters join the names of all layers that went into it with semicolons."""
    name = tensor.partition(";")[0]
    return name if len(name) <= _LONGEST_NAME else f"…{name[1 - _LONGEST_NAME :]}"


def _arena(arena: Arena) -> str:
    reported = "" if arena.reported == arena.smallest else f", its allocator reports {arena.reported:,}"
    return f"{arena.smallest:,} bytes besides the file{reported} (upper bound for 32-bit targets, measured on 64-bit)"


def _agreement(one: OutputAgreement) -> str:
    if one.snr_db == math.inf:
        return f"{layer(one.name)} is LiteRT's to the bit"
    return f"{layer(one.name)} is LiteRT's with {one.snr_db:.0f} dB signal to noise"


def _operators(target: TargetReport) -> Table:
    columns = (
        Column("operator"),
        Column("count", "right"),
        Column("version", "right"),
        Column("types"),
        Column("runs on"),
        Column("because"),
    )
    groups: dict[tuple[str, int, str, Verdict, str], list[OperatorVerdict]] = {}
    for one in target.operators:
        reason = one.reason if one.after is None else ""
        groups.setdefault((one.name, one.version, one.types, one.verdict, reason), []).append(one)
    rows = [_row(target, members) for members in groups.values()]
    return Table("", columns, rows)


def _row(target: TargetReport, members: list[OperatorVerdict]) -> tuple[str, int, int, str, str, str]:
    first = members[0]
    own_kernel = "LiteRT" if target.target == "cpu" else "CPU"
    where = {Verdict.RUNS: target.title, Verdict.CPU: own_kernel, Verdict.UNSUPPORTED: first.verdict.value}
    return first.name, len(members), first.version, first.types, where[first.verdict], _reason(members)


def _reason(members: list[OperatorVerdict]) -> str:
    blockers = sorted({member.after for member in members if member.after is not None})
    if len(blockers) < 2:
        return members[0].reason
    shown = ", ".join(map(str, blockers[:_FEW])) + (", …" if len(blockers) > _FEW else "")
    return f"comes after operators {shown}"
