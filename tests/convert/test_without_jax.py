"""What a function is told where JAX is not installed."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from edgewright.convert import convert
from edgewright.errors import MissingExtraError


@pytest.mark.skipif(find_spec("jax") is not None, reason="JAX is installed here")
def test_a_function_needs_the_extra():
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[jax\]'"):
        convert(lambda x: x + 1, example_inputs=[1.0])
