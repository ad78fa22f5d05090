"""Source models, built once, and their conversions, run in two child processes for all tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.tensorflow.hdf5 import KerasHdf5
from edgewright.convert.sources.tensorflow.keras_archive import KerasArchive
from edgewright.convert.sources.tensorflow.saved_model import SavedModel
from edgewright.machine import run_in_child

from ..sharing import Shared

HERE = Path(__file__).parent
_OPENERS = {".keras": KerasArchive(), ".h5": KerasHdf5(), "": SavedModel()}

Outcomes = dict[str, Any]


@pytest.fixture(scope="session")
def source_models(built_by: Callable[[str], Path]) -> Path:
    """The folder with all that build_models.py builds."""
    return built_by("convert/build_models.py")


@pytest.fixture(scope="session")
def convert_many(source_models: Path) -> Callable[[dict[str, tuple[str, dict[str, Any]]]], Outcomes]:
    """Convert {name of the case: (file, options)} in one child: the product or the error of each."""

    def convert_many(cases: dict[str, tuple[str, dict[str, Any]]]) -> Outcomes:
        sys.path.insert(0, str(HERE))
        try:
            from conversion_batch import convert_all

            jobs = {
                name: (_OPENERS[Path(file).suffix], source_models / file, ConversionOptions.of(**options))
                for name, (file, options) in cases.items()
            }
            return run_in_child(convert_all, jobs)
        finally:
            sys.path.remove(str(HERE))

    return convert_many


def pictures(count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).random((count, *shape), dtype=np.float32)


@pytest.fixture(scope="session")
def keras(convert_many: Callable[..., Outcomes], shared: Shared) -> Outcomes:
    """Conversions of Keras files."""
    plain = (
        "digits.keras digits.h5 multi.keras named.keras lstm.keras lstm.h5 gru.keras embedding.keras svd.keras "
        "free_size.keras batch_of_four.keras constant.keras infinite.keras convolution.keras keras2_depthwise.keras "
        "keras2_lstm.h5 keras2_unknown.h5 lambda.keras lambda.h5 foreign.keras foreign.h5 function.keras function.h5 "
        "only.weights.h5"
    ).split()
    cases: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in plain}
    images = pictures(50, 12, 12, 3)
    cases |= {
        "lstm, free batch": ("lstm.keras", {"dynamic_batch": True}),
        "digits, free batch": ("digits.keras", {"dynamic_batch": True}),
        "free_size, shaped": ("free_size.keras", {"input_shape": (16, 16, 3)}),
        "lambda, trusted": ("lambda.keras", {"trust": True}),
        "foreign, trusted": ("foreign.keras", {"trust": True}),
        "digits, pixels": ("digits.keras", {"normalization": "zero_to_one"}),
        "digits, dynamic": ("digits.keras", {"quantize": "dynamic"}),
        "digits, float16": ("digits.keras", {"quantize": "float16"}),
        "tiny, dynamic": ("convolution.keras", {"quantize": "dynamic"}),
        "lstm, int8": ("lstm.keras", {"quantize": "int8", "representative_data": pictures(30, 5, 3)}),
        "multi, int8": (
            "multi.keras",
            {
                "quantize": "int8",
                "representative_data": {"alpha": pictures(30, 4), "zeta": pictures(30, 3)},
            },
        ),
        "wrong samples": ("digits.keras", {"quantize": "int8", "representative_data": pictures(5, 9, 9)}),
    }
    for io_dtype in ("float32", "uint8", "int8"):
        options = {"quantize": "int8", "io_dtype": io_dtype, "representative_data": images}
        cases[f"convolution, {io_dtype}"] = ("convolution.keras", options)
    return shared.value("keras-conversions", lambda: convert_many(cases))


@pytest.fixture(scope="session")
def saved_models(convert_many: Callable[..., Outcomes], shared: Shared) -> Outcomes:
    """Conversions of SavedModels."""
    names = (
        "lgamma strings fft two none several text tf1 reads writes branch prints restores python table loop free_gru "
        "marked_lstm"
    ).split()
    cases: dict[str, tuple[str, dict[str, Any]]] = {name: (f"sm_{name}", {}) for name in names}
    cases |= {
        "lgamma, free batch": ("sm_lgamma", {"dynamic_batch": True}),
        "several, free batch": ("sm_several", {"dynamic_batch": True}),
        "two, second": ("sm_two", {"signature": "second"}),
        "two, unknown": ("sm_two", {"signature": "third"}),
        "table, trusted": ("sm_table", {"trust": True}),
        "restores, trusted": ("sm_restores", {"trust": True}),
        "loop, int8": ("sm_loop", {"quantize": "int8", "representative_data": pictures(20, 4)}),
    }
    return shared.value("saved-model-conversions", lambda: convert_many(cases))
