"""What nobody may see, as people say it: in TOML with the line of what is wrong, on the command line, in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.agent import Privacy, SourceSpec, read_settings
from edgewright.agent.config.models import hidden_of
from edgewright.errors import UsageError

HEAD = """\
model = "mobilenet.tflite"
[[source]]
folder = "in"
{source}
[[source]]
camera = 0
[privacy]
{privacy}
"""

TRIANGLE = "[[0, 0], [1, 0], [0.5, 0.5]]"


def written(tmp_path: Path, privacy: str, source: str = "") -> Path:
    (tmp_path / "in").mkdir()
    path = tmp_path / "agent.toml"
    path.write_text(HEAD.format(privacy=privacy, source=source))
    return path


def test_a_whole_table(tmp_path):
    (tmp_path / "faces.tflite").write_bytes(b"")
    said = f'blur = ["face", "person"]\nmodel = "faces.tflite"\nthreshold = 0.1\nmask = [{TRIANGLE}]'
    settings = read_settings(written(tmp_path, said, f"mask = [{TRIANGLE}, {TRIANGLE}]"))
    assert settings.privacy.blur == ("face", "person")
    assert settings.privacy.model == str(tmp_path / "faces.tflite")
    assert settings.privacy.threshold == 0.1
    assert [len(source.mask) for source in settings.sources] == [2, 0]


def test_each_source_has_its_own_masks_and_those_of_all(tmp_path):
    settings = read_settings(written(tmp_path, f"mask = [{TRIANGLE}]", f"mask = [{TRIANGLE}]"))
    hidden = hidden_of(settings)
    assert [len(polygons) for polygons in hidden.masks] == [2, 1]
    assert hidden.alone == (True, False), "pictures of a folder have nothing to do with one another"
    assert hidden.detector is None


def test_one_label_and_one_polygon_need_no_list(tmp_path):
    settings = read_settings(written(tmp_path, f'blur = "face"\nmask = {TRIANGLE}'))
    assert (settings.privacy.blur, len(settings.privacy.mask)) == (("face",), 1)


@pytest.mark.parametrize(
    ("privacy", "source", "words"),
    [
        ("blurr = ['face']", "", r"line 8: privacy.blurr: there is no setting 'blurr'. Did you mean 'blur'\?"),
        ("blur = 3", "", "privacy: blur: 3, expected a label or a list of labels"),
        ("blur = [3]", "", r"privacy: blur: \[3\], expected a label"),
        ("model = 'faces.tflite'", "", "line 7: privacy: model: it finds what is blurred"),
        ("blur = 'face'\nmodel = 3", "", "line 9: privacy.model: expected text"),
        ("blur = 'face'\nthreshold = 'low'", "", "line 9: privacy.threshold: expected a number"),
        ("blur = 'face'\nthreshold = -1", "", "threshold: -1, expected a score"),
        ("blur = 'face'\nthreshold = nan", "", "threshold: nan, expected a score"),
        ("mask = 'left'", "", "line 8: privacy.mask: expected a list"),
        ("mask = [[[0, 0], [1, 0]]]", "", "line 8: privacy.mask: mask: polygon 1: .*2 points, expected 3"),
        (
            "mask = [[[0, 0], [1, 0], [1, 7]]]",
            "",
            "line 8: privacy.mask: mask: polygon 1: point 3: 7, expected a share",
        ),
        ("", "mask = [[[0, 0], [1, 1], [1, 0], [0, 1]]]", r"line 4: source.1.mask: mask: polygon 1: .*crosses itself"),
        (
            "",
            f"mask = [{TRIANGLE}, [[0, 0], [0, 0], [1, 1]]]",
            "line 4: source.1.mask: mask: polygon 2: point 2: .*the same",
        ),
        ("", "mask = [['a', 'b', 'c']]", "line 4: source.1.mask: mask: polygon 1: point 1: 'a', expected"),
        ("", "mask = [[[true, 0], [1, 0], [1, 1]]]", "polygon 1: point 1: True, expected a number"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, privacy, source, words):
    with pytest.raises(UsageError, match=words) as caught:
        read_settings(written(tmp_path, privacy, source))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mask", [3, [3], [[3]], [[[0, 0]]], "abc", [None], [[[0, 0, 0]] * 3]])
def test_in_python_what_is_no_mask_is_refused(mask):
    with pytest.raises(ValueError, match="mask: "):
        Privacy(mask=mask)
    with pytest.raises(ValueError, match="mask: "):
        SourceSpec("camera", 0, mask=mask)


def test_on_the_command_line(edgewright, tmp_path, small_model):
    said = edgewright("watch", small_model, "--folder", tmp_path, "--blur-model", "faces.tflite", cwd=tmp_path)
    assert (said.returncode, "--blur-model goes with --blur" in said.stderr) == (2, True)
    words = ["--folder", tmp_path, "--once", "--blur", "face", "--blur-model", "nowhere.tflite"]
    said = edgewright("watch", small_model, *words, cwd=tmp_path)
    assert said.returncode == 1
    assert said.stderr.startswith("edgewright: nowhere.tflite: ")
    assert not (tmp_path / "edgewright-state").exists(), "nothing was begun"
