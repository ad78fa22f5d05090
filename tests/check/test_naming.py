"""The names that people type for targets, and the commands that a report names for what comes next."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest

from edgewright.check import check
from edgewright.check.naming import resolved
from edgewright.errors import UsageError
from edgewright.rewrite import rewrite

from ..rewrite.legacy_graphs import CASES, with_operator

KNOWN = ("browser", "cpu", "edgetpu", "gpu", "micro")
MEANT = {
    "cpu": "rpi RPi5 raspberrypi raspberry-pi pi pi4 rpi-zero arm arm64 aarch64 x86_64 desktop xnnpack CPU".split(),
    "micro": "mcu microcontroller pico raspberry-pi-pico rp2040 arduino esp32-s3 stm32 cortex-m4 tflm Micro".split(),
    "browser": "web WebBrowser chrome firefox wasm JavaScript litert.js Browser".split(),
    "edgetpu": "coral tpu edge-tpu edge_tpu coral-usb EdgeTPU".split(),
}


@pytest.mark.parametrize(("target", "word"), [(target, word) for target, words in MEANT.items() for word in words])
def test_what_people_call_a_target_stands_for_it(target, word):
    ((name, note),) = resolved(word, KNOWN)
    assert name == target
    assert (f"{word} is checked as {target}" in note) or word.lower() == name or note == ""


@pytest.mark.parametrize("word", ["android", "phone", "pixel8", "iOS", "mobile"])
def test_a_phone_is_its_processor_and_its_gpu(word):
    assert [name for name, _ in resolved(word, KNOWN)] == ["cpu", "gpu"]


@pytest.mark.parametrize("word", ["hailo", "npu", "cupcake", "rpx", "picture"])
def test_what_nobody_knows_is_refused_with_the_choices(word, shared_file):
    with pytest.raises(UsageError, match="browser, cpu, edgetpu, gpu, micro"):
        check(shared_file("cases/20-two-signatures.tflite"), targets=word)


def test_a_target_of_a_package_goes_before_what_a_word_stands_for():
    assert list(resolved("rpi", (*KNOWN, "rpi"))) == [("rpi", "")]


def test_two_words_for_one_target_are_one_report_with_both_notes(shared_file):
    (report,) = check(shared_file("cases/18-nan.tflite"), targets="rpi,arm,cpu").targets
    assert [note.split()[0] for note in report.notices[:2]] == ["rpi", "arm"]


def test_the_command_that_is_named_for_a_microcontroller_works_when_it_is_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with_operator(CASES["FULLY_CONNECTED"], 5).save("old.tflite")
    (report,) = check("old.tflite", targets="micro").targets
    (step,) = report.next_steps
    assert not report.runs
    program, *words = shlex.split(re.sub(r"\(.*\)", "", step))
    assert program == "edgewright"
    done = subprocess.run([sys.executable, "-m", program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert check("old_int8.tflite", targets="micro")["micro"].runs


def test_a_command_that_would_not_help_is_not_named(shared_file):
    (report,) = check(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"), targets="micro").targets
    (step,) = report.next_steps
    assert step.startswith("edgewright convert SOURCE --quantize int8 --data FOLDER")


def test_a_float_model_is_told_how_to_become_int8_for_an_edge_tpu(shared_file):
    report = check(shared_file("models/mobilenet_v1_0.25_224_float.tflite"), targets="coral")["edgetpu"]
    assert report.next_steps[0].startswith("edgewright optimize ")
    assert "--data FOLDER -o mobilenet_v1_0.25_224_float_int8.tflite" in report.next_steps[0]


def test_what_runs_needs_no_next_step(shared_file):
    assert check(shared_file("cases/18-nan.tflite")).targets[0].next_steps == ()


def test_the_only_signature_by_its_name_is_told_what_to_type_too(shared_file):
    model = rewrite(shared_file("models/mobilenet_v1_0.25_224_float.tflite"), ["signature"]).model
    unnamed, called = (check(model, targets="edgetpu", signature=key) for key in (None, "serving_default"))
    assert called.targets[0].next_steps == unnamed.targets[0].next_steps != ()
