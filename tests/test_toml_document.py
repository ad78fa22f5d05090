"""Settings in TOML as people's editors leave them."""

from __future__ import annotations

from pathlib import Path

from edgewright.toml_document import Document


def test_a_byte_order_mark_in_front_is_no_part_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "watch.toml").write_bytes(b'\xef\xbb\xbfmodel = "a.tflite"\r\n')
    _, values = Document.read(tmp_path / "watch.toml", frozenset())
    assert values == {"model": "a.tflite"}
