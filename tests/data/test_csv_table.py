from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from edgewright.data import load, load_samples
from edgewright.errors import DataError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(4):
        Image.new("RGB", (4, 3), (10 * number, 0, 0)).save(tmp_path / f"{number}.png")
    return tmp_path


def table(folder: Path, text: str, name: str = "photos.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    "text",
    [
        "0.png,cat\n1.png,dog\n2.png,cat\n",
        "path,label\n0.png,cat\n1.png,dog\n2.png,cat",
        "\ufeffFilename;Split;Class\r\n0.png;a;cat\r\n\r\n1.png;b;dog\r\n2.png;c;cat\r\n",
        'label\tpath\ncat\t"0.png"\ndog\t 1.png \ncat\t2.png\n',
    ],
)
def test_rows_are_pictures_with_their_class(photos: Path, text: str) -> None:
    dataset = load(table(photos, text))
    assert dataset.classes == ("cat", "dog")
    assert dataset.y.tolist() == [0, 1, 0]
    assert dataset.x[:, 0, 0, 0].tolist() == [0, 10, 20]
    assert dataset.name == "photos.csv"


def test_whole_numbers_are_class_indices(photos: Path) -> None:
    dataset = load(table(photos, "0.png,2\n1.png,0\n2.png,2\n"))
    assert dataset.y.tolist() == [2, 0, 2]
    assert dataset.classes == ("0", "1", "2")
    assert dataset.notices == ("No sample of 1 of the 3 classes: 1.",)


def test_paths_are_relative_to_the_table(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / "tables").mkdir()
    path = table(photos / "tables", f"../0.png,a\n{photos / '1.png'},b\n")
    monkeypatch.chdir("/")
    assert load(path, size=(2, 2)).x.shape == (2, 2, 2, 3)


def test_a_table_of_paths_has_no_labels(photos: Path) -> None:
    path = table(photos, "path\n0.png\n1.png\n")
    samples = load_samples(path)
    assert samples.y is None
    assert list(samples.inputs) == [photos / "0.png", photos / "1.png"]
    with pytest.raises(DataError, match=r"photos\.csv: one column only"):
        load(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no rows"),
        ("path,label\n", "no rows below the header"),
        ("0.png,a\n\n1.png\n", "line 3: column 2 is missing or empty"),
        ("0.png,a\n,b\n", "line 2: column 1 is missing or empty"),
        ("0.png,a\nno.png,b\nnor.png,b\n", r"line 2: no such file .*no\.png; 2 of 3 are missing"),
        ("0.png,a\n1.png,a\n", "all 2 samples are of one class|only one class"),
        ("0.png,a,b\n1.png,b,c\n", "3 columns, and the first line does not name"),
        ("0.png,a\nx\0.png,b\n", "line 2"),
        ("x" * 5000 + ",a\n1.png,b\n", "no such file"),
        ('0.png,"' + "a" * 200_000 + '"\n', "line 1: field larger"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(photos: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        load(table(photos, text))
    assert str(caught.value).isprintable()


def test_a_table_in_another_encoding_is_refused(photos: Path) -> None:
    (photos / "old.csv").write_bytes("0.png,Bär\n1.png,Wolf\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"old\.csv: cannot be read \('utf-8' codec"):
        load(photos / "old.csv")


def test_broken_pictures_are_counted(photos: Path) -> None:
    (photos / "2.png").write_text("no")
    (photos / "3.png").write_text("no")
    with pytest.raises(DataError, match=r"2\.png: not a picture.*; 2 such pictures among 4"):
        load(table(photos, "0.png,a\n1.png,b\n2.png,a\n3.png,b\n"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from('0.png,;\t"\n\rab1\0é/\u2028'), max_size=60) | st.text(max_size=60))
@example("0.png,a\n1.png,b")
def test_any_text_is_pictures_or_a_data_error(photos: Path, text: str) -> None:
    path = table(photos, text.encode("utf-8", "replace").decode())
    with contextlib.suppress(DataError):
        assert all(Path(one).is_file() for one in load_samples(path).inputs)
