"""Zones, lines and tracking in a TOML file: what is read, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.agent import Agent, Line, Rule, Settings, Tracking, Zone, open_sink, read_settings, source_of_kind
from edgewright.errors import UsageError

TEXT = """\
model = "detector.tflite"

[source]
folder = "in"
name = "door"

[tracking]
lost = "3s"
hits = 4

[[zones]]
name = "yard"  # what lies [behind] the house
points = [[0.1, 0.5], [0.9, 0.5], [1, 1], [0, 1]]
source = "door"

[[zones]]
name = "porch"
points = [
    [0.1, 0.1],
    [0.4, 0.1],
    [0.4, 0.4],
]

[[lines]]
name = "gate"
points = [[0.2, 0.6], [0.8, 0.6]]

[[rules]]
name = "loiters"
labels = ["person"]
zone = "yard"
stays = "10s"
point = "center"

[[rules]]
name = "came home"
crosses = "gate"
direction = "in"

[[rules]]
enters = "porch"

[[sinks]]
send = "stdout"
"""


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "in").mkdir(exist_ok=True)
    path = tmp_path / "agent.toml"
    path.write_text(text)
    return path


def test_a_whole_file(tmp_path):
    settings = read_settings(written(tmp_path, TEXT))
    assert settings.zones[0] == Zone("yard", [(0.1, 0.5), (0.9, 0.5), (1, 1), (0, 1)], "door")
    assert settings.lines == (Line("gate", [(0.2, 0.6), (0.8, 0.6)]),)
    assert settings.followed == Tracking(hits=4, lost_s=3.0)
    loiters, came, enters = settings.rules
    assert loiters == Rule("loiters", ("person",), zone="yard", stays_s=10, point="center")
    assert came == Rule("came home", crosses="gate", direction="in")
    assert enters == Rule("rule 3", enters="porch")
    assert [rule.is_moment for rule in settings.rules] == [False, True, True]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("[0.9, 0.5], [1, 1]", "[0.9, 0.5], [1, 1.5]", 13, "zones.1.points.3: 'yard': 1.5, expected a share"),
        ("    [0.4, 0.1],", "    [0.4, true],", 20, "zones.2.points.2: 'porch': True, expected a number"),
        ("    [0.4, 0.4],", "    [0.1, 0.1],", 19, "zones.2.points.1: 'porch': it is the same as point 3"),
        ("    [0.4, 0.4],\n", "", 18, "zones.2.points: 'porch': a polygon of 2 points"),
        ("[[0.1, 0.5], [0.9, 0.5], [1, 1], [0, 1]]", "[[0, 0], [1, 1], [1, 0], [0, 1]]", 13, "crosses itself"),
        ("[[0.1, 0.5], [0.9, 0.5], [1, 1], [0, 1]]", "3", 13, "zones.1.points: expected a list, got 3"),
        ("[[0.1, 0.5], [0.9, 0.5], [1, 1], [0, 1]]", "[0.1, 0.5, 0.9]", 13, "0.1, expected \\[x, y\\]"),
        ("[[0.2, 0.6], [0.8, 0.6]]", "[[0.2, 0.6]]", 26, "lines.1.points: 'gate': a line of 1 points"),
        ('name = "porch"', 'name = ""', 17, "expected a name"),
        ('name = "porch"', "nam = 3", 17, "Did you mean 'name'"),
        ('name = "porch"', 'name = "yard"', 16, "'yard' is there twice"),
        ('name = "gate"', 'name = "yard"', 24, "'yard' is there twice"),
        ('source = "door"', "source = 3", 14, "zones.1.source: expected text"),
        ('lost = "3s"', 'lost = "3 parsecs"', 8, "tracking.lost"),
        ("hits = 4", "hits = 0", 7, "hits"),
        ("hits = 4", "hit = 4", 9, "Did you mean 'hits'"),
        ("[tracking]\nlost = \"3s\"\nhits = 4", "", 0, None),
        ('zone = "yard"', 'zone = "yrad"', 28, "there is no zone 'yrad'. Did you mean 'yard'\\? There are: yard"),
        ('crosses = "gate"', 'crosses = "yard"', 35, "there is no line 'yard'. There are: gate"),
        ('stays = "10s"', 'stays = "long"', 32, "rules.1.stays: 'long'"),
        ('stays = "10s"', 'stays = "0s"', 28, "stays: 0.0 s, expected more than 0"),
        ('point = "center"', 'point = "middle"', 28, "point: 'middle'. Choose one of: bottom, center, top"),
        ('direction = "in"', 'direction = "inside"', 35, "direction: 'inside'. Choose one of: in, out"),
        ('crosses = "gate"\n', "", 35, "labels: none given|direction: goes with crosses"),
        ('enters = "porch"', 'enters = "porch"\nleaves = "porch"', 40, "one instant for each rule"),
        ('enters = "porch"', 'zone = "porch"\nleaves = "porch"', 40, "is not in that zone any more"),
        ('enters = "porch"', 'crosses = "gate"\npoint = "top"', 40, "with different points, bottom and top"),
        ('enters = "porch"', 'point = "top"\nlabels = ["cat"]', 40, "point: goes with a zone or a line"),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_with_its_line(tmp_path, old, new, line, words):
    assert old in TEXT
    path = written(tmp_path, TEXT.replace(old, new))
    if words is None:
        assert read_settings(path).followed == Tracking()
        return
    with pytest.raises(UsageError, match=words) as caught:
        read_settings(path)
    assert f"line {line}: " in str(caught.value)
    assert "\n" not in str(caught.value)


class TestSettings:
    @staticmethod
    def made(**settings: object) -> Settings:
        names = settings.pop("names", ("door",))
        sources = tuple(source_of_kind("camera", str(i)) for i, _ in enumerate(names))
        return Settings(model="m", sources=sources, sinks=(open_sink("stdout"),), **settings)

    def test_tracking_is_on_where_something_needs_it(self):
        yard, gate = Zone("yard", [(0, 0), (1, 0), (1, 1)]), Line("gate", [(0, 0), (1, 1)])
        assert self.made(zones=(yard,), rules=(Rule("r", zone="yard"),)).followed is None
        assert self.made(zones=(yard,), rules=(Rule("r", enters="yard"),)).followed == Tracking()
        assert self.made(lines=(gate,)).followed == Tracking()
        assert self.made(tracking=True).followed == Tracking()
        assert self.made(tracking=Tracking(hits=2), lines=(gate,)).followed == Tracking(hits=2)
        with pytest.raises(UsageError, match="tracking: line 'gate' needs it"):
            self.made(tracking=False, lines=(gate,))

    def test_with_several_sources_a_place_says_whose_it_is(self):
        yard = Zone("yard", [(0, 0), (1, 0), (1, 1)])
        with pytest.raises(UsageError, match="zones: 'yard': source is missing, and there are several"):
            self.made(names=("front", "back"), zones=(yard,))
        theirs = (Zone("a", yard.points, "front"), Zone("b", yard.points, "back"))
        self.made(names=("front", "back"), zones=theirs, rules=(Rule("r", zone="a", enters="a"),))
        with pytest.raises(UsageError, match="'a' and 'b' are places of different sources"):
            self.made(names=("front", "back"), zones=theirs, rules=(Rule("r", zone="a", enters="b"),))
        with pytest.raises(UsageError, match="rule 'r': sources: 'a' is a place of 'front', which is none of them"):
            self.made(names=("front", "back"), zones=theirs, rules=(Rule("r", zone="a", sources=("back",)),))
        self.made(names=("front", "back"), zones=theirs, rules=(Rule("r", zone="a", sources=("back", "front")),))

    def test_a_place_of_a_source_that_there_is_not(self, tmp_path, small_model):
        yard = Zone("yard", [(0, 0), (1, 0), (1, 1)], "dor")
        with pytest.raises(UsageError, match="'yard': there is no source 'dor', only iterator"):
            Agent(small_model, [b""], sinks=print, state=tmp_path / "state", zones=(yard,)).run()

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"rules": [Rule("r", crosses="gate")], "lines": [Line("gate", [(0, 0), (1, 1)])]}, "rule 'r' asks where"),
            ({"tracking": True}, "things are to be tracked, which a model for classification does not say"),
        ],
    )
    def test_a_model_that_does_not_say_where_things_are(self, tmp_path, small_model, parrot, settings, words):
        with pytest.raises(UsageError, match=words):
            Agent(small_model, [parrot], sinks=print, state=tmp_path / "state", **settings).run()
