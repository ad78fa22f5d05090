"""Equations of JAX that LiteRT has no kernel for, or a wrong one, as equal ones that it runs rightly."""

from __future__ import annotations

from edgewright.convert.sources.jax.rewriting.evaluating import Rewriter, rewriting

__all__ = ["Rewriter", "rewriting"]
