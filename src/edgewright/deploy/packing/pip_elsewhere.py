"""pip, resolving for another machine: `python -m edgewright.deploy.packing.pip_elsewhere MARKERS ARGUMENT…`.

pip asks for the wheels of another machine where it is told so, but evaluates the markers of requirements
("platform_machine == 'aarch64'") for the one it runs on. Its resolver is worth keeping, for it finds versions that
go with each other; so it runs here, in a process of its own, with the markers of the other machine in place of ours.
Those that it went by are in its report, where whoever asked compares them.
"""

from __future__ import annotations

import json
import runpy
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Run pip with the markers of the first argument, a JSON object."""
    told = json.loads(sys.argv.pop(1))
    markers: Any = import_module("pip._vendor.packaging.markers")
    here = markers.default_environment
    markers.default_environment = lambda: {**here(), **told}
    sys.argv[0] = "pip"
    runpy.run_module("pip", run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    main()
