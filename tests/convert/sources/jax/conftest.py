"""JAX as its users have it, whatever other tests of this process imported."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(autouse=True)
def numbers_of_32_bits() -> Iterator[None]:
    """PyTorch's converter has JAX compute in 64 bits from its import on; users run it in a process of its own."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", False)
    yield
    jax.config.update("jax_enable_x64", before)
