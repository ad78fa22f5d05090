"""`watch --draw-zones`: zones and lines where the file says, arrows the way that counts."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from edgewright.agent import Line, Zone, draw_places

TOML = """\
model = "m.tflite"
[source]
camera = 0
[[zones]]
name = "yard"
points = [[0.1, 0.6], [0.4, 0.6], [0.4, 0.9], [0.1, 0.9]]
[[lines]]
name = "gate"
points = [[0.5, 0.5], [0.9, 0.5]]
"""


def gray(width: int = 640, height: int = 480) -> Image.Image:
    return Image.new("RGB", (width, height), (128, 128, 128))


def test_a_zone_is_shaded_inside_and_nowhere_else():
    drawn = np.asarray(
        draw_places(np.asarray(gray()), [Zone("yard", [(0.1, 0.6), (0.4, 0.6), (0.4, 0.9), (0.1, 0.9)])])
    )
    inside, outside = drawn[int(0.65 * 480), int(0.15 * 640)], drawn[100, 500]
    assert tuple(outside) == (128, 128, 128)
    assert inside[2] > inside[0]


@pytest.mark.parametrize(
    ("points", "filled", "hollow"),
    [
        ([(0.2, 0.5), (0.8, 0.5)], (0, 1), (0, -1)),  # from left to right: in is down
        ([(0.8, 0.5), (0.2, 0.5)], (0, -1), (0, 1)),
        ([(0.5, 0.2), (0.5, 0.8)], (-1, 0), (1, 0)),  # down: in is to the left, as one walks to the right hand
    ],
)
def test_the_filled_arrow_points_in(points, filled, hollow):
    drawn = np.asarray(draw_places(np.asarray(gray()), [Line("gate", points)])).astype(int)
    orange = (drawn[..., 0] > 150) & (drawn[..., 2] < 40)

    def share(way: tuple[int, int]) -> float:
        x, y = 320 + 21 * way[0], 240 + 21 * way[1]
        return float(orange[y - 7 : y + 8, x - 7 : x + 8].mean())

    assert share(filled) > share(hollow)


class TestCommand:
    @pytest.fixture
    def folder(self, tmp_path):
        (tmp_path / "agent.toml").write_text(TOML)
        gray().save(tmp_path / "street.jpg")
        return tmp_path

    def test_the_folder_that_the_agent_watches_need_not_be_here(self, edgewright, folder):
        (folder / "agent.toml").write_text(TOML.replace("camera = 0", 'folder = "on-the-device"'))
        said = edgewright("watch", "agent.toml", "--draw-zones", "street.jpg", cwd=folder)
        assert (said.returncode, said.stdout, said.stderr) == (0, "street-zones.png\n", "")

    def test_beside_the_picture_and_nothing_is_overwritten(self, edgewright, folder):
        said = edgewright("watch", "agent.toml", "--draw-zones", "street.jpg", cwd=folder)
        assert (said.returncode, said.stdout) == (0, "street-zones.png\n")
        assert Image.open(folder / "street-zones.png").size == (640, 480)
        again = edgewright("watch", "agent.toml", "--draw-zones", "street.jpg", cwd=folder)
        assert again.returncode == 1
        assert "exists already" in again.stderr
        forced = edgewright("watch", "agent.toml", "--draw-zones", "street.jpg", "--force", "--json", cwd=folder)
        assert forced.stdout.split() == '{ "output": "street-zones.png", "zones": 1, "lines": 1 }'.split()

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["m.tflite", "--draw-zones", "street.jpg"], "zones and lines stand in a .toml file"),
            (["agent.toml", "--draw-zones", "street.jpg", "-o", "a.gif"], "ends in .png or .jpg"),
            (["agent.toml", "-o", "a.png"], "goes with --draw-zones"),
            (["none.toml", "--draw-zones", "street.jpg"], "no [[zones]] and no [[lines]]"),
            (["agent.toml", "--draw-zones", "gone.jpg"], "no such file"),
        ],
    )
    def test_what_makes_no_sense_is_one_line(self, edgewright, folder, arguments, words):
        (folder / "none.toml").write_text(TOML[: TOML.index("[[zones]]")])
        said = edgewright("watch", *arguments, cwd=folder)
        assert said.returncode in (1, 2)
        assert words in said.stderr
        assert said.stderr.count("\n") == 1
