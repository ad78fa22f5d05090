"""Networks that can be trained on: who trains lies above the rooms that ask for it, so the public face hands it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_open: Callable[..., Any] | None = None


def hand_in(opens: Callable[..., Any]) -> None:
    """Say who opens networks for training; `opens` takes and returns what `optimize.methods.Trainable` says."""
    global _open  # one package has one room that trains
    _open = opens


def open_trainable(*given: Any, **options: Any) -> Any:
    """The network, opened for training on. Raises what that raises, for a file or options that are wrong."""
    if _open is None:
        raise LookupError("nobody handed in who trains")
    return _open(*given, **options)
