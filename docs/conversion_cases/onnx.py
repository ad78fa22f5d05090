"""The ONNX models of the conversion table: operators, scikit-learn's kinds, both exporters of PyTorch, published files.

Each case builds one small source model. Imported in child processes only: it needs onnx and PyTorch.
"""

from __future__ import annotations

import importlib.util
import io
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from conversion_cases.case import Case
from conversion_cases.onnx_operators import operator_cases
from conversion_cases.onnx_text import model

_ML = "ai.onnx.ml"


def all_cases() -> list[Case]:
    """Every case, in the order of the table."""
    return [*operator_cases(), *classical_cases(), *exported_cases(), *published_cases()]


def classical_cases() -> list[Case]:
    """What converters of scikit-learn write."""
    row = "float[1,4] x"

    def case(name: str, outputs: str, nodes: str, **weights: Any) -> Case:
        return Case("onnx scikit-learn", f"onnx {name}", partial(model, row, outputs, nodes, **weights))

    return [
        case("Scaler", "float[1,4] y", f"y = {_ML}.Scaler<offset=[0.1,0.2,0.3,0.4], scale=[1.0,2.0,0.5,3.0]>(x)"),
        case("Normalizer", "float[1,4] y", f'y = {_ML}.Normalizer<norm="L2">(x)'),
        case("LinearRegressor", "float[1,1] y",
             f"y = {_ML}.LinearRegressor<coefficients=[0.1,-0.2,0.3,0.4], intercepts=[0.5]>(x)"),
        case("LinearClassifier", "int64 l, float p",
             f'l, p = {_ML}.LinearClassifier<coefficients=[0.1,-0.2,0.3,0.4,0.9,0.1,-1.0,0.2,-0.3,0.4,0.2,-0.7], '
             f'intercepts=[0.5,0.0,-0.1], classlabels_ints=[0,1,2], multi_class=1, post_transform="SOFTMAX">(x)'),
        case("SVMClassifier", "int64[1] l, float[1,2] p",
             f"l, p = {_ML}.SVMClassifier<{_svm(classes=True)}>(x)"),
        case("SVMRegressor", "float[1,1] y", f"y = {_ML}.SVMRegressor<{_svm(classes=False)}>(x)"),
        case("TreeEnsembleRegressor", "float[1,1] y",
             f"y = {_ML}.TreeEnsembleRegressor<{_trees('target')}, n_targets=1>(x)"),
        case("TreeEnsembleClassifier", "int64 l, float p",
             f"l, p = {_ML}.TreeEnsembleClassifier<{_trees('class')}, classlabels_int64s=[0,1]>(x)"),
        case("ArrayFeatureExtractor", "float y", f"y = {_ML}.ArrayFeatureExtractor(x, i)",
             i=np.array([[2, 0]], np.int64)),
        case("Binarizer", "float y", f"y = {_ML}.Binarizer<threshold=0.25>(x)"),
        case("Imputer", "float[1,4] y",
             f"y = {_ML}.Imputer<imputed_value_floats=[1.0,2.0,3.0,4.0], replaced_value_float=0.0>(x)"),
        case("scaled, then classified", "int64 l, float p",
             f"s = {_ML}.Scaler<offset=[0.1,0.2,0.3,0.4], scale=[1.0,2.0,0.5,3.0]>(x) "
             f"l, p = {_ML}.TreeEnsembleClassifier<{_trees('class')}, classlabels_int64s=[0,1]>(s)"),
    ]  # fmt: skip


def _svm(*, classes: bool) -> str:
    """Three support vectors of a radial kernel; two classes or one regression."""
    vectors = "support_vectors=[0.1,0.2,0.3,0.4,-0.5,0.6,0.1,-0.2,0.9,-0.4,0.3,0.7]"
    shared = f'{vectors}, kernel_type="RBF", kernel_params=[0.5,0.0,3.0], coefficients=[0.7,-1.1,0.4], rho=[0.2]'
    return f"{shared}, vectors_per_class=[2,1], classlabels_ints=[0,1]" if classes else f"{shared}, n_supports=3"


def _trees(kind: str) -> str:
    """Two trees of depth 2 and 1, whose leaves vote; `kind` is "target" or "class"."""
    nodes = (
        "nodes_treeids=[0,0,0,0,0,1,1,1], nodes_nodeids=[0,1,2,3,4,0,1,2], nodes_featureids=[0,2,0,0,0,1,0,0], "
        "nodes_values=[0.1,-0.3,0.0,0.0,0.0,0.4,0.0,0.0], nodes_hitrates=[1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0], "
        'nodes_modes=["BRANCH_LEQ","BRANCH_LEQ","LEAF","LEAF","LEAF","BRANCH_LEQ","LEAF","LEAF"], '
        "nodes_truenodeids=[1,3,0,0,0,1,0,0], nodes_falsenodeids=[2,4,0,0,0,2,0,0], "
        "nodes_missing_value_tracks_true=[0,0,0,0,0,0,0,0]"
    )
    if kind == "target":
        leaves = "target_treeids=[0,0,0,1,1], target_nodeids=[2,3,4,1,2], target_ids=[0,0,0,0,0]"
        return f"{nodes}, {leaves}, target_weights=[0.5,-1.0,2.0,0.25,-0.75]"
    places = "class_treeids=[0,0,0,0,0,0,1,1,1,1], class_nodeids=[2,2,3,3,4,4,1,1,2,2], class_ids=[0,1,0,1,0,1,0,1,0,1]"
    return f"{nodes}, {places}, class_weights=[0.4,0.1,0.1,0.4,0.3,0.2,0.45,0.05,0.15,0.35]"


