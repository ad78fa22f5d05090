"""The names by which people call targets: a board, a processor or a product, and which target stands for it."""

from __future__ import annotations

import platform
import re
from collections.abc import Collection, Iterator

_ARM = ("aarch64", "arm64", "armv7l", "armv6l")
_PI = re.compile(r"(raspberry|rpi|pi)(pi)?(zero)?\d*[a-z]?w?")
_PICO = re.compile(r"(raspberry|rpi|pi)*pico\d*w?|rp2\d{3}")
_MICRO = re.compile(r"mcu|micro(controller)?s?|tflm|arduino.*|esp(32|8266).*|stm32.*|nrf5.*|cortexm.*")
_TPU = re.compile(r"coral.*|(edge)?tpu")
_PHONE = re.compile(r"android|(smart)?phone|mobile|pixel\d*|iphone|ios")
_WEB = re.compile(r"web(page|browser|assembly)?|wasm|chrom(e|ium)|firefox|safari|javascript|js|litertjs")
_CPU = re.compile(r"arm\w*|aarch64|x86.*|amd64|intel|pc|desktop|laptop|xnnpack|litert|tflite")


def resolved(word: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """The targets that a word stands for, each with a note of that; a target's own name and an unknown one stay."""
    plain = re.sub(r"[\s._-]", "", word.lower())
    if word in known or not plain:
        yield word, ""
    elif plain in known:
        yield plain, ""
    elif _PICO.fullmatch(plain) or _MICRO.fullmatch(plain):
        yield "micro", f"{word} is checked as micro: TensorFlow Lite Micro on a microcontroller"
    elif _PI.fullmatch(plain):
        yield "cpu", f"{word} is checked as cpu: a Raspberry Pi runs models on its processor. {_measured_here('one')}"
    elif _TPU.fullmatch(plain):
        yield "edgetpu", f"{word} is checked as edgetpu"
    elif _WEB.fullmatch(plain):
        yield "browser", f"{word} is checked as browser: LiteRT.js in WebAssembly"
    elif _PHONE.fullmatch(plain):
        yield "cpu", f"{word} is checked as cpu and gpu. {_measured_here('a phone')}"
        yield "gpu", f"{word} is checked as cpu and gpu"
    elif _CPU.fullmatch(plain):
        arm = plain.startswith(("arm", "aarch"))
        yield "cpu", f"{word} is checked as cpu. {_measured_here('such a machine') if arm else ''}"
    else:
        yield word, ""


def _measured_here(there: str) -> str:
    """Whether what is measured here holds there."""
    machine = platform.machine()
    if machine in _ARM:
        return f"This machine has an ARM processor ({machine}) as well, so what is measured here holds there"
    return (
        f"This machine is {machine}: that the model runs holds for ARM too, which operators XNNPACK takes may differ "
        f"in a few, and how fast it is has to be measured on {there}: edgewright bench"
    )
