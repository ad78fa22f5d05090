"""An outside package of one file, that of docs/how-to/plugins.md, adds one part of each kind: every verb works with it.

It is installed by pip into an environment of its own, which sees the packages of this one.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..docs.blocks import DOCS, assert_shown, blocks

PAGE = DOCS / "how-to" / "plugins.md"
SOURCE = DOCS.parent / "src" / "edgewright"

# A command as pip writes it.
COMMAND = """#!{python}
import sys
from {module} import main
sys.exit(main())
"""
COMMANDS = {"edgewright": "edgewright.cli", "pip": "pip._internal.cli.main"}

# As pip's --no-index, --no-build-isolation and --no-deps: what the package needs is there.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

# A file that says nothing of itself.
BARE = "import edgewright_gauge as g, json; g.dense(json.load(open('pressure.gauge.json'))).save('bare.tflite')"

Done = subprocess.CompletedProcess[str]


def text_of(name: str) -> str:
    """The page's file of a name."""
    return next(block.text for block in blocks(PAGE) if f"file={name}" in block.words)


def entry_points() -> dict[str, dict[str, str]]:
    """The page's entry points: group -> name -> part."""
    groups: dict[str, dict[str, str]] = tomllib.loads(text_of("pyproject.toml"))["project"]["entry-points"]
    return groups


@dataclass(frozen=True)
class Environment:
    """A fresh environment, and the folder in which its user works."""

    root: Path
    folder: Path

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.root), "platbase": str(self.root)}))

    def shell(self, line: str, **more: str) -> Done:
        """Run a line as in a terminal of 80 columns; what goes to standard error comes with the rest."""
        return self._run(["bash", "-c", line], more, stderr=subprocess.STDOUT)

    def run(self, *arguments: object, **more: str) -> Done:
        """Run the command."""
        return self._run([str(self.root / "bin/edgewright"), *map(str, arguments)], more, stderr=subprocess.PIPE)

    def _run(self, command: list[str], more: dict[str, str], stderr: int) -> Done:
        home = {"HOME": str(self.folder / "home"), "XDG_CACHE_HOME": str(self.folder / "home/cache")}
        path = {"PATH": f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}
        return subprocess.run(
            command, cwd=self.folder, env={**os.environ, **home, **path, **OFFLINE, **more}, check=False, text=True,
            stdout=subprocess.PIPE, stderr=stderr, timeout=300,
        )  # fmt: skip

    def ran(self, *arguments: object, code: int = 0) -> str:
        """Run the command, which has nothing to complain about, and return what it prints."""
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (code, ""), done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The environment with the package of the page in it, and the folder that its first commands make."""
    there = Environment(tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("work"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", there.root], check=True)
    (there.packages / "ours.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    for name, module in COMMANDS.items():
        (there.root / "bin" / name).write_text(COMMAND.format(python=there.root / "bin/python", module=module))
        (there.root / "bin" / name).chmod(0o755)
    write_files(there.folder)
    follow(there, next(consoles()))
    there.shell(f'python -c "{BARE}"')
    there.ran("models", "get", "pressure_gauge")
    there.ran("rewrite", "pressure_gauge", "--pass", "sign", "-o", "signed.tflite")
    return there


def write_files(folder: Path) -> None:
    """The files of the page, where its reader has them."""
    code = [block.text for block in blocks(PAGE) if block.words == ("python",)]
    package = folder / "edgewright-gauge"
    package.mkdir()
    (package / "edgewright_gauge.py").write_text("\n\n".join(code))
    (package / "pyproject.toml").write_text(text_of("pyproject.toml"))
    (folder / "agent.toml").write_text(text_of("agent.toml"))


def consoles() -> Iterator[str]:
    return (block.text for block in blocks(PAGE) if block.words == ("console", "gauge"))


def follow(environment: Environment, console: str) -> None:
    """Type what a block of the page shows, and see what it shows."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        assert_shown(shown, environment.shell(command).stdout)


def test_the_page_adds_one_part_of_each_kind():
    sources = "".join(path.read_text() for path in sorted(SOURCE.rglob("*.py")))
    groups = set(re.findall(r'ENTRY_POINTS = "(edgewright\.\w+)"', sources))
    assert len(re.findall(r" = Registry\(", sources)) <= len(groups) + 1  # one is for a fallback of ours
    assert set(entry_points()) == groups
    assert all(f"`{group}`" in PAGE.read_text() for group in groups)
    architecture = (DOCS / "architecture.md").read_text()
    assert [group for group in groups if f"`{group.removeprefix('edgewright')}`" not in architecture] == []


def test_the_page_says_what_happens(environment: Environment, tmp_path: Path):
    reader = dataclasses.replace(environment, folder=tmp_path)
    write_files(tmp_path)
    for console in consoles():
        follow(reader, console)
    assert (tmp_path / "small.tflite").stat().st_size < (tmp_path / "gauge.tflite").stat().st_size / 1.5
    assert "ean error" in (tmp_path / "search.html").read_text()