def exported_cases() -> list[Case]:
    """Networks of PyTorch, by the exporter that traces and by the one that captures."""
    networks = {
        "classifier of pictures": _pictures,
        "encoder and decoder": _unet,
        "transformer": _transformer,
        "recurrent network": _recurrent,
        "separable blocks": _separable,
    }
    return [
        Case(
            f"onnx from PyTorch, {how}", f"onnx {name}, {how}, opset {opset}", partial(_exported, build, dynamo, opset)
        )
        for name, build in networks.items()
        for how, dynamo, opset in (("traced", False, 14), ("captured", True, 18))
    ]


def _exported(build: Callable[[], tuple[Any, tuple[Any, ...]]], dynamo: bool, opset: int) -> onnx.ModelProto:
    import torch

    torch.manual_seed(7)
    network, inputs = build()
    network.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            return torch.onnx.export(network, inputs, dynamo=True, opset_version=opset, verbose=False).model_proto
        written = io.BytesIO()
        torch.onnx.export(network, inputs, written, dynamo=False, opset_version=opset)
    return onnx.load_from_string(written.getvalue())


def _pictures() -> tuple[Any, tuple[Any, ...]]:
    import torch
    from torch import nn

    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5),
        nn.Softmax(1),
    )  # fmt: skip
    return network, (torch.rand(1, 3, 32, 32),)


def _unet() -> tuple[Any, tuple[Any, ...]]:
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down, self.middle = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
            self.up, self.last = nn.ConvTranspose2d(8, 8, 2, stride=2), nn.Conv2d(16, 2, 1)

        def forward(self, picture: Any) -> Any:
            whole = self.down(picture).relu()
            half = self.middle(nn.functional.max_pool2d(whole, 2)).relu()
            return self.last(torch.cat([whole, self.up(half)], 1)).sigmoid()

    return Network(), (torch.rand(1, 3, 24, 24),)


def _transformer() -> tuple[Any, tuple[Any, ...]]:
    import torch
    from torch import nn

    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), (torch.rand(1, 6, 16),)


def _recurrent() -> tuple[Any, tuple[Any, ...]]:
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(8, 6, num_layers=2, bidirectional=True, batch_first=True)
            self.last = nn.Linear(12, 3)

        def forward(self, series: Any) -> Any:
            return self.last(self.rnn(series)[0][:, -1])

    return Network(), (torch.rand(1, 7, 8),)


def _separable() -> tuple[Any, tuple[Any, ...]]:
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.wide = nn.Conv2d(channels, 2 * channels, 1)
            self.depthwise = nn.Conv2d(2 * channels, 2 * channels, 5, padding=2, groups=2 * channels)
            self.narrow = nn.Conv2d(2 * channels, channels, 1)

        def forward(self, picture: Any) -> Any:
            wide = nn.functional.hardswish(self.depthwise(self.wide(picture)))
            gate = nn.functional.hardsigmoid(wide.mean((2, 3), keepdim=True))
            return picture + self.narrow(wide * gate)

    return nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), Block(8), Block(8)), (torch.rand(1, 3, 33, 33),)


_PUBLISHED = {
    "basic-pitch": ("basic_pitch/saved_models/icassp_2022/nmp.onnx", {}),
    "magika": ("magika/models/standard_v3_3/model.onnx", {}),
    "nudenet": ("nudenet/320n.onnx", {"input_shape": (1, 320, 320, 3)}),
    "PP-OCR, finding text": (
        "rapidocr/models/PP-OCRv6_det_small.onnx", {"input_shape": (1, 320, 320, 3), "normalization": "imagenet"},
    ),
    "PP-OCR, reading text": ("rapidocr/models/PP-OCRv6_rec_small.onnx", {"input_shape": (1, 48, 320, 3)}),
    "PP-OCR, upside down or not": (
        "rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx", {"input_shape": (1, 48, 192, 3)},
    ),
    "silero, whose states are apart": (
        "silero_vad/data/silero_vad_half.onnx", {"input_shape": {"input": (1, 576), "state": (2, 1, 128)}},
    ),
    "silero for OpenVINO": ("silero_vad/data/silero_vad_openvino_16k.onnx", {}),
    "silero over a sequence": ("silero_vad/data/silero_vad_16k_sequence.onnx", {"input_shape": {"input": (4, 576)}}),
    "logistic regression of iris": ("onnxruntime/datasets/logreg_iris.onnx", {}),
}  # fmt: skip


def published_cases() -> list[Case]:
    """Trained networks in packages that are installed with the tests."""
    return [
        Case("onnx published files", f"onnx {name}", partial(published, path), options=options)
        for name, (path, options) in _PUBLISHED.items()
    ]


def published(path: str) -> Path:
    """Where an installed package has a file, without importing the package."""
    package, _, rest = path.partition("/")
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(f"{package} is not installed")
    return Path(found.submodule_search_locations[0]) / rest
