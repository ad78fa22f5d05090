"""Looks into Keras's files (zip archives, HDF5) for what they hold and whether they reach outside of themselves."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from edgewright.convert.sources.safety import Finding
from edgewright.documents import parse_json
from edgewright.errors import ConversionError, MissingExtraError
from edgewright.zips import is_named, open_zip

if TYPE_CHECKING:
    import h5py

CONFIG, WEIGHTS, VERSION = "config.json", "model.weights.h5", "metadata.json"

# A configuration is text of a few megabytes at most; weights have some gigabytes, in one file or in a few.
_CONFIG_LIMIT = 32 << 20
_MEMBERS, _BYTES = 10_000, 64 << 30
# Weights hardly pack; a data set that is not written at all is read as zeros.
_RATIO_LIMIT, _RATIO_FROM = 100, 16 << 20


def open_zip_archive(path: Path) -> zipfile.ZipFile:
    """Open a `.keras` archive; raises `zipfile.BadZipFile` for what is none and for a bomb, before anything is read."""
    return open_zip(path, members=_MEMBERS, total=_BYTES)


def read_json(archive: zipfile.ZipFile, member: str, name: str) -> dict[str, Any]:
    """Parse a JSON member of a `.keras` archive; raises `ConversionError` where it is missing, huge or no JSON."""
    try:
        info = archive.getinfo(member)
        if info.file_size > _CONFIG_LIMIT:
            raise ConversionError(f"{member} claims {info.file_size:,} bytes, over {_CONFIG_LIMIT:,}", where=name)
        with archive.open(info) as stream:
            return parse_config(stream.read(_CONFIG_LIMIT + 1), f"{name}: {member}")
    except KeyError:
        held = ", ".join(archive.namelist()[:5]) or "nothing"
        raise ConversionError(f"a Keras archive holds {member}; this one holds {held}", where=name) from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ConversionError(f"{member} cannot be unpacked: {error}", where=name) from None


def parse_config(data: bytes | str, name: str) -> dict[str, Any]:
    """Parse a configuration; raises `ConversionError` where it is no JSON object."""
    try:
        config = parse_json(data, most_bytes=_CONFIG_LIMIT)
    except ValueError as error:
        raise ConversionError(f"{name} is no JSON: {error}") from None
    if not isinstance(config, dict):
        raise ConversionError(f"{name} holds a {type(config).__name__}, expected an object")
    return config


def zip_findings(archive: zipfile.ZipFile, name: str) -> Iterator[Finding]:
    """Members that would land outside the archive's folder; raises `ConversionError` where one is there twice."""
    for info in archive.infolist():
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if not is_named(info.filename):
            yield Finding(f"member {info.filename!r}", "has no name of a file")
        elif path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            yield Finding(f"member {info.filename!r}", "has a path that leaves the archive")
    doubled = [found for found, count in Counter(archive.namelist()).items() if count > 1]
    if doubled:
        raise ConversionError(
            f"the archive holds {sorted(doubled)[0]} twice, so nobody knows which one counts", where=name
        )


def open_hdf5(source: Path | IO[bytes], name: str) -> h5py.File:
    """Open an HDF5 file to read it; raises `MissingExtraError` without h5py and `ConversionError` for what is none."""
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("Reading a Keras model", "convert") from None
    try:
        return h5py.File(source, "r")
    except OSError as error:
        raise ConversionError(f"damaged, or no HDF5 file: {error}", where=name) from None


def hdf5_findings(file: h5py.File) -> Iterator[Finding]:
    """Links and data sets that take their content from other files."""
    import h5py

    waiting: list[tuple[str, h5py.Group]] = [("", file)]
    seen: set[object] = set()
    while waiting:
        path, group = waiting.pop()
        for key in group:
            where = f"{path}/{key}"
            link = group.get(key, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                yield Finding(f"link {where!r}", f"leads to another file, {link.filename!r}")
                continue
            if not isinstance(link, h5py.HardLink):
                yield Finding(f"link {where!r}", "leads to another place by its name, which Keras never writes")
                continue
            item = group[key]
            if isinstance(item, h5py.Dataset):
                yield from _dataset_findings(where, item)
            elif isinstance(item, h5py.Group) and item.id not in seen:
                seen.add(item.id)
                waiting.append((where, item))


def _dataset_findings(where: str, dataset: h5py.Dataset) -> Iterator[Finding]:
    if dataset.external:
        yield Finding(f"data set {where!r}", f"keeps its data in another file, {dataset.external[0][0]!r}")
    elif dataset.is_virtual and any(source.file_name != "." for source in dataset.virtual_sources()):
        yield Finding(f"data set {where!r}", "takes its data from other files")
    else:
        _check_growth(where, dataset)


def _check_growth(where: str, dataset: h5py.Dataset) -> None:
    stored = dataset.id.get_storage_size()
    if dataset.nbytes > _RATIO_FROM and dataset.nbytes > _RATIO_LIMIT * max(stored, 1):
        raise ConversionError(
            f"data set {where!r} would grow from {stored:,} to {dataset.nbytes:,} bytes. This is a decompression bomb, "
            "not a model"
        )
