"""Loops in the form that LiteRT's converter exports: their condition and body as functions of their own.

It makes TFL's `while` of a loop, and leaves out the pass that does this (`tfl-while-loop-outline` of TensorFlow).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

_WHILE, _YIELD = "tfl.while", "tfl.yield"
_PARTS = ("cond", "body")
_CONSTANTS = ("arith.constant", "tfl.pseudo_const")


def outline_loops(module: Any) -> None:
    """Change a module of MLIR in place; what the functions of a loop use from outside becomes a part of its state."""
    for place, loop in enumerate(list(_loops(module.operation))):
        blocks = [region.blocks[0] for region in loop.regions]
        for block in blocks:
            _keep_constants(block)
        used = list(dict.fromkeys(value for block in blocks for value in _from_outside(block)))
        for block in blocks:
            _take(block, used)
        _replace(module, loop, used, place)


def _loops(operation: Any) -> Iterator[Any]:
    """All loops, those inside of others first."""
    for region in operation.regions:
        for block in region.blocks:
            for inner in block.operations:
                yield from _loops(inner.operation)
                if inner.operation.name == _WHILE:
                    yield inner.operation


def _keep_constants(block: Any) -> None:
    """Copy the constants that a block uses from outside into it."""
    from litert_converter.mlir import ir

    for value in _from_outside(block):
        owner = value.owner
        if getattr(owner, "name", "") in _CONSTANTS:
            with ir.InsertionPoint.at_block_begin(block):
                _exchange(block, value, owner.clone().results[0])


def _from_outside(block: Any) -> list[Any]:
    """The values that the operations of a block use and that are made outside of it, each once."""
    operations = [operation.operation for operation in block.operations]
    inside = {*block.arguments, *(result for operation in operations for result in operation.results)}
    used = (operand for operation in operations for operand in operation.operands)
    return list(dict.fromkeys(value for value in used if value not in inside))


def _exchange(block: Any, old: Any, new: Any) -> None:
    for operation in block.operations:
        for place, operand in enumerate(operation.operation.operands):
            if operand == old:
                operation.operation.operands[place] = new


def _take(block: Any, values: Sequence[Any]) -> None:
    """Make values from outside arguments of a block."""
    from litert_converter.mlir import ir

    for value in values:
        _exchange(block, value, block.add_argument(value.type, ir.Location.unknown()))


def _replace(module: Any, loop: Any, used: Sequence[Any], place: int) -> None:
    """Put a loop with more of a state, of functions, in place of one of blocks."""
    from litert_converter.mlir import ir

    operands = [*loop.operands, *used]
    with ir.InsertionPoint(loop):
        fresh = ir.Operation.create(
            _WHILE,
            results=[operand.type for operand in operands],
            operands=operands,
            attributes={name: loop.attributes[name] for name in loop.attributes},
            regions=len(_PARTS),
        )
    for part, old, new in zip(_PARTS, loop.regions, fresh.regions, strict=True):
        state = list(old.blocks[0].arguments)[len(operands) - len(used) :] if part == "body" else []
        _outline(module, old.blocks[0], state, new, f"while_{place}_{part}")
    for before, after in zip(loop.results, fresh.results, strict=False):
        before.replace_all_uses_with(after)
    loop.erase()


def _outline(module: Any, block: Any, more: Sequence[Any], region: Any, name: str) -> None:
    """Move a block into a function, which returns `more` as well, and call that in a region."""
    from litert_converter.mlir import ir
    from litert_converter.mlir.dialects import func

    end = block.operations[len(block.operations) - 1].operation
    values = [*end.operands, *more]
    taken, returned = [argument.type for argument in block.arguments], [value.type for value in values]
    with ir.InsertionPoint(module.body):
        function = func.FuncOp(name, (taken, returned), visibility="private")
    with ir.InsertionPoint(end):
        func.ReturnOp(values)
    end.erase()
    block.append_to(function.regions[0])
    inner = region.blocks.append(*taken, arg_locs=[ir.Location.unknown()] * len(taken))
    with ir.InsertionPoint(inner):
        call = func.CallOp(returned, name, list(inner.arguments))
        ir.Operation.create(_YIELD, operands=list(call.results))
