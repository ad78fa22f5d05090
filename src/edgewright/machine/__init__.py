"""What this machine is; child processes that can be killed; timing side by side.

Everything is loaded on first use: this room is on the way of `import edgewright`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewright.machine.child import run_in_child as run_in_child
    from edgewright.machine.description import Machine as Machine
    from edgewright.machine.description import describe as describe
    from edgewright.machine.progress import Progress as Progress
    from edgewright.machine.progress import silent as silent
    from edgewright.machine.timing import Timing as Timing
    from edgewright.machine.timing import interleave as interleave

_HOMES = {
    "Machine": "description",
    "Progress": "progress",
    "Timing": "timing",
    "describe": "description",
    "interleave": "timing",
    "run_in_child": "child",
    "silent": "progress",
}

__all__ = ["Machine", "Progress", "Timing", "describe", "interleave", "run_in_child", "silent"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
