"""What loading an exported program would run, as it is found by reading it, and a copy without all that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgewright.convert.sources.safety import Finding
from edgewright.convert.sources.torch.archives.reading import Archive
from edgewright.errors import ConversionError

MODEL = "models/model.json"
_WEIGHTS, _CONSTANTS = "data/weights/model_weights_config.json", "data/constants/model_constants_config.json"

# Operators compute; all else that PyTorch looks up by a name in a file may do anything.
_OPERATORS = re.compile(
    r"torch\.ops\.(aten|prims|quantized_decomposed)\.\w+(\.\w+)?"
    r"|torch\.ops\.higher_order\.(cond|while_loop|map_impl|scan|wrap_with_set_grad_enabled|wrap_with_autocast)"
    r"|torch\.(sym_\w+|_sym_\w+)|_operator\.\w+|math\.\w+"
)
# Of those, what reads files: aten::from_file maps any file into memory.
_READING = re.compile(r"\.(from_file|_?load\w*|_?save\w*)(\.|$)")
_ATTRIBUTES = re.compile(r"_operator\.(attrgetter|methodcaller|itemgetter|call|setitem|delitem|i\w+|set\w+)$")
# Sizes are written as SymPy prints them, and SymPy reads them by Python's `eval`.
_WORDS = frozenset(
    """Symbol Integer Float Rational Add Mul Pow Max Min Mod Eq Ne Equality Unequality StrictGreaterThan StrictLessThan
    GreaterThan LessThan And Or Not Gt Ge Lt Le true false True False positive integer nonnegative real floor ceiling oo
    int_oo FloorDiv ModularIndexing Where PythonMod CleanDiv CeilToInt FloorToInt CeilDiv LShift RShift PowByNatural
    FloatPow FloatTrueDiv IntTrueDiv IsNonOverlappingAndDenseIndicator TruncToFloat TruncToInt RoundToInt RoundDecimal
    ToFloat Identity""".split()
)
_TOKEN = re.compile(r"(?P<word>[A-Za-z_]\w*)|(?P<text>'[a-z]{1,4}\d+')|\d+(\.\d+)?|[-+*/%(),=<>! ]")
_SYMBOL = re.compile(r"[a-z]{1,4}\d+")
# One power of small numbers: of towers of them nobody sees the end.
_POWER, _NUMBER, _MOST = re.compile(r"\*\*|Pow|LShift"), re.compile(r"(?<![a-z\d])\d+"), 64
_LONGEST_SIZE = 2_000
_KEPT = re.compile(
    r"(archive_format|archive_version|byteorder|version|\.data/(version|serialization_id)"
    r"|data/(weights|constants)/(weight|tensor)_\d+|data/(weights|constants)/model_\w+_config\.json)"
)
# What of an operator's notes is of use, and plain text: the modules around it, and the lines that called it.
_NOTES = ("nn_module_stack", "stack_trace")


def program_findings(archive: Archive) -> tuple[Finding, ...]:
    """What loading it would run: pickles among its weights, names that are no operators, sizes that are no sizes."""
    found = [*_pickles(archive, _WEIGHTS, "weight"), *_pickles(archive, _CONSTANTS, "constant")]
    model = _parsed(archive, MODEL)
    found += [Finding(f"operator {name!r}", "is none of PyTorch's, and would be called") for name in _strange(model)]
    found += [Finding(f"size {text[:60]!r}", "is no size, and would be evaluated") for text in _no_sizes(model)]
    compiled = [name for name in archive.members if name.startswith("data/aotinductor/")]
    found += [Finding(name[:100], "is a compiled library, and would be loaded") for name in compiled[:1]]
    return tuple(found)


def fresh_program(archive: Archive, target: Path) -> Path:
    """Copy what was looked at: operators, weights and constants, on the CPU; no pickle and nothing compiled."""
    model = _parsed(archive, MODEL)
    for part in _parts(model):
        if isinstance(notes := part.get("metadata"), dict):
            part["metadata"] = {name: notes[name] for name in _NOTES if isinstance(notes.get(name), str)}
        if set(part) == {"type", "index"} and isinstance(part["type"], str):
            part.update(type="cpu", index=None)
    fresh = {MODEL: json.dumps(model).encode(), "data/sample_inputs/model.pt": b""}
    return archive.copy(target, lambda name: _KEPT.fullmatch(name) is not None, fresh)


def _parsed(archive: Archive, name: str) -> Any:
    try:
        parsed = json.loads(archive.read(name))
    except (ValueError, RecursionError) as error:
        raise ConversionError(f"a damaged archive of PyTorch: {name} is no JSON", where=archive.name) from error
    if not isinstance(parsed, dict):
        raise ConversionError(f"a damaged archive of PyTorch: {name} is no table", where=archive.name)
    return parsed


def _pickles(archive: Archive, name: str, kind: str) -> Iterator[Finding]:
    entries = _parsed(archive, name).get("config")
    for key, entry in (entries if isinstance(entries, dict) else {}).items():
        plain = isinstance(entry, dict) and entry.get("use_pickle") is False
        if not plain or not re.fullmatch(r"(weight|tensor)_\d+", str(entry.get("path_name"))):
            yield Finding(f"{kind} {key[:60]!r}", "is a pickle, which runs code when it is loaded")


def _strange(model: Any) -> Iterator[str]:
    for part in _parts(model):
        called = [part.get("target") if "inputs" in part else None, part.get("as_operator")]
        yield from (str(name)[:100] for name in called if name is not None and not _is_operator(str(name)))


def _is_operator(name: str) -> bool:
    return bool(_OPERATORS.fullmatch(name)) and not _READING.search(name) and not _ATTRIBUTES.fullmatch(name)


def _no_sizes(model: Any) -> Iterator[str]:
    for part in _parts(model):
        text = part.get("expr_str")
        if text is not None and not (isinstance(text, str) and _is_size(text)):
            yield str(text)
        for key in ("in_spec", "out_spec"):
            if "__enum__" in str(part.get(key, "")):
                yield str(part[key])


def _is_size(text: str) -> bool:
    place = 0
    while place < min(len(text), _LONGEST_SIZE):
        found = _TOKEN.match(text, place)
        if found is None or (found["word"] and found["word"] not in _WORDS and not _SYMBOL.fullmatch(found["word"])):
            return False
        place = found.end()
    return len(text) <= _LONGEST_SIZE and _is_finite(text)


def _is_finite(text: str) -> bool:
    powers = len(_POWER.findall(text))
    return powers == 0 or (powers == 1 and all(int(number) <= _MOST for number in _NUMBER.findall(text)))


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """All tables inside of a value, at any depth."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
