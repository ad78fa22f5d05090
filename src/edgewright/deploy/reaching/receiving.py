"""Takes a file on the device. Its text is sent over SSH and run there by the device's Python, nothing else of us.

Arguments: path (relative to the home folder), size, SHA-256, mode; the bytes come on standard input. They go beside the
file, reach the disk, are held against size and digest, and only then get the name.
"""

import hashlib
import os
import sys
from pathlib import Path


def main() -> None:
    """Exit code 0, or 1 with one line on standard error."""
    path, size, digest, mode = Path(sys.argv[1]).expanduser(), int(sys.argv[2]), sys.argv[3], int(sys.argv[4], 8)
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        problem = _receive(part, size, digest, mode)
        if not problem:
            part.rename(path)
            _sync(path.parent)
    except OSError as error:
        problem = f"{error.strerror}: {path}"
    if problem:
        sys.exit(problem)


def _receive(part: Path, size: int, digest: str, mode: int) -> str:
    """What is wrong with what came, "" where nothing is. Another upload that was left behind loses its name."""
    part.unlink(missing_ok=True)
    found, taken = hashlib.sha256(), 0
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        while taken < size and (block := os.read(0, 1 << 18)):
            found.update(block)
            taken += len(block)
            while block:
                block = block[os.write(descriptor, block) :]
        os.fsync(descriptor)
        if (taken, found.hexdigest()) == (size, digest):
            return ""
        return f"{taken} of {size} bytes arrived" if taken != size else "the bytes that arrived are other ones"
    finally:
        if (taken, found.hexdigest()) != (size, digest) and _is_ours(part, descriptor):
            part.unlink()
        os.close(descriptor)


def _is_ours(part: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(part.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


if __name__ == "__main__":
    main()
