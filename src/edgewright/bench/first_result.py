"""A whole short program: first_result.py MODEL ENGINE THREADS [DELEGATE...].

It prints when it had done what, and its memory, as JSON. It is run as a script of its own, and imports what such a
program needs and nothing else.
"""

from __future__ import annotations

import sys
import time


def main() -> None:
    """Import, read, open, run; the values of the input are zeros."""
    path, engine_name, threads, *delegates = sys.argv[1:]
    import numpy as np

    from edgewright.engine import load_runtime, open_engine
    from edgewright.machine import peak_memory
    from edgewright.model import ModelFile

    if engine_name.startswith("litert"):
        load_runtime()
    base, moments = peak_memory(), [time.monotonic()]
    model = ModelFile.read(path)
    moments.append(time.monotonic())
    with open_engine(model, engine=engine_name, threads=int(threads), delegates=delegates) as engine:
        moments.append(time.monotonic())
        engine.run({spec.index: np.zeros(spec.shape, spec.dtype) for spec in engine.inputs})
        moments.append(time.monotonic())
        peak = peak_memory()
    import json

    sys.stdout.write(json.dumps({"moments": moments, "base": base, "peak": peak}) + "\n")


if __name__ == "__main__":
    main()
