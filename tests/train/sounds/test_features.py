"""Features on the disk: what they are of, what nobody can tell, and what is done when a part is there already."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.data import open_dataset
from edgewright.errors import OutputError
from edgewright.machine import silent
from edgewright.train.sounds.features import NOBODY, NOISE, features_of
from edgewright.train.sounds.fitting import spread, weights_of
from edgewright.train.sounds.log_mel import RATE, log_mel
from edgewright.train.sounds.material import origin_of, sound_material

from . import made

WINDOW = 3_200


def dataset(**seconds: float) -> Any:
    """Two recordings of each class, so long."""
    pairs = [
        ((made.recording(label, seed, length), RATE), label) for label, length in seconds.items() for seed in (1, 2)
    ]
    return open_dataset(pairs)


def test_the_first_view_is_the_window_as_it_is_to_float16(tmp_path: Path) -> None:
    data = dataset(tone=0.2, hiss=0.2)
    found = features_of(data, WINDOW, tmp_path, "train", seed=3, progress=silent)
    values = found.open()
    assert values.shape == (6, 16, 18, 40)
    assert found.classes.tolist() == [*data.labels.tolist(), NOISE, NOISE]
    for place, (samples, _) in enumerate(data.inputs):
        right = log_mel(samples[:WINDOW].astype(np.float64))
        np.testing.assert_allclose(values[place, 0], right, rtol=2**-10, atol=1e-3)
    assert len(np.unique(values[0], axis=0)) == 16


def test_without_a_seed_there_is_one_view(tmp_path: Path) -> None:
    found = features_of(dataset(tone=0.5, hiss=0.2), WINDOW, tmp_path, "validation", seed=None, progress=silent)
    assert found.open().shape == (8, 1, 18, 40)


def test_what_is_made_is_not_made_again_and_what_is_damaged_is(tmp_path: Path) -> None:
    data, steps = dataset(tone=0.2, hiss=0.2), list[str]()

    def made_now() -> Any:
        steps.clear()
        return features_of(data, WINDOW, tmp_path, "train", seed=1, progress=lambda step, *_: steps.append(step)).open()

    first = np.array(made_now())
    assert steps
    np.testing.assert_array_equal(made_now(), first)
    assert not steps
    (tmp_path / "train.npy").write_bytes(b"")
    np.testing.assert_array_equal(made_now(), first)
    assert steps


def test_quiet_windows_of_a_recording_are_of_nobody(tmp_path: Path) -> None:
    quiet = [(made.recording("tone", seed, 2.0, noise=0.0005, silent=1.0), RATE) for seed in (1, 2)]
    data = open_dataset([(sound, "tone") for sound in quiet] + [((np.zeros(RATE, np.float32), RATE), "silence")])
    found = features_of(data, WINDOW, tmp_path, "train", seed=None, progress=silent)
    windows = found.classes.reshape(-1)
    silence, tone = (data.classes.index(name) for name in ("silence", "tone"))
    first = windows[:19]
    assert (first[:8] == NOBODY).all()
    assert (first[10:18] == tone).all()
    assert (windows[38:] == silence).all()  # a recording of nothing else is what its folder says


def test_a_full_disk_is_known_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 10))
    with pytest.raises(OutputError, match="10 B are free"):
        features_of(dataset(tone=0.2, hiss=0.2), WINDOW, tmp_path, "train", seed=1, progress=silent)
    assert not list(tmp_path.iterdir())


def test_mean_and_deviation_are_those_of_the_windows_as_they_are(tmp_path: Path) -> None:
    found = features_of(dataset(tone=0.4, hiss=0.3), WINDOW, tmp_path, "train", seed=1, progress=silent)
    mean, std = spread(found)
    plain = found.open()[found.known, 0].astype(np.float64)
    assert len(plain) < len(found.open())
    np.testing.assert_allclose(mean, plain.mean(axis=(0, 1)))
    np.testing.assert_allclose(std, np.maximum(plain.std(axis=(0, 1)), 0.5))


def test_classes_weigh_alike_and_nobody_no_more_than_a_class() -> None:
    classes = np.array([0] * 6 + [1] * 2 + [NOBODY] * 30 + [NOISE] * 10)
    weights = weights_of(classes, 2, balanced=True)
    assert weights[:6].sum() == pytest.approx(weights[6:8].sum()) == pytest.approx(4)
    assert weights[8:].sum() == pytest.approx(4)
    assert weights_of(classes, 2, balanced=False)[:8].tolist() == [1] * 8


# ----- which recordings stay together


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("0a7c2a8d_nohash_1.wav", "0a7c2a8d"),
        ("1-100032-A-0.wav", "100032"),
        ("100648-1-0-2.wav", "100648"),
        ("bark 12.wav", None),
        ("2024-05-01.wav", None),
    ],
)
def test_published_names_say_where_a_recording_is_from(name: str, origin: str | None) -> None:
    found = origin_of(Path("data", name))
    assert (found is None) == (origin is None)
    assert found is None or str(origin) in found


def test_the_same_recording_and_the_same_speaker_stay_in_one_part(tmp_path: Path) -> None:
    for label in ("hiss", "tone"):
        for speaker in ("anna", "ben", "carl"):
            for take in range(2):
                name = f"{speaker}_nohash_{take}.wav"
                made.write(tmp_path / label / name, made.recording(label, 10 * ord(speaker[0]) + take, 0.2))
    shutil.copy(tmp_path / "tone" / "anna_nohash_0.wav", tmp_path / "hiss" / "dora_nohash_0.wav")
    material = sound_material(open_dataset(tmp_path), silent)
    names = [Path(path).name[0] for path in material.dataset.inputs]
    by_speaker = {speaker: {group for group, name in zip(material.groups, names, strict=True) if name == speaker}
                  for speaker in "abcd"}  # fmt: skip
    assert all(len(groups) == 1 for groups in by_speaker.values())
    assert by_speaker["a"] == by_speaker["d"]
    assert len(set(material.groups.tolist())) == 3
    assert any("same recording in two classes" in said for said in material.notices)


def test_a_speaker_who_is_cut_apart_is_named_and_the_parts_are_not_called_apart(tmp_path: Path) -> None:
    for label in ("hiss", "tone"):
        for take in range(12):
            made.write(tmp_path / label / f"anna_nohash_{take}.wav", made.recording(label, take, 0.2))
    material = sound_material(open_dataset(tmp_path), silent)
    assert len(set(material.groups.tolist())) > 1
    assert any("'hiss', 'tone' are by their names of one speaker" in said for said in material.notices)
    assert material.apart == ""
