"""A package that adds a kind of task which dies, hangs or fails over pictures of certain sizes."""

from __future__ import annotations

from pathlib import Path

# The height and width of the picture that a worker dies of, and how.
SEGFAULT, HANG, RAISE, EXIT = (13, 13), (17, 17), (19, 19), (11, 11)

_MODULE = f"""
import ctypes, os, time
from edgewright.task.kinds.classification import KIND


def fail(*_):
    raise ValueError("a mistake of the package")


DEEDS = {{
    {SEGFAULT}: lambda: ctypes.string_at(0),
    {HANG}: lambda: time.sleep(3600),
    {RAISE}: fail,
    {EXIT}: lambda: os._exit(3),
}}


class Decoder:
    def __init__(self, inner):
        self.inner, self.labels = inner, inner.labels

    def __call__(self, outputs, prepared):
        DEEDS.get(tuple(prepared.original), lambda: None)()
        return self.inner(outputs, prepared)


class Fragile:
    name, input = "fragile", "picture"

    def recognize(self, model):
        return None

    def decoder(self, model, options):
        return Decoder(KIND.decoder(model, options))


FRAGILE = Fragile()
"""


def install(folder: Path) -> Path:
    """Make the package in a folder, which is to be on the path of modules."""
    (folder / "fragile_task.py").write_text(_MODULE)
    metadata = folder / "fragile_task-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: fragile-task\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[edgewright.tasks]\nfragile = fragile_task:FRAGILE\n")
    return folder
