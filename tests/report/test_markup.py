"""Text never becomes markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edgewright.report.markup import Html, element, join
from edgewright.report.text import printable


@given(st.text())
def test_any_text_reads_back_as_the_same_text(read_html: Callable[[str], Any], text: str) -> None:
    document = read_html(element("p", text, title=text))
    assert [node.tag for node in document.nodes] == ["p"]
    assert document.nodes[0].text == printable(text)
    assert document.nodes[0].attributes == {"title": printable(text)}


def test_only_what_was_built_here_is_taken_as_markup() -> None:
    assert element("p", element("b", "<i>"), "</p>") == "<p><b>&lt;i&gt;</b>&lt;/p&gt;</p>"
    assert not isinstance(element("p") + "x", Html)
    assert join(element("b") + "<i>") == "&lt;b&gt;&lt;/b&gt;&lt;i&gt;"


def test_attributes_are_named_as_html_and_svg_name_them() -> None:
    built = element("rect", class_="a", text_anchor="end", viewBox="0 0 1 1", x=0.5, width=None)
    assert built == '<rect class="a" text-anchor="end" viewBox="0 0 1 1" x="0.5"></rect>'
    assert element("br") == "<br>"
