"""The TOML file: what it says, and where its mistakes are."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.agent import Rule, read_settings
from edgewright.errors import UsageError

WHOLE = """\
model = "mobilenet.tflite"
state = "kept"
snapshots = "local"
top = 3
health = 9464
link = "2Mbit,80ms"

[source]
folder = "in"
every_frame = true

[outbox]
max_size = "10MB"
max_age = "7d"

[[rules]]
name = "parrot"
labels = ["macaw"]
score = 0.6
seen = 3
of = 5
cooldown = "30s"
hours = "08:00-18:00"

[[rules]]
labels = ["hare"]

[[sinks]]
send = "file:events.jsonl"

[[sinks]]
send = "stdout"
"""


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "in").mkdir(exist_ok=True)
    path = tmp_path / "agent.toml"
    path.write_text(text)
    return path


class TestReading:
    def test_files_that_options_name_lie_beside_the_file(self, tmp_path):
        for name in ("labels.txt", "words.txt", "libmine.so"):
            (tmp_path / name).write_text("a\n")
        settings = read_settings(
            written(
                tmp_path,
                """\
                model = "m.tflite"
                then = "n.tflite"
                options = { labels = "labels.txt", delegates = ["libmine.so", "libedgetpu.so.1"], threshold = 0.4 }
                then_options = { vocabulary = "words.txt", labels = ["labels.txt"] }
                [privacy]
                blur = "face"
                options = { labels = "labels.txt" }
                [source]
                folder = "in"
                """,
            )
        )
        labels = str(tmp_path / "labels.txt")
        libraries = [str(tmp_path / "libmine.so"), "libedgetpu.so.1"]
        assert settings.options == {"labels": labels, "delegates": libraries, "threshold": 0.4}
        assert settings.then_options == {"vocabulary": str(tmp_path / "words.txt"), "labels": ["labels.txt"]}
        assert settings.privacy.options == {"labels": labels}

    def test_a_whole_file(self, tmp_path):
        settings = read_settings(written(tmp_path, WHOLE))
        assert settings.state == tmp_path / "kept"
        assert settings.sources[0].kind == "folder"
        assert settings.sources[0].every_frame
        assert [sink.name for sink in settings.sinks] == [f"file:{tmp_path / 'events.jsonl'}", "stdout"]
        assert settings.rules[1] == Rule("rule 2", ("hare",))
        assert (settings.rules[0].seen, settings.rules[0].of, settings.rules[0].cooldown_s) == (3, 5, 30)
        assert (settings.limits.max_bytes, settings.limits.max_age_s) == (10_000_000, 7 * 86_400)
        assert (settings.link.bits_per_s, settings.link.round_trip_s) == (2e6, 0.08)
        assert settings.health_port == 9464
        assert [rule.asked for rule in settings.rules] == [("macaw",), ("hare",)]

    def test_what_visits_are_told_of_and_when_they_end(self, tmp_path):
        text = WHOLE.replace('cooldown = "30s"', 'life = true\nupdate = "off"\nlost = "3s"')
        rule, other = read_settings(written(tmp_path, text)).rules
        assert (rule.life, rule.update_s, rule.lost_s) == (True, float("inf"), 3.0)
        assert (other.life, other.update_s, other.lost_s) == (None, 10.0, None)

    def test_a_model_may_have_a_name_that_no_file_can_have(self, tmp_path):
        assert read_settings(written(tmp_path, f'model = "{"m" * 5000}"\n[source]\ncamera = 0\n')).model == "m" * 5000

    def test_a_model_beside_the_file_is_meant(self, tmp_path):
        (tmp_path / "mobilenet.tflite").write_bytes(b"x")
        assert read_settings(written(tmp_path, WHOLE)).model == str(tmp_path / "mobilenet.tflite")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("top = 3", "top = \"three\"", 4, "top: expected a whole number"),
        ("top = 3", "top = true", 4, "top: expected a whole number"),
        ("top = 3", "top = 0", 4, "top: 0, expected at least 1"),
        ("health = 9464", "health = 70000", 5, "health: 70000, expected a port"),
        ("health = 9464", "snapshot_limit = -1", 5, "snapshot_limit: -1 bytes"),
        ('send = "stdout"', 'send = "file:events.jsonl"', 28, "is there twice"),
        ('send = "stdout"', 'send = "file:nowhere/e"', 32, "there is no folder"),
        ('send = "stdout"', 'send = "stdout"\ncredentials = "no.toml"', 33, "cannot be read"),
        ('name = "parrot"', 'name = "rule 2"', 16, "rule 2 is there twice"),
        ("every_frame = true", "credentials = 'c'", 10, "goes with a stream"),
        ('folder = "in"\nevery_frame = true', "camera = 0\nonce = true", 10, "goes with a folder"),
        ('folder = "in"', "camera = 0", 10, "a camera does not wait"),
        ('folder = "in"', "camra = 0", 9, "Did you mean 'camera'"),
        ('folder = "in"', 'folder = "in"\ncamera = 0', 8, "got 2 of them"),
        ("snapshots =", "snapshot =", 3, "Did you mean 'snapshots'"),
        ('snapshots = "local"', 'snapshots = "cloud"', 3, "Choose one of"),
        ("score = 0.6", "score = \"high\"", 19, "rules.1.score: expected a number"),
        ("seen = 3", "seen = 6", 16, "seen 6 of 5"),
        ("of = 5", f"of = {10**30}", 16, "rule 'parrot': Python int too large"),
        ('cooldown = "30s"', 'cooldown = "30x"', 22, "rules.1.cooldown: '30x'"),
        ('cooldown = "30s"', 'cooldown = ["30s"]', 22, "rules.1.cooldown: ['30s'], expected a time"),
        ('cooldown = "30s"', "cooldown = nan", 22, "rules.1.cooldown: nan, expected a time"),
        ('max_size = "10MB"', "max_size = inf", 13, "outbox.max_size: inf, expected a size"),
        ('cooldown = "30s"', 'update = "of"', 22, "rules.1.update: 'of', expected a time like 10s or 5min, or off"),
        ('cooldown = "30s"', "update = 0", 16, "rule 'parrot': update: 0.0 s, expected more than 0"),
        ('cooldown = "30s"', "lost = -1", 16, "rule 'parrot': lost: -1.0 s, expected at least 0"),
        ('cooldown = "30s"', 'life = "yes"', 22, "rules.1.life: expected true or false, got 'yes'"),
        ('hours = "08:00-18:00"', 'hours = "late"', 23, "rules.1.hours"),
        ('labels = ["hare"]', "labels = [1]", 26, "rules.2.labels: expected a list of texts"),
        ('labels = ["hare"]', 'label = ["hare"]', 26, "Did you mean 'labels'"),
        ('send = "stdout"', 'send = "stdoot:"', 32, "there is no kind of sink 'stdoot'"),
        ('folder = "in"', 'folder = "out"', 9, "out"),
        ('max_size = "10MB"', 'max_size = "much"', 13, "outbox.max_size"),
        ('link = "2Mbit,80ms"', 'link = "fast"', 6, "link: 'fast'"),
        ('model = "mobilenet.tflite"', "model = ", 1, "line 1"),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_with_its_line(tmp_path, old, new, line, words):
    with pytest.raises(UsageError) as caught:
        read_settings(written(tmp_path, WHOLE.replace(old, new)))
    assert f"line {line}" in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('model = "m"\nsource.folder = "in"\nsource.once = 3\n', 3),
        ('model = "m"\nsource = { folder = "in", once = 3 }\n', 2),
        ('model = "m"\n[ source ]\n"folder" = "in"\n\n  once=3\n', 5),
    ],
)
def test_however_toml_is_written_the_line_is_found(tmp_path, text, line):
    with pytest.raises(UsageError, match=rf"line {line}: source.once: expected true or false"):
        read_settings(written(tmp_path, text))


class TestSourcesAndSinks:
    def test_files_and_folders_give_every_frame_and_cameras_the_newest(self, tmp_path):
        sources = {'folder = "in"': True, 'folder = "in"\nevery_frame = false': False, "camera = 0": False}
        for source, every in sources.items():
            settings = read_settings(written(tmp_path, f'model = "m"\n[source]\n{source}\n'))
            assert settings.sources[0].every_frame is every

    def test_without_a_sink_events_go_to_standard_output(self, tmp_path):
        settings = read_settings(written(tmp_path, 'model = "m"\n[source]\ncamera = 0\n'))
        assert [sink.name for sink in settings.sinks] == ["stdout"]

    def test_one_password_is_not_shown_to_two_hosts(self, tmp_path, monkeypatch):
        monkeypatch.setenv("EDGEWRIGHT_PASSWORD", "s3cret")
        text = (
            'model = "m"\n[source]\ncamera = 0\n[[sinks]]\nsend = "https://one/x"\n[[sinks]]\nsend = "https://two/x"\n'
        )
        with pytest.raises(UsageError, match="one and two would both get the same") as caught:
            read_settings(written(tmp_path, text))
        assert "s3cret" not in str(caught.value)
        private = tmp_path / "two.toml"
        private.write_text('password = "another"')
        private.chmod(0o600)
        assert len(read_settings(written(tmp_path, text + f'credentials = "{private.name}"\n')).sinks) == 2

    @pytest.mark.parametrize("source", ["[source]\n", "[[source]]\n"])
    def test_nor_to_the_broker_that_a_source_reads(self, tmp_path, monkeypatch, source):
        monkeypatch.setenv("EDGEWRIGHT_PASSWORD", "s3cret")
        text = f'model = "m"\n{source}mqtt = "mqtts://one/x"\n%s\n[[sinks]]\nsend = "https://two/x"\n'
        with pytest.raises(UsageError, match="one and two would both get the same"):
            read_settings(written(tmp_path, text % ""))
        fleet = f'model = "m"\n{source}mqtt = "mqtts://one/x"\n[fleet]\nbroker = "mqtts://three/x"\n'
        with pytest.raises(UsageError, match="one and three would both get the same"):
            read_settings(written(tmp_path, fleet))
        (tmp_path / "one.toml").write_text('password = "another"')
        (tmp_path / "one.toml").chmod(0o600)
        assert read_settings(written(tmp_path, text % 'credentials = "one.toml"')).sinks

    def test_files_may_begin_with_a_mark_as_editors_on_windows_write_it(self, tmp_path):
        text = 'model = "m"\n[source]\ncamera = 0\n[[sinks]]\nsend = "mqtts://one/x"\ncredentials = "one.toml"\n'
        (tmp_path / "one.toml").write_text('user = "door"\n', encoding="utf-8-sig")
        (tmp_path / "one.toml").chmod(0o600)
        path = written(tmp_path, "")
        path.write_text(text, encoding="utf-8-sig")
        assert [sink.name for sink in read_settings(path).sinks] == ["mqtts://one:8883/x"]

    def test_sinks_that_are_no_tables_are_refused(self, tmp_path):
        with pytest.raises(UsageError, match=r"line 4: sinks: expected a list, got 5"):
            read_settings(written(tmp_path, 'model = "m"\n\n\nsinks = 5\nsource = {camera = 0}\n'))

    @pytest.mark.parametrize("value", ["9" * 5000, "[" * 20_000])
    def test_what_python_does_not_read_is_no_toml(self, tmp_path, value):
        with pytest.raises(UsageError, match=r"agent.toml: "):
            read_settings(written(tmp_path, f"model = {value}\n"))

    def test_a_password_in_a_file_that_others_can_read_is_refused(self, tmp_path):
        path = written(tmp_path, 'model = "m"\n[source]\nstream = "rtsp://user:s3cret@camera/1"\n')
        path.chmod(0o644)
        with pytest.raises(UsageError, match=r"line 3.*chmod 600") as caught:
            read_settings(path)
        assert "s3cret" not in str(caught.value)
        path.chmod(0o600)
        assert read_settings(path).sources[0].kind == "stream"


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(UsageError, match="source is missing"):
        read_settings(written(tmp_path, 'model = "m.tflite"\n'))


class TestHomeAssistant:
    """In the table of a sink."""

    HEAD = 'model = "m"\n[source]\ncamera = 0\n[[sinks]]\n'

    @pytest.mark.parametrize(
        ("said", "told"),
        [("", False), ("home_assistant = false", False), ("home_assistant = true", True),
         ('home_assistant = {prefix = "home", name = "Porch"}', True)],
    )  # fmt: skip
    def test_it_is_switched_on(self, tmp_path, said, told):
        (sink,) = read_settings(written(tmp_path, f'{self.HEAD}send = "mqtt://broker/door"\n{said}\n')).sinks
        assert sink.announces == told

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            (
                'send = "stdout"\nhome_assistant = true',
                "line 5: sinks.1.send: stdout: Home Assistant hears of an agent",
            ),
            (
                'send = "mqtt://b/t"\nhome_assistant = 1',
                "line 6: sinks.1.home_assistant: expected true, false or a table",
            ),
            ('send = "mqtt://b/t"\nhome_assistant = {prefix = "a+"}', "line 6: sinks.1.home_assistant: prefix: 'a+'"),
            (
                'send = "mqtt://b/t"\nhome_assistant = {topic = "a"}',
                "line 6: sinks.1.home_assistant.topic: there is no setting 'topic'",
            ),
            (
                'send = "mqtt://b/t"\nhome_assistant = true\n[[sinks]]\nsend = "mqtt://b/s"\nhome_assistant = true',
                "sinks: mqtt://b:1883 is to tell Home Assistant of the agent twice",
            ),
        ],
    )
    def test_mistakes(self, tmp_path, said, expected):
        with pytest.raises(UsageError) as caught:
            read_settings(written(tmp_path, f"{self.HEAD}{said}\n"))
        assert expected in str(caught.value)
