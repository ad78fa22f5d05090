"""Makes docs/images/dashboard.png, of docs/how-to/dashboard.md: `python docs/generate_dashboard_picture.py`.

A detector watches a photograph (of Grace Hopper, public domain, which matplotlib ships) that is moved about, and a real
Chromium looks at the page. The model has to be here: `edgewright models get ssd_mobilenet_v1_coco_quant`.
"""

from __future__ import annotations

import itertools
import math
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import matplotlib.cbook
import numpy as np
from PIL import Image, ImageOps

from edgewright.agent import Address, Agent, Line, Rule, SourceSpec, Zone

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from browser import Chromium

PICTURE = Path(__file__).resolve().parent / "images" / "dashboard.png"
PORT = 8765
RATE = 12
SHOWN = "document.querySelectorAll('#boxes .box').length && document.querySelectorAll('#events li').length > 1"

RULES = (
    Rule("somebody", ("person",), enters="doorstep"),
    Rule("stays", ("person",), zone="doorstep", stays_s=2.0),
    Rule("goes in", ("person",), crosses="threshold"),
)
PLACES = {
    "zones": (Zone("doorstep", ((0.42, 0.5), (0.8, 0.5), (0.97, 0.98), (0.25, 0.98))),),
    "lines": (Line("threshold", ((0.4, 0.12), (0.4, 0.97))),),
}


def frames() -> Iterator[np.ndarray]:
    """Somebody comes and goes in front of a wall."""
    photo = Image.open(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)).convert("RGB")
    photo = ImageOps.contain(photo, (420, 440))
    wall = np.linspace(225, 150, 480)[:, None, None] * np.array([0.93, 0.97, 1.0])
    for number in itertools.count():
        scene = Image.fromarray(np.broadcast_to(wall, (480, 854, 3)).astype(np.uint8))
        scene.paste(photo, (round(270 - 240 * math.cos(number / 40)), 40))
        time.sleep(1 / RATE)
        yield np.asarray(scene)


def main() -> None:
    """Let the agent work for a while, and take a picture of its page."""
    with tempfile.TemporaryDirectory() as folder:
        source = (SourceSpec("iterator", frames(), name="door"),)
        sinks = [f"file:{folder}/events.jsonl"]
        agent = Agent(
            "ssd_mobilenet_v1_coco_quant", source, sinks=sinks, state=Path(folder, "state"), rules=RULES,
            dashboard=Address(port=PORT), **PLACES,
        )  # fmt: skip
        thread = threading.Thread(target=agent.run)
        thread.start()
        agent.wait_until_ready(60)
        browser = Chromium(Path(folder, "profile"))
        with browser.page(1120, 900) as page:
            page.open(f"http://127.0.0.1:{PORT}/")
            page.until(SHOWN, timeout_s=120)
            page.picture(PICTURE)
        browser.close()
        agent.stop()
        thread.join()
    with Image.open(PICTURE) as taken:
        taken.convert("RGB").quantize(200, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
