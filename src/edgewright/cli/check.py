"""`edgewright check`: will a model run on a target, and what of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright import hub
from edgewright.check import check, tables
from edgewright.cli.environments.asking import with_environments
from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, Renamed, json_option, print_json, refuse_others, say, sizes
from edgewright.cli.words.completion import models, targets
from edgewright.files import check_free
from edgewright.report import print_table

if TYPE_CHECKING:
    from edgewright.check import SourceReport

_ALWAYS = ("source", "signature", "force", "as_json")
_OF_SOURCES = (*_ALWAYS, "data", "inputs", "outputs", "input_shape", "trust")

# What sources need is imported where it is used: it takes longer than a prediction for a .tflite file.


def _explain(ctx: click.Context, option: click.Parameter, asked: str | None) -> None:
    if asked is not None:
        from edgewright.convert import explain

        click.echo(explain(asked))
        ctx.exit()


@click.command("check", context_settings=HELP)
@click.argument("source", metavar="SOURCE_OR_TFLITE", shell_complete=models)
@click.argument("model", required=False, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--target",
    "targets",
    shell_complete=targets,
    default="cpu",
    show_default=True,
    help="Comma-separated: cpu, gpu, edgetpu, micro, browser; rpi, android, coral, arduino, … stand for one of these.",
)
@click.option("--signature", metavar="KEY", help="Which of the signatures to check. [default: each of a .tflite file]")
@click.option("--fix", is_flag=True, help="Try the safe remedies on a source that does not convert.")
@click.option("--layers", is_flag=True, help="Compare SOURCE with MODEL, a file made from it, layer by layer.")
@click.option("--data", type=click.Path(path_type=Path), help="Real inputs to compare on: pictures, .npz, IDX.")
@click.option("--dynamic-batch", is_flag=True, help="Convert a source with a free batch.")
@click.option(
    "--input-shape", metavar="N,N…", help="Shape of a source's input, where that leaves it open: 1,224,224,3."
)
@click.option("--inputs", metavar="NAMES", default="", help="Input tensors of a frozen graph, with commas between.")
@click.option("--outputs", metavar="NAMES", default="", help="Output tensors of a frozen graph, with commas between.")
@click.option("--trust", is_flag=True, help="Load a source that brings code along. Only for files of people you trust.")
@click.option(
    "--explain", metavar="TOPIC", is_eager=True, expose_value=False, callback=_explain,
    help="Say what is known of an operator, a Keras layer or a topic that stands in the way, and end; all: of each.",
)  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write what the source became (.tflite).")
@click.option(
    "--html",
    "report",
    cls=Renamed,
    before=("--report",),
    type=click.Path(path_type=Path),
    help="With --layers: a page with the error per layer.",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@json_option
def command(
    source: str, model: Path | None, targets: str, as_json: bool, fix: bool, layers: bool, force: bool, **options: Any
) -> int:
    """Say of each operator of a model whether a target runs it, leaves it to the CPU, or does not support it.

    SOURCE_OR_TFLITE is a .tflite file or a name from `edgewright models`. "cpu" and "micro" run the model with made-up
    inputs in a child process; "gpu" and "edgetpu" are predicted from published lists, "browser" from what was
    measured in one. The exit code is 1 where the
    model does not run on one of the targets, or an accelerator takes no part of it.

    A source (.keras, .h5, .pt2, .onnx, .pb, SavedModel folder) is converted, and what stands in the way is said by
    operator and layer.

    Example: edgewright check model.tflite --target cpu,edgetpu,micro
    """
    out, report = options.pop("out"), options.pop("report")
    for path in filter(None, (out, report)):
        check_free(path, overwrite=force)
    if layers != (model is not None):
        raise click.UsageError("--layers takes two files: edgewright check --layers SOURCE MODEL")
    chosen = {"representative_data": options["data"], "trust": options["trust"]}
    chosen |= {"inputs": options["inputs"], "outputs": options["outputs"]}
    chosen["input_shape"] = sizes(options["input_shape"], "--input-shape") or None
    chosen["signature"] = options["signature"]
    if model is not None:
        refuse_others((*_OF_SOURCES, "model", "layers", "report"), "--layers")
        return _check_layers(source, model, report, force, as_json, chosen)
    if _is_source(Path(source)):
        refuse_others((*_OF_SOURCES, "fix", "dynamic_batch", "out"), "a source, which is converted")
        chosen["dynamic_batch"] = options["dynamic_batch"]
        return _check_source(source, out, force, as_json, fix=fix, **chosen)
    return _check_file(source, targets, options["signature"], as_json)


def _is_source(path: Path) -> bool:
    """Whether it is a file or folder to convert; all else is a .tflite file or a name."""
    if path.is_dir():
        return True
    # By its name too: of a damaged .tflite file the mark may be what is lost.
    if not path.is_file() or path.suffix.lower() == ".tflite":
        return False
    with path.open("rb") as stream:
        return stream.read(8)[4:] != b"TFL3"


def _check_source(source: str, out: Path | None, force: bool, as_json: bool, **options: Any) -> int:
    from edgewright.check import check_source, source_tables

    def work() -> SourceReport:
        with ProgressBars() as progress:
            return check_source(Path(source), progress=progress, **options)

    report = with_environments(work)
    if report.model is not None and out is not None:
        report.model.save(out, overwrite=force)
    if as_json:
        print_json(report.to_dict())
    else:
        for table in source_tables(report):
            print_table(table)
            click.echo()
    return 0 if report.converts else 1


def _check_layers(
    source: str, model: Path, page: Path | None, force: bool, as_json: bool, options: dict[str, Any]
) -> int:
    from edgewright.check import check_layers, layer_page, layer_table

    with ProgressBars() as progress:
        report = check_layers(source, model, progress=progress, **options)
    for notice in report.notices:
        say(notice)
    if page is not None:
        layer_page(report).save(page, overwrite=force)
    if as_json:
        print_json(report.to_dict())
    else:
        print_table(layer_table(report))
    return 0 if report.agrees else 1


def _check_file(source: str, targets: str, signature: str | None, as_json: bool) -> int:
    model = hub.read(source)
    refuse_others((*_ALWAYS, "targets"), "a .tflite file, which is not converted")
    with ProgressBars() as progress:
        report = check(model, targets=targets, signature=signature, progress=progress)
    if as_json:
        print_json(report.to_dict())
    else:
        for table in tables(report):
            print_table(table)
            click.echo()
    return 0 if report.runs else 1
