"""The page in a real browser: its style is accepted, its pictures are shown, nothing sticks out of a phone."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.report import (
    Bar,
    Bars,
    Code,
    Column,
    ConfusionMatrix,
    Facts,
    Interval,
    Intervals,
    KeyFigure,
    KeyFigures,
    Page,
    Picture,
    Pictures,
    Point,
    Scatter,
    Section,
    SideBySide,
    Table,
    encode_png,
)

WIDTHS = (360, 390, 768, 1280)
LONG = "mobilenet_v2_1.0_224_quantised_with_a_very_long_name.dynamic.tflite"

# The page itself has no script, so a page around it measures it, in one frame for each width.
_MEASURE = """
<!DOCTYPE html><body>%s<pre id="result">nothing</pre><script>
addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument, root = page.documentElement;
    return {
      asked: frame.width, needed: root.scrollWidth, maxWidth: frame.contentWindow.getComputedStyle(page.body).maxWidth,
      pictures: [...page.images].map(image => image.complete && image.naturalWidth),
      hacked: "hacked" in frame.contentWindow,
    };
  });
  document.getElementById("result").textContent = JSON.stringify(found);
});
</script>
"""


def _page() -> Page:
    attack = "<img src=x onerror='hacked=1'><script>hacked=1</script>"
    png = encode_png(np.zeros((28, 28), np.uint8))
    names = [LONG, attack, *"abcdefgh"]
    bars = Bars("Size", [Bar(name, 1, "411 kB") for name in names])
    dots = Intervals("Accuracy", [Interval(name, 0.9, 0.8, 1, "90.0% (80.0-99.9)") for name in names], str)
    points = [Point(name, place + 1, -place, LONG, low=-place - 3) for place, name in enumerate(names)]
    blocks = (
        Table("Versions", [Column("file"), *[Column("some heading", "right")] * 6], [[LONG, *["96.1% (94-97)"] * 6]]),
        SideBySide([bars, dots]),
        Scatter("Size", points, LONG, LONG, str, str, limit=-2, limit_label=LONG[:30], lowest=-8),
        ConfusionMatrix("Confusion", names, [[100] * 10] * 10),
        Pictures("Digits", [Picture(png, name, LONG, "wrong") for name in names]),
        Facts({"machine": LONG * 3, LONG: "1"}),
        Code("edgewright " + LONG * 3),
    )
    figures = KeyFigures([KeyFigure("Smallest version", "\u22120.2 points", LONG)] * 4)
    return Page(LONG * 2, attack, [Section(LONG * 2, blocks)], figures, LONG)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    folder = tmp_path_factory.mktemp("browser")
    content = html.escape(_page().to_html())
    frames = "".join(f'<iframe width="{width}" height="900" srcdoc="{content}"></iframe>' for width in WIDTHS)
    around = folder / "around.html"
    around.write_text(_MEASURE % frames, encoding="utf-8")
    return _read_result(_dump(browser, around, folder / "profile"))


def _dump(browser: str, page: Path, profile: Path) -> str:
    switches = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --hide-scrollbars --dump-dom"
    )
    command = [browser, *switches.split(), f"--user-data-dir={profile}", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def _read_result(dom: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(dom.split('id="result">')[1].split("</pre>")[0])
    assert [int(each["asked"]) for each in found] == list(WIDTHS)
    return found


def test_nothing_sticks_out_at_any_width(measured: list[dict[str, Any]]) -> None:
    assert [each["needed"] for each in measured] == list(WIDTHS)


def test_the_policy_lets_the_style_sheet_and_the_pictures_through(measured: list[dict[str, Any]]) -> None:
    assert {each["maxWidth"] for each in measured} == {"1136px"}
    assert all(each["pictures"] == [28] * 10 for each in measured)


def test_hostile_labels_run_nothing(measured: list[dict[str, Any]]) -> None:
    assert not any(each["hacked"] for each in measured)
