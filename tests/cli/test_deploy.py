"""What `deploy` and `--on` say before anything is connected, in one line each."""

from __future__ import annotations

import pytest

from edgewright.cli.deploy import _last


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["deploy"], 2, "say where: user@host"),
        (["deploy", "pi@door"], 2, "give either a model or --config agent.toml"),
        (["deploy", "--bundle-only", "-o", "x", "--platform", "aarch64"], 2, "aarch64,3.11,glibc-2.36"),
        (["deploy", "--bundle-only", "-o", "x"], 2, "say for what"),
        (["deploy", "pi@door", "--config", "a.toml", "-o", "x.bundle"], 2, "--out goes with --bundle-only"),
        (["deploy", "pi@door", "{model}", "--status"], 2, "MODEL does not go with --status"),
        (["deploy", "pi@door", "--rollback", "--sign", "desk"], 2, "--sign does not go with --rollback"),
        (["deploy", "pi@door", "--status", "--rollback"], 2, "--rollback does not go with --status"),
        (["deploy", "pi@door", "--bundle-only", "-o", "x", "--downgrade"], 2, "--downgrade does not go with"),
        (
            ["deploy", "--bundle-only", "-o", "x", "--platform", "a,3.11,g", "--root", "r"],
            2,
            "--root does not go",
        ),
        (["deploy", "pi@door", "{model}", "--bundle-only", "-o", "x", "--platform", "a,3.11,g"], 2, "for what once"),
        (["deploy", "--all", "fleet.toml", "--root", "r"], 2, "--root: fleet.toml describes the whole fleet"),
        (["deploy", "no-such-host.invalid", "--config", "nope.toml"], 2, "nope.toml: cannot be read"),
        (["deploy", "no-such-host.invalid", "{model}", "--sign", "nokey"], 2, "there is no key 'nokey'"),
        (["deploy", "no-such-host.invalid", "--status"], 1, "no such host is known"),
        (["bench", "{model}", "--on", "no-such-host.invalid"], 1, "no such host is known"),
    ],
)
def test_one_line_says_what_to_do(edgewright, shared_file, words, code, told):
    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    done = edgewright(*(word.format(model=model) for word in words))
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    assert any(part in line for part in told.split("|")), line


@pytest.mark.parametrize("time", ["yesterday", None, 1e300, -(10**30), float("nan"), [1]])
def test_a_device_may_say_any_time(time):
    assert _last({"time": time, "version": "7-ab", "state": "healthy"}) == "7-ab healthy"
