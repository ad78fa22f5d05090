"""Our own wheel, made again of what is installed here, so that a device gets the code that made its bundle."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import edgewright
from edgewright.deploy.packing.archives import zip_of
from edgewright.errors import DeployError

_NAME = "edgewright"
# What an installer writes is of the place where it was installed.
_OF_THE_WHEEL = re.compile(r"(METADATA|entry_points\.txt|top_level\.txt|licenses/.+)")
_WHEEL = "Wheel-Version: 1.0\nGenerator: edgewright\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(frozen=True)
class Wheel:
    """A wheel: its file name and its bytes. `name` and `version` are those of the project."""

    name: str
    version: str
    file: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The digest of its bytes in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def own_wheel() -> Wheel:
    """The wheel of this very installation, whether it is a copy or leads to a working tree; the same bytes each time.

    Raises `DeployError` where Edgewright runs without being installed.
    """
    try:
        installed = distribution(_NAME)
    except PackageNotFoundError:
        raise DeployError("Edgewright is not installed here, only found", remedy="Run: pip install .") from None
    information = f"{_NAME}-{installed.version}.dist-info"
    files = {f"{_NAME}/{path}": content for path, content in package_files()}
    files |= {f"{information}/{path}": content for path, content in _papers(installed)}
    files |= {f"{information}/WHEEL": _WHEEL.encode()}
    files |= {f"{information}/RECORD": _record(files, f"{information}/RECORD")}
    return Wheel(_NAME, installed.version, f"{_NAME}-{installed.version}-py3-none-any.whl", zip_of(files))


def package_files() -> Iterator[tuple[str, bytes]]:
    """(path, content) of all files of the package, by paths below its folder; nothing that Python made of them."""
    root = Path(edgewright.__file__).parent
    for path in sorted(root.rglob("*"), key=lambda path: path.relative_to(root).as_posix()):
        parts = path.relative_to(root).parts
        if path.is_file() and "__pycache__" not in parts and not any(part.startswith(".") for part in parts):
            yield "/".join(parts), path.read_bytes()


def _papers(installed: Distribution) -> Iterator[tuple[str, bytes]]:
    """What lies beside the code in a wheel, by its path in the folder of that."""
    for path in sorted(installed.files or (), key=str):
        folder, _, inner = path.as_posix().partition(".dist-info/")
        if folder.startswith(_NAME) and _OF_THE_WHEEL.fullmatch(inner):
            yield inner, path.read_binary()


def _record(files: Mapping[str, bytes], own: str) -> bytes:
    """The list of files with their digests: the format of PEP 376, as wheels have it."""
    lines = [f"{path},sha256={_digest(content)},{len(content)}\n" for path, content in files.items()]
    return "".join([*lines, f"{own},,\n"]).encode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
