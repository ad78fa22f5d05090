"""`README.md`: how the folder is built and used, and what of it was proven."""

from __future__ import annotations

from collections.abc import Sequence

from edgewright.deploy.description import Description
from edgewright.deploy.targets.micro_code.decoding import classes_of
from edgewright.deploy.targets.micro_code.files import called, template
from edgewright.deploy.targets.micro_code.tensors import has_reals


def readme_file(
    described: Description, arena: int, less: int, runtime: str, proven: Sequence[str], unproven: Sequence[str]
) -> bytes:
    """The page, in Markdown."""
    model = described.model
    return template(
        "README.md.in",
        title=called(described).removesuffix(".tflite"),
        model=called(described),
        sha256=model.sha256,
        model_bytes=f"{model.size:,}",
        arena=f"{arena:,}",
        less=f"{less:,}",
        runtime=runtime,
        use=_use(described),
        proven="\n".join(f"- Shown here: {sentence}" for sentence in proven),
        unproven="\n".join(f"- Not shown: {sentence}" for sentence in unproven),
    )


def _use(described: Description) -> str:
    """The calls, for this model."""
    lines = [
        _line(call, what) + what
        for call, what in [*_storing(described), ("interpreter.Invoke();", ""), *_reading(described)]
    ]
    return "```\n" + "\n".join(lines) + f"\n```\n\n{_picture(described)}"


def _line(call: str, what: str) -> str:
    return f"{call:<72}" if what else call


def _storing(described: Description) -> list[tuple[str, str]]:
    if described.pixels is not None:
        return [("model_store_pixels(pixels, input_0);", "// bytes of a picture of the right size")]
    return [
        (f"model_store_input_{place}(real, input_{place}, MODEL_INPUT_{place}_ELEMENTS);", "// real numbers")
        if has_reals(tensor)
        else (f"memcpy(input_{place}, numbers, sizeof numbers);", f"// {tensor.dtype}")
        for place, tensor in enumerate(described.inputs)
    ]


def _reading(described: Description) -> list[tuple[str, str]]:
    if classes_of(described) is not None:
        return [
            ("model_scores(output_0, scores);", "// float scores[MODEL_CLASSES]"),
            ("model_best(scores, places, 3);", "// size_t places[3]: of the three best labels"),
        ]
    return [
        (f"model_read_output_{place}(output_{place}, real, MODEL_OUTPUT_{place}_ELEMENTS);", "// real numbers")
        for place, tensor in enumerate(described.outputs)
        if has_reals(tensor)
    ]


def _picture(described: Description) -> str:
    if described.pixels is None:
        return ""
    height, width = described.pixels.size
    colors = "gray" if described.pixels.channels == 1 else "red, green, blue"
    return (
        f"`pixels` are {height} rows of {width} pixels ({colors}), a byte each; `preparation.h` says how a larger "
        "picture becomes that. A camera that can be set to this size needs no resizing on the board.\n"
    )