def test_run_shows_one_and_many_and_writes_every_form(environment: Environment):
    one = environment.ran("run", "signed.tflite", "photos/4bar.png", "--json")
    assert json.loads(one) == [{"input": "photos/4bar.png", "kind": "gauge", "pressure": pytest.approx(4, abs=0.05)}]
    many = environment.run("run", "signed.tflite", "photos", "--csv", "--save-dir", "drawn")
    rows = list(csv.reader(many.stdout.splitlines()))
    assert rows[0] == ["input", "gauge", "bar"]
    assert [float(bar) for *_, bar in rows[1:]] == pytest.approx(range(1, 10), abs=0.05)
    assert len(list((environment.folder / "drawn").glob("*.jpg"))) == 9


def test_a_kind_is_found_by_its_name_by_the_file_and_by_the_outputs(environment: Environment):
    said = ("--mean", 0, "--std", 255)
    found = environment.ran("run", "bare.tflite", "photos/4bar.png", *said)
    assert "3.98" in found
    assert environment.ran("run", "bare.tflite", "photos/4bar.png", *said, "--task", "gauge") == found
    refused = environment.run("run", "bare.tflite", "photos/4bar.png", *said, "--threshold", "0.5")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "bare.tflite: gauge has no option '--threshold'" in refused.stderr


def test_bench_measures_pictures_and_the_engine(environment: Environment):
    said = environment.ran(
        "bench", "signed.tflite", "--images", "photos", "--engines", "litert,litert-reference", "--rounds", 1, "--json"
    )
    measured = [(one["engine"], bool(one["end_to_end"])) for one in json.loads(said)["measured"]]
    assert measured == [("litert", True), ("litert-reference", True)]


def test_evaluate_scores_by_the_metric_and_compares(environment: Environment):
    given = (
        "evaluate",
        "signed.tflite",
        "drawn_gauges",
        "--baseline",
        "pressure_gauge",
        "--html",
        "report.html",
        "--json",
    )
    report = json.loads(environment.ran(*given))
    assert (report["metric"], report["task"], report["inputs"]) == ("gauge_error", "gauge", 200)
    assert report["value"] < 0.1
    assert report["comparison"]["change"]["value"] == 0
    page = (environment.folder / "report.html").read_text()
    assert "Mean error" in page
    assert "data:image/" in page


def test_inspect_check_and_the_first_steps(environment: Environment):
    assert "Train" in environment.ran("quickstart", "--help")
    assert re.search(r"task +gauge", environment.ran("inspect", "signed.tflite"))
    report = json.loads(environment.ran("check", "signed.tflite", "--target", "board,cpu", "--json"))
    assert [(target["target"], target["runs"]) for target in report["targets"]] == [("board", True), ("cpu", True)]


PROGRAM = """
import edgewright as ew
model = ew.ModelFile.read("signed.tflite")
with ew.load(model, offset=0.5) as read:
    print(round(read("photos/4bar.png").value, 2), read.labels, read.kind)
    print([round(answer.result.value) for answer in read.stream(["photos/2bar.png", "photos/7bar.png"])])
with ew.load("pressure_gauge", engine="litert-reference") as read:
    print(round(read("photos/9bar.png").value, 2))
print(ew.check(model, targets="board")["board"].taken, ew.rewrite(model, ["sign"]).changes)
"""


def test_a_program_has_them_too(environment: Environment):
    (environment.folder / "program.py").write_text(PROGRAM)
    assert environment.shell("python program.py").stdout.splitlines() == [
        "4.48 ('pressure',) gauge",
        "[3, 8]",
        "8.98",
        "1 ()",
    ]


def test_watch_takes_the_source_from_a_file_and_the_sink_from_the_command_line_too(environment: Environment):
    (environment.folder / "in").mkdir()
    (environment.folder / "in/7bar.png").write_bytes((environment.folder / "photos/7bar.png").read_bytes())
    done = environment.run(
        "watch", "signed.tflite", "--folder", "in", "--once", "--send", "shout:one.jsonl", "--state", "one", "--label",
        "pressure", "--score", "6",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    event = json.loads((environment.folder / "one.jsonl").read_text().replace("NULL", "null"))
    assert (event["RULE"], event["OBSERVATION"]["LABEL"]) == ("PRESSURE", "PRESSURE")


BROKEN = "raise ImportError('no scipy')\n"

# Models of the same package, which are whole, but made by broken parts; and a kind of task that fails on each picture.
MODULE = """
SAID = {"title": "A gauge", "task": "gauge", "license": "CC0-1.0", "size": 1}
LOST = {**SAID, "recipe": "gauge_json", "origin": {"kind": "broken"}}
UNMADE = {**SAID, "recipe": "broken", "origin": {"kind": "share", "name": "pressure.gauge.json"}}

class Failing:
    name, input = "failing", "picture"

    def recognize(self, model): return None
    def decoder(self, model, options): return Decoder()

class Fed(Failing):
    name, input = "fed", "broken"

class Decoder:
    labels = ()

    def __call__(self, outputs, prepared): return {}["reading"]
"""

AGENTS = {
    "broken.toml": 'model = "signed.tflite"\n[source]\nbroken = 1\n',
    "broken_rule.toml": 'model = "signed.tflite"\n[source]\nfolder = "photos"\n[[rules]]\n[rules.broken]\n',
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, environment: Environment) -> str:
    """A folder for PYTHONPATH, found before all others: a package whose parts, one of each kind, cannot be imported."""
    folder = tmp_path_factory.mktemp("broken")
    information = folder / "broken-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    more = {
        "edgewright.tasks": "failing = broken_models:Failing\nfed = broken_models:Fed\n",
        "edgewright.models": "lost = broken_models:LOST\nunmade = broken_models:UNMADE\n",
    }
    groups = (f"[{group}]\n{more.get(group, '')}broken = broken_parts:Part\n" for group in entry_points())
    (information / "entry_points.txt").write_text("".join(groups))
    (folder / "broken_parts.py").write_text(BROKEN)
    (folder / "broken_models.py").write_text(MODULE)
    for name, text in AGENTS.items():
        (environment.folder / name).write_text(text)
    return str(folder)


