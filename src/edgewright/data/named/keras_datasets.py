"""`mnist` and `fashion_mnist`: downloaded by `keras.datasets` once, read from Keras's cache ever after.

A download goes to a folder of its own, is compared with the published digests, and only then gets its place in the
cache: Keras writes in place, and takes half a file of Fashion-MNIST that a killed run left for a whole one.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.data.formats.idx import Idx
from edgewright.data.formats.npz import Npz
from edgewright.data.registry import Named
from edgewright.errors import ChildError, DataError, MissingExtraError
from edgewright.machine import Progress, run_in_child, silent
from edgewright.media import file_errors, one_line

_SOCKET_TIMEOUT_S = 30.0
_POLL_S = 0.2


@dataclass(frozen=True)
class KerasSet:
    """A set of `keras.datasets`: its classes, its place in Keras's cache, its files with their digests, its bytes."""

    name: str
    classes: tuple[str, ...]
    folder: str
    algorithm: str
    files: dict[str, str]
    size: int


# The digest is the one that Keras itself compares.
MNIST = KerasSet(
    "mnist",
    tuple(str(digit) for digit in range(10)),
    "datasets",
    "sha256",
    {"mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"},
    11_490_434,
)

# Digests and class names: README of zalandoresearch/fashion-mnist, sections "Get the Data" and "Labels".
FASHION_MNIST = KerasSet(
    "fashion_mnist",
    ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    "datasets/fashion-mnist",
    "md5",
    {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
    30_878_645,
)


def read_keras_set(which: KerasSet, progress: Progress) -> Dataset:
    """Read a set from Keras's cache ($KERAS_HOME or ~/.keras), downloading it first where it is missing or damaged.

    Raises MissingExtraError without Keras, DataError when the download fails (offline) or is not the published file.
    """
    cache = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / which.folder
    if _is_whole(cache, which):
        return _read(cache, which)
    damaged = any((cache / name).exists() for name in which.files)
    with _scratch(cache) as scratch:
        _download(which, Path(scratch), damaged, progress)
        fresh = Path(scratch) / which.folder
        if not _is_whole(fresh, which):
            raise DataError(f"{which.name}: what arrived is not the published data set, so nothing of it was kept")
        dataset = _read(cache if _install(fresh, cache, which) else fresh, which)
    notice = f"The copy of {which.name} in {one_line(cache)} was damaged and has been downloaded again."
    return replace(dataset, notices=(*dataset.notices, notice)) if damaged else dataset


def fetch(name: str, folder: str, size: int, *, progress: Progress = silent) -> None:
    """Let Keras download a set to its cache. For a child process: sets the socket timeout, imports TensorFlow."""
    socket.setdefaulttimeout(_SOCKET_TIMEOUT_S)
    step = f"Downloading {name}"
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(importlib.import_module(f"keras.datasets.{name}").load_data)
        while wait([loading], timeout=_POLL_S).not_done:
            progress(step, min(size, _bytes_in(Path(os.environ["KERAS_HOME"]) / folder)), size)
        loading.result()
    progress(step, size, size)


def _download(which: KerasSet, scratch: Path, damaged: bool, progress: Progress) -> None:
    if importlib.util.find_spec("keras") is None or importlib.util.find_spec("tensorflow") is None:
        raise MissingExtraError(f"Downloading the data set {which.name!r}", "quickstart")
    env = {"KERAS_HOME": str(scratch), "KERAS_BACKEND": "tensorflow"}
    try:
        run_in_child(fetch, which.name, which.folder, which.size, progress=progress, env=env)
    except ChildError as problem:
        again = "the copy in Keras's cache is damaged and cannot be downloaded again"
        state = again if damaged else "cannot be downloaded"
        raise DataError(
            f"{which.name}: {state} ({_reason(str(problem))}). The default data set, mnist5k, needs no network"
        ) from problem


def _reason(log: str) -> str:
    """What Keras said about the download, which it raises as a plain Exception; else what the child died of."""
    said = re.search(r"URL fetch failure on \S+: (?:None -- )?(.*?)(?:\. Its last lines were:)?$", log, re.MULTILINE)
    return one_line(said.group(1) if said else log.partition(" Its last lines")[0])


def _is_whole(folder: Path, which: KerasSet) -> bool:
    return all(
        (folder / name).is_file() and _digest(folder / name, which.algorithm) == digest
        for name, digest in which.files.items()
    )


def _digest(path: Path, algorithm: str) -> str:
    with file_errors(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def _scratch(cache: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a folder to download to: beside the cache, so that moving is a rename; elsewhere if that is read-only."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".edgewright-", dir=cache)
    except OSError:
        return tempfile.TemporaryDirectory(prefix="edgewright-")


def _install(fresh: Path, cache: Path, which: KerasSet) -> bool:
    """Move verified files to the cache; False where it cannot be written, then the data are used this once."""
    try:
        for name in which.files:
            (fresh / name).replace(cache / name)
    except OSError:
        return False
    return True


def _read(folder: Path, which: KerasSet) -> Dataset:
    source = folder / "mnist.npz" if "mnist.npz" in which.files else folder
    reader = Npz() if source.suffix == ".npz" else Idx()
    dataset = reader.open(source, ReadOptions())
    return replace(dataset, name=which.name, classes=which.classes, origin=f"keras.datasets.{which.name}")


def _bytes_in(folder: Path) -> int:
    try:
        return sum(one.stat().st_size for one in folder.glob("*"))
    except FileNotFoundError:  # Keras takes a file away when its download failed
        return 0


MNIST_SET = Named("mnist", "70,000 handwritten digits, 28 x 28; 11 MB download", partial(read_keras_set, MNIST))
FASHION_MNIST_SET = Named(
    "fashion_mnist", "70,000 pictures of clothes, 28 x 28; 31 MB download", partial(read_keras_set, FASHION_MNIST)
)
