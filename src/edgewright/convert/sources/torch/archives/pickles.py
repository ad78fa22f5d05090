"""What a pickle would import, and whether it holds weights only, as it is found by reading it."""

from __future__ import annotations

import io
import pickletools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgewright.convert.sources.torch.archives.reading import kind_of, opened
from edgewright.errors import ConversionError

# torch.save before 1.6, and with _use_new_zipfile_serialization=False: several pickles, the first is this number.
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_PICKLES_OF_LEGACY = 5
# What tensors and the dictionaries around them are made of.
_WEIGHTS = re.compile(
    r"collections\.OrderedDict|torch\._utils\._rebuild_(tensor\w*|parameter\w*|sparse_tensor|qtensor)"
    r"|torch\.(\w+Storage|storage\.\w+|Size|device|nn\.parameter\.Parameter|serialization\._get_layout"
    r"|b?float\d+|u?int\d+|bool|Tensor)"
)
_MOST_OPCODES = 20_000_000


@dataclass(frozen=True)
class Pickled:
    """What a file of `torch.save` holds: names that it imports, how many tensors, and the names of some."""

    imports: tuple[str, ...]
    tensors: int
    keys: tuple[str, ...]

    @property
    def weights_only(self) -> bool:
        """Whether loading it makes tensors and dictionaries and nothing else."""
        return not self.strange

    @property
    def strange(self) -> tuple[str, ...]:
        """What it imports besides, what is PyTorch's or Python's own last."""
        found = [name for name in self.imports if not _WEIGHTS.fullmatch(name)]
        return tuple(sorted(found, key=lambda name: name.startswith(("torch.", "__builtin__.", "builtins."))))


def is_pickle(path: object) -> bool:
    """Whether it is a zip archive with a pickle, or begins as those of PyTorch did before."""
    if kind_of(path) == "pickle":
        return True
    if not isinstance(path, Path) or not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(LEGACY)) == LEGACY


def read_pickle(path: Path) -> Pickled:
    """Read what `torch.save` wrote by its opcodes; nothing is imported. Raises `ConversionError` for a damaged one."""
    if kind_of(path) == "pickle":
        with opened(path) as archive:
            return _read([archive.read("data.pkl")], str(path))
    with path.open("rb") as stream:
        return _read(_legacy(stream, str(path)), str(path))


def _legacy(stream: io.BufferedReader, name: str) -> Iterator[io.BufferedReader]:
    """One stream as often as there are pickles in it, each of which begins where the one before ended."""
    for _ in range(_PICKLES_OF_LEGACY):
        yield stream


def _read(pickles: Iterator[io.BufferedReader] | list[bytes], name: str) -> Pickled:
    imports: dict[str, None] = {}
    keys: dict[str, None] = {}
    tensors = 0
    for pickle in pickles:
        recent: list[str] = []
        for count, (opcode, value, _) in enumerate(_opcodes(pickle, name)):
            if count > _MOST_OPCODES:
                raise ConversionError("a pickle that does not end", where=name)
            if isinstance(value, str) and opcode.name != "GLOBAL":
                recent = [*recent[-1:], value]
                if opcode.name.endswith("UNICODE") and value.endswith((".weight", ".bias")):
                    keys[value] = None
            if opcode.name == "GLOBAL":
                imports[str(value).replace(" ", ".")] = None
            elif opcode.name == "STACK_GLOBAL":
                imports[".".join(recent)] = None
            tensors += opcode.name == "BINPERSID"
    return Pickled(tuple(imports), tensors, tuple(keys))


def _opcodes(
    pickle: io.BufferedReader | bytes, name: str
) -> Iterator[tuple[pickletools.OpcodeInfo, object, int | None]]:
    try:
        yield from pickletools.genops(pickle)
    except (ValueError, UnicodeDecodeError, MemoryError, OverflowError) as error:
        raise ConversionError("a damaged pickle", where=name) from error
