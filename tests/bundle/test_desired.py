"""What is laid down for devices: read with limits, written as it is read."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.bundle import Desired, Offer

OFFER = {"url": "https://host/door-7.bundle", "sha256": "a" * 64, "size": 40_000_000}


def laid(**others: object) -> bytes:
    return json.dumps({"version": 7, **OFFER, **others}).encode()


def test_one_bundle_beside_its_version():
    assert Desired.from_bytes(laid()) == Desired(7, (Offer(**OFFER),))


def test_what_is_written_is_read():
    arm = Offer("https://host/arm", "b" * 64, 5, "aarch64", "3.11")
    desired = Desired(7, (arm, Offer(**OFFER)), ("door", "yard"))
    assert Desired.from_bytes(desired.to_bytes()) == desired
    assert desired.offer_for("aarch64", "3.11") == arm
    assert desired.offer_for("aarch64", "3.13") == Offer(**OFFER)


def test_who_is_meant():
    assert Desired.from_bytes(laid(devices=["yard"])).is_for(("door", "yard"))
    assert not Desired.from_bytes(laid(devices=["gate"])).is_for(("door", "yard"))
    assert Desired.from_bytes(laid()).is_for(())


def test_a_device_of_another_machine_has_no_bundle():
    assert Desired.from_bytes(laid(machine="armv7l")).offer_for("aarch64", "3.11") is None


def test_what_later_programs_say_is_left_alone():
    assert Desired.from_bytes(laid(later={"more": 1})).version == 7


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Expecting value"),
        (b"\xff\xfe\x00", "decode"),
        (b"[]", "no JSON object"),
        (b"7", "no JSON object"),
        (laid(version=0), "no good version: 0"),
        (laid(version=True), "no good version: True"),
        (laid(version="7"), "no good version: '7'"),
        (laid(version=2**60), "no good version"),
        (laid(size=-1), "no good size"),
        (laid(size=1.5), "no good size"),
        (laid(sha256="A" * 64), "no good sha256"),
        (laid(url="http://host/b"), "begins with https://"),
        (laid(url="file:///etc/passwd"), "begins with https://"),
        (laid(url="https:///b"), "begins with https://"),
        (laid(url="https://u:secret@host/b"), "a user or a password"),
        (laid(url="https://host/\n"), "no good url"),
        (laid(url=["https://host"]), "no good url"),
        (laid(machine=7), "no good machine"),
        (laid(devices="door"), "no good devices"),
        (laid(devices=["../door"]), "no good devices"),
        (laid(bundles=[]), "no good bundles"),
        (laid(bundles={}), "no list of objects"),
        (laid(bundles=[{"url": "https://host/b"}]), "it says no sha256"),
        (json.dumps(OFFER).encode(), "it says no version"),
        (b" " * 70_000, "at most 65,536 are read"),
        (b"[" * 60_000, "nested over"),
    ],
)
def test_what_is_none(data, said):
    with pytest.raises((ValueError, UnicodeDecodeError), match=said) as raised:
        Desired.from_bytes(data)
    assert "secret" not in str(raised.value)
    assert len(str(raised.value)) < 300


values = st.recursive(st.none() | st.integers() | st.text(max_size=9), st.lists, max_leaves=5)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), values)
def test_whatever_comes_is_read_or_refused(data, value):
    laid_down = json.dumps({"version": 7, **OFFER, "url": value, "bundles": value, "devices": value}).encode()
    for anything in (data, laid_down):
        with contextlib.suppress(ValueError):
            Desired.from_bytes(anything)
