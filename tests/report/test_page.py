"""The page is whole, well-formed, asks nobody for anything, and runs nothing, whatever its labels say."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright import report
from edgewright.errors import OutputError, UsageError
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
    Paragraph,
    Picture,
    Pictures,
    Section,
    SideBySide,
    Table,
    encode_png,
)

Read = Callable[[str], Any]

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</title></svg><script>alert(1)</script>",
    "<!-- --><![CDATA[ ]]>",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "<a href=https://example.org>x</a>",
    "{{7*7}}${7*7}",
    "\x00<\x00script>",
]


def full_page(word: str) -> Page:
    """A page with one of everything, and the word in every place that takes text."""
    png = encode_png(np.zeros((28, 28), np.uint8))
    blocks = (
        Paragraph(word),
        Paragraph(word, "warning"),
        Table(word, [Column(word, unit=word), Column(word, "right")], [[word, word]], word),
        SideBySide([Bars(word, [Bar(word, 1, word, True)], word, word)]),
        Intervals(word, [Interval(word, 1, 0, 2, word)], lambda _: word, word, word, reference=1),
        ConfusionMatrix(word, [word, word], [[1, 2], [3, 4]], word),
        ConfusionMatrix(word, [word] * 50, [[1] * 50] * 50, word),
        Pictures(word, [Picture(png, word, word, "wrong", word), Picture(png, word)], word, word),
        Facts({word: word}),
        Code(word),
    )
    return Page(word, word, [Section(word, blocks)], KeyFigures([KeyFigure(word, word, word)]), word)


def _shape(document: Any) -> list[tuple[str, tuple[str, ...], list[str]]]:
    return [(node.tag, node.inside, sorted(node.attributes)) for node in document.nodes if node.tag != "wbr"]


def test_the_page_is_well_formed_and_has_one_of_everything(read_html: Read) -> None:
    document = read_html(full_page("word").to_html())
    assert document.declaration == "DOCTYPE html"
    assert document.all("html")[0].attributes == {"lang": "en"}
    assert [node.text for node in document.all("h1")] == ["word"]
    assert [node.text for node in document.all("h2")] == ["word"]
    assert {"table", "figure", "svg", "img", "dl", "pre", "footer"} <= {node.tag for node in document.nodes}


def test_the_page_asks_nobody_for_anything(read_html: Read) -> None:
    text = full_page("word").to_html()
    document = read_html(text)
    assert document.pointers
    assert all(pointer.startswith("data:") for pointer in document.pointers)
    (style,) = document.all("style")
    assert not re.search(r"url\(|@import|@font-face|expression", style.text)
    assert "http://" not in text
    assert "https://" not in text


def test_nothing_on_the_page_can_run(read_html: Read) -> None:
    document = read_html(full_page("word").to_html())
    assert not {"script", "iframe", "object", "embed", "form", "base"} & {node.tag for node in document.nodes}
    assert not any(key.startswith("on") or key == "style" for node in document.nodes for key in node.attributes)


def test_the_policy_allows_this_style_sheet_and_embedded_pictures_and_nothing_else(read_html: Read) -> None:
    document = read_html(full_page("word").to_html())
    (policy,) = [
        node.attributes["content"]
        for node in document.all("meta")
        if node.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    digest = base64.b64encode(hashlib.sha256(document.all("style")[0].text.encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text(read_html: Read, attack: str) -> None:
    # File names may be broken after their signs, which adds <wbr>; nothing else may differ from a harmless page.
    hostile, harmless = (_shape(read_html(full_page(word).to_html())) for word in (attack, "word"))
    assert hostile == harmless


def test_text_that_cannot_be_encoded_still_gives_a_page(tmp_path: Path) -> None:
    path = full_page("lone \ud800 surrogate").save(tmp_path / "report.html")
    assert "lone \ufffd surrogate" in path.read_text(encoding="utf-8")


def test_code_keeps_its_lines_and_indentation(read_html: Read) -> None:
    document = read_html(Code("for x in y:\n    <b>\n").to_html())
    assert document.all("code")[0].text == "for x in y:\n    <b>"


def test_facts_may_be_pairs(read_html: Read) -> None:
    document = read_html(Facts([("seed", "1"), ("seed", "2")]).to_html())
    assert [node.text for node in document.all("dd")] == ["1", "2"]


def test_an_unknown_kind_of_paragraph_is_refused() -> None:
    with pytest.raises(UsageError, match="plain, warning"):
        Paragraph("x", "loud")  # type: ignore[arg-type]


def test_saving_writes_the_page_and_never_replaces_unasked(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    page = Page("One")
    assert page.save(str(path)) == path
    assert path.read_bytes() == page.to_html().encode()
    with pytest.raises(OutputError, match="exists already"):
        Page("Two").save(path)
    Page("Two").save(path, overwrite=True)
    assert "<h1>Two</h1>" in path.read_text(encoding="utf-8")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_the_same_content_gives_the_same_bytes() -> None:
    assert full_page("word").to_html() == full_page("word").to_html()


def _loaded_by(code: str) -> set[str]:
    code += "; import sys; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(result.stdout.split())


def test_importing_everything_brings_nothing_heavy() -> None:
    loaded = _loaded_by("from edgewright.report import *")
    assert "edgewright.report.page" in loaded
    assert not {"numpy", "PIL", "rich", "click", "matplotlib", "tensorflow"} & loaded


def test_a_table_does_not_bring_the_charts() -> None:
    loaded = _loaded_by("from edgewright.report import Column, Table, numbers, print_table")
    assert {name for name in loaded if name.startswith("edgewright.report.")} == {
        f"edgewright.report.{name}" for name in ("markup", "numbers", "table", "terminal", "text")
    }


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Pie'"):
        report.Pie  # noqa: B018
    assert set(report.__all__) <= set(dir(report))
    assert all(hasattr(report, name) for name in report.__all__)
