"""Where a page says which model by name its file is, the page was run with that model, as its reader gets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright import hub

from .blocks import DOCS
from .conftest import MATERIAL
from .named_models import PUBLISHED, named_model

# What a page says: (name, file).
_SAID = (
    re.compile(r'cp "\$\(edgewright models get (?P<name>\w+)\)" (?P<file>[\w.-]+)'),
    re.compile(r"`(?P<file>[\w-]+\.tflite)` is `(?P<name>\w+)`"),
    re.compile(r"`(?P<name>\w+)` as `(?P<file>[\w-]+\.tflite)`"),
)


def said(page: Path) -> dict[str, str]:
    """File -> name of each model that the page introduces by its name."""
    text = " ".join(page.read_text(encoding="utf-8").split())
    return {found["file"]: found["name"] for pattern in _SAID for found in pattern.finditer(text)}


SAYING = {name: said(DOCS / "how-to" / name) for name in MATERIAL if said(DOCS / "how-to" / name)}


@pytest.mark.parametrize("page", SAYING)
def test_a_page_begins_with_the_models_that_it_names(page: str):
    assert SAYING[page] == {file: MATERIAL[page].get(file) for file in SAYING[page]}


def test_many_pages_name_their_models():
    assert len(SAYING) > 10


def test_the_models_of_the_pages_are_those_that_are_fetched(mirror: str, shared_file: Callable[[str], Path]):
    name = "mobilenet_v2_1_0_224_quant"
    assert name in PUBLISHED
    assert hub.get(name).sha256 == named_model(name, shared_file).sha256
