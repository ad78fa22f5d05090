"""What every published model says of every published picture, by every way out: the record that later code must match.

`python tests/golden/recording.py ../shared` writes `records.json` anew: for a change that is meant.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import edgewright as ew
from edgewright.errors import EdgewrightError

RECORDS = Path(__file__).with_name("records.json")

# What the files do not say themselves.
OPTIONS: dict[str, dict[str, Any]] = {"mobilenet_v1_0.25_224_float": {"normalization": (127.5, 127.5)}}
ARGUMENTS = {"mobilenet_v1_0.25_224_float": ("--mean", "127.5", "--std", "127.5")}

WATCHED = "mobilenet_v2_1.0_224_quant"
_PICTURES = (".bmp", ".jpg")
_TOP = 3

_LONGEST = 20_000
DIGEST = "sha256"


def record(shared: Path) -> dict[str, Any]:
    """All of it, as plain values."""
    models = {path.stem: of_model(path, shared) for path in models_in(shared)}
    return {"processor": processor(), "models": models, "events": of_agent(shared)}


def models_in(shared: Path) -> list[Path]:
    return sorted((shared / "models").glob("*.tflite"))


def pictures_in(shared: Path) -> list[Path]:
    return sorted(path for path in (shared / "images").iterdir() if path.suffix in _PICTURES)


def of_model(path: Path, shared: Path) -> dict[str, Any]:
    try:
        with ew.load(path, **OPTIONS.get(path.stem, {})) as task:
            if task.input.name != "picture":
                said = [notice.replace(str(path), path.name) for notice in task.notices]
                return {"task": task.kind, "takes": task.input.name, "notices": said}
            scores = {picture.name: _of_picture(task(picture)) for picture in pictures_in(shared)}
            notices = [notice.replace(str(path), path.name) for notice in task.notices]
    except EdgewrightError as error:
        return {"refused": type(error).__name__, "said": str(error).replace(str(path), path.name)}
    return {"notices": notices, "scores": scores, "printed": printed(path, shared)}


def _of_picture(result: Any) -> dict[str, Any]:
    best = [[one.label, one.score, one.index] for one in result.observations()[:_TOP]]
    return {"sha256": hashlib.sha256(_all_numbers(result)).hexdigest(), "top": best}


def _all_numbers(result: Any) -> bytes:
    """Every score to the bit; of detections boxes and classes too, points, embeddings, the class of every pixel."""
    names = ("scores", "xyxy", "xy", "keypoint_confidence", "confidence", "class_id", "vector", "classes")
    arrays = (getattr(result, name, None) for name in names)
    return b"".join(array.tobytes() for array in arrays if array is not None)


def printed(path: Path, shared: Path) -> dict[str, str]:
    """What the command prints, in a folder with the pictures, so that no path of a machine is in it."""
    names = [picture.name for picture in pictures_in(shared)]
    forms = {
        "table": ["cat.bmp"],
        "lines": [*names, "--top", "2"],
        "csv": [*names, "--top", "2", "--csv"],
        "json": [*names, "--top", "2", "--json"],
    }
    return {form: _kept(_run(path, shared, words)) for form, words in forms.items()}


def _kept(text: str) -> str:
    """The text, or a digest of a long one: vectors of a thousand values are no reading."""
    return text if len(text) <= _LONGEST else f"{DIGEST} {hashlib.sha256(text.encode()).hexdigest()}"


def _run(path: Path, shared: Path, words: list[str]) -> str:
    command = [str(Path(sys.executable).with_name("edgewright")), "run", str(path), *words]
    command += ARGUMENTS.get(path.stem, ())
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}
    done = subprocess.run(
        command, cwd=shared / "images", capture_output=True, text=True, check=True, env=environment, timeout=300
    )
    return done.stdout


def of_agent(shared: Path) -> dict[str, list[dict[str, Any]]]:
    """The events of a folder of pictures: every result, and those that rules ask for."""
    from edgewright.agent import Rule

    rules = (Rule("birds", ("macaw", "bald eagle, American eagle, Haliaeetus leucocephalus"), score=0.2),)
    return {"result": _watched(shared, ()), "rule": _watched(shared, rules)}


def _watched(shared: Path, rules: tuple[Any, ...]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as state:
        agent = ew.Agent(
            shared / "models" / f"{WATCHED}.tflite",
            [path.read_bytes() for path in pictures_in(shared)],
            sinks=events.append,
            state=Path(state) / "state",
            rules=rules,
            top=2,
        )
        agent.run()
    return [event for event in map(without_chance, events) if event["kind"] != "agent"]


def without_chance(event: dict[str, Any]) -> dict[str, Any]:
    """The event less what differs each time."""
    return {key: value for key, value in event.items() if key not in ("id", "time", "source")}


def processor() -> str:
    """The kind of processor: kernels add in another order on another one."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return " ".join(flag for flag in ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8") if flag in flags)


if __name__ == "__main__":
    RECORDS.write_text(json.dumps(record(Path(sys.argv[1]).resolve()), indent=1, ensure_ascii=False) + "\n", "utf-8")
