"""`edgewright rewrite`: an equivalent file that is quicker, smaller or easier to use, with the proof."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, given_words, json_option, print_json
from edgewright.cli.words.completion import files, models, passes
from edgewright.errors import DataError, EngineError
from edgewright.evaluate import Difference, RewritingProof, rewriting_proof
from edgewright.files import check_free
from edgewright.hub import read
from edgewright.media import find_pictures, unread_pictures
from edgewright.model import ModelFile
from edgewright.report import Column, Table, numbers, print_table
from edgewright.rewrite import LeftAlone, Rewritten, Step, passes_for, rewrite

_NAMED = 2  # Of many operators left alone for one reason so many are named.


@click.command("rewrite", context_settings=HELP)
@click.argument("model", shell_complete=models)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--modernize", is_flag=True, help="Compute in int8 what was quantized to uint8, as before 2019.")
@click.option("--int8-edges", is_flag=True, help="With --modernize: inputs and outputs become int8 too.")
@click.option("--fold-normalization", is_flag=True, help="Let the bytes of a picture go straight in.")
@click.option("--lossless", is_flag=True, help="Change no number: what could is done in another way, or left alone.")
@click.option(
    "--pass",
    "names",
    shell_complete=passes,
    multiple=True,
    metavar="NAME",
    help="Only this pass, and those of other options; may be repeated: builtin-code, signature, static-batch, "
    "fold-shapes, fold-normalization, modernize, fold-quantize, share-buffers, drop-dead, browser.",
)
@click.option(
    "--images",
    multiple=True,
    shell_complete=files,
    metavar="PATH",
    help="Pictures for the proof: a file, a folder or a pattern.",
)
@click.option("--samples", type=click.IntRange(1), default=24, show_default=True, help="Inputs for the proof.")
@click.option("--no-proof", is_flag=True, help="Compare nothing: for files that do not run on this machine.")
@click.option("--force", is_flag=True, help="Replace the file to write if it exists.")
@json_option
def command(
    model: str, out: Path, images: tuple[str, ...], samples: int, no_proof: bool, force: bool, as_json: bool, **how: Any
) -> None:
    """Write an equivalent file of MODEL, a .tflite file or a name from `edgewright models`.

    Without options only what gives the same numbers: operator codes, a signature, computed sizes, needless QUANTIZE,
    equal and unused constants. What was changed, what was left alone and why is printed, and the new file is compared
    with the old one.

    Example: edgewright rewrite old.tflite -o new.tflite --modernize --images photos
    """
    check_free(out, overwrite=force)
    if no_proof and (unused := given_words().keys() & {"images", "samples"}):
        raise click.UsageError(f"--{min(unused)} does not go with --no-proof, which compares nothing")
    pictures = _pictures(images)
    before = read(model)
    result = rewrite(before, passes_for(**how))
    compared = bool(result.changes) and not no_proof
    proof = _proof(before, result.model, pictures, samples) if compared else None
    result.model.save(out, overwrite=force)
    if as_json:
        print_json(_document(before, result, proof, out))
    else:
        _print(before, result, proof, out)


def _pictures(images: tuple[str, ...]) -> list[Path]:
    """The pictures for the proof; generated inputs in their place would prove something else."""
    found = list(find_pictures(images))
    if images and not found:
        left_out = unread_pictures(images)
        raise DataError(f"{', '.join(images)}: no pictures in there{f'; {left_out}' if left_out else ''}")
    return found


def _proof(before: ModelFile, after: ModelFile, pictures: list[Path], samples: int) -> RewritingProof:
    try:
        with ProgressBars() as progress:
            return rewriting_proof(before, after, pictures, samples=samples, progress=progress)
    except EngineError as error:
        raise type(error)(f"{error}. To write the file without a comparison, add --no-proof") from error


def _document(before: ModelFile, result: Rewritten, proof: RewritingProof | None, out: Path) -> dict[str, Any]:
    return {
        "file": before.name,
        "out": str(out),
        "changed": bool(result.changes),
        "bytes_before": before.size,
        "bytes_after": result.model.size,
        "passes": [step.to_dict() for step in result.steps],
        "proof": proof and proof.to_dict(),
    }


def _print(before: ModelFile, result: Rewritten, proof: RewritingProof | None, out: Path) -> None:
    tables = [_changed(result.steps), _left_alone(result.steps), *([_compared(proof)] if proof else [])]
    for table in tables:
        if table.rows:
            print_table(table)
            click.echo()
    if not result.changes:
        click.echo(f"{out}: nothing to change; written as it was, {before.size:,} bytes")
        return
    if proof is None:
        click.echo("Not compared with the old file.")
    difference = result.model.size - before.size
    click.echo(f"{out}: {result.model.size:,} bytes, {abs(difference):,} {'more' if difference > 0 else 'fewer'}")


def _changed(steps: tuple[Step, ...]) -> Table:
    rows = [
        ("" if place else step.name, change, "" if place else step.guarantee)
        for step in steps
        for place, change in enumerate(step.changes)
    ]
    return Table("What changed", (Column("pass"), Column("change"), Column("outputs stay")), rows)


def _left_alone(steps: tuple[Step, ...]) -> Table:
    rows = [
        ("" if place else step.name, *row) for step in steps for place, row in enumerate(_by_reason(step.left_alone))
    ]
    return Table("What was left alone", (Column("pass"), Column("what"), Column("reason")), rows)


def _by_reason(left_alone: tuple[LeftAlone, ...]) -> Iterator[tuple[str, str]]:
    """One row for each reason; reasons that differ in numbers only are one."""
    groups: dict[str, list[LeftAlone]] = defaultdict(list)
    for one in left_alone:
        groups[one.kind or one.reason].append(one)
    for group in groups.values():
        places = ", ".join(one.where for one in group[:_NAMED])
        more = len(group) - _NAMED
        same = len({one.reason for one in group}) == 1
        reason = group[0].reason if same else f"{group[0].reason}; the others with numbers of their own"
        yield (f"{places} and {more:,} more" if more > 0 else places), reason


def _compared(proof: RewritingProof) -> Table:
    """For each output the new file and, to measure it by, the old one on other kernels; both against the old one."""
    columns = (
        Column("output"),
        Column("against"),
        Column("largest difference", "right"),
        Column("in steps", "right"),
        Column("other top-1", "right"),
    )
    new = _figures(proof.rewrite)
    kernels = _figures(proof.kernels) if proof.kernels else [()] * len(new)
    rows: list[tuple[str | None, ...]] = []
    for one, figures, others in zip(proof.rewrite.outputs, new, kernels, strict=True):
        rows.append((one.name, "new file", *figures))
        rows += [("", "kernels", *others)] if others else []
    return Table(f"Proof on {_inputs(proof)}", columns, rows, " ".join(_notes(proof)))


def _inputs(proof: RewritingProof) -> str:
    if not proof.pictures:
        return numbers.count(proof.samples, "generated input")
    if proof.pictures >= proof.samples:
        return f"{proof.samples:,} of {numbers.count(proof.pictures, 'picture')}"
    crops = numbers.count(proof.samples - proof.pictures, "crop")
    return f"{numbers.count(proof.pictures, 'picture')} and {crops} of them"


def _figures(difference: Difference) -> list[tuple[str, str | None, str | None]]:
    figures = []
    for one, moved in zip(difference.agreement.outputs, difference.outputs, strict=True):
        steps = None if moved.worst_largest is None else f"{moved.worst_largest:.0f}"
        answers = None if moved.top1_changes is None else f"{moved.top1_changes:,} of {moved.rows:,}"
        largest = "none" if one.largest_difference == 0 else f"{one.largest_difference:.3g}"
        figures.append((largest, steps, answers))
    return figures


def _notes(proof: RewritingProof) -> Iterator[str]:
    if proof.vacuous:
        yield "No output varies from one input to another, so nothing is proven!"
    if proof.kernels:
        yield "kernels: the old file on the runtime's reference kernels; by so much it differs from itself."
    else:
        yield "The runtime's reference kernels do not run the old file: nothing shows how much it differs from itself."
