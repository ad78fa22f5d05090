"""The file sink: whole lines only, whatever happened before; the function sink."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import pytest

from edgewright.agent import SinkError, Stored, open_sink
from edgewright.agent.delivery.outbox import Entry
from edgewright.agent.delivery.sinks.call import Call
from edgewright.errors import UsageError


def stored(number: int) -> Stored:
    return Stored(number, f"id{number}", json.dumps({"sequence": number, "label": "é"}, separators=(",", ":")))


class TestJsonLines:
    def test_lines_are_appended_and_survive_a_restart(self, tmp_path):
        for number in (1, 2):
            sink = open_sink(f"file:{tmp_path / 'e.jsonl'}")
            assert sink.send([stored(number)]) == 1
            sink.close()
        assert [json.loads(line)["sequence"] for line in (tmp_path / "e.jsonl").read_text().splitlines()] == [1, 2]

    @pytest.mark.parametrize("cut", [1, 5, 14, 20])
    def test_a_line_that_a_power_cut_tore_is_cut_off(self, tmp_path, cut):
        path = tmp_path / "e.jsonl"
        path.write_text(stored(1).text + "\n" + stored(2).text[:cut])
        open_sink(f"file:{path}").send([stored(2)])
        assert path.read_text() == stored(1).text + "\n" + stored(2).text + "\n"

    def test_a_name_that_is_no_utf8_has_a_place_in_the_outbox(self, tmp_path, outbox, event):
        sink = open_sink(f"file:{tmp_path}/caf\udce9.jsonl")
        outbox.attach([sink.name])
        outbox.append([Entry("test", (event(),))])
        assert sink.send(outbox.after(sink.name, 9)) == 1
        assert sink.name == f"file:{tmp_path}/caf\\udce9.jsonl"
        assert (tmp_path / "caf\udce9.jsonl").read_bytes().count(b"\n") == 1
        sink.close()

    def test_lines_of_several_agents_in_one_file_are_all_there(self, tmp_path):
        path = tmp_path / "e.jsonl"
        code = (
            "import pathlib, sys\nfrom edgewright.agent import Stored, open_sink\n"
            "for number in range(100):\n"
            "    sink = open_sink('file:' + sys.argv[1]) if number % 10 == 0 else sink\n"
            "    sink.send([Stored(number, '', '{\"sequence\":%d,\"of\":%s}' % (number, sys.argv[2] * 500))])\n"
        )
        writing = [subprocess.Popen([sys.executable, "-c", code, str(path), str(one)]) for one in (1, 2)]
        assert [one.wait(120) for one in writing] == [0, 0]
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for one in (1, 2):
            of = int(str(one) * 500)
            assert [line["sequence"] for line in lines if line["of"] == of] == list(range(100))

    def test_a_file_that_another_program_keeps_locked_is_tried_again(self, tmp_path, monkeypatch):
        fcntl = pytest.importorskip("fcntl")
        monkeypatch.setattr("edgewright.agent.delivery.sinks.json_lines._PATIENCE_S", 0.0)
        sink = open_sink(f"file:{tmp_path / 'e.jsonl'}")
        with (tmp_path / "e.jsonl").open("w") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(SinkError, match="another program keeps it locked"):
                sink.send([stored(1)])
        assert sink.send([stored(1)]) == 1
        assert (tmp_path / "e.jsonl").read_text() == stored(1).text + "\n"

    def test_somebody_elses_text_is_left_whole(self, tmp_path):
        path = tmp_path / "e.jsonl"
        path.write_text("# my notes")
        open_sink(f"file:{path}").send([stored(1)])
        assert path.read_text() == "# my notes\n" + stored(1).text + "\n"

    def test_a_very_long_torn_line_is_found(self, tmp_path):
        path = tmp_path / "e.jsonl"
        path.write_text(stored(1).text + "\n" + '{"sequence":2,"snapshot_jpeg":"' + "A" * 100_000)
        open_sink(f"file:{path}").send([stored(2)])
        assert [json.loads(line)["sequence"] for line in path.read_text().splitlines()] == [1, 2]

    def test_a_file_that_was_moved_away_is_made_anew(self, tmp_path):
        path = tmp_path / "e.jsonl"
        sink = open_sink(f"file:{path}")
        sink.send([stored(1)])
        path.rename(tmp_path / "e.jsonl.1")
        sink.send([stored(2)])
        assert path.read_text() == stored(2).text + "\n"
        assert (tmp_path / "e.jsonl.1").read_text() == stored(1).text + "\n"

    def test_a_disk_that_takes_half_a_line_keeps_none_of_it(self, tmp_path):
        path = tmp_path / "e.jsonl"
        sink = open_sink(f"file:{path}")
        sink.send([stored(1)])
        whole = path.read_bytes()
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 5, before[1]))
        try:
            with pytest.raises(SinkError, match="File too large"):
                sink.send([stored(2)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert path.read_bytes() == whole
        assert sink.send([stored(2)]) == 1
        assert path.read_bytes() == whole + stored(2).data + b"\n"

    @pytest.mark.parametrize("target", ["file:/nowhere/e.jsonl", "file:", "file:/dev/null", "nonsense", "fax:12"])
    def test_targets_that_make_no_sense(self, target):
        with pytest.raises(UsageError):
            open_sink(target)


class TestStandardOutput:
    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252:strict", "utf-8"])
    def test_letters_that_it_cannot_write_stop_no_event(self, encoding):
        code = """
from edgewright.agent import Stored, open_sink
texts = ['{"label":"caf\\u00e9"}', '{"label":"\\u732b"}', '{"label":"cat"}']
assert open_sink("stdout").send([Stored(n, "id", text) for n, text in enumerate(texts)]) == 3
"""
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env=environment, timeout=60
        )
        lines = done.stdout.decode(encoding.partition(":")[0]).splitlines()
        assert [json.loads(line)["label"] for line in lines] == ["café", "猫", "cat"]

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_a_disk_that_is_full_for_a_while_costs_no_event(self, unbuffered, tmp_path):
        code = """
import json, resource
from edgewright.agent import SinkError, Stored, open_sink
events = [Stored(n, "id", json.dumps({"sequence": n, "filling": "x" * 900})) for n in range(22)]
sink = open_sink("stdout")
assert sink.send(events[:2]) == 2
resource.setrlimit(resource.RLIMIT_FSIZE, (15_000, resource.RLIM_INFINITY))
for _ in range(2):
    try:
        raise SystemExit(f"taken: {sink.send(events[2:])}")
    except SinkError as error:
        assert "too large" in str(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert sink.send(events[2:]) == 20
"""
        environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        with (tmp_path / "out.jsonl").open("wb") as out:
            subprocess.run([sys.executable, "-c", code], stdout=out, check=True, env=environment, timeout=60)
        lines = (tmp_path / "out.jsonl").read_text().splitlines()
        whole = [json.loads(line)["sequence"] for line in lines if line.endswith("}")]
        assert whole == [*range(len(whole) - 20), *range(2, 22)]
        assert len(lines) == len(whole) + 1, "the one that was torn"


class TestCall:
    def test_events_come_as_dictionaries(self):
        seen = []
        assert Call(seen.append).send([stored(1), stored(2)]) == 2
        assert [one["sequence"] for one in seen] == [1, 2]

    def test_what_it_raises_means_try_again_from_there(self):
        def refuse_two(event):
            if event["sequence"] == 2:
                raise RuntimeError("not now")

        sink = Call(refuse_two)
        assert sink.send([stored(1), stored(2), stored(3)]) == 1
        with pytest.raises(SinkError, match="RuntimeError: not now"):
            sink.send([stored(2)])
