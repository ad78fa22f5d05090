"""A keeper: whatever an input does to its child, each input has one row, and the others have the right ones."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from edgewright.errors import ChildCrashError, UsageError
from edgewright.model import ModelFile
from edgewright.scale import Deaths, Entry, Keeper, Work
from hub.web_server import serve_web, stall

from . import fragile
from .killing import descendants


@pytest.fixture
def small(shared_file: Callable[[str], Path]) -> ModelFile:
    return ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))


@pytest.fixture
def fragile_work(small: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    (tmp_path / "package").mkdir()
    monkeypatch.syspath_prepend(fragile.install(tmp_path / "package"))
    return Work.of(small, {"task": "fragile"})


def pictures(folder: Path, sizes: Sequence[tuple[int, int]]) -> list[Entry]:
    folder.mkdir(exist_ok=True)
    for number, (height, width) in enumerate(sizes):
        Image.new("RGB", (width, height), (number * 9 % 256, 90, 30)).save(folder / f"{number}.png")
    return [Entry(str(folder / f"{number}.png")) for number in range(len(sizes))]


def documents(keeper: Keeper, entries: list[Entry], first: int = 0) -> list[dict[str, object]]:
    return [json.loads(row.text) for row in keeper.do(entries, first)]


def test_rows_are_what_the_task_says_with_number_and_model(small: ModelFile, tmp_path: Path):
    work = Work.of(small, {}, limit=2)
    entries = [*pictures(tmp_path / "in", [(20, 30), (40, 40)]), Entry(str(tmp_path / "missing.png"))]
    with Keeper(work, Deaths(tmp_path / "deaths")) as keeper, work.open() as task:
        rows = documents(keeper, entries, first=70)
        again = documents(keeper, entries[:1], first=5)
        expected = [task(entry.name).to_dict(2) for entry in entries[:2]]
    assert [row["index"] for row in rows] == [70, 71, 72]
    assert [row["input"] for row in rows] == [entry.name for entry in entries]
    assert {row["model"] for row in rows} == {small.sha256}
    assert [{name: row[name] for name in said} for row, said in zip(rows, expected, strict=False)] == expected
    assert str(rows[2]["error"]).startswith(str(tmp_path / "missing.png"))
    assert again == [{**rows[0], "index": 5}]


@pytest.mark.parametrize(
    ("size", "how"),
    [
        (fragile.SEGFAULT, "the worker died of SIGSEGV"),
        (fragile.RAISE, "the worker raised ValueError: a mistake of the package"),
        (fragile.EXIT, "the worker ended with exit code 3"),
        (fragile.HANG, "the worker took longer than 5 s and was stopped"),
    ],
)
def test_an_input_that_two_workers_die_of_is_named_and_left(
    fragile_work: Work, tmp_path: Path, size: tuple[int, int], how: str
):
    entries = pictures(tmp_path / "in", [(20, 20), (21, 21), size, (22, 22)])
    deaths = Deaths(tmp_path / "deaths")
    patience = 5 if size == fragile.HANG else 300
    with Keeper(fragile_work, deaths, timeout=patience) as keeper:
        rows = documents(keeper, entries)
    assert [row.get("kind") for row in rows] == ["classification", "classification", None, "classification"]
    assert str(rows[2]["error"]).startswith(f"{entries[2].name}: 2 workers died of it, so it is left: {how}")
    assert len(deaths.of(2)) == 2
    assert deaths.suspects() == {2}
    with Keeper(fragile_work, deaths, timeout=patience) as keeper:  # which is known for ever
        assert documents(keeper, entries)[2]["error"] == rows[2]["error"]
        assert len(deaths.of(2)) == 2


def test_where_workers_die_of_everything_it_is_not_about_the_inputs(fragile_work: Work, tmp_path: Path):
    entries = pictures(tmp_path / "in", [fragile.EXIT] * 3 + [(20, 20)])
    deaths = Deaths(tmp_path / "deaths")
    with (
        Keeper(fragile_work, deaths) as keeper,
        pytest.raises(ChildCrashError, match="workers died of each of 3 inputs: the worker ended with exit code 3"),
    ):
        keeper.do(entries, 0)
    with Keeper(fragile_work, deaths) as keeper:  # but these are known now, and it goes on behind them
        assert ["error" in row for row in documents(keeper, entries)] == [True, True, True, False]


def test_a_model_that_cannot_be_opened_is_no_row(small: ModelFile, tmp_path: Path):
    entries = pictures(tmp_path / "in", [(20, 20)])
    deaths = Deaths(tmp_path / "deaths")
    with (
        Keeper(Work.of(small, {"labels": ("one",)}), deaths) as keeper,
        pytest.raises(UsageError, match="labels"),
    ):
        keeper.do(entries, 0)
    assert not deaths.suspects()


def test_workers_that_are_killed_from_outside_lose_nothing(small: ModelFile, tmp_path: Path):
    entries = pictures(tmp_path / "in", [(40 + number, 60) for number in range(20)]) * 15
    deaths, stop = Deaths(tmp_path / "deaths"), threading.Event()

    def kill() -> None:
        for _ in range(4):  # fewer than a keeper takes for a child that cannot start
            stop.wait(0.9)
            for pid in [*descendants(os.getpid())][-1:]:
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    with Keeper(Work.of(small, {}), deaths) as keeper:
        keeper.do(entries[:1], 0)
        killer.start()
        try:
            rows = documents(keeper, entries)
        finally:
            stop.set()
            killer.join()
    assert [row["index"] for row in rows] == list(range(300))
    assert all("error" not in row for row in rows)
    assert not deaths.suspects()


def test_a_keeper_whose_mark_was_removed_makes_another(small: ModelFile, tmp_path: Path):
    entries = pictures(tmp_path / "in", [(20, 20)])
    with Keeper(Work.of(small, {}), Deaths(tmp_path / "deaths")) as keeper:
        (mark,) = (tmp_path / "deaths").glob("mark-*")
        mark.unlink()
        assert "error" not in documents(keeper, entries)[0]
        assert len(list((tmp_path / "deaths").glob("mark-*"))) == 1
    assert list((tmp_path / "deaths").iterdir()) == []


def test_waiting_for_storage_is_no_hanging(small: ModelFile, tmp_path: Path):
    pictures(tmp_path / "in", [(20, 20)])
    server, web = serve_web()
    web.files["/0.png"] = (tmp_path / "in" / "0.png").read_bytes()
    web.manners = [stall(0.5)] * 3
    freed = threading.Timer(4.0, web.gate.set)
    freed.start()
    try:
        with Keeper(Work.of(small, {}), Deaths(tmp_path / "deaths"), timeout=1.5) as keeper:
            (row,) = documents(keeper, [Entry(f"{web.url}/0.png")])
    finally:
        freed.cancel()
        server.shutdown()
        server.server_close()
    assert "error" not in row


def test_nothing_is_left_of_a_keeper_that_was_closed(small: ModelFile, tmp_path: Path):
    before = set(descendants(os.getpid()))
    with Keeper(Work.of(small, {}), Deaths(tmp_path / "deaths")) as keeper:
        keeper.do(pictures(tmp_path / "in", [(20, 20)]), 0)
        assert set(descendants(os.getpid())) - before
    assert not set(descendants(os.getpid())) - before
    assert list((tmp_path / "deaths").iterdir()) == []
