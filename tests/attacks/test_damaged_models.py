"""Thousands of damaged model files: each is refused in one line or runs; no process dies, hangs or shows a trace."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgewright.model import Metadata, ModelFile, OutputMetadata

from ..exploring import count_of

SharedFile = Callable[[str], Path]
SCRIPT = Path(__file__).with_name("damage.py")

# A quantized picture classifier with metadata, a float one of sounds, and a text classifier with an embedding.
MODELS = [
    "models/mobilenet_v1_0.25_128_quant.tflite",
    "sources/kws_ref_model.published.tflite",
    "models/movie_review.tflite",
]
FOREIGN = count_of("DAMAGED", 1000)
SEALED = count_of("TAMPERED", 400)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the limits of the child are those of POSIX")


def damage(path: Path, count: int, folder: Path) -> Counter[str]:
    """Run `count` cases in a process of their own and count what became of them."""
    report = folder / f"{path.name}.json"
    command = [sys.executable, str(SCRIPT), str(path), str(count), str(report)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600 + count)
    if done.returncode < 0:
        died = signal.Signals(-done.returncode).name
        pytest.fail(f"{path.name}: {died} in case {report.read_text()}\n{done.stderr[-2000:]}")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr + done.stdout
    return Counter(json.loads(report.read_text()))


def damage_all(paths: Iterable[Path], count: int, folder: Path) -> dict[str, Counter[str]]:
    with ThreadPoolExecutor(2) as pool:
        jobs = {path.name: pool.submit(damage, path, count, folder) for path in paths}
        return {name: job.result() for name, job in jobs.items()}


def test_damaged_files_of_others_are_refused_or_run(shared_file: SharedFile, tmp_path: Path) -> None:
    found = damage_all([shared_file(name) for name in MODELS], FOREIGN, tmp_path)
    assert len(found) == len(MODELS)
    for name, counts in found.items():
        assert counts.total() == FOREIGN, name
        assert set(counts) <= {"refused", "refused by the runtime", "run"}, name
        # Both happen: else the damage was too weak or too strong to show anything.
        assert counts["refused"] > FOREIGN / 4, name
        assert counts["run"] > FOREIGN / 20, name


def test_damaged_files_with_our_digest_are_always_refused(shared_file: SharedFile, tmp_path: Path) -> None:
    paths = []
    for name in MODELS:
        model = ModelFile.read(shared_file(name))
        labels = tuple(f"class {number}" for number in range(model.outputs[0].shape[-1]))
        outputs = (OutputMetadata(labels=labels), *[OutputMetadata()] * (len(model.outputs) - 1))
        sealed = model.with_metadata(Metadata(name="sealed", outputs=outputs))
        paths.append(sealed.save(tmp_path / Path(name).name))
    found = damage_all(paths, SEALED, tmp_path)
    assert found == {path.name: Counter({"refused": SEALED}) for path in paths}
