"""Archives and HDF5 files that lead elsewhere, or that two readers see differently."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..bait import Bait
from .corpus import Config, Hostile, archive, dense, hdf5, in_archive, layer, sequential, stored


def elsewhere() -> Iterator[Hostile]:
    """Weights that lie elsewhere, in both formats."""
    for kind, change in {
        "external link": _external_link,
        "link to an external link": _soft_link,
        "external storage": _storage,
        "virtual data set": _virtual,
    }.items():
        yield Hostile(
            f"{kind}, .h5",
            lambda at, bait, change=change: hdf5(at / "m.h5", sequential(dense()), lambda file: change(file, bait)),
        )
        yield Hostile(
            f"{kind}, .keras",
            lambda at, bait, change=change: archive(
                at / "m.keras", sequential(dense()), [("model.weights.h5", _weights(at, bait, change))]
            ),
        )


def _weights(folder: Path, bait: Bait, change: Callable[[Any, Bait], None]) -> bytes:
    import h5py

    with h5py.File(folder / "w.h5", "w") as file:
        file.create_group("layers")
        change(file, bait)
    return (folder / "w.h5").read_bytes()


def _external_link(file: Any, bait: Bait) -> None:
    import h5py

    file["elsewhere"] = h5py.ExternalLink(str(bait.secret), "/")


def _soft_link(file: Any, bait: Bait) -> None:
    import h5py

    _external_link(file, bait)
    file["nearby"] = h5py.SoftLink("/elsewhere/inner")


def _storage(file: Any, bait: Bait) -> None:
    import h5py

    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_external(os.fsencode(bait.secret), 0, 8)
    h5py.h5d.create(file.id, b"kernel", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((2,)), creation)


def _virtual(file: Any, bait: Bait) -> None:
    import h5py
    import numpy as np

    layout = h5py.VirtualLayout((4,), np.float32)
    layout[:] = h5py.VirtualSource(str(bait.secret), "secret", (4,))
    file.create_virtual_dataset("kernel", layout)


def _evil(bait: Bait) -> Config:
    return layer("Lambda", function=stored(bait))


def _good() -> Config:
    return layer("Activation", activation="relu")


def ambiguous() -> Iterator[Hostile]:
    """Two readers, two answers."""
    yield in_archive("key twice, the harmless last", lambda bait: _twice(_evil(bait), _good()), refused=False)
    yield in_archive("key twice, the harmful last", lambda bait: _twice(_good(), _evil(bait)))
    yield in_archive("configuration in UTF-16", lambda bait: json.dumps(sequential(_evil(bait))).encode("utf-16"))
    yield in_archive(
        "name in escapes", lambda bait: json.dumps(sequential(_evil(bait))).replace("Lambda", "\\u004cambda")
    )
    yield in_archive(
        "not a number as a class", lambda bait: json.dumps(sequential(layer("Dense"))).replace('"Dense"', "NaN")
    )
    yield Hostile("member twice", lambda at, bait: _member_twice(at, sequential(_evil(bait))))
    yield Hostile("two names of one member", lambda at, bait: _renamed(at, sequential(_evil(bait))), refused=False)
    yield Hostile(
        "member out of the archive",
        lambda at, bait: archive(at / "m.keras", sequential(_good()), [("../" * 12 + str(bait.touched)[1:], b"x")]),
    )
    yield Hostile("attribute twice", lambda at, bait: _attribute_twice(at, sequential(_evil(bait))), refused=False)
    yield Hostile("archive behind an HDF5 file", lambda at, bait: _behind(at, sequential(_evil(bait))), refused=False)
    yield Hostile("HDF5 file behind an archive", lambda at, bait: _before(at, bait))


def _twice(first: Config, last: Config) -> str:
    both = f"{json.dumps(first)[1:-1]}, {json.dumps(last)[1:-1]}"
    return json.dumps(sequential({"class_name": "HERE"})).replace('"class_name": "HERE"', both)


def _member_twice(folder: Path, config: Config) -> Path:
    made = archive(folder / "m.keras", sequential(_good()))
    with zipfile.ZipFile(made, "a") as target:
        target.writestr("config.jsoX", json.dumps(config))
    made.write_bytes(made.read_bytes().replace(b"config.jsoX", b"config.json"))
    return made


def _renamed(folder: Path, config: Config) -> Path:
    """A member that the archive's list calls otherwise than the member itself does."""
    made = archive(folder / "m.keras", sequential(_good()), [("hidden.json", json.dumps(config).encode())])
    data = made.read_bytes()
    start = data.index(b"hidden.json")
    made.write_bytes(data[:start] + b"config.json" + data[start + 11 :])
    return made


def _attribute_twice(folder: Path, config: Config) -> Path:
    made = hdf5(
        folder / "m.h5", sequential(_good()), lambda file: file.attrs.create("model_confiX", json.dumps(config))
    )
    made.write_bytes(made.read_bytes().replace(b"model_confiX", b"model_config"))
    return made


def _behind(folder: Path, config: Config) -> Path:
    made = hdf5(folder / "m.h5", sequential(_good()))
    hidden = archive(folder / "hidden.keras", config)
    both = folder / "both.keras"
    both.write_bytes(made.read_bytes() + hidden.read_bytes())
    return both


def _before(folder: Path, bait: Bait) -> Path:
    made = archive(folder / "m.keras", sequential(_evil(bait)))
    harmless = hdf5(folder / "m.h5", sequential(_good()))
    made.write_bytes(made.read_bytes() + harmless.read_bytes())
    return made
