"""The mistakes that people make: each is told in one line, in words of the command line, with a remedy that works."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from messages import arguments, functions, python_calls, python_names

from ..sharing import Shared

Run = Callable[..., subprocess.CompletedProcess[str]]

FILES = {
    "model.tflite": "models/mobilenet_v1_0.25_224_float_metadata.tflite",
    "bare.tflite": "models/mobilenet_v1_0.25_224_float.tflite",
    "photo.jpg": "images/parrot.jpg",
    "pics/parrot.jpg": "images/parrot.jpg",
    "rgb.keras": "cases/02-rgb.keras",
    "data/macaw/parrot.jpg": "images/parrot.jpg",
}
TEXTS = {
    "two.txt": "red\ngreen\n",
    "three.txt": "red\ngreen\nblue\n",
    "notes.txt": "hello\n",
    "page.tflite": "<!DOCTYPE html><html><body>Not found</body></html>",
    "here.tflite": "mine",
    "options.toml": 'model = "model.tflite"\noptions = { mean = 3 }\nsource = { folder = "pics", once = true }\n'
    'sinks = [{ send = "stdout" }]\n',
}
FOLDERS = ("empty", "model_folder")


class Mistake(NamedTuple):
    """What is typed, the exit code, what the line says, and what is typed then and succeeds; "" where that is long."""

    typed: str
    code: int
    says: str
    then: str = ""


RUN = "run model.tflite photo.jpg"
BENCH = "bench model.tflite --rounds 1 --threads 1"
CONVERT = "convert rgb.keras -o out.tflite"
INSPECT = "inspect model.tflite"

MISTAKES = [
    # The order, the verb, the option
    Mistake("run photo.jpg model.tflite", 2, f"it comes first. Run: `edgewright {RUN}`", RUN),
    Mistake(
        "run photo.jpg --top 2 model.tflite", 2, "`edgewright run model.tflite --top 2 photo.jpg`", f"{RUN} --top 2"
    ),
    Mistake("evaluate data model.tflite", 2, "`edgewright evaluate model.tflite data`", "evaluate model.tflite data"),
    Mistake("teach data model.tflite -o new.tflite", 2, "`edgewright teach model.tflite data -o new.tflite`"),
    Mistake("model.tflite photo.jpg", 2, f"it is a file. To run it: `edgewright {RUN}`", RUN),
    Mistake("photo.jpg", 2, "To run it: `edgewright run MODEL photo.jpg`"),
    Mistake("model.tflite", 2, "To run it: `edgewright run model.tflite INPUT`"),
    Mistake("photo.jpg model.tflite", 2, f"To run it: `edgewright {RUN}`", RUN),
    Mistake("deploy model.tflite", 2, "the device comes first: `edgewright deploy USER@HOST model.tflite`"),
    Mistake("deploy model.tflite pi@door", 2, "comes first: `edgewright deploy pi@door model.tflite`"),
    Mistake("rum model.tflite photo.jpg", 2, "Did you mean 'run'?", RUN),
    Mistake("fit pics", 2, "Did you mean 'train'?"),
    Mistake("train model.tflite -o new.tflite", 2, "train takes data. With a model: `edgewright teach MODEL DATA`"),
    Mistake("predict model.tflite photo.jpg", 2, "Did you mean 'run'?", RUN),
    Mistake("info model.tflite", 2, "Did you mean 'inspect'?", INSPECT),
    Mistake("models gte", 2, "Did you mean 'get'?", "models get --help"),
    Mistake(f"{RUN} --tpo 3", 2, "'--top'", f"{RUN} --top 3"),
    Mistake(f"{RUN} --json --csv", 2, "--csv and --json exclude each other", f"{RUN} --json"),
    # The model
    Mistake("run modle.tflite photo.jpg", 1, "there is no such file. Did you mean 'model.tflite'?", RUN),
    Mistake("run moddel photo.jpg", 2, "no model named 'moddel'. Did you mean 'model.tflite'?", RUN),
    Mistake("run yamnt photo.jpg", 2, "no model named 'yamnt'. Did you mean 'yamnet'?"),
    Mistake("models get mobilenet_v9", 2, "no model named 'mobilenet_v9'. Did you mean 'mobilenet_"),
    Mistake("run mobilenet_v1 photo.jpg", 2, "Did you mean 'mobilenet_v1_0_25_128_quant', 'mobilenet_v1_0_25_224', "),
    Mistake("run xyzzy photo.jpg", 2, "All are listed by: `edgewright models`", "models"),
    Mistake("run model_folder photo.jpg", 1, "this is a folder; a .tflite file is expected", RUN),
    Mistake("run rgb.keras photo.jpg", 1, "Convert it with: `edgewright convert rgb.keras`", "convert rgb.keras"),
    Mistake("inspect rgb.keras", 1, "Convert it with: `edgewright convert rgb.keras`", "convert rgb.keras"),
    Mistake("inspect photo.jpg", 1, "it looks like a JPEG picture", INSPECT),
    Mistake("bench page.tflite", 1, "it looks like a web page. Download the file itself", BENCH),
    Mistake("inspect cut.tflite", 1, "damaged", INSPECT),
    # What it looks at
    Mistake("run model.tflite", 2, "Missing argument 'INPUTS...'", RUN),
    Mistake("run model.tflite photo", 1, "no such file. Did you mean 'photo.jpg'?", RUN),
    Mistake("run model.tflite phto.jpg", 1, "no such file. Did you mean 'photo.jpg'?", RUN),
    Mistake("run model.tflite empty", 1, "no pictures in there", "run model.tflite pics"),
    Mistake("run model.tflite notes.txt", 1, "not a picture", RUN),
    Mistake("run model.tflite half.jpg", 1, "damaged", RUN),
    Mistake(f"{RUN} -o photo.jpg", 1, "is a file. Name a folder to save in", f"{RUN} -o saved"),
    # What is said of the model
    Mistake(
        "run bare.tflite photo.jpg",
        2,
        "often --mean 127.5 --std 127.5",
        "run bare.tflite photo.jpg --mean 127.5 --std 127.5",
    ),
    Mistake(
        "run bare.tflite photo.jpg --mean 0",
        2,
        "--mean and --std go together",
        "run bare.tflite photo.jpg --mean 0 --std 255",
    ),
    Mistake(
        "watch bare.tflite --folder pics --once",
        2,
        "Write the mean and std of its training into it, often: `",
        "convert bare.tflite -o described.tflite --mean 127.5 --std 127.5",
    ),
    Mistake(
        f"{RUN} --pad 3",
        2,
        "--pad 3 goes with --resize letterbox: stretched pictures have no borders",
        f"{RUN} --pad 3 --resize letterbox",
    ),
    Mistake("watch options.toml", 2, "classification has no option 'mean'. It has: labels, "),
    Mistake("run bare.tflite photo.jpg --mean a --std 1", 2, "--mean: 'a' is no number"),
    Mistake("run bare.tflite photo.jpg --mean 0,0 --std 1,1", 2, "for 2 channels, and input 'input' has 3"),
    Mistake(f"{RUN} --labels two.txt", 2, "2 labels", RUN),
    Mistake(f"{RUN} --labels nolabels.txt", 2, "there is no such file of labels", RUN),
    Mistake(f"{RUN} --labels pics", 2, "the labels cannot be read: Is a directory. Give a text file", RUN),
    Mistake(f"{RUN} --crop-fraction 3 --resize crop", 2, "'--crop-fraction': 3.0 is not in the range 0<x<=1"),
    Mistake(f"{RUN} --on cat", 2, "--on goes with --then MODEL, the model that looks at the crops"),
    Mistake(f"{RUN} --task detection", 2, "this is no detector", RUN),
    Mistake(f"{RUN} --task clasification", 2, "Did you mean 'classification'?", f"{RUN} --task classification"),
    Mistake(f"{RUN} --threads 0", 2, "0 is not in the range", f"{RUN} --threads 1"),
    Mistake(f"{RUN} --engine litrt", 2, "Did you mean 'litert'?", f"{RUN} --engine litert"),
    Mistake(f"{RUN} --delegate libnothing.so", 1, "Install it, or open the model without it", RUN),
    # Converting
    Mistake("convert", 2, "Missing argument 'SOURCE'"),
    Mistake("convert rgb", 1, "no such file or folder. Did you mean 'rgb.keras'?", CONVERT),
    Mistake(f"{CONVERT} --signature serve", 2, "--signature means nothing for it. It goes with: a SavedModel", CONVERT),
    Mistake("convert photo.jpg", 1, "this is a JPEG picture, not a model"),
    Mistake("convert model_folder", 1, "a folder without saved_model.pb"),
    Mistake("convert model.tflite", 2, "Name the one to write: -o FILE", "convert model.tflite -o copy.tflite"),
    Mistake("convert model.tflite -o here.tflite", 1, "(--force)", "convert model.tflite -o here.tflite --force"),
    Mistake(
        "convert model.tflite -o nofolder/x.tflite",
        1,
        "the folder nofolder does not exist",
        "convert model.tflite -o empty/x.tflite",
    ),
    Mistake("convert model.tflite -o pics", 1, "Name a file inside it", "convert model.tflite -o pics/x.tflite"),
    Mistake(f"{CONVERT} --labels two.txt", 2, "2 labels", f"{CONVERT} --labels three.txt"),
    Mistake(f"{CONVERT} --quantize int3", 2, "'int3' is not one of 'none', 'dynamic', 'float16', 'int8'"),
    Mistake(f"{CONVERT} --quantize int8", 2, "--quantize int8 needs --data"),
    Mistake(f"{CONVERT} --quantize int8 --data nothere", 2, "nothere: no such file or folder of representative data"),
    Mistake(
        "convert model.tflite -o x.tflite --quantize dynamic",
        2,
        "--quantize dynamic needs the model that it was made from",
    ),
    # The other verbs
    Mistake("bench model.tflite --threads a", 2, "'a': give whole numbers from 1 to 256", BENCH),
    Mistake("bench model.tflite --engines foo", 2, "Choose from: litert", f"{BENCH} --engines litert"),
    Mistake("optimize model.tflite -o s.tflite", 2, "Missing option '--data'"),
    Mistake("optimize model.tflite --data daata -o s.tflite", 2, "Did you mean 'data'?"),
    Mistake("optimize model.tflite --data data -o s.tflite --max-drop 1", 2, "Did you mean 1%?"),
    Mistake(
        "evaluate model.tflite data --metric top", 2, "Did you mean 'top", "evaluate model.tflite data --metric top5"
    ),
    Mistake("evaluate model.tflite photo.jpg", 1, "photo.jpg: this is a JPEG picture, not a data set"),
    Mistake("train data -o new.tflite --rate -1", 2, "'--rate': -1.0 is not in the range x>0"),
    Mistake("inspect yamnet --reseal", 2, "--reseal takes a file; yamnet is a model by name"),
    Mistake("evaluate model.tflite empty", 1, "empty: no pictures. Expected empty/CLASS/picture.jpg"),
    Mistake(
        "check model.tflite --target foo",
        2,
        "there is no target 'foo'. Choose one of: browser, cpu, ",
        "check model.tflite --target cpu",
    ),
    Mistake("rewrite model.tflite", 2, "Missing option '-o' / '--out'", "rewrite model.tflite -o new.tflite"),
    Mistake(
        "rewrite model.tflite --pass foo -o new.tflite",
        2,
        "Choose one of: browser, builtin-code, drop-dead, ",
        "rewrite model.tflite --pass drop-dead -o new.tflite",
    ),
    Mistake("watch", 2, "name a model, or a .toml file"),
    Mistake(
        "watch model.tflite", 2, "--camera, --stream, --video, --folder, ", "watch model.tflite --folder pics --once"
    ),
    Mistake("watch model.tflite --folder nothere --once", 2, "there is no such folder"),
    Mistake("watch model.tflite --folder photo.jpg --once", 2, "is a file, and a folder is watched"),
    Mistake(
        "watch model.tflite --folder pics --once --label macav",
        2,
        "'macaw'",
        "watch model.tflite --folder pics --once --label macaw",
    ),
    Mistake("watch model.tflite --folder pics --once --label macaw --cooldown soon", 2, "--cooldown: 'soon', expected"),
    Mistake("watch model.tflite --folder pics --once --link fast", 2, "--link: 'fast', expected a link"),
    Mistake("watch --dashboard 80800", 2, "--dashboard: 80800 is no port; expected one up to 65535. A model stands"),
    Mistake("watch model.tflite --folder pics --once --dashboard x", 2, "--dashboard: 'x', expected an address"),
    Mistake("watch model.tflite --folder pics --once --score 1", 2, "goes with --label"),
    Mistake("watch model.tflite --folder pics --once --send nowhere", 2, "Write one like"),
]


def fill(folder: Path, shared_file: Callable[[str], Path]) -> None:
    """What somebody has who tries it out: models, pictures, and files that are none."""
    for name, source in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared_file(source), folder / name)
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    for name in FOLDERS:
        (folder / name).mkdir()
    (folder / "cut.tflite").write_bytes((folder / "model.tflite").read_bytes()[:3000])
    (folder / "half.jpg").write_bytes((folder / "photo.jpg").read_bytes()[:1500])


@pytest.fixture
def folder(shared_file: Callable[[str], Path], tmp_path: Path) -> Path:
    """A filled folder, in which a mistake is made."""
    fill(tmp_path, shared_file)
    return tmp_path


@pytest.fixture(scope="session")
def corrected(edgewright: Run, shared: Shared, shared_file: Callable[[str], Path]) -> Callable[[str], tuple[int, str]]:
    """Exit code and complaints of what is typed after a mistake; many have the same remedy, which is typed once."""

    def run(typed: str) -> tuple[int, str]:
        folder = Path(tempfile.mkdtemp(prefix="corrected"))
        fill(folder, shared_file)
        done = edgewright(*typed.split(), cwd=folder)
        shutil.rmtree(folder)
        return done.returncode, done.stderr

    def corrected(typed: str) -> tuple[int, str]:
        name = "corrected-" + "".join(letter if letter.isalnum() else "-" for letter in typed)
        return shared.value(name, lambda: run(typed))

    return corrected


def files_of(folder: Path) -> list[Path]:
    """All that lies there, but what `watch` keeps of itself."""
    return sorted(path for path in folder.rglob("*") if "edgewright-state" not in path.parts)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.typed)
def test_a_mistake_is_told_with_a_remedy_that_works(mistake: Mistake, edgewright: Run, folder: Path, corrected):
    before = files_of(folder)
    done = edgewright(*mistake.typed.split(), cwd=folder)
    line = done.stderr.removesuffix("\n")
    assert (done.returncode, done.stdout) == (mistake.code, ""), done.stderr
    assert line.startswith("edgewright: ")
    assert "\n" not in line
    assert mistake.says in line
    assert not [*python_names(line, arguments()), *python_calls(line, functions())]
    if mistake.code == 2:
        assert files_of(folder) == before
    for command in re.findall(r"`edgewright ([^`]+)`", line):
        assert sorted(shlex.split(command)) == sorted(mistake.then.split()) or not mistake.then
    if mistake.then:
        code, complaints = corrected(mistake.then)
        assert code == 0, complaints


def test_there_are_at_least_forty_of_them():
    assert len({mistake.typed for mistake in MISTAKES}) >= 40


@pytest.mark.parametrize(
    ("verb", "more"),
    [("inspect", ""), ("run", "photo.jpg"), ("check", ""), ("bench", "--rounds 1"), ("rewrite", "-o new.tflite")],
)
def test_a_model_may_lack_its_suffix(verb: str, more: str, edgewright: Run, folder: Path):
    whole = edgewright(verb, "model.tflite", *more.split(), cwd=folder)
    (folder / "new.tflite").unlink(missing_ok=True)
    short = edgewright(verb, "model", *more.split(), cwd=folder)
    assert (whole.returncode, short.returncode) == (0, 0), short.stderr
    if verb in ("inspect", "run"):
        assert short.stdout == whole.stdout
