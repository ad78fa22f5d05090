"""A manifest has one form, and takes nothing that a device could stumble over."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from edgewright.bundle import Entry, Manifest, Platform
from edgewright.errors import BundleError

DIGEST = "ab" * 32
MANIFEST = Manifest(
    "door",
    7,
    Platform("aarch64", "3.11", "glibc 2.36"),
    (Entry("agent.toml", 10, DIGEST), Entry("model/dogs.tflite", 2**20, DIGEST)),
    devices=("door", "yard"),
    runs=("watch", "agent.toml"),
)


def test_what_is_written_is_read_back():
    assert Manifest.from_bytes(MANIFEST.to_bytes()) == MANIFEST


def test_another_content_is_another_folder():
    other = replace(MANIFEST, files=(Entry("agent.toml", 10, "cd" * 32),))
    assert MANIFEST.label.startswith("7-")
    assert other.label != MANIFEST.label


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../up", "a/../../b", "a//b", "a/", ".hidden", "a/.b", "a\\b", "a\nb", "ä", "a b", "x" * 300],
)
def test_paths_that_lead_elsewhere_are_refused(path):
    with pytest.raises(BundleError, match="path"):
        Entry(path, 1, DIGEST)


@pytest.mark.parametrize("path", ["complete", "Healthy", "left", "system/usr/lib/libc.so.6", "venv/bin/python"])
def test_what_a_device_makes_itself_is_in_no_bundle(path):
    with pytest.raises(BundleError, match="path"):
        Entry(path, 1, DIGEST)


@pytest.mark.parametrize("paths", [("a", "a"), ("a", "A"), ("a", "a/b"), ("b/C", "b/c")])
def test_two_files_at_one_place_are_refused(paths):
    with pytest.raises(BundleError, match="each once"):
        replace(MANIFEST, files=tuple(Entry(path, 1, DIGEST) for path in paths))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"version": 0},
        {"version": True},
        {"version": -1},
        {"version": 1.5},
        {"name": ""},
        {"name": "a/b"},
        {"devices": "door"},
        {"runs": [1]},
        {"platform": {}},
        {"files": [{"path": "a", "size": -1, "sha256": DIGEST}]},
        {"files": [{"path": "a", "size": 1, "sha256": DIGEST, "mode": 1}]},
        {"files": 3},
        {"more": 1},
    ],
)
def test_what_makes_no_sense_is_refused(change):
    value = json.loads(MANIFEST.to_bytes()) | change
    with pytest.raises(BundleError):
        Manifest.from_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe", MANIFEST.to_bytes() + b" ", MANIFEST.to_bytes()[:-1]])
def test_other_bytes_are_refused(data):
    with pytest.raises(BundleError):
        Manifest.from_bytes(data)
