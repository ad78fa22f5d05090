"""Makes docs/images/four-answers.jpg, the picture of README: `python docs/generate_picture.py`.

Four command lines on one photograph (of Grace Hopper, public domain, which matplotlib ships), and what they save. The
models have to be here: `edgewright models get NAME`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.cbook
from PIL import Image, ImageDraw, ImageFont

PICTURE = Path(__file__).resolve().parent / "images" / "four-answers.jpg"
WIDTH, HEIGHT, GAP, LINE = 300, 352, 12, 30
COMMANDS = (
    "run face_detector",
    "run face_detector --then face_landmarks",
    "run selfie_segmenter",
    "run face_detector --blur",
)


def answered(command: str, photo: Path, folder: Path) -> Image.Image:
    """What the command saves of the photograph."""
    words = [*command.split(), str(photo), "-o", str(folder)]
    subprocess.run([sys.executable, "-m", "edgewright", *words], check=True, stdout=subprocess.DEVNULL)
    with Image.open(folder / photo.name) as saved:
        return saved.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def main() -> None:
    """Draw the four beside one another, each below its command."""
    photo = Path(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    count = len(COMMANDS)
    sheet = Image.new("RGB", (count * WIDTH + (count - 1) * GAP, HEIGHT + LINE), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for place, command in enumerate(COMMANDS):
        left = place * (WIDTH + GAP)
        with tempfile.TemporaryDirectory() as folder:
            sheet.paste(answered(command, photo, Path(folder)), (left, LINE))
        draw.text((left, 6), command, fill="black", font=font)
    sheet.save(PICTURE, quality=88)


if __name__ == "__main__":
    main()