def cannot(kind: str) -> str:
    return f"the {kind} 'broken' (broken_parts:Part) cannot be imported: no scipy"


# Commands for which parts are looked for by what they recognize: what is printed, and what kinds are met on the way.
LOOKED_FOR = {
    "run bare.tflite photos/4bar.png --mean 0 --std 255": ("3.98", ["task"]),
    "convert pressure.gauge.json -o again.tflite --force": ("again.tflite", ["source", "task"]),
    "evaluate signed.tflite photos/all.gauges": ("0.021 bar", ["data format", "metric"]),
    "evaluate signed.tflite drawn_gauges": ("0.078 bar", ["metric"]),
}


@pytest.mark.parametrize("command", LOOKED_FOR)
def test_a_broken_part_is_one_line_of_warning_and_spoils_nothing(environment: Environment, broken: str, command: str):
    printed, kinds = LOOKED_FOR[command]
    done = environment.run(*command.split(), PYTHONPATH=broken)
    assert done.returncode == 0, done.stderr
    assert printed in done.stdout
    warnings = [line for line in done.stderr.splitlines() if "broken" in line]
    assert warnings == [f"edgewright: {cannot(kind)}. It is left out" for kind in kinds]


def test_the_list_of_models_leaves_out_each_that_cannot_be_had(environment: Environment, broken: str):
    done = environment.run("models", "list", "--task", "gauge", PYTHONPATH=broken)
    assert done.returncode == 0
    assert re.findall(r"^(\w+) +gauge", done.stdout, re.MULTILINE) == ["pressure_gauge", "unmade"]
    lost = f"the model 'lost' (broken_models:LOST) cannot be used: {cannot('kind of origin')}"
    assert done.stderr.splitlines() == [f"edgewright: {why}. It is left out" for why in (lost, cannot("model"))]


# Commands that name a broken part, and its kind.
NAMED = {
    "run signed.tflite photos/4bar.png --task broken": "task",
    "run signed.tflite photos/4bar.png --task fed": "kind of input",
    "run signed.tflite photos/4bar.png --engine broken": "engine",
    "run broken photos/4bar.png": "model",
    "models get unmade": "recipe",
    "evaluate signed.tflite drawn_gauges --metric broken": "metric",
    "evaluate signed.tflite broken": "data set",
    "rewrite signed.tflite --pass broken -o x.tflite": "pass",
    "check signed.tflite --target broken": "target",
    "export signed.tflite --for broken -o x": "target of export",
    "optimize net.keras --data photos --train photos --methods broken -o x.tflite": "method",
    "watch signed.tflite --folder photos --once --send broken:x": "kind of sink",
    "watch broken.toml": "kind of source",
    "watch broken_rule.toml": "predicate of rules",
}


@pytest.mark.parametrize("command", NAMED)
def test_a_broken_part_that_is_named_is_one_line(environment: Environment, broken: str, command: str):
    done = environment.run(*command.split(), PYTHONPATH=broken)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"edgewright: {cannot(NAMED[command])}\n")


@pytest.mark.parametrize("model", ["signed.tflite", "pressure_gauge"])
def test_what_needs_no_broken_part_does_not_meet_it(environment: Environment, broken: str, model: str):
    done = environment.run("run", model, "photos/4bar.png", PYTHONPATH=broken)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3.98" in done.stdout


@pytest.mark.parametrize("pictures", ["photos/4bar.png", "photos"])
def test_a_part_that_fails_is_named_by_its_package(environment: Environment, broken: str, pictures: str):
    done = environment.run("run", "signed.tflite", pictures, "--task", "failing", PYTHONPATH=broken)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "edgewright: unforeseen KeyError in the package broken: 'reading'. Please report it to its makers with what "
        "this prints: the same command, --debug\n"
    )
