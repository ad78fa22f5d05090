"""The page about JAX shows programs that run."""

from __future__ import annotations

from ....docs.blocks import DOCS, blocks


def test_the_programs_of_the_page_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    programs = [block.text for block in blocks(DOCS / "how-to/jax.md") if block.words[:1] == ("python",)]
    names: dict[str, object] = {"__name__": "page"}
    exec("\n".join(programs), names)
    assert len(programs) == 3
    assert (tmp_path / "classify.tflite").exists()
