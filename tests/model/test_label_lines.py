"""Lists of labels: a number before a label is its place, never part of its name, and no place is left without one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edgewright.errors import MetadataError, UsageError
from edgewright.model import ModelFile, inspect, meant_labels
from edgewright.task import read_labels

from ..conftest import Run
from .colors import bare, described

COLORS = ("red", "green", "blue")

# The text of a list for three outputs, and the labels that it means.
NUMBERED = {
    "one blank": "0 red\n1 green\n2 blue\n",
    "two blanks": "0  red\n1  green\n2  blue\n",
    "colon": "0: red\n1: green\n2: blue\n",
    "colon without a blank": "0:red\n1:green\n2:blue\n",
    "comma": "0,red\n1,green\n2,blue\n",
    "comma and blank": "0, red\n1, green\n2, blue\n",
    "semicolon": "0;red\n1;green\n2;blue\n",
    "tab": "0\tred\n1\tgreen\n2\tblue\n",
    "equals": "0=red\n1=green\n2=blue\n",
    "dot": "0. red\n1. green\n2. blue\n",
    "bracket": "0) red\n1) green\n2) blue\n",
    "dash": "0 - red\n1 - green\n2 - blue\n",
    "another order": "2 blue\n0 red\n1 green\n",
    "backwards": "2:blue\n1:green\n0:red",
    "zeros in front": "000 red\n001 green\n002 blue\n",
    "blanks in front": "  0 red\n  1 green\n  2 blue\n",
    "empty lines between": "0 red\n\n1 green\n\n\n2 blue\n\n",
    "Windows' line ends": "0 red\r\n1 green\r\n2 blue\r\n",
    "byte order mark": "\ufeff0 red\n1 green\n2 blue\n",
    "mixed": "0 red\n1: green\n2,blue\n",
}
ONE_LINE = {
    "commas": "red,green,blue",
    "commas and blanks": "red, green, blue\n",
    "line end": "red,green,blue\n\n",
}
# Lists that merely have numbers in them, or commas; three labels each.
PLAIN = {
    "7up": ("7up", "cola", "water"),
    "3 wheeler amid names": ("bus", "3 wheeler", "car"),
    "0 wheels amid names": ("0 wheels", "car", "bus"),
    "two numbers amid names": ("0 none", "1 person", "crowd"),
    "years": ("2019", "2020", "2021"),
    "models of years": ("2019 model", "2020 model", "2021 model"),
    "digits": ("0", "1", "2"),
    "shares": ("0% milk", "1% milk", "2% milk"),
    "ordinals": ("1st", "2nd", "3rd"),
    "decimals": ("1.5 liters", "2.5 liters", "0.5 liters"),
    "doors": ("2 doors", "3 doors", "5 doors"),
    "commas": ("tabby, tabby cat", "goldfish, Carassius auratus", "tench, Tinca tinca"),
    "sizes": ("4x4", "6x6", "10x10"),
}
REFUSED = {
    "gap": ("0  red\n2  blue\n", "no label for output 1"),
    "two gaps": ("0 red\n3 a\n", "a label for output 3, and the outputs go from 0 to 2"),
    "no first": ("1 green\n2 blue\n", "no label for output 0"),
    "no last": ("0 red\n1 green\n", "no label for output 2"),
    "counted from 1": (
        "1 red\n2 green\n3 blue\n",
        "no label for output 0. The number before a label is its output, counted",
    ),
    "twice": ("0 red\n1 green\n1 blue\n", "two labels for output 1"),
    "one without a name": ("0 red\n1\n2 blue\n", "no label for output 1"),
    "too many": ("0 red\n1 green\n2 blue\n3 black\n", "a label for output 3"),
    "a far one": ("0 red\n1 green\n9999999 blue\n", "a label for output 9,999,999; at most 1,000,000"),
    "gap with commas": ("0,red\n2,blue\n", "no label for output 1"),
}


def of_file(text: str, folder: Path, count: int | None = 3) -> tuple[str, ...]:
    path = folder / "names.txt"
    path.write_bytes(text.encode())
    return read_labels(path, count)


@pytest.mark.parametrize("kind", NUMBERED)
def test_the_number_is_the_place(kind: str, tmp_path: Path) -> None:
    assert of_file(NUMBERED[kind], tmp_path) == COLORS
    assert of_file(NUMBERED[kind], tmp_path, None) == COLORS
    packed = {"labels.txt": NUMBERED[kind].encode()}
    assert described(files=packed).metadata.outputs[0].labels == COLORS
    assert bare(packed).metadata.outputs[0].labels == COLORS


@pytest.mark.parametrize("kind", ONE_LINE)
def test_one_line_is_all_labels_where_so_many_fit(kind: str, tmp_path: Path) -> None:
    assert of_file(ONE_LINE[kind], tmp_path) == COLORS
    assert of_file(ONE_LINE[kind], tmp_path, 4) == COLORS  # and a background
    for count in (1, 2, 7, None):
        assert of_file(ONE_LINE[kind], tmp_path, count) == (ONE_LINE[kind].strip(),)
    packed = {"labels.txt": ONE_LINE[kind].encode()}
    assert described(files=packed).metadata.outputs[0].labels == COLORS
    assert bare(packed).metadata.outputs[0].labels == COLORS


@pytest.mark.parametrize("kind", PLAIN)
def test_labels_with_numbers_and_commas_in_them_stay_as_they_are(kind: str, tmp_path: Path) -> None:
    text = "\n".join(PLAIN[kind])
    for count in (3, None):
        assert of_file(text, tmp_path, count) == PLAIN[kind]
    assert described(files={"labels.txt": text.encode()}).metadata.outputs[0].labels == PLAIN[kind]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_leaves_an_output_without_a_label_is_refused(kind: str, tmp_path: Path) -> None:
    text, words = REFUSED[kind]
    with pytest.raises(UsageError, match=words) as caught:
        of_file(text, tmp_path)
    assert "names.txt: " in str(caught.value)
    for model in (described(files={"labels.txt": text.encode()}), bare({"labels.txt": text.encode()})):
        assert model.metadata.outputs[0].labels == ()
        [damage] = model.metadata.damage
        assert words in damage.text
        assert next(finding.name for finding in inspect(model).findings) == "damaged metadata"


def test_one_label_with_commas_is_one_where_one_output_is() -> None:
    assert meant_labels(["tabby, tabby cat"], count=1) == ("tabby, tabby cat",)
    assert meant_labels(["tabby, tabby cat"], count=2) == ("tabby", "tabby cat")
    assert meant_labels(["tabby, tabby cat"]) == ("tabby, tabby cat",)
    assert meant_labels(["a,,b"], count=3) == ("a,,b",)


def test_labels_that_are_said_one_by_one_are_what_they_are() -> None:
    assert read_labels(["0 red", "1 green"], 2) == ("0 red", "1 green")


def test_detectors_have_numbers_without_a_class() -> None:
    assert meant_labels(["0 person", "2 car"], count=90, gap="???") == ("person", "???", "car")
    assert meant_labels(["1 person", "2 car"], gap="???") == ("???", "person", "car")
    with pytest.raises(MetadataError, match="at most 1,000,000"):
        meant_labels(["0 person", "9999999 car"], gap="???")


@given(
    st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=9), min_size=2, max_size=30),
    st.sampled_from([" ", "  ", ": ", ":", ",", ", ", "\t", ";", " - ", ") "]),
    st.randoms(),
)
def test_any_labels_in_any_order_find_their_places(labels: list[str], between: str, random: object) -> None:
    lines = [f"{place}{between}{label}" for place, label in enumerate(labels)]
    random.shuffle(lines)  # type: ignore[attr-defined]
    assert meant_labels(lines, count=len(labels)) == tuple(labels)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12), max_size=8))
def test_any_lines_are_labels_or_an_error_about_them(lines: list[str]) -> None:
    try:
        found = meant_labels(lines, count=len(lines))
    except MetadataError as error:
        assert "output" in str(error)  # noqa: PT017
    else:
        assert len(found) == len(lines) or not all(line.strip() for line in lines)


@pytest.mark.parametrize("kind", ["colon", "another order", "tab"])
def test_run_and_convert_take_such_a_file(kind: str, tmp_path: Path, edgewright: Run) -> None:
    bare({}).save(tmp_path / "model.tflite")
    (tmp_path / "names.txt").write_text(NUMBERED[kind])
    Image.new("RGB", (8, 8), (5, 250, 5)).save(tmp_path / "green.png")
    said = ("--labels", "names.txt", "--mean", "0", "--std", "255")
    done = edgewright("run", "model.tflite", "green.png", *said, cwd=tmp_path)
    assert done.stdout.splitlines()[4].startswith("green ")
    assert "background" not in done.stdout
    assert edgewright("convert", "model.tflite", "-o", "new.tflite", *said, cwd=tmp_path).returncode == 0
    made = ModelFile.read(tmp_path / "new.tflite")
    assert made.files["labels.txt"] == b"red\ngreen\nblue\n"
    assert made.metadata.outputs[0].labels == COLORS


@pytest.mark.parametrize("kind", ["gap", "no last", "counted from 1"])
@pytest.mark.parametrize("verb", ["run", "convert"])
def test_run_and_convert_refuse_a_gap(verb: str, kind: str, tmp_path: Path, edgewright: Run) -> None:
    bare({}).save(tmp_path / "model.tflite")
    text, words = REFUSED[kind]
    (tmp_path / "names.txt").write_text(text)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    more = ("a.png", "--mean", "0", "--std", "255") if verb == "run" else ("-o", "new.tflite")
    done = edgewright(verb, "model.tflite", *more, "--labels", "names.txt", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "background" not in done.stderr


def test_commas_by_convert(tmp_path: Path, edgewright: Run) -> None:
    bare({}).save(tmp_path / "model.tflite")
    (tmp_path / "names.txt").write_text("red,green,blue\n")
    arguments = ("convert", "model.tflite", "-o", "new.tflite", "--labels", "names.txt")
    assert edgewright(*arguments, cwd=tmp_path).returncode == 0
    assert ModelFile.read(tmp_path / "new.tflite").metadata.outputs[0].labels == COLORS
