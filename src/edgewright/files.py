"""Writing a file so that it is either there whole or not there at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from edgewright.brief import one_line
from edgewright.errors import OutputError
from edgewright.spelling import argument

NO_LINK = getattr(os, "O_NOFOLLOW", 0)
"""For `os.open`: what is a link is refused, where a system can."""

# What a person can do about each reason the system gives. What stands in braces is filled in.
_ADVICE = {
    errno.EEXIST: "exists already. Choose another name, or allow overwriting ({overwrite})",
    errno.ENOENT: "the folder {folder} does not exist. Make it first, or choose another one",
    errno.ENOTDIR: "{folder} is a file or lies below one, not a folder. Choose another path",
    errno.EISDIR: "is a folder. Name a file inside it",
    errno.EACCES: "no permission to write in {folder}. Change its permissions, or choose another folder",
    errno.EPERM: "the system does not allow writing in {folder}. Choose another folder",
    errno.EROFS: "{folder} is on a read-only file system. Choose another folder",
    errno.ENOSPC: "the disk is full, nothing was written. Free some space (needed: {size} bytes) or change disks",
    errno.EDQUOT: "your disk quota is used up, nothing was written. Free some space (needed: {size} bytes)",
    errno.EFBIG: "{size} bytes are more than the system allows for one file, nothing was written. Raise the limit",
    errno.ENAMETOOLONG: "the name is too long for the file system. Choose a shorter one",
    errno.ELOOP: "the path goes round in a circle of symbolic links. Choose another path",
}
_AT_WORKING_FOLDER, _EXCHANGE = -100, 2  # renameat2(2)
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def check_free(path: Path, *, overwrite: bool) -> None:
    """Refuse before the work what `write_atomic` would refuse after it, as far as that can be known by looking.

    Raises OutputError: the file exists and is not to be replaced, or its folder is missing or not ours to write in.
    """
    folder = path.absolute().parent
    try:
        _mode_of_existing(path, Path(os.path.realpath(path)) if overwrite else path, overwrite=overwrite)
        if not folder.is_dir():
            raise OSError(errno.ENOTDIR if folder.exists() else errno.ENOENT, "")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OSError(errno.EROFS if _is_read_only(folder) else errno.EACCES, "")
    except ValueError:
        raise OutputError(f"{one_line(path)}: a file name cannot contain a null character") from None
    except OSError as problem:
        raise OutputError(_explain(path, 0, problem)) from None


def check_room(path: Path, size: int) -> None:
    """Refuse before the work to write `size` bytes where the disk has not so much left. Raises OutputError."""
    import shutil

    folder = path.absolute().parent
    try:
        if shutil.disk_usage(folder).free < size:
            raise OSError(errno.ENOSPC, "")
    except OSError as problem:
        raise OutputError(_explain(path, size, problem)) from None


def sha256_of(path: Path) -> str:
    """Read a file from end to end and return its SHA-256 in hexadecimal. Raises OSError where it cannot be read."""
    import hashlib

    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def packed_size(data: bytes) -> int:
    """How many bytes gzip makes of data at its best: about what a download or a packed image takes."""
    import gzip

    return len(gzip.compress(data, mtime=0))


def _is_read_only(folder: Path) -> bool:
    """Whether its file system takes no changes; systems without `statvfs` do not say."""
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def write_atomic(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write `data` to `path` whole, or leave everything as it was.

    The bytes go to a temporary file in the same folder, reach the disk (fsync), and only then get their name. A reader
    sees the old content or the new, never a part; after an error or Ctrl-C no temporary file stays behind. Without
    `overwrite` an existing file is never replaced, not even one that appears while this runs. With it, the new file
    keeps the permissions of the old one, and a symbolic link keeps pointing where it points. A new file gets the
    permissions that the umask leaves.

    Raises OutputError: the file exists, the disk is full, the folder is missing, read-only or not ours, or `path` is
    no regular file (a device is never replaced).
    """
    with _explained(path, len(data)):
        target = Path(os.path.realpath(path)) if overwrite else path
        mode = _mode_of_existing(path, target, overwrite=overwrite)
        _write_then_name(target, data, mode, overwrite=overwrite)


