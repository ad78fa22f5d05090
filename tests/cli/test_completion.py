"""Shells complete files, names of models and options, as a real Bash, Zsh and Fish have it."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgewright.cli.app import VERBS

# A program that says on its last line what was imported for a completion.
_IMPORTED = (
    "import sys\nfrom edgewright.cli import main\ntry: main()\n"
    "finally: print('\\n' + ' '.join(sys.modules), file=sys.stderr)"
)
_HEAVY = {"PIL", "ai_edge_litert", "av", "openvino", "rich", "tensorflow", "torch"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in; this `edgewright` is the first on the path."""
    (tmp_path / "photos").mkdir()
    for name in ("model.tflite", "my photo.jpg", "labels.txt"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.fixture
def script(folder: Path) -> Callable[[str], Path]:
    def write(shell: str) -> Path:
        environment = {**os.environ, "_EDGEWRIGHT_COMPLETE": f"{shell}_source"}
        path = folder.parent / f"completion.{shell}"
        path.write_bytes(subprocess.run(["edgewright"], env=environment, capture_output=True, check=True).stdout)
        return path

    return write


# What is typed, with "|" where the key is pressed, and some of what is offered.
OFFERED = [
    ("|", {*VERBS}),
    ("r|", {"run", "rewrite"}),
    ("--v|", {"--version"}),
    ("run m|", {"model.tflite", "mobilenet_v2_1_0_224_quant"}),
    ("run model.tflite |", {"photos", "labels.txt", "my photo.jpg"}),
    ("run model.tflite my|", {"my photo.jpg"}),
    ("run model.tflite --la|", {"--labels"}),
    ("run model.tflite --labels l|", {"labels.txt"}),
    ("run model.tflite --task de|", {"detection"}),
    ("run model.tflite --engine l|", {"litert", "litert-compiled"}),
    ("run model.tflite --resize |", {"stretch", "crop", "letterbox"}),
    ("bench model.tflite --engines litert,o|", {"litert,openvino"}),
    ("bench y|", {"yamnet"}),
    ("convert model.tflite --quantize |", {"none", "dynamic", "float16", "int8"}),
    ("check model.tflite --target cpu,e|", {"cpu,edgetpu"}),
    ("evaluate model.tflite p|", {"photos"}),
    ("export model.tflite --for |", {"python", "web", "android", "ios", "java", "micro"}),
    ("inspect yam|", {"yamnet"}),
    ("models |", {"get", "list", "remove"}),
    ("models get yam|", {"yamnet"}),
    ("optimize model.tflite --prefer |", {"size", "latency"}),
    ("rewrite model.tflite --pass static|", {"static-batch"}),
    ("teach photos|", {"photos"}),
    ("train photos|", {"photos"}),
    ("train photos --backbone e|", {"efficientnet_lite0"}),
    ("train photos --resize |", {"stretch", "crop"}),
    ("watch model.tflite --folder ph|", {"photos"}),
]


@pytest.mark.parametrize(("typed", "offered"), OFFERED)
def test_bash_is_offered(typed: str, offered: set[str], script: Callable[[str], Path]):
    words = ["edgewright", *typed.removesuffix("|").split(" ")]
    asked = (
        f"source {script('bash')}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; "
        f"_edgewright_completion edgewright '{words[-1]}' 2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "--norc", "-c", asked], capture_output=True, text=True, check=False)
    assert offered <= set(done.stdout.splitlines())
    assert all(line.startswith(words[-1]) for line in done.stdout.splitlines() if line)


@pytest.mark.parametrize(
    "typed", ["|", "run m|", "run model.tflite --task |", "bench model.tflite --engines |", "train photos --backbone |"]
)
def test_nothing_heavy_is_imported_for_it(typed: str, folder: Path):
    words = ["edgewright", *typed.removesuffix("|").split(" ")]
    asked = {"_EDGEWRIGHT_COMPLETE": "bash_complete", "COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED], capture_output=True, text=True, check=True, env={**os.environ, **asked}
    )
    assert "plain," in done.stdout
    assert not _HEAVY & set(done.stderr.splitlines()[-1].split())


class _Terminal:
    """A shell at a terminal of its own, as a person has it."""

    def __init__(self, words: list[str], environment: dict[str, str]) -> None:
        self.process, self._terminal = pty.fork()
        if not self.process:
            os.execvpe(words[0], words, environment)

    def type(self, text: str, *, until: str, seconds: float = 60) -> str:
        """Press the keys, and read until a text stands there."""
        os.write(self._terminal, text.encode())
        seen, end = "", time.monotonic() + seconds
        while until not in seen:
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"no {until!r} in {seen!r}"
            seen += os.read(self._terminal, 65536).decode(errors="replace")
        return seen

    def end(self) -> None:
        os.close(self._terminal)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process, 0)


@pytest.fixture
def bash(script: Callable[[str], Path]) -> Iterator[_Terminal]:
    environment = {**os.environ, "PS1": "ready> ", "TERM": "dumb", "INPUTRC": os.devnull}
    terminal = _Terminal(["bash", "--norc", "-i"], environment)
    terminal.type(f"source {script('bash')}; echo sour''ced\n", until="sourced")
    yield terminal
    terminal.end()


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("edgewright ins\t", "edgewright inspect "),
        ("edgewright run model.t\t", "edgewright run model.tflite "),
        ("edgewright run model.tflite my\t", "edgewright run model.tflite my\\ photo.jpg "),
        ("edgewright run model.tflite pho\t", "edgewright run model.tflite photos/"),
        ("edgewright models get yamn\t", "edgewright models get yamnet "),
        ("edgewright run model.tflite --labels lab\t", "--labels labels.txt "),
    ],
)
def test_the_key_completes_in_a_real_bash(typed: str, becomes: str, bash: _Terminal):
    bash.type(typed, until=becomes)


@pytest.mark.extras
@pytest.mark.parametrize(("typed", "offered"), [row for row in OFFERED if "," not in row[0]])
def test_fish_is_offered(typed: str, offered: set[str], script: Callable[[str], Path]):
    assert shutil.which("fish"), "apt-get install fish"
    asked = f"source {script('fish')}; complete -C 'edgewright {typed.removesuffix('|')}'"
    done = subprocess.run(["fish", "--no-config", "-c", asked], capture_output=True, text=True, check=False)
    found = {line.partition("\t")[0].rstrip("/").replace("\\ ", " ") for line in done.stdout.splitlines()}
    assert offered <= found


@pytest.mark.extras
def test_the_key_completes_in_a_real_zsh(script: Callable[[str], Path]):
    assert shutil.which("zsh"), "apt-get install zsh"
    terminal = _Terminal(["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb"})
    try:
        loaded = f"autoload -U compinit; compinit -u -D; source {script('zsh')}; echo sour''ced\n"
        terminal.type(loaded, until="sourced")
        terminal.type("edgewright ins\t", until="inspect")
        terminal.type("\x15edgewright run model.t\t", until="model.tflite")
        terminal.type("\x15edgewright models get yamn\t", until="yamnet")
    finally:
        terminal.end()
