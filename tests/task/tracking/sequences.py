"""Sequences with known truth: people that cross, stop and leave the picture, and what a detector would see of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 1280, 720
SECONDS = 40.0

# What is wrong with what is seen: shares of the boxes, and the noise of each side in shares of the size.
MISSED, FALSE, NOISE = 0.10, 0.05, 0.03

_STEP_S = 0.01
_HIDDEN = 0.8  # Who is covered by more than this is not seen.


@dataclass(frozen=True)
class Picture:
    """One moment: the truth (who, where), and what was seen (boxes and scores)."""

    seconds: float
    who: npt.NDArray[np.int64]
    truth: npt.NDArray[np.float64]
    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]


def sequence(
    seed: int, rate: float, *, people: int = 24, perfect: bool = False, stutter: bool = False
) -> list[Picture]:
    """Pictures of one scene. The scene is the same at each rate (pictures a second); what is seen of it is drawn anew.

    `perfect`: nothing is missed, false or off. `stutter`: the time between pictures varies from a third to triple.
    """
    scene = np.random.default_rng([seed, 1])
    paths = [path for number in range(people) for path in _paths(scene, number)]
    seeing = np.random.default_rng([seed, 2, round(rate * 1000), stutter])
    return [_picture(seconds, paths, seeing, perfect) for seconds in _times(seeing, rate, stutter)]


def _times(random: np.random.Generator, rate: float, stutter: bool) -> npt.NDArray[np.float64]:
    if not stutter:
        return np.arange(0, SECONDS, 1 / rate)
    gaps = np.exp(random.uniform(-np.log(3), np.log(3), int(SECONDS * rate * 3))) / rate
    times = np.cumsum(gaps)
    return times[times < SECONDS]


@dataclass(frozen=True)
class _Path:
    """Where the feet of one person are, every `_STEP_S` from `start`, and how tall that person is there."""

    start: float
    feet: npt.NDArray[np.float64]
    tall: npt.NDArray[np.float64]

    def box(self, seconds: float) -> npt.NDArray[np.float64] | None:
        step = int((seconds - self.start) / _STEP_S)
        if not 0 <= step < len(self.feet):
            return None
        (x, y), tall = self.feet[step], self.tall[step]
        wide = 0.38 * tall
        whole = np.array([x - wide / 2, y - tall, x + wide / 2, y])
        shown = np.clip(whole, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
        if np.prod(shown[2:] - shown[:2]) < 0.3 * wide * tall:
            return None
        return shown


def _paths(random: np.random.Generator, number: int) -> list[_Path]:
    start = random.uniform(-5, SECONDS - 8)
    kind = ("crosses", "stops", "walks", "runs")[number % 4]
    y = random.uniform(260, 700)
    if kind == "crosses":  # Two who meet, from both sides, one a little behind the other.
        gap = random.uniform(5, 30)
        return [_walked(random, start, y, +1, 0.9), _walked(random, start, y - gap, -1, 0.9)]
    speed = random.uniform(1.8, 2.6) if kind == "runs" else random.uniform(0.5, 1.1)
    return [_walked(random, start, y, random.choice([-1, 1]), speed, stops=kind == "stops")]


def _walked(
    random: np.random.Generator, start: float, y: float, side: int, speed: float, *, stops: bool = False
) -> _Path:
    """From one side of the picture to the other; `speed` in heights of the person a second."""
    tall = _tall(y) * random.uniform(0.92, 1.08)
    seconds = (WIDTH + tall) / (speed * tall)
    wanted = _wanted(random, seconds, speed, side, stops)
    # Nobody changes velocity at once: it follows what is wanted within about a third of a second.
    velocity = np.zeros_like(wanted)
    velocity[0] = wanted[0]
    for step in range(1, len(wanted)):
        velocity[step] = velocity[step - 1] + (wanted[step] - velocity[step - 1]) * _STEP_S / 0.3
    x0 = -tall / 4 if side > 0 else WIDTH + tall / 4
    feet = np.array([x0, y]) + np.cumsum(velocity * tall * _STEP_S, axis=0)
    feet[:, 1] += 0.012 * tall * np.sin(np.arange(len(feet)) * _STEP_S * 2 * np.pi * 1.8)  # Steps.
    return _Path(start, feet, tall * _tall(feet[:, 1]) / _tall(y))


def _wanted(
    random: np.random.Generator, seconds: float, speed: float, side: int, stops: bool
) -> npt.NDArray[np.float64]:
    steps = int(seconds / _STEP_S)
    wanted = np.zeros((steps, 2))
    wanted[:, 0] = side * speed
    for begin in range(0, steps, 150):  # Every 1.5 s a somewhat different pace and direction.
        wanted[begin : begin + 150] += random.normal(0, [0.12 * speed, 0.06])
    if stops:
        at, for_s = random.uniform(0.25, 0.6), random.uniform(1, 5)
        standing = np.zeros((int(for_s / _STEP_S), 2))
        rest = wanted[int(at * steps) :] * (1 if random.random() < 0.6 else -1)
        wanted = np.concatenate([wanted[: int(at * steps)], standing, rest])
    return wanted


def _tall(y: Any) -> Any:
    """Who is further down in the picture is nearer."""
    return 60 + 160 * (y - 250) / 450


def _picture(seconds: float, paths: list[_Path], random: np.random.Generator, perfect: bool) -> Picture:
    there = [(who, box) for who, path in enumerate(paths) if (box := path.box(seconds)) is not None]
    who = np.array([number for number, _ in there], np.int64)
    truth = np.array([box for _, box in there], np.float64).reshape(-1, 4)
    if perfect:
        return Picture(seconds, who, truth, truth, np.full(len(truth), 0.9))
    covered = _covered(truth)
    shown = (random.random(len(truth)) >= MISSED) & (covered <= _HIDDEN)
    sides = np.tile(truth[:, 2:] - truth[:, :2], 2)
    seen = (truth + random.normal(0, NOISE, truth.shape) * sides)[shown]
    scores = np.clip(random.normal(0.85, 0.08, len(truth)) - 0.6 * covered, 0.12, 0.99)[shown]
    wrong = _false(random, random.poisson(FALSE * len(truth)))
    boxes = np.concatenate([seen, wrong])
    scores = np.concatenate([scores, np.clip(random.normal(0.45, 0.18, len(wrong)), 0.1, 0.95)])
    order = random.permutation(len(boxes))
    return Picture(seconds, who, truth, boxes[order], scores[order])


def _covered(truth: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The largest share of each that one other, who stands nearer, covers."""
    if not len(truth):
        return np.zeros(0)
    low = np.maximum(truth[:, None, :2], truth[None, :, :2])
    high = np.minimum(truth[:, None, 2:], truth[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    nearer = truth[None, :, 3] > truth[:, None, 3]
    area = np.prod(truth[:, 2:] - truth[:, :2], axis=1)
    covered: npt.NDArray[np.float64] = (shared * nearer / area[:, None]).max(axis=1)
    return covered


def _false(random: np.random.Generator, number: int) -> npt.NDArray[np.float64]:
    y = random.uniform(260, 700, number)
    tall = _tall(y) * random.uniform(0.5, 1.3, number)
    x = random.uniform(0, WIDTH, number)
    return np.stack([x - 0.19 * tall, y - tall, x + 0.19 * tall, y], axis=1).reshape(-1, 4)
