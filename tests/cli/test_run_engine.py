"""`edgewright run` with an engine, a delegate, and auto."""

from __future__ import annotations

MODEL, PICTURE = "models/mobilenet_v1_0.25_128_quant.tflite", "images/parrot.jpg"


def test_a_named_engine_gives_the_same_label_and_nothing_else(edgewright, shared_file):
    arguments = ("run", shared_file(MODEL), shared_file(PICTURE), "--top", 1)
    usual = edgewright(*arguments)
    for engine in ("openvino", "litert-compiled"):
        found = edgewright(*arguments, "--engine", engine)
        assert (found.returncode, found.stderr) == (0, "")
        assert found.stdout.splitlines()[4].split()[0] == usual.stdout.splitlines()[4].split()[0]


def test_auto_says_on_stderr_what_it_took(edgewright, shared_file, tmp_path):
    arguments = ("run", shared_file(MODEL), shared_file(PICTURE), "--engine", "auto", "--threads", 1)
    first = edgewright(*arguments, EDGEWRIGHT_CACHE=tmp_path)
    assert first.returncode == 0
    assert first.stderr.startswith("edgewright: engine: ")
    assert "(measured now)" in first.stderr
    assert "(measured earlier)" in edgewright(*arguments, EDGEWRIGHT_CACHE=tmp_path).stderr


def test_unknown_engines_and_missing_delegates_are_refused_in_one_line(edgewright, shared_file):
    arguments = ("run", shared_file(MODEL), shared_file(PICTURE))
    unknown = edgewright(*arguments, "--engine", "opnvino")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "Did you mean 'openvino'?" in unknown.stderr
    missing = edgewright(*arguments, "--delegate", "libedgetpu.so.1")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "libedgetpu.so.1: the delegate's library cannot be loaded" in missing.stderr
    assert len(missing.stderr.splitlines()) == 1
