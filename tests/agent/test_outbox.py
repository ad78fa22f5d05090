"""Events on disk: order, cursors, limits, transactions, hostile files."""

from __future__ import annotations

import json
import sqlite3
import threading
import time

import pytest

from edgewright.agent import Limits, Outbox
from edgewright.agent.capture.clock import Clock
from edgewright.agent.delivery.database import transaction
from edgewright.agent.delivery.outbox import Entry, StorageError
from edgewright.errors import OutputError


def entries(event, numbers, **options):
    return [Entry("test", (event(number, **options),)) for number in numbers]


def numbers(stored):
    return [json.loads(one.text)["number"] for one in stored]


class TestOrderAndCursors:
    def test_events_come_back_in_the_order_they_were_stored(self, outbox, event):
        outbox.attach(["a"])
        outbox.append(entries(event, range(10)))
        assert numbers(outbox.after("a", 100)) == list(range(10))

    def test_what_is_stored_carries_id_and_sequence(self, outbox, event):
        outbox.attach(["a"])
        one = event(7)
        outbox.append([Entry("test", (one,))])
        (stored,) = outbox.after("a", 1)
        told = json.loads(stored.text)
        assert (told["id"], told["sequence"], stored.id) == (one.id, stored.sequence, one.id)
        assert told["time"] == "2023-11-14T22:13:20.000Z"

    def test_large_events_come_a_few_at_a_time(self, outbox, event):
        outbox.attach(["a"])
        outbox.append(entries(event, range(20), picture="x" * 500_000))
        seen = []
        while batch := outbox.after("a", 100):
            assert sum(len(one.text) for one in batch) < 3_000_000
            seen += numbers(batch)
            outbox.advance("a", batch[-1].sequence)
        assert seen == list(range(20))

    def test_each_sink_has_a_place_of_its_own(self, outbox, event):
        outbox.attach(["a", "b"])
        outbox.append(entries(event, range(4)))
        outbox.advance("a", outbox.after("a", 3)[-1].sequence)
        assert numbers(outbox.after("a", 9)) == [3]
        assert numbers(outbox.after("b", 9)) == [0, 1, 2, 3]
        assert (outbox.pending("a"), outbox.pending("b")) == (1, 4)

    def test_what_all_sinks_took_is_removed_and_numbers_are_never_used_again(self, outbox, event, tmp_path):
        outbox.attach(["a"])
        outbox.append(entries(event, range(3)))
        last = outbox.after("a", 9)[-1].sequence
        outbox.advance("a", last)
        rows = sqlite3.connect(tmp_path / "outbox.db").execute("SELECT count(*) FROM events").fetchone()[0]
        assert rows == 0
        outbox.append(entries(event, [3]))
        assert outbox.after("a", 9)[0].sequence > last

    def test_a_new_sink_gets_all_that_is_stored(self, outbox, event):
        outbox.attach(["a"])
        outbox.append(entries(event, range(2)))
        outbox.attach(["a", "b"])
        assert numbers(outbox.after("b", 9)) == [0, 1]

    def test_a_new_sink_on_an_emptied_outbox_waits_for_the_next(self, outbox, event):
        outbox.attach(["a"])
        outbox.append(entries(event, range(2)))
        outbox.advance("a", outbox.after("a", 9)[-1].sequence)
        outbox.attach(["a", "b"])
        outbox.append(entries(event, [2]))
        assert numbers(outbox.after("b", 9)) == [2]

    def test_a_sink_that_is_gone_holds_nothing_back(self, outbox, event):
        outbox.attach(["a", "b"])
        outbox.append(entries(event, range(2)))
        outbox.attach(["a"])
        outbox.advance("a", outbox.after("a", 9)[-1].sequence)
        outbox.attach(["a", "b"])
        assert outbox.after("b", 9) == []

    def test_places_survive_a_restart(self, outbox, event, tmp_path):
        outbox.attach(["a"])
        outbox.append(entries(event, range(5)))
        outbox.advance("a", outbox.after("a", 2)[-1].sequence)
        outbox.close()
        again = Outbox(tmp_path / "outbox.db")
        again.attach(["a"])
        assert numbers(again.after("a", 9)) == [2, 3, 4]
        again.close()


