"""`edgewright inspect`: what a file holds, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from edgewright import hub
from edgewright.cli.verb import HELP, json_option, print_json
from edgewright.cli.words.completion import models
from edgewright.errors import EdgewrightError
from edgewright.model import InputMetadata, Inspection, ModelFile, OutputMetadata, Provenance, TensorSpec, inspect
from edgewright.report import Column, Table, numbers, print_table, printable

_FEW_LABELS = 3
_FEW_FILES = 8


@click.command("inspect", context_settings=HELP)
@click.argument("file", shell_complete=models)
@click.option("--reseal", is_flag=True, help="Seal a file that was edited on purpose with a new digest, in its place.")
@json_option
def command(file: str, reseal: bool, as_json: bool) -> None:
    """Say what FILE, a .tflite model or a name from `edgewright models`, holds, and what stands out.

    Nothing is run; neither TensorFlow nor a runtime is needed.

    Example: edgewright inspect model.tflite
    """
    model = _resealed(file) if reseal else hub.read(file)
    report = inspect(model)
    if as_json:
        print_json(report.to_dict())
        return
    for table in _tables(report):
        print_table(table)
        click.echo()
    for finding in report.findings:
        click.echo(printable(f"! {finding.name}: {finding.text}"))


def _resealed(file: str) -> ModelFile:
    if not Path(file).exists() and file in hub.names():
        raise click.UsageError(f"--reseal takes a file; {file} is a model by name, and is never changed in place")
    model = ModelFile.read(file, check_seal=False).resealed()
    model.save(file, overwrite=True)
    return model


def _tables(report: Inspection) -> list[Table]:
    several = [_signatures(report)] if len(report.model.signatures) > 1 else []
    tables = [_overview(report), *several, _ends(report), _meanings(report), _operators(report), _bytes(report)]
    if report.model.metadata.provenance:
        tables.append(_provenance(report.model.metadata.provenance))
    return tables


def _overview(report: Inspection) -> Table:
    model, metadata = report.model, report.model.metadata
    rows: list[tuple[str, str]] = [
        ("name", metadata.name or "–"),
        ("task", metadata.task or _task_by_outputs(model)),
        ("size", f"{numbers.size(model.size)} ({model.size:,} bytes)"),
        ("multiply-accumulates", f"{model.macs:,}"),
        ("activations at least", numbers.size(model.peak_activation_bytes)),
        ("files behind it", _files(model)),
        ("sealed", "yes, the digest matches" if model.sealed else "no"),
        ("sha256", model.sha256),
    ]
    return Table(model.name, (Column(""), Column("")), rows)


def _task_by_outputs(model: ModelFile) -> str:
    """What `run` takes a file for that does not say it."""
    from edgewright.task import kind_of

    try:
        kind = kind_of(model, or_tensors=False)
    except EdgewrightError:
        return "–"
    return f"{kind.name} (by its outputs; the file does not say)"


def _files(model: ModelFile) -> str:
    """Names and sizes of the first few, whether anything reads them or not."""
    named = [f"{name} ({numbers.size(len(content))})" for name, content in model.files.items()]
    more = [f"{len(named) - _FEW_FILES:,} more"] if len(named) > _FEW_FILES else []
    return ", ".join([*named[:_FEW_FILES], *more]) or "–"


def _ends(report: Inspection) -> Table:
    columns = (
        Column(""),
        Column("tensor"),
        Column("shape"),
        Column("type"),
        Column("scale", "right"),
        Column("zero", "right"),
    )
    rows = [("input", *_tensor(spec)) for spec in report.model.inputs]
    rows += [("output", *_tensor(spec)) for spec in report.model.outputs]
    return Table("Inputs and outputs", columns, rows)


def _signatures(report: Inspection) -> Table:
    """Each signature with what it takes and gives; what the other tables show is of the first subgraph."""
    columns = (
        Column("signature"),
        Column("takes"),
        Column("gives"),
        Column("operators", "right"),
        Column("multiply-accumulates", "right"),
    )
    rows = [
        (
            signature["key"],
            _named(signature["takes"]),
            _named(signature["gives"]),
            signature["operators"],
            f"{signature['macs']:,}",
        )
        for signature in report.to_dict()["signatures"]
    ]
    first = next((entry.key for entry in report.model.signatures if entry.subgraph == 0), "the first subgraph")
    note = f"Below is {first}, which run, bench and watch take. Of run, bench and check: --signature NAME."
    return Table("Signatures", columns, rows, note)


def _named(ends: dict[str, dict[str, Any]]) -> str:
    return ", ".join(f"{name} {_shape(end['shape'])} {end['dtype']}" for name, end in ends.items())


def _shape(sizes: Sequence[int]) -> str:
    return "×".join("?" if size == -1 else str(size) for size in sizes) or "–"


def _meanings(report: Inspection) -> Table:
    model, metadata = report.model, report.model.metadata
    inputs = [*metadata.inputs, *[InputMetadata()] * len(model.inputs)]
    outputs = [*metadata.outputs, *[OutputMetadata()] * len(model.outputs)]
    rows = [(spec.name, _preparation(said)) for spec, said in zip(model.inputs, inputs, strict=False)]
    if metadata.tokenizer is not None:
        rows.append(("texts", _tokenizer(report.to_dict()["tokenizer"])))
    rows += [(spec.name, _meaning(said)) for spec, said in zip(model.outputs, outputs, strict=False)]
    return Table("Preparation and meaning", (Column(""), Column("")), rows)


def _tensor(spec: TensorSpec) -> tuple[str, str, str, str | None, str | None]:
    shape = _shape(spec.shape_signature)
    if not spec.quantized:
        return spec.name, shape, spec.dtype, None, None
    if len(spec.scale) > 1:
        return spec.name, shape, spec.dtype, "per axis", None
    return spec.name, shape, spec.dtype, f"{spec.scale[0]:.4g}", str(spec.zero_point[0] if spec.zero_point else 0)


def _preparation(said: InputMetadata) -> str:
    parts: list[str] = [said.kind or "", said.color_space or "", said.resize or "", said.interpolation or ""]
    if said.crop_fraction:
        parts.append(f"of {numbers.percent(said.crop_fraction)}")
    if said.pad is not None:
        parts.append(f"on {said.pad}")
    if said.mean:
        parts.append(f"(x - {_values(said.mean)}) / {_values(said.std)}")
    if said.columns:
        parts.append(
            f"columns {', '.join(said.columns[:_FEW_LABELS])}{', …' if len(said.columns) > _FEW_LABELS else ''}"
        )
    parts += [f"{said.rate:g} rows a second"] if said.rate else []
    if said.sample_rate:
        parts.append(f"{said.sample_rate:,} Hz, {numbers.count(said.channels, 'channel')}")
    return " ".join(filter(None, parts)) or "not said"


def _tokenizer(facts: dict[str, Any]) -> str:
    between = f", words between {facts['pattern']}" if "pattern" in facts else ""
    return f"{facts['kind']} tokenizer{between}; vocabulary of {numbers.size(facts['vocabulary_bytes'])}"


def _meaning(said: OutputMetadata) -> str:
    parts: list[str] = [said.meaning or said.name]
    if said.boxes:
        unit = "pixels of the input" if said.boxes.pixels else "shares of the input"
        parts.append(f"boxes of {', '.join(said.boxes.names) if said.boxes.type else 'four numbers'} in {unit}")
    if said.labels:
        some = [f"“{label}”" for label in said.labels[:_FEW_LABELS]]
        rest = ["…"] if len(said.labels) > _FEW_LABELS else []
        parts.append(f"{len(said.labels):,} labels: {', '.join(some + rest)}")
    if said.score_threshold is not None:
        parts.append(f"threshold {said.score_threshold:.4g}")
    return "; ".join(filter(None, parts)) or "not said"


def _values(values: tuple[float, ...]) -> str:
    shown = [f"{value:g}" for value in values]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def _operators(report: Inspection) -> Table:
    total = report.model.macs
    columns = (
        Column("operator"),
        Column("count", "right"),
        Column("version", "right"),
        Column("multiply-accumulates", "right"),
        Column("share", "right"),
        Column("constants", "right"),
    )
    rows = [
        (
            one.name,
            one.count,
            ", ".join(map(str, one.versions)),
            numbers.count(one.macs),
            numbers.percent(one.macs / total) if one.macs and total else None,
            numbers.size(one.weight_bytes or None),
        )
        for one in report.operators
    ]
    return Table("Operators", columns, rows)


def _bytes(report: Inspection) -> Table:
    rows = [
        (use, numbers.size(size), numbers.percent(size / report.model.size))
        for use, size in report.bytes_by_use.items()
    ]
    return Table("Where the bytes go", (Column("use"), Column("size", "right"), Column("share", "right")), rows)


def _provenance(origin: Provenance) -> Table:
    rows: list[tuple[str, str]] = [("source", origin.source), ("source sha256", origin.source_sha256)]
    rows += [(tool, version) for tool, version in origin.tools.items()]
    rows += [(str(step.get("step", "step")), _settings(step)) for step in origin.steps]
    for name, value in origin.measured.items():
        rows += [(name, _measured(value)), (f"{name} of parts", _measured_parts(value))]
    return Table("Where it comes from", (Column(""), Column("")), [row for row in rows if row[1]])


def _measured(value: Any) -> str:
    """A figure in words; an agreement has one entry per output."""
    if not isinstance(value, dict):
        return _setting(value)
    if "outputs" not in value:
        return _settings(value)
    outputs = [f"{output.get('name')} {_decibels(output.get('snr_db'))}" for output in value["outputs"]]
    where = f"on {value.get('samples')} samples, {value.get('on', '')}".rstrip(", ")
    layers = value.get("layers", ())
    instead = (
        f"; no output changes there: {len(layers)} layers were compared, up to {layers[-1].get('name')}"
        if layers
        else ""
    )
    return f"{', '.join(outputs)} signal to noise {where}{instead}"


def _measured_parts(value: Any) -> str:
    """The same of the meanings that an output joins; nothing where none does."""
    outputs = value.get("outputs", ()) if isinstance(value, dict) else ()
    return "; ".join(
        f"{output.get('name')}, {part.get('name') or part.get('where')}: {_decibels(part.get('snr_db'))}"
        for output in outputs
        for part in output.get("parts", ())
    )


def _decibels(value: Any) -> str:
    """Infinities are written as text: without any noise, or without any signal."""
    return f"{value:.0f} dB" if isinstance(value, int | float) else "infinite" if value == "inf" else "no"


def _settings(step: Any) -> str:
    return ", ".join(f"{key} {_setting(value)}" for key, value in step.items() if key != "step")


def _setting(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(_setting, value))
    if isinstance(value, dict):
        return f"({_settings(value)})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
