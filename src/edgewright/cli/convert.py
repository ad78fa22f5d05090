"""`edgewright convert`: a trained model into a proven `.tflite` file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import click

from edgewright.cli.environments.asking import setup_option, with_environments
from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, json_option, normalization, print_json, say, sizes
from edgewright.cli.words.completion import tasks
from edgewright.cli.words.values import SIZE
from edgewright.files import check_free
from edgewright.model import ModelFile, inspect

_SUFFIX = re.compile(r"(?<=.)\.[a-zA-Z]\w*$")


@click.command("convert", context_settings=HELP)
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The file to write. [default: SOURCE's name.tflite]")
@click.option("--labels", type=click.Path(path_type=Path), help="Text file with the output's labels, one a line.")
@click.option("--mean", metavar="M[,M…]", help="Inputs are normalized as (value - mean) / std; pixels count 0 to 255.")
@click.option("--std", metavar="S[,S…]", help="One number, or one per channel, as for --mean.")
@click.option(
    "--input-shape", metavar="N,N…", help="Shape with the batch, where the source leaves it open: 1,224,224,3."
)
@click.option("--dynamic-batch", is_flag=True, help="Keep a free batch; by default it is fixed to 1.")
@click.option("--unroll", is_flag=True, help="Make a Keras model's recurrent layers a chain of steps, not a loop.")
@click.option(
    "--quantize",
    type=click.Choice(["none", "dynamic", "float16", "int8", "trained"]),
    default="none",
    show_default=True,
    help="Make it smaller; int8 needs --data, trained a source with fake quantization.",
)
@click.option("--data", type=click.Path(path_type=Path), help="Representative data for int8: class folders, .npz, IDX.")
@click.option(
    "--io-dtype",
    type=click.Choice(["float32", "uint8", "int8"]),
    default="float32",
    show_default=True,
    help="Type of inputs and outputs of an int8 file.",
)
@click.option("--signature", help="Which signature of a SavedModel to convert.")
@click.option("--trust", is_flag=True, help="Load a source that brings code along. Only for files of people you trust.")
@click.option("--keep-nchw", is_flag=True, help="Keep pictures channels-first, as PyTorch and ONNX have them.")
@click.option("--inputs", metavar="NAMES", default="", help="Input tensors of a frozen graph, with commas between.")
@click.option("--outputs", metavar="NAMES", default="", help="Output tensors of a frozen graph, with commas between.")
@click.option("--memory", type=SIZE, help="The most memory that the conversion may use: 4G, 800M.")
@click.option(
    "--task",
    metavar="NAME",
    shell_complete=tasks,
    help="What the model is for, where its file shall say so: series, pose, …",
)
@click.option("--columns", metavar="NAMES", help="Of a model of series: its columns, with commas between.")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), metavar="HZ", help="Of a model of series: rows a second."
)
@click.option("--force", is_flag=True, help="Replace the file to write if it exists.")
@setup_option("NAME", "Make the environment of a tool that cannot share this Python, and end: onnx.")
@json_option
def command(source: Path, out: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Convert SOURCE to .tflite, and compare the result with its source.

    SOURCE is a .keras, .h5, .pt2, .pt (TorchScript), .onnx or .pb file, or a SavedModel folder.

    A .tflite file as SOURCE passes through, so that its task, labels and normalization can be added to it.

    Example: edgewright convert fashion.h5 -o fashion.tflite --labels labels.txt --mean 0 --std 255
    """
    from edgewright.check import repairs
    from edgewright.convert import convert, notices

    target = out or _beside(source)
    if out is None and target.exists() and source.exists() and target.samefile(source):
        raise click.UsageError(f"{source} is a .tflite file already. Name the one to write: -o FILE")
    given = _given(source)
    if given is not source or source.exists():  # What is not there is said first.
        check_free(target, overwrite=force)
    arguments = _arguments(**options)

    def work() -> ModelFile:
        with ProgressBars() as progress:
            return convert(given, progress=progress, **arguments)

    model = with_environments(work)
    model.save(target, overwrite=force)
    for notice in (*repairs(model), *notices(model)):
        say(f"{target}: {notice}")
    if as_json:
        print_json(inspect(ModelFile.read(target)).to_dict())
    else:
        click.echo(f"{target}: {model.size:,} bytes. Look into it with: edgewright inspect {target}")


def _beside(source: Path) -> Path:
    """The file to write where nobody names it; of "mobilenet_0.25", which is a folder, .25 is no suffix."""
    name = Path(os.path.realpath(source)).name
    return Path(f"{_SUFFIX.sub('', name) or 'model'}.tflite")


def _given(source: Path) -> Path | ModelFile:
    """What is to be converted: a file or folder, or the model that is known by this name."""
    from edgewright.hub import names, read

    return read(str(source)) if not source.exists() and str(source) in names() else source


def _arguments(
    *, mean: str | None, std: str | None, input_shape: str | None, data: Path | None, **others: Any
) -> dict[str, Any]:
    """The library's arguments from the options of the command line."""
    return {
        **others,
        "normalization": normalization(mean, std),
        "input_shape": sizes(input_shape, "--input-shape") or None,
        "representative_data": data,
    }
