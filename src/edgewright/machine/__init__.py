"""What this machine is; child processes that can be killed; timing side by side.

Everything is loaded on first use: this room is on the way of `import edgewright`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.machine._linux import kernel_text as kernel_text
    from edgewright.machine.child import run_in_child as run_in_child
    from edgewright.machine.cores import usable_cores as usable_cores
    from edgewright.machine.description import Machine as Machine
    from edgewright.machine.description import describe as describe
    from edgewright.machine.elsewhere.answering import answered as answered
    from edgewright.machine.elsewhere.crew import Crew as Crew
    from edgewright.machine.elsewhere.dialogue import error_of as error_of
    from edgewright.machine.elsewhere.dialogue import heard as heard
    from edgewright.machine.elsewhere.dialogue import request as request
    from edgewright.machine.elsewhere.place import Files as Files
    from edgewright.machine.elsewhere.place import Place as Place
    from edgewright.machine.fetching.locks import alone as alone
    from edgewright.machine.fetching.locks import hold as hold
    from edgewright.machine.fetching.locks import is_still as is_still
    from edgewright.machine.fetching.pip import UNATTENDED as UNATTENDED
    from edgewright.machine.fetching.pip import VERIFIED as VERIFIED
    from edgewright.machine.fetching.pip import pip_disk_full as pip_disk_full
    from edgewright.machine.fetching.pip import pip_environment as pip_environment
    from edgewright.machine.fetching.pip import pip_problem as pip_problem
    from edgewright.machine.forked import Ending as Ending
    from edgewright.machine.forked import can_fork as can_fork
    from edgewright.machine.forked import run_forked as run_forked
    from edgewright.machine.kept import Kept as Kept
    from edgewright.machine.memory import peak_memory as peak_memory
    from edgewright.machine.occupancy import Meter as Meter
    from edgewright.machine.occupancy import Occupancy as Occupancy
    from edgewright.machine.progress import Progress as Progress
    from edgewright.machine.progress import silent as silent
    from edgewright.machine.progress import stage as stage
    from edgewright.machine.temperature import temperature_c as temperature_c
    from edgewright.machine.timing import ROUNDS_TO_DIFFER as ROUNDS_TO_DIFFER
    from edgewright.machine.timing import Timing as Timing
    from edgewright.machine.timing import interleave as interleave

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "_linux": "kernel_text",
        "child": "run_in_child",
        "cores": "usable_cores",
        "description": "Machine describe",
        "elsewhere.answering": "answered",
        "elsewhere.crew": "Crew",
        "elsewhere.dialogue": "error_of heard request",
        "elsewhere.place": "Files Place",
        "forked": "Ending can_fork run_forked",
        "fetching.locks": "alone hold is_still",
        "kept": "Kept",
        "memory": "peak_memory",
        "occupancy": "Meter Occupancy",
        "fetching.pip": "UNATTENDED VERIFIED pip_disk_full pip_environment pip_problem",
        "progress": "Progress silent stage",
        "temperature": "temperature_c",
        "timing": "ROUNDS_TO_DIFFER Timing interleave",
    },
)
