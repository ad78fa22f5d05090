"""`model.h`, `model.c`, `arena.h` and `labels.h`, `labels.c`: the file as an array, its memory, and what it can say."""

from __future__ import annotations

from edgewright.deploy.description import Description
from edgewright.deploy.targets.micro_code.files import header, source
from edgewright.deploy.targets.micro_code.literals import byte_array, text

ALIGNMENT = 16
"""What TensorFlow Lite Micro wants of the model and of the arena, in bytes."""


def model_files(described: Description) -> dict[str, bytes]:
    """The bytes of the `.tflite` file."""
    model = described.model
    what = f"The model, {model.size} bytes, sha256 {model.sha256}."
    declared = f"#define MODEL_BYTES {model.size}\n\nextern const unsigned char model_data[MODEL_BYTES];"
    defined = byte_array(f"alignas({ALIGNMENT}) const unsigned char model_data[MODEL_BYTES]", model.data)
    return {
        "model.h": header(described, "model", what, declared),
        "model.c": source(described, "model", what, defined, ["<stdalign.h>"]),
    }


def arena_file(described: Description, arena: int, less: int, runtime: str) -> bytes:
    """The working memory that was measured."""
    body = (
        f"/* Working memory of the interpreter: the smallest with which it started on a 64-bit machine\n"
        f"   ({runtime}). A 32-bit chip needs less, about {less} bytes by the sizes of the structures that\n"
        f"   hold pointers. Kernels made for a processor (CMSIS-NN, ESP-NN) may need more: where AllocateTensors\n"
        f"   fails, it says how much. */\n"
        f"#ifndef MODEL_ARENA_BYTES\n#define MODEL_ARENA_BYTES {arena}\n#endif\n\n"
        f"#define MODEL_ARENA_ALIGNMENT {ALIGNMENT}"
    )
    return header(described, "arena", "How much working memory the model needs.", body)


def label_files(described: Description) -> dict[str, bytes]:
    """The labels in the order of the classes, in UTF-8."""
    labels = described.labels
    what = "What the model can say."
    body = f"#define MODEL_LABELS {len(labels)}\n"
    if not labels:
        return {"labels.h": header(described, "labels", what, f"/* The file has no labels. */\n{body}")}
    body += "\nextern const char *const model_labels[MODEL_LABELS];"
    lines = "".join(f"    {text(label)},\n" for label in labels)
    defined = f"const char *const model_labels[MODEL_LABELS] = {{\n{lines}}};\n"
    return {
        "labels.h": header(described, "labels", what, body),
        "labels.c": source(described, "labels", what, defined),
    }
