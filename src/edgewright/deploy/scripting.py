"""The text of a script that runs a model with the runtime, NumPy and Pillow alone."""

from __future__ import annotations

from pathlib import Path

from edgewright.deploy.description import Boxes, Classes, Description, Pixels
from edgewright.deploy.exporting import plain
from edgewright.deploy.translating import Rule, rule_of

AS_RUN = ("bilinear", "bicubic", "reduced")
"""Ways to resize that Pillow has; in place of others stands its bilinear one."""

_FILTERS = {"bicubic": "BICUBIC"}

_HEAD = '''"""{name}: {what}. Usage: python predict.py {usage}
Needs: pip install ai-edge-litert numpy{pillow}"""
{imports}try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    from tflite_runtime.interpreter import Interpreter
HERE = Path(__file__).parent
{constants}
'''

# Where a picture of a size goes: the part of it that is used, and the part of the input that it fills.
_PLACE = {
    "stretch": "",
    "crop": """
def place(wide, high):
    across, down = min(wide, high * (WIDTH / HEIGHT)) * {fraction}, min(high, wide / (WIDTH / HEIGHT)) * {fraction}
    x, y = (wide - across) / 2, (high - down) / 2
    return (x, y, x + across, y + down), (0, 0, WIDTH, HEIGHT)
""",
    "letterbox": """
def place(wide, high):
    scale = min(HEIGHT / high, WIDTH / wide)
    down, across = (max(1, min(most, math.floor(n * scale + 0.5))) for n, most in ((high, HEIGHT), (wide, WIDTH)))
    x, y = (WIDTH - across) // 2, (HEIGHT - down) // 2
    return (0.0, 0.0, float(wide), float(high)), (x, y, x + across, y + down)
""",
}
_OPENED = """
def prepare(path):
    image = Image.open(path)
{whole}    # A large JPEG is decoded at a half, a quarter or an eighth of its size.
    {draft}
    image = ImageOps.exif_transpose(image)
    if "A" in image.getbands() or "transparency" in image.info:
        image, clear = Image.new("RGB", image.size, "white"), image.convert("RGBA")
        image.paste(clear, mask=clear.getchannel("A"))
"""
_WHOLE = """    whole = np.array(image.size[:: -1 if image.getexif().get(274, 1) > 4 else 1])
"""
_STRETCHED_DRAFT = "image.draft(None, [math.ceil(2 * (to / n) * n) for to, n in zip((WIDTH, HEIGHT), image.size)])"
_STRETCHED = """    box, to = np.tile(whole / image.size, 2) * [0, 0, *image.size], np.array([0, 0, WIDTH, HEIGHT])
"""
_STRETCHED_PIXELS = (
    '    pixels = np.asarray(image.convert("{mode}").resize((WIDTH, HEIGHT), Image.Resampling.{filter}{gap}))\n'
)
_PLACED_DRAFT = """box, to = place(*image.size)
    image.draft(None, [math.ceil(2 * ((to[i + 2] - to[i]) / (box[i + 2] - box[i])) * image.size[i]) for i in (0, 1)])"""
_PLACED = """    box, to = map(np.array, place(*image.size))
"""
_PLACED_PIXELS = """    image = image.convert("{mode}")
    part = image.resize(to[2:] - to[:2], Image.Resampling.{filter}, box=tuple(box){gap})
"""
_CROPPED = """    pixels = np.asarray(part)
"""
_BORDERED = """    pixels = np.full({canvas}, {pad}, np.uint8)
    pixels[to[1] : to[3], to[0] : to[2]] = part
"""

_RUN = """
def run(*tensors):
    interpreter = Interpreter(str(HERE / "model.tflite"))
    interpreter.allocate_tensors()
    for detail, tensor in zip(interpreter.get_input_details(), tensors, strict=True):
        interpreter.set_tensor(detail["index"], tensor)
    interpreter.invoke()
    return [{real} for out in interpreter.get_output_details()]
"""

_REAL = """
def real(detail, array):
    scale, zero = detail["quantization"]
    if not scale or array.dtype.kind == "f":
        return array
    return (array.astype(np.float32) - np.float32(zero)) * np.float32(scale)
"""

_CLASSES = """
def predict(path):
    scores = run(prepare(path))[0][1].astype(np.float32).reshape(-1)
{softmax}    best = np.argsort(-scores, kind="stable")[:{most}]
    return [(int(i), float(scores[i]), ()) for i in best{threshold}]
"""

_SOFTMAX = """    powers = np.exp(scores.astype(float) - float(scores.max()))
    scores = (powers / powers.sum()).astype(np.float32)
"""

_BOXES = """
def predict(path):
    tensor, box, to, whole = prepare(path)
    outputs = [array for _, array in run(tensor)]
    scores = outputs[{scores}].reshape(-1){count}.astype(np.float32)
    corners = outputs[{boxes}].reshape(-1, 4)[:, {order}] * np.array({unit}, float)
    corners = np.sort(corners.reshape(-1, 2, 2), axis=1)
    corners = box[:2] + (corners - to[:2]) / ((to[2:] - to[:2]) / (box[2:] - box[:2]))
    corners = np.clip(corners, 0, whole).reshape(-1, 4).astype(np.float32).tolist()
    sure = [i for i in np.argsort(-scores, kind="stable") if scores[i] >= THRESHOLD and scores[i] > 0]
    return [(int(np.rint(outputs[{classes}].reshape(-1)[i])), float(scores[i]), tuple(corners[i])) for i in sure]
"""