class TestTransactions:
    def test_marks_and_events_are_stored_together_or_not_at_all(self, outbox, event):
        outbox.attach(["a"])
        twice = event(1)
        outbox.append([Entry("s", (twice,), ("one",))])
        with pytest.raises(StorageError):
            outbox.append([Entry("s", (event(2),), ("two",)), Entry("s", (twice,), ("three",))])
        assert outbox.taken("s") == {"one"}
        assert numbers(outbox.after("a", 9)) == [1]

    def test_forgotten_marks_are_gone(self, outbox):
        outbox.append([Entry("s", (), ("one", "two"))])
        outbox.forget("s", ["one"])
        assert outbox.taken("s") == {"two"}

    def test_counters_add_up(self, outbox, event):
        outbox.append(entries(event, range(3)), {"captured": 5})
        outbox.count({"captured": 2})
        assert outbox.counters()["captured"] == 7
        assert outbox.counters()["events"] == 3

    def test_threads_may_store_and_take_at_once(self, outbox, event):
        outbox.attach(["a"])
        threads = [
            threading.Thread(target=lambda k=k: [outbox.append(entries(event, [100 * k + i])) for i in range(20)])
            for k in range(4)
        ]
        for thread in threads:
            thread.start()
        seen = []
        while len(seen) < 80:
            batch = outbox.after("a", 7)
            seen += numbers(batch)
            if batch:
                outbox.advance("a", batch[-1].sequence)
        for thread in threads:
            thread.join()
        assert sorted(seen) == sorted(100 * k + i for k in range(4) for i in range(20))
        for k in range(4):
            assert [n for n in seen if n // 100 == k] == [100 * k + i for i in range(20)]


class TestKept:
    def test_values_are_found_by_how_their_names_begin(self, outbox):
        outbox.append([Entry("s", kept={"visit/1": "a", "visit/2": "b", "visitor": "c", "line/1": "d"})])
        assert outbox.kept("visit/") == {"visit/1": "a", "visit/2": "b"}
        assert list(outbox.kept("")) == ["line/1", "visit/1", "visit/2", "visitor"]
        assert outbox.kept("visit/%") == outbox.kept("VISIT/") == {}

    def test_the_last_value_holds_and_none_removes_it(self, outbox):
        outbox.append([Entry("s", kept={"a": "1", "b": "1"}), Entry("s", kept={"a": "2", "b": None, "c": None})])
        assert outbox.kept("") == {"a": "2"}

    def test_they_survive_a_restart_with_the_events_that_they_go_with(self, outbox, event, tmp_path):
        outbox.attach(["a"])
        outbox.append([Entry("s", (event(1),), kept={"visit/1": '{"label": "猫"}'})])
        outbox.close()
        again = Outbox(tmp_path / "outbox.db")
        assert again.kept("visit/") == {"visit/1": '{"label": "猫"}'}
        assert numbers(again.after("a", 9)) == [1]
        again.close()

    @pytest.mark.parametrize("kept", [{}, {"last": "1"}])
    def test_they_are_stored_with_their_events_or_not_at_all(self, outbox, event, kept):
        outbox.attach(["a"])
        twice = event(1)
        outbox.append([Entry("s", (twice,), kept=kept)])
        with pytest.raises(StorageError):
            outbox.append([Entry("s", (event(2),), kept={"last": "2"}), Entry("s", (twice,), kept={"last": None})])
        assert outbox.kept("") == kept

    def test_only_values_may_lag(self, event):
        with pytest.raises(ValueError, match="have to be on the disk"):
            Entry("s", (event(1),), may_lag=True)
        with pytest.raises(ValueError, match="have to be on the disk"):
            Entry("s", marks=("1",), may_lag=True)

    def test_what_may_lag_does_not_wait_for_the_disk(self, outbox, event, monkeypatch):
        """Beside what may not, it does."""
        used: list[object] = []
        monkeypatch.setattr(
            "edgewright.agent.delivery.outbox.transaction", lambda path, to: used.append(to) or transaction(path, to)
        )
        outbox.append([Entry("s", kept={"a": "1"}, may_lag=True)])
        outbox.append([Entry("s", kept={"a": "2"}, may_lag=True), Entry("s", kept={"b": "1"})])
        outbox.append([Entry("s", (event(1),))])
        levels = [connection.execute("PRAGMA synchronous").fetchone()[0] for connection in used]
        assert levels == [1, 2, 2]  # NORMAL, FULL
        assert outbox.kept("") == {"a": "2", "b": "1"}


class TestLimits:
    def test_over_the_size_the_oldest_go_and_that_is_an_event(self, tmp_path, event):
        box = Outbox(tmp_path / "o.db", limits=Limits(max_bytes=10_000))
        box.attach(["a"])
        for number in range(200):
            box.append(entries(event, [number], filling="x" * 100))
        told = [json.loads(one.text) for one in box.after("a", 1000)]
        kept = [one["number"] for one in told if one["kind"] == "result"]
        reports = [one for one in told if one["kind"] == "agent"]
        assert kept == list(range(kept[0], 200))
        assert sum(one["count"] for one in reports) + len(kept) <= 200 + len(reports)
        assert reports
        assert all(one["what"] == "dropped" and one["reason"] == "size" for one in reports)
        assert sum(len(json.dumps(one)) for one in told) < 12_000
        assert box.counters()["dropped"] > 0
        box.close()

    def test_every_event_is_kept_or_counted(self, tmp_path, event):
        box = Outbox(tmp_path / "o.db", limits=Limits(max_bytes=10_000))
        box.attach(["a"])
        for number in range(300):
            box.append(entries(event, [number], filling="x" * 100))
        counters = box.counters()
        assert counters["events"] - counters["dropped"] == box.pending("a")
        box.close()

    def test_too_old_events_go(self, tmp_path, event):
        now = [1_700_000_000.0]
        box = Outbox(tmp_path / "o.db", limits=Limits(max_age_s=100), clock=Clock(lambda: now[0], lambda: now[0]))
        box.attach(["a"])
        box.append(entries(event, [1], captured_s=now[0]))
        now[0] += 200
        box.append(entries(event, [2], captured_s=now[0]))
        told = [json.loads(one.text) for one in box.after("a", 9)]
        assert [one.get("number") for one in told if one["kind"] == "result"] == [2]
        assert [(one["count"], one["reason"]) for one in told if one["kind"] == "agent"] == [(1, "age")]
        box.close()

    def test_a_clock_that_is_set_right_does_not_make_events_old(self, tmp_path, event):
        clock = {"wall": 1_000.0, "steady": 50.0}
        limits = Limits(max_age_s=100)
        box = Outbox(tmp_path / "o.db", limits=limits, clock=Clock(lambda: clock["wall"], lambda: clock["steady"]))
        box.attach(["a"])
        box.append(entries(event, [1]))
        clock = {"wall": 1_700_000_000.0, "steady": 60.0}
        box.append(entries(event, [2]))
        assert numbers(box.after("a", 9)) == [1, 2]
        clock = {"wall": 1_700_000_095.0, "steady": 155.0}
        box.append(entries(event, [3]))
        told = [json.loads(one.text) for one in box.after("a", 9)]
        assert [one.get("number") for one in told if one["kind"] == "result"] == [2, 3]
        box.close()

    @pytest.fixture
    def reopen(self, tmp_path):
        """Open the outbox at a moment of a boot, as an agent that is started then."""

        def reopen(boot: str, wall: float, steady: float) -> Outbox:
            clock = Clock(lambda: wall, lambda: steady, lambda: boot)
            box = Outbox(tmp_path / "o.db", limits=Limits(max_age_s=1000), clock=clock)
            box.attach(["a"])
            return box

        return reopen

    @pytest.mark.parametrize(
        "then",
        [
            pytest.param(("second", 1_700_000_000.0, 20.0), id="in the next boot, set right"),
            pytest.param(("second", 10.0, 5.0), id="in the next boot, wrong as well"),
            pytest.param(("second", 1_700_000_000.0, 1e7), id="on another machine that has long been on"),
            pytest.param(("first", 1_700_000_000.0, 999.0), id="in the same boot, set right between two runs"),
            pytest.param(("first", -5.0, 10.0), id="in the same boot, put back"),
        ],
    )
    def test_no_event_is_older_than_what_is_known_to_have_passed(self, reopen, event, then):
        box = reopen("first", 1_000.0, 50.0)
        box.append(entries(event, range(3)))
        box.close()
        box = reopen(*then)
        box.append(entries(event, [3]))
        assert numbers(box.after("a", 9)) == [0, 1, 2, 3]
        box.close()

    def test_what_has_passed_in_all_runs_and_boots_counts(self, reopen, event):
        kept = []
        for boot, steady in [("first", 50.0), ("first", 500.0), ("second", 30.0), ("second", 700.0)]:
            box = reopen(boot, 1_000.0, steady)
            box.append(entries(event, [int(steady)]))
            kept.append(
                [one for one in map(json.loads, (e.text for e in box.after("a", 9))) if one["kind"] == "result"]
            )
            box.close()
        assert [[one["number"] for one in result] for result in kept] == [
            [50],
            [50, 500],
            [50, 500, 30],
            [500, 30, 700],
        ]

    def test_in_real_runs_too(self, tmp_path, event):
        for number in range(2):
            box = Outbox(tmp_path / "o.db", limits=Limits(max_age_s=1))
            box.attach(["a"])
            box.append(entries(event, [number]))
            stored = [json.loads(one.text) for one in box.after("a", 9)]
            box.close()
            time.sleep(1.5)
        assert [one.get("number") for one in stored if one["kind"] == "result"] == [1]
        assert [one["reason"] for one in stored if one["kind"] == "agent"] == ["age"]

    def test_what_waits_is_counted_after_some_was_dropped_or_taken(self, tmp_path, event):
        box = Outbox(tmp_path / "o.db", limits=Limits(max_bytes=10_000))
        box.attach(["a", "b"])
        for number in range(100):
            box.append(entries(event, [number], filling="x" * 100))
            box.advance("b", box.after("b", 1)[0].sequence)
            for sink in "ab":
                assert box.pending(sink) == len(box.after(sink, 1000))
        box.close()

    def test_reading_waits_for_no_writer(self, outbox, event):
        outbox.attach(["a"])
        outbox.append(entries(event, [1]))
        with outbox._writing(outbox._safe):
            assert (numbers(outbox.after("a", 9)), outbox.pending("a")) == ([1], 1)

    def test_space_is_given_back_once_all_is_delivered(self, tmp_path, event):
        path = tmp_path / "o.db"
        box = Outbox(path)
        box.attach(["a"])
        box.append(entries(event, range(20_000), filling="x" * 400))
        while batch := box.after("a", 5000):
            box.advance("a", batch[-1].sequence)
        box.close()
        assert path.stat().st_size < 1_000_000


class TestHostileFiles:
    def test_numbers_that_json_does_not_have_are_null(self, outbox, event):
        outbox.attach(["a"])
        outbox.append(entries(event, [1], top=[{"score": float("nan")}, {"score": float("inf")}, {"score": 0.5}]))
        (stored,) = outbox.after("a", 1)
        assert '"top":[{"score":null},{"score":null},{"score":0.5}]' in stored.text

    def test_a_name_that_is_no_unicode_is_stored_and_comes_back(self, outbox, event):
        outbox.attach(["a"])
        outbox.append(entries(event, [1], picture="caf\udce9.jpg"))
        (stored,) = outbox.after("a", 1)
        assert json.loads(stored.data)["picture"] == "caf\udce9.jpg"

    def test_a_file_that_is_no_database_is_refused_and_left(self, tmp_path):
        path = tmp_path / "o.db"
        path.write_bytes(b"no database " * 100)
        with pytest.raises(OutputError, match="Move it away"):
            Outbox(path)
        assert path.read_bytes() == b"no database " * 100

    def test_a_full_disk_is_a_storage_error_and_heals(self, outbox, event):
        outbox.attach(["a"])
        pages = outbox._safe.execute("PRAGMA page_count").fetchone()[0]
        outbox._safe.execute(f"PRAGMA max_page_count={pages + 1}")
        with pytest.raises(StorageError, match="disk is full"):
            outbox.append(entries(event, range(1000)))
        assert outbox.pending("a") == 0
        outbox._safe.execute("PRAGMA max_page_count=1000000")
        outbox.append(entries(event, range(3)))
        assert numbers(outbox.after("a", 9)) == [0, 1, 2]
