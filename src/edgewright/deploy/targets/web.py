"""The browser: a static page with LiteRT for WebAssembly beside it, which asks nothing else of the network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.check import check
from edgewright.deploy.browser import VERSION, runtime_files
from edgewright.deploy.coding import down_first
from edgewright.deploy.description import Description, Pixels, Tensor
from edgewright.deploy.exporting import Written, check_task
from edgewright.errors import ModelError
from edgewright.machine import Progress
from edgewright.model import ModelFile, TensorSpec
from edgewright.report import color_themes
from edgewright.rewrite import rewrite

_PASSES = ("static-batch", "browser")
_RESAMPLED = ("bilinear", "bicubic", "sharp")
_IMPORT_MAP = re.compile(r"<script[^>]*importmap[^>]*>(?P<text>.*?)</script>", re.DOTALL)
_PROVEN = (
    "The files are whole: LiteRT for browsers is byte for byte what npm published.",
    "It takes all of the model, by what was measured with it in Chromium: edgewright check --target browser.",
)
_UNPROVEN = (
    "No browser was started: the same page was proven in Chromium with other models, equal to run on the same bytes.",
    "How fast it is on a phone: the page says how long each picture took.",
)


class Web:
    """Pictures into classes or boxes, on a page of its own."""

    name = "web"
    title = "web browsers (LiteRT.js)"

    def write(self, described: Description, progress: Progress) -> Written:
        """Make the page: its files, the model as a browser takes it, and LiteRT.

        Raises `UsageError` for another task, `ModelError` where LiteRT for browsers does not run the model, `HubError`
        where that is not on this machine yet.
        """
        check_task(described, "classification", "detection", target="the web page")
        fitted, changes, notes = _fitted(described.model)
        runtime = {f"litert/{path}": content for path, content in runtime_files().items()}
        own = {
            "model.tflite": fitted.data,
            "model.json": json.dumps(_said(described, fitted), ensure_ascii=False, indent=1).encode(),
            "palette.css": color_themes().encode(),
        }
        made = _page() | runtime | own
        facts = {"bytes": sum(map(len, made.values())), "changes": list(changes), "litert": VERSION}
        start = "python -m http.server --directory {folder}"
        return Written(made, _PROVEN, (*_UNPROVEN, *notes, *_resampling(described.pixels)), start, facts)


TARGET = Web()


def _fitted(model: ModelFile) -> tuple[ModelFile, tuple[str, ...], tuple[str, ...]]:
    """The model as LiteRT for browsers takes it, what was changed for that, and what else is known of it there.

    Its signatures stay behind: with them inputs and outputs would come in the order of the signature.
    """
    outcome = rewrite(model, _PASSES)
    found = check(outcome.model, targets="browser").targets[0]
    if found.problem:
        raise ModelError(f"{model.name}: {found.problem}")
    tables = outcome.model.edit()
    tables["signature_defs"] = None
    return ModelFile.build(tables, outcome.model.files, model.name), outcome.changes, found.notices


def _said(described: Description, fitted: ModelFile) -> dict[str, Any]:
    """What the page has to know, as plain values."""
    pixels, decoding, tensor = described.pixels, described.decoding, described.inputs[0]
    if pixels is None or decoding is None:
        raise ModelError(f"{described.model.name}: it takes no picture")
    size = f"{pixels.size[1]} x {pixels.size[0]}"
    classes = f"{len(decoding.labels):,} labels" if decoding.labels else "classes by number"
    return {
        "title": described.model.metadata.name or Path(described.model.name).stem,
        "subtitle": f"{described.task}, {classes}, {tensor.dtype} in, {size} pixels",
        "task": described.task,
        "input": {"dtype": fitted.inputs[0].dtype, "shape": list(fitted.inputs[0].shape)},
        "outputs": [_stored(spec) for spec in fitted.outputs],
        "pixels": _pixels(pixels, described.inputs[0], fitted.inputs[0]),
        "decoding": dict(vars(decoding)),
    }


def _stored(spec: TensorSpec) -> dict[str, Any]:
    """How stored numbers become real ones, the scale with all its 32 bits."""
    zero_point = spec.zero_point[0] if spec.zero_point else 0
    return {"dtype": spec.dtype, "scale": spec.scale[0] if spec.scale else 0.0, "zero_point": zero_point}


def _pixels(pixels: Pixels, original: Tensor, fitted: TensorSpec) -> dict[str, Any]:
    """The preparation, with a column of 256 numbers for each channel: what the original takes, or that in real numbers.

    A browser rounds a real number to the stored one that it was made of, so both come to the same.
    """
    values = pixels.values
    if fitted.dtype == "float32" and values.dtype != np.float32:
        values = (values.astype(np.float32) - np.float32(original.zero_point)) * np.float32(original.scale)
    said = {key: value for key, value in vars(pixels).items() if key not in ("values", "mean", "std", "interpolation")}
    interpolation = pixels.interpolation if pixels.interpolation in _RESAMPLED else _RESAMPLED[0]
    return said | {"interpolation": interpolation, "down_first": down_first(), "values": values.T.tolist()}


def _resampling(pixels: Pixels | None) -> tuple[str, ...]:
    if pixels is None or pixels.interpolation in _RESAMPLED:
        return ()
    return (f"Pictures are made smaller in another way than here ({pixels.interpolation}): {_RESAMPLED[0]}.",)


def _page() -> dict[str, bytes]:
    """The page's own files; its policy allows the one script in it, a map of names, by its digest."""
    folder = files("edgewright.deploy.browser") / "page"
    found = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    html = found["index.html"].decode()
    inner = _IMPORT_MAP.search(html)
    digest = hashlib.sha256(inner["text"].encode() if inner else b"").digest()
    found["index.html"] = html.replace("sha256-IMPORTMAP", f"sha256-{base64.b64encode(digest).decode()}").encode()
    return found
