"""Where the bytes of a model file come from, and what people give in its place."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgewright.errors import FormatError, ModelError
from edgewright.model.describing.label_files import is_label_list
from edgewright.model.storage.schema import FILE_IDENTIFIER
from edgewright.spelling import argument

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO
    from zipfile import ZipFile

# A change within one tick of the system's clock leaves the times of a file as they are.
_SETTLED_S = 2.0

# More is no archive that somebody made to pass on models.
_MOST_MEMBERS, _MOST_BYTES = 10_000, 64 << 30
_LOOKED_INTO, _SHOWN, _LONGEST_NAME = 100, 4, 60


def refuse_others(data: bytes, name: str) -> None:
    """Raise `FormatError` that says what to do, for a model to be converted and for an archive with models inside."""
    if data.startswith(b"\x89HDF\r\n"):
        raise FormatError(_to_convert(name))
    if data.startswith(b"PK\x03\x04"):
        from io import BytesIO

        raise FormatError(archive_advice(BytesIO(data), name))


def _to_convert(name: str) -> str:
    from shlex import quote

    return (
        f"damaged, or no .tflite file: it looks like a Keras model. Convert it with: `edgewright convert {quote(name)}`"
    )


def archive_advice(source: Path | BinaryIO, name: str) -> str:
    """What a zip archive of this name in the place of a model is, and what to do with it."""
    from zipfile import BadZipFile

    from edgewright.zips import open_zip

    try:
        with open_zip(source, members=_MOST_MEMBERS, total=_MOST_BYTES) as archive:
            names = [member.filename for member in archive.infolist() if not member.is_dir()]
            models = [name for name in names[:_LOOKED_INTO] if _is_model(archive, name)]
    except (BadZipFile, ValueError, OSError, OverflowError) as error:
        return f"damaged, or no .tflite file: a zip archive that cannot be read ({error}). Get it once more"
    if {"config.json", "model.weights.h5"} <= set(names):
        return _to_convert(name)
    return f"this is a zip with {_listed(names, models)} inside. {_remedy(names, models)}"


def _is_model(archive: ZipFile, name: str) -> bool:
    """Whether a member begins as a `.tflite` file; one that cannot be read is none."""
    from zipfile import BadZipFile
    from zlib import error as unpacking_error

    try:
        with archive.open(name) as member:
            return member.read(8)[4:] == FILE_IDENTIFIER
    except (BadZipFile, unpacking_error, RuntimeError, ValueError, OSError, EOFError):
        return False


def _listed(names: Sequence[str], models: Sequence[str]) -> str:
    """The names of a few, models first."""
    ordered = [*models, *(name for name in names if name not in set(models))]
    shown = [name[:_LONGEST_NAME] for name in ordered[:_SHOWN]]
    if len(ordered) > _SHOWN:
        shown.append(f"{len(ordered) - _SHOWN:,} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:]))) or "nothing"


def _remedy(names: Sequence[str], models: Sequence[str]) -> str:
    unpack = "Unpack it (python -m zipfile -e ARCHIVE FOLDER)"
    labels = next((name for name in names if is_label_list(name)), None)
    if models:
        which = models[0] if len(models) == 1 else "one of its models"
        described = f" with {argument('labels', labels)}" if labels else ""
        return f"{unpack} and give {which}{described}"
    if any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
        return f"{unpack} and convert the folder: edgewright convert FOLDER"
    return f"{unpack} and give the model, if one is in it"


def read_bytes(path: str) -> tuple[bytes, str]:
    """The bytes of a file, and its stamp. Raises `ModelError` where it cannot be read."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            with open(path, "rb") as file:
                before = os.fstat(file.fileno())
                data = file.read()
                return data, _stamp(before, os.fstat(file.fileno()))
    except ValueError:
        raise ModelError(f"{path!r}: a file name cannot contain a null character") from None
    except FileNotFoundError:
        from edgewright.mistaken import meant

        raise ModelError(f"{path}: there is no such file{meant(path)}") from None
    except IsADirectoryError:
        raise ModelError(f"{path}: this is a folder; a .tflite file is expected") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None
    raise ModelError(f"{path}: this is a device or a pipe; a .tflite file is expected")


def _stamp(before: os.stat_result, after: os.stat_result) -> str:
    """Device, inode, size and times: of these nobody can set `ctime`. Source: inode(7), and Git's racy entries."""
    facts = (before.st_dev, before.st_ino, before.st_size, before.st_mtime_ns, before.st_ctime_ns)
    same = facts == (after.st_dev, after.st_ino, after.st_size, after.st_mtime_ns, after.st_ctime_ns)
    settled = time.time() - before.st_ctime > _SETTLED_S
    return "-".join(f"{fact:x}" for fact in facts) if same and settled else ""