_SAY = """
if __name__ == "__main__":
    for path in sys.argv[1:]:
        for number, score, box in predict(path):
            label = LABELS[number] if 0 <= number < len(LABELS) else f"class {number}"
            print(path, label, f"{score:.3f}", *map(round, box))
"""

_SAY_TENSORS = """
if __name__ == "__main__":
    for name, array in run({given}):
        print(name, array.shape, array, sep="\\n")
"""


def script_of(described: Description) -> str:
    """All of it: under fifty lines, for every task; those without classes or boxes have their outputs printed."""
    pixels, decoding = described.pixels, described.decoding
    parts = [_head(described), *([_REAL] if _stored(described) else [])]
    if pixels is not None:
        parts += [_PLACE[pixels.resize].replace("{fraction}", repr(pixels.crop_fraction)), _prepare(described, pixels)]
    taken = 'interpreter.get_tensor(out["index"])'
    real = f"real(out, {taken})" if _stored(described) else taken
    parts.append(_RUN.replace("{real}", f'(out["name"], {real})'))
    if pixels is None or decoding is None:
        given = "prepare(sys.argv[1])" if pixels is not None else "*map(np.load, sys.argv[1:])"
        parts.append(_SAY_TENSORS.replace("{given}", given))
    else:
        parts += [_classes(decoding) if isinstance(decoding, Classes) else _boxes(decoding), _SAY]
    return "".join(parts)


def _stored(described: Description) -> bool:
    """Whether numbers of an output stand for others."""
    return any(output.scale and "int" in output.dtype for output in described.outputs)


def _head(described: Description) -> str:
    pixels = described.pixels
    imports = ["math", "sys"] if pixels else ["sys"]
    lines = [*(f"import {name}" for name in imports), "from pathlib import Path", "import numpy as np"]
    lines += ["from PIL import Image, ImageOps"] if pixels else []
    constants = [f"HEIGHT, WIDTH = {pixels.size[0]}, {pixels.size[1]}"] if pixels else []
    if pixels is not None and described.decoding is not None:
        constants.append('LABELS = (HERE / "labels.txt").read_text(encoding="utf-8").split("\\n")[:-1]')
    if isinstance(described.decoding, Boxes):
        constants.append(f"THRESHOLD = {described.decoding.threshold!r}")
    return _HEAD.format(
        name=plain(Path(described.model.name).name),
        what=plain(described.task),
        usage=usage_of(described),
        pillow=" pillow" if pixels else "",
        imports="".join(f"{line}\n" for line in lines),
        constants="\n".join(constants),
    )


def usage_of(described: Description) -> str:
    """What it is given: a picture, or a file for each input."""
    return "photo.jpg" if described.pixels else " ".join(f"input{place}.npy" for place in range(len(described.inputs)))


def _prepare(described: Description, pixels: Pixels) -> str:
    mean, std = list(pixels.mean), list(pixels.std)
    values = {
        Rule.BYTES: "pixels",
        Rule.SHIFTED: "(pixels ^ 128).view(np.int8)",
        Rule.FORMULA: f"((pixels.astype(np.float32) - np.float32({mean})) / np.float32({std}))",
        Rule.TABLE: f'np.load(HERE / "pixels.npy")[pixels, {"range(3)" if pixels.channels == 3 else "0"}]',
    }[rule_of(pixels)]
    if pixels.layout == "NCHW":
        values = f"{values}.transpose(2, 0, 1)"
    tensor = f"{values}.reshape({described.inputs[0].shape})"
    boxes = isinstance(described.decoding, Boxes)
    box = "box" if pixels.resize == "stretch" else "np.tile(whole / image.size, 2) * box"
    returned = f"{tensor}, {box}, to, whole" if boxes else tensor
    parts = _stretched(boxes) if pixels.resize == "stretch" else _placed(pixels, boxes)
    return "".join((*parts, "    return ", returned, "\n")).format(
        mode="RGB" if pixels.channels == 3 else "L",
        filter=_FILTERS.get(pixels.interpolation, "BILINEAR"),
        gap=", reducing_gap=1.5" if pixels.interpolation == "reduced" else "",
    )


def _stretched(boxes: bool) -> list[str]:
    opened = _OPENED.replace("{draft}", _STRETCHED_DRAFT).replace("{whole}", _WHOLE if boxes else "")
    return [opened, *([_STRETCHED] if boxes else []), _STRETCHED_PIXELS]


def _placed(pixels: Pixels, boxes: bool) -> list[str]:
    opened = _OPENED.replace("{draft}", _PLACED_DRAFT).replace("{whole}", _WHOLE if boxes else "")
    canvas = "(HEIGHT, WIDTH, 3)" if pixels.channels == 3 else "(HEIGHT, WIDTH)"
    bordered = _BORDERED.replace("{canvas}", canvas).replace("{pad}", str(pixels.pad))
    return [opened, _PLACED, _PLACED_PIXELS, bordered if pixels.resize == "letterbox" else _CROPPED]


def _classes(decoding: Classes) -> str:
    threshold = "" if decoding.threshold is None else f" if scores[i] >= {decoding.threshold!r}"
    return _CLASSES.format(softmax=_SOFTMAX if decoding.softmax else "", most=5, threshold=threshold)


def _boxes(decoding: Boxes) -> str:
    return _BOXES.format(
        scores=decoding.scores,
        boxes=decoding.boxes,
        classes=decoding.classes,
        count="" if decoding.number is None else f"[: int(outputs[{decoding.number}].reshape(-1)[0])]",
        order=list(decoding.order),
        unit="[1, 1, 1, 1]" if decoding.pixels else "[WIDTH, HEIGHT, WIDTH, HEIGHT]",
    )