def give_name(temporary: Path, path: Path, *, overwrite: bool) -> None:
    """Give a file that was written piece by piece, in the same folder, its name: as `write_atomic` does it.

    Raises OutputError for what that refuses; the temporary file is then still there.
    """
    with _explained(path, 0):
        target = Path(os.path.realpath(path)) if overwrite else path
        mode = _mode_of_existing(path, target, overwrite=overwrite)
        with temporary.open("rb") as stream:
            _permit(stream.fileno(), mode)
            os.fsync(stream.fileno())
        _name(temporary, target, overwrite=overwrite)


def replace_folder(fresh: Path, target: Path) -> None:
    """Give the folder `fresh` the name `target`, beside it or deeper down; what had the name has that of `fresh` then.

    The two change places in one step, where the system can that; where it cannot, and the power fails between two, the
    folder of before lies beside, as `NAME.before-…`. The names reach the disk (fsync); what is in files has to before.
    Raises OSError.
    """
    for place, _, _ in os.walk(fresh):
        _sync_folder(Path(place))
    if not target.exists():
        fresh.rename(target)
    elif not _exchange(fresh, target):
        aside = target.with_name(f"{target.name}.before-{secrets.token_hex(4)}")
        try:
            target.rename(aside)
            fresh.rename(target)
            _sync_folder(target.parent)
        finally:  # Ctrl-C between the two, too
            if aside.exists():
                aside.rename(fresh if target.exists() else target)
    _sync_folder(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Whether the system had them change names, as Linux does on most file systems."""
    import ctypes

    swap = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    if swap is None:
        return False
    here = _AT_WORKING_FOLDER
    return bool(swap(here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE) == 0)


@contextlib.contextmanager
def _explained(path: Path, size: int) -> Iterator[None]:
    """Turn what writing so many bytes raises into an OutputError."""
    try:
        yield
    except ValueError:
        raise OutputError(f"{one_line(path)}: a file name cannot contain a null character") from None
    except OSError as problem:
        raise OutputError(_explain(path, size, problem)) from problem


def _mode_of_existing(path: Path, target: Path, *, overwrite: bool) -> int | None:
    """Permissions of the file to be replaced; None where there is none."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not overwrite:
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
    if not stat.S_ISREG(found.st_mode):
        raise OutputError(f"{one_line(path)}: is a device, a pipe or a socket, not a file. Name a file")
    return stat.S_IMODE(found.st_mode)


def _write_then_name(target: Path, data: bytes, mode: int | None, *, overwrite: bool) -> None:
    temporary = target.with_name(f".edgewright-{secrets.token_hex(8)}.tmp")
    try:
        _write_and_sync(temporary, data, mode)
        _name(temporary, target, overwrite=overwrite)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def _name(temporary: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        os.replace(temporary, target)  # noqa: PTH105 - the same word as in the documentation of the guarantee
    else:
        _name_without_replacing(temporary, target)
    _sync_folder(target.parent)


def _permit(descriptor: int, mode: int | None) -> None:
    """Give a file the permissions of the one that it replaces."""
    if mode is not None and hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def _write_and_sync(temporary: Path, data: bytes, mode: int | None) -> None:
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as stream:
        _permit(descriptor, mode)
        stream.write(data)
        stream.flush()
        os.fsync(descriptor)


def _name_without_replacing(temporary: Path, target: Path) -> None:
    """Give the file its name if nobody has it; a hard link fails where a rename would silently replace."""
    try:
        os.link(temporary, target)
    except OSError as problem:
        if problem.errno not in _NO_HARD_LINKS:
            raise
        _reserve_then_rename(temporary, target)


def _reserve_then_rename(temporary: Path, target: Path) -> None:
    """Do the same where there are no hard links (FAT on an SD card): take the name first, then replace it."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    named = False
    try:
        os.replace(temporary, target)  # noqa: PTH105
        named = True
    finally:
        if not named:
            target.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut; not every system can, and the file is already complete by now."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explain(path: Path, size: int, problem: OSError) -> str:
    advice = _ADVICE.get(problem.errno or 0)
    if advice is None:
        return f"{one_line(path)}: cannot be written: {problem.strerror or problem}. Choose another folder or disk"
    overwrite = argument("overwrite", True)
    return f"{one_line(path)}: " + advice.format(folder=one_line(path.parent), size=size, overwrite=overwrite)
