"""Java on a desktop or server: LiteRT's C library through Java's foreign functions, without any other package."""

from __future__ import annotations

import re
import shlex
import subprocess
import tempfile
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from edgewright.deploy.coding import check_codable, class_of, filled, resized_as, shared_java, title_of, unlike_run
from edgewright.deploy.description import Boxes, Description, Pixels
from edgewright.deploy.exporting import Written, labels_file
from edgewright.deploy.finding_java import java_command
from edgewright.deploy.proving import MOST, Found, made_up, said_here
from edgewright.errors import ModelError
from edgewright.machine import Progress, stage
from edgewright.model import ModelFile

PACKAGE = "edgewright"
OLDEST = 22
"""The first Java whose foreign functions are final."""

_TIMEOUT = 300.0
_WRITTEN_FOR = "2.3.0"
_UTF8 = ("-Dstdout.encoding=UTF-8", "-Dstderr.encoding=UTF-8")
_ALWAYS = (
    "Other systems than this one, and other versions of LiteRT's library, were not tried.",
    "A JPEG is decoded by Java, whose pixels may differ a little from Pillow's; of other files EXIF is not read.",
)


class Java:
    """Classes `Classifier` or `Detector`, and a program that uses them."""

    name = "java"
    title = "Java 22 or later"

    def write(self, described: Description, progress: Progress) -> Written:
        """Make the classes, and run them where Java is here; raises `ModelError` where they say other than `run`."""
        pixels = check_codable(described, "java")
        files = _files(described, pixels)
        found = java_command(OLDEST)
        library = litert_library()
        main = f"{PACKAGE}/{class_of(described)}.java"
        proven: tuple[str, ...] = ()
        unproven: tuple[str, ...] = _ALWAYS
        if found and library:
            with stage(progress, "running the classes"), tempfile.TemporaryDirectory() as place:
                proven = (_prove(described, pixels, files, main, [found, str(library)], Path(place)),)
        else:
            unproven = (f"No Java {OLDEST} or later was found here: the classes were not compiled.", *unproven)
        facts = {"litert": _litert_version(), "resize": resized_as(pixels)}
        words = [found or "java", "--enable-native-access=ALL-UNNAMED", f"-Dlitert={library or 'libLiteRt.so'}"]
        start = f"cd {{folder}} && {shlex.join(words)} {main} photo.jpg"
        return Written(files, proven, (*unproven, *unlike_run(pixels)), start, facts)


TARGET = Java()


def _litert_version() -> str:
    """Of the wheel here, or of the one that the classes were written for, where another runtime is installed."""
    try:
        return version("ai-edge-litert")
    except PackageNotFoundError:
        return _WRITTEN_FOR


def litert_library() -> Path | None:
    """LiteRT's C library as the wheel here has it."""
    spec = find_spec("ai_edge_litert")
    places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    return next((path for place in places for path in sorted(place.glob("libLiteRt.*"))), None)


def _files(described: Description, pixels: Pixels) -> dict[str, bytes]:
    name = class_of(described)
    most = MOST if name == "Classifier" else 100
    words = {"CLASS": name, "TITLE": title_of(described), "MOST": most}
    code = shared_java(described, pixels)
    code["LiteRt.java"] = filled("LiteRt.java", described, {"LITERT": _litert_version()})
    code["Photo.java"] = filled("Photo.java", described, {})
    code[f"{name}.java"] = filled("Desktop.java", described, words)
    files = {f"{PACKAGE}/{path}": text.encode() for path, text in code.items()}
    return files | {"model.tflite": _unsigned(described.model).data, "labels.txt": labels_file(described.labels)}


def _unsigned(model: ModelFile) -> ModelFile:
    """Without signatures, which would put inputs and outputs in an order of their own."""
    tables = model.edit()
    if not tables["signature_defs"]:
        return model
    tables["signature_defs"] = None
    return ModelFile.build(tables, model.files, model.name)


def _prove(
    described: Description, pixels: Pixels, files: dict[str, bytes], main: str, tools: list[str], folder: Path
) -> str:
    """Run the classes in a folder with a Java and a library; raises `ModelError` where they say other than `run`."""
    java, library = tools
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    pictures = _pictures(folder)
    threshold = "0" if isinstance(described.decoding, Boxes) else "-Infinity"
    options = ["--enable-native-access=ALL-UNNAMED", f"-Dlitert={library}", f"-Dthreshold={threshold}", *_UTF8]
    command = [java, *options, main, *(path.name for path in pictures)]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise ModelError(f"{described.model.name}: the classes do not end within {_TIMEOUT:.0f} s") from None
    if done.returncode:
        why = next((line for line in done.stderr.splitlines() if re.search("error:|Exception", line)), "")
        raise ModelError(f"{described.model.name}: the classes do not run here: {why.strip()}")
    expected = [
        line
        for found in said_here(described, pictures, interpolation=resized_as(pixels))
        for line in _lines(described, found)
    ]
    count = 5 if isinstance(described.decoding, Boxes) else 1
    if _rounded(done.stdout.split("\n")[:-1], count) != _rounded(expected, count):
        raise ModelError(
            f"{described.model.name}: the classes say {done.stdout!r:.300}, and run says {expected!r:.300}"
        )
    alike = "" if resized_as(pixels) == pixels.interpolation else f", where run resizes {resized_as(pixels)!r}"
    return f"On {len(pictures)} made-up pictures the classes say what run says, to the bit{alike}."


def _pictures(folder: Path) -> list[Path]:
    """Two in color, one of them large, and a gray one."""
    small, large = made_up(301, 227), made_up(600, 800)
    pictures = {"small.png": small, "large.png": large, "gray.png": small[..., 0]}
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / name)
    return [folder / name for name in pictures]


def _lines(described: Description, found: Found) -> list[str]:
    """As the classes print them."""
    labels = labels_file(described.labels).decode().split("\n")[:-1]
    names = [labels[index] if 0 <= index < len(labels) else f"class {index}" for index, *_ in found]
    return ["\t".join([name, *map(str, (score, *box))]) for name, (_, score, box) in zip(names, found, strict=True)]


def _rounded(lines: list[str], count: int) -> list[list[object]]:
    """Labels, in which there may be tabs, and so many numbers as the 32 bits that they are."""
    rows = [line.rsplit("\t", count) for line in lines]
    return [[label, *(float(np.float32(number)) for number in numbers)] for label, *numbers in rows]
