"""What a check found, as values: operator by operator, target by target."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from edgewright.brief import line_of, name
from edgewright.check.rules import ACTIVATIONS, shown
from edgewright.model import ModelFile, Node, TensorSpec

if TYPE_CHECKING:
    from edgewright.evaluate import Agreement


class Verdict(StrEnum):
    """What becomes of one operator on a target."""

    RUNS = "runs"
    CPU = "on the CPU instead"
    UNSUPPORTED = "not supported"


@dataclass(frozen=True)
class TensorPattern:
    """What of a tensor decides whether an operator is taken."""

    shape: tuple[int, ...]
    dtype: str
    constant: bool


@dataclass(frozen=True)
class OperatorVerdict:
    """One operator of the model, as it is used there, and what becomes of it.

    `index` is its place in the file, `tensor` the name of its first output (converters put the layer's name into it).
    `macs` are multiply-accumulates of one run, `None` where no matrix product is in it. `reason` is empty for what
    runs, unless it was not tried. `after` is the operator whose refusal keeps this one off, `None` where the reason is
    its own.
    """

    index: int
    name: str
    version: int
    tensor: str
    inputs: tuple[TensorPattern, ...]
    outputs: tuple[TensorPattern, ...]
    activation: str
    macs: int | None
    verdict: Verdict
    reason: str = ""
    after: int | None = None

    @property
    def types(self) -> str:
        """Types of what goes in and comes out: "int8", "float32 → int8"; a weight's where it is another one."""
        computed = [tensor for tensor in self.inputs if not tensor.constant] or self.inputs
        first = computed[0].dtype if computed else ""
        weights = self.inputs[1].dtype if self._has_weights else first
        given = first if weights == first else f"{first} × {weights}"
        made = self.outputs[0].dtype if self.outputs else ""
        return given if made in (first, "") else f"{given} → {made}".removeprefix(" → ")

    @property
    def _has_weights(self) -> bool:
        """Whether the second input is a constant of many numbers beside a computed first one."""
        return self.macs is not None and len(self.inputs) > 1 and not self.inputs[0].constant

    @property
    def pattern(self) -> str:
        """Shapes and fused activation: "1×7×7×1024 → 1×1×1×1024"."""
        computed = [tensor for tensor in self.inputs if not tensor.constant] or self.inputs
        given = shown(computed[0].shape) if computed else ""
        made = shown(self.outputs[0].shape) if self.outputs else ""
        return f"{given} → {made}" + (f", {self.activation}" if self.activation != "NONE" else "")


def judged(
    node: Node, macs: int | None, verdict: Verdict, reason: str = "", after: int | None = None
) -> OperatorVerdict:
    """The verdict on a node, with its pattern."""
    operator = node.operator
    result = node.output(0)
    number = node.option("fused_activation_function")
    return OperatorVerdict(
        index=operator.index,
        name=operator.name,
        version=operator.version,
        tensor=result.name if result is not None else "",
        inputs=_patterns(node, [node.input(place) for place in range(len(operator.inputs))]),
        outputs=_patterns(node, [node.output(place) for place in range(len(operator.outputs))]),
        activation=ACTIVATIONS[number] if 0 <= number < len(ACTIVATIONS) else str(number),
        macs=macs,
        verdict=verdict,
        reason=reason,
        after=after,
    )


def _patterns(node: Node, specs: list[TensorSpec | None]) -> tuple[TensorPattern, ...]:
    given = [spec for spec in specs if spec is not None]
    return tuple(TensorPattern(spec.shape, spec.dtype, node.is_constant(spec)) for spec in given)


@dataclass(frozen=True)
class Arena:
    """Bytes of working memory that TensorFlow Lite Micro needs, weights not counted.

    `smallest` was found by bisection, `reported` is what the allocator says it used. Both were measured on a 64-bit
    machine; pointers are half as large on a microcontroller, so for 32 bits they are upper bounds.
    """

    smallest: int
    reported: int


@dataclass(frozen=True)
class TargetReport:
    """What becomes of a model on one target.

    `basis` says how it is known: measured with what, or predicted from which list. `problem` is empty where the model
    runs and the target takes at least a part of it. `splits` are operators beside the part that is taken which are
    left for a reason of their own. `pieces` counts the parts that could be taken. `agreement` compares the target's
    outputs with LiteRT's, where both were run. `signature` is the one that was checked, of a file with several.
    `next_steps` are commands that make a file which the target takes.
    """

    target: str
    title: str
    basis: str
    operators: tuple[OperatorVerdict, ...]
    problem: str = ""
    pieces: int = 1
    splits: tuple[int, ...] = ()
    arena: Arena | None = None
    agreement: Agreement | None = None
    notices: tuple[str, ...] = field(default=())
    signature: str = ""
    next_steps: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether the model runs, at least a part of it on the target itself."""
        return not self.problem

    @property
    def taken(self) -> int:
        """The number of operators that run on the target itself."""
        return sum(operator.verdict is Verdict.RUNS for operator in self.operators)

    @property
    def macs_share(self) -> float | None:
        """Share of the multiply-accumulates, 0 to 1, that the target takes; `None` for a model that has none."""
        total = sum(operator.macs or 0 for operator in self.operators)
        taken = sum(operator.macs or 0 for operator in self.operators if operator.verdict is Verdict.RUNS)
        return taken / total if total else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "target": self.target,
            "signature": self.signature or None,
            "title": self.title,
            "basis": self.basis,
            "runs": self.runs,
            "problem": self.problem or None,
            "operators_taken": self.taken,
            "macs_share": self.macs_share,
            "pieces": self.pieces,
            "splits": list(self.splits),
            "arena": asdict(self.arena) if self.arena else None,
            "agreement": self.agreement.to_dict() if self.agreement else None,
            "operators": [{**asdict(operator), "types": operator.types} for operator in self.operators],
            "notices": list(self.notices),
            "next_steps": list(self.next_steps),
        }


@dataclass(frozen=True)
class CheckReport:
    """What becomes of a model on each target that was asked for, in that order."""

    model: ModelFile
    targets: tuple[TargetReport, ...]

    @property
    def runs(self) -> bool:
        """Whether the model runs on all of them."""
        return all(target.runs for target in self.targets)

    def __getitem__(self, name: str) -> TargetReport:
        """The report of a target by its name. Raises `KeyError` for one that was not asked for."""
        found = next((target for target in self.targets if target.target == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "file": self.model.name,
            "sha256": self.model.sha256,
            "runs": self.runs,
            "targets": [target.to_dict() for target in self.targets],
        }

    def __repr__(self) -> str:
        verdicts = (f"{report.target} {'runs' if report.runs else 'does not run'}" for report in self.targets)
        return line_of(self, name(self.model.name), *verdicts)
