"""Labels and outputs: matched, understood with a notice, or refused; never shifted in silence."""

from __future__ import annotations

import pytest

from edgewright.errors import UsageError
from edgewright.model import OutputMetadata
from edgewright.task.labels import match_labels, nearest_labels, own_labels, read_labels, unknown_label


def test_as_many_labels_as_outputs():
    assert match_labels(("a", "b"), 2) == (("a", "b"), None)


def test_one_output_more_is_the_background():
    labels, notice = match_labels(("a", "b"), 3)
    assert labels == ("background", "a", "b")
    assert notice == "2 labels for 3 outputs: the first output is taken for the background class"


@pytest.mark.parametrize("count", [1, 3, 5, 1001])
def test_any_other_mismatch_is_refused(count: int):
    with pytest.raises(UsageError, match=r"do not fit the model's (1,003|7) outputs"):
        match_labels(tuple(map(str, range(count))), 7 if count < 6 else 1003)


def test_without_labels_classes_have_numbers():
    labels, notice = match_labels((), 2)
    assert labels == ("class 0", "class 1")
    assert notice


def test_translations_are_asked_for_by_locale():
    output = OutputMetadata(labels=("cat",), labels_by_locale={"de": ("Katze",)})
    assert own_labels(output, None) == ("cat",)
    assert own_labels(output, "de") == ("Katze",)
    with pytest.raises(UsageError, match="no labels in the locale 'fr'; it has de"):
        own_labels(output, "fr")


def test_labels_from_a_file(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("\ufeffcat\r\ndog \n\n", encoding="utf-8")
    assert read_labels(path) == ("cat", "dog")
    with pytest.raises(UsageError, match=r"missing\.txt: there is no such file of labels"):
        read_labels(tmp_path / "missing.txt")


ANIMALS = (
    "tabby, tabby cat", "tiger cat", "Egyptian cat", "crate", "oxcart", "castle", "catamaran", "goldfish, Carassius",
    "hot dog, hotdog", "Eskimo dog, husky", "zebra", "traffic light", "T-shirt/top", "wine glasses", "Persian cat", "",
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("cat", ["tiger cat", "Egyptian cat", "Persian cat", "tabby, tabby cat"]),
        ("CAT", ["tiger cat", "Egyptian cat", "Persian cat", "tabby, tabby cat"]),
        ("cats", ["tiger cat", "Egyptian cat", "Persian cat", "tabby, tabby cat"]),
        ("tabby", ["tabby, tabby cat"]),
        ("Tiger Cat", ["tiger cat"]),
        ("cat tabby", ["tabby, tabby cat"]),
        ("dog", ["hot dog, hotdog", "Eskimo dog, husky"]),
        ("husky", ["Eskimo dog, husky"]),
        ("light", ["traffic light"]),
        ("traffic_light", ["traffic light"]),
        ("tshirt top", ["T-shirt/top"]),
        ("t shirt", ["T-shirt/top"]),
        ("glass", ["wine glasses"]),
        ("gold", ["goldfish, Carassius"]),
        ("catam", ["catamaran"]),
        ("zebar", ["zebra"]),
        ("egyptain cat", ["Egyptian cat"]),
        ("tabbi", ["tabby, tabby cat"]),
        ("dgo", ["hot dog, hotdog", "Eskimo dog, husky"]),
        ("cst", ["tiger cat", "Egyptian cat", "Persian cat", "tabby, tabby cat"]),
        ("person", []),
        ("", []),
        ("!?", []),
    ],
)
def test_words_of_a_label_are_found_in_it_and_parts_of_words_are_not(asked: str, near: list[str]):
    assert nearest_labels(asked, ANIMALS) == near


def test_published_labels_offer_what_somebody_means(shared_file):
    labels = shared_file("models/imagenet_labels.txt").read_text().splitlines()
    said = unknown_label("cat", labels)
    assert "'Egyptian cat'" in said
    assert "'tabby, tabby cat'" in said
    assert not any(word in said for word in ("crate", "oxcart", "castle"))


def test_a_few_labels_are_all_named():
    assert unknown_label("x", ("red", "green")) == "there is no label 'x' among its 2: 'red', 'green'"
    assert unknown_label("x", [f"class {number}" for number in range(99)]) == "there is no label 'x' among its 99."
