"""What this machine is; child processes that can be killed; timing side by side.

Everything is loaded on first use: this room is on the way of `import edgewright`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.machine.child import run_in_child as run_in_child
    from edgewright.machine.cores import usable_cores as usable_cores
    from edgewright.machine.description import Machine as Machine
    from edgewright.machine.description import describe as describe
    from edgewright.machine.fetching.locks import alone as alone
    from edgewright.machine.fetching.pip import UNATTENDED as UNATTENDED
    from edgewright.machine.fetching.pip import VERIFIED as VERIFIED
    from edgewright.machine.fetching.pip import pip_disk_full as pip_disk_full
    from edgewright.machine.fetching.pip import pip_environment as pip_environment
    from edgewright.machine.fetching.pip import pip_problem as pip_problem
    from edgewright.machine.forked import Ending as Ending
    from edgewright.machine.forked import can_fork as can_fork
    from edgewright.machine.forked import run_forked as run_forked
    from edgewright.machine.memory import peak_memory as peak_memory
    from edgewright.machine.occupancy import Meter as Meter
    from edgewright.machine.occupancy import Occupancy as Occupancy
    from edgewright.machine.progress import Progress as Progress
    from edgewright.machine.progress import silent as silent
    from edgewright.machine.progress import stage as stage
    from edgewright.machine.temperature import temperature_c as temperature_c
    from edgewright.machine.timing import Timing as Timing
    from edgewright.machine.timing import interleave as interleave

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "child": "run_in_child",
        "cores": "usable_cores",
        "description": "Machine describe",
        "forked": "Ending can_fork run_forked",
        "fetching.locks": "alone",
        "memory": "peak_memory",
        "occupancy": "Meter Occupancy",
        "fetching.pip": "UNATTENDED VERIFIED pip_disk_full pip_environment pip_problem",
        "progress": "Progress silent stage",
        "temperature": "temperature_c",
        "timing": "Timing interleave",
    },
)
