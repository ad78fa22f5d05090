"""A place in an object store or on the web, by its address: what lies there, and its bytes."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, NamedTuple, Self

from edgewright.errors import DataError, MissingExtraError, UsageError
from edgewright.media import MOST_BYTES
from edgewright.scale.remote.addresses import scheme_of, shown
from edgewright.scale.remote.trying import tried

# botocore waits a minute for each of its own five attempts, s3fs makes five of those, and then there are ours.
_S3 = {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": 1}}
# What stores say of a part of nothing; the name of an object may have the word too.
_PART_OF_NOTHING = re.compile(r"InvalidRange|range (is not|not|cannot be) satisfi", re.IGNORECASE)


class Store(NamedTuple):
    """A file system of fsspec, and the path in it that an address stands for."""

    address: str
    files: Any
    path: str

    @classmethod
    def of(cls, address: str) -> Self:
        """Open what the address belongs to, with the settings that fsspec finds in the environment.

        Raises `MissingExtraError` where fsspec or the package for the scheme is not installed, `UsageError` for a
        scheme that nobody knows, and `DataError` where the store refuses its settings.
        """
        try:
            import fsspec
        except ImportError:
            raise MissingExtraError(f"{shown(address)}: reading addresses", "remote") from None
        scheme = scheme_of(address) or ""
        try:
            fsspec.get_filesystem_class(scheme)
        except ImportError as problem:
            raise _missing(address, scheme, problem) from None
        except ValueError:
            raise UsageError(f"{shown(address)}: nothing here knows addresses of {scheme}://") from None
        files, path = tried(address, partial(_opened, address, scheme), what="its store cannot be used")
        return cls(address, files, path)

    def info(self) -> dict[str, Any] | None:
        """What fsspec says of the place; None where nothing is there. Raises `DataError`."""

        def ask() -> dict[str, Any] | None:
            try:
                found: dict[str, Any] = self.files.info(self.path)
            except FileNotFoundError:
                return None
            return found

        return tried(self.address, ask)

    def size(self) -> int:
        """Bytes of the object. Raises `DataError`."""
        found = self.info()
        if found is None or not isinstance(found.get("size"), int):
            raise DataError(f"{shown(self.address)}: there is nothing at this address")
        return int(found["size"])

    def read(self, start: int, end: int) -> bytes:
        """Its bytes from `start` to before `end`, or to its own end. Raises `DataError`."""

        def ask() -> bytes:
            try:
                content: bytes = self.files.cat_file(self.path, start=start, end=end)
            except (FileNotFoundError, PermissionError):
                raise
            except OSError as problem:
                if not _PART_OF_NOTHING.search(str(problem)):
                    raise
                content = b""
            return content

        return tried(self.address, ask)

    def read_all(self) -> bytes:
        """All of its bytes. Raises `DataError`, also for an object without any, and one of over 256 MiB."""
        content = self.read(0, MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise DataError(f"{shown(self.address)}: over {MOST_BYTES >> 20} MiB are no single input")
        if not content:
            raise DataError(f"{shown(self.address)}: there is nothing in it")
        return content


def _opened(address: str, scheme: str) -> tuple[Any, str]:
    import fsspec
    from fsspec.config import conf

    settings: dict[str, Any] = {"use_listings_cache": False}
    is_s3 = scheme in ("s3", "s3a")
    if is_s3 and "config_kwargs" not in conf.get("s3", {}):
        settings["config_kwargs"] = _S3
    files, path = fsspec.core.url_to_fs(address, **settings)
    if is_s3:
        files.retries = 1
    return files, str(path)


def _missing(address: str, scheme: str, problem: ImportError) -> Exception:
    """The package that reads a scheme: fsspec knows it by the class."""
    from fsspec.registry import known_implementations

    known = known_implementations.get(scheme, {})
    package = str(known.get("class", "")).partition(".")[0]
    if package in ("", "fsspec"):
        package = problem.name or scheme
    return MissingExtraError(f"{shown(address)}: reading {scheme}:// addresses", package=package)
