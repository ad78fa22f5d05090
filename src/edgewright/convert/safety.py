"""Finds what loading a source would run, by reading it; nothing is loaded for that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from edgewright.convert.graph import READERS, WRITERS, MetaGraph, Node, Placed
from edgewright.errors import UntrustedSourceError

_FILES = "reads or writes files"
_NETWORK = "talks to other machines"
_PYTHON = "runs Python code"

# Operators of TensorFlow 2.21 (1,908 of them, read through its registry) that leave the graph. An operator which only
# does so with a certain attribute is in `_BY_ATTRIBUTE`. Checkpoint operators are judged by who reaches them.
_REASONS: dict[str, str] = {
    **dict.fromkeys(("PyFunc", "PyFuncStateless", "EagerPyFunc"), _PYTHON),
    **dict.fromkeys(("XlaCustomCall", "XlaCustomCallV2", "XlaHostCompute", "_XlaHostComputeMlir"), "runs foreign code"),
    **dict.fromkeys(("Abort",), "ends the process"),
    **dict.fromkeys(
        (
            "ReadFile WriteFile MatchingFiles ImmutableConst LoadAndRemapMatrix GenerateVocabRemapping RecordInput "
            "InitializeTableFromTextFile InitializeTableFromTextFileV2 FileSystemSetConfiguration DumpTensor "
            "CalibrationStatisticsSaver WholeFileReader WholeFileReaderV2 TextLineReader TextLineReaderV2 "
            "FixedLengthRecordReader FixedLengthRecordReaderV2 TFRecordReader TFRecordReaderV2 LMDBReader "
            "TextLineDataset TFRecordDataset TFRecordDatasetV2 FixedLengthRecordDataset FixedLengthRecordDatasetV2 "
            "CSVDataset CSVDatasetV2 ExperimentalCSVDataset LMDBDataset ExperimentalLMDBDataset MatchingFilesDataset "
            "ExperimentalMatchingFilesDataset SaveDataset SaveDatasetV2 LoadDataset SnapshotDataset SnapshotDatasetV2 "
            "SnapshotChunkDataset SnapshotDatasetReader ListSnapshotChunksDataset DatasetToTFRecord "
            "ExperimentalDatasetToTFRecord SqlDataset ExperimentalSqlDataset CreateSummaryFileWriter "
            "CreateSummaryDbWriter InitializeTRTResource SerializeTRTResource"
        ).split(),
        _FILES,
    ),
    **dict.fromkeys(
        (
            "RpcClient RpcServer RpcServerStart RpcServerRegister RpcCall RemoteCall DataServiceDataset "
            "DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 RegisterDataset RegisterDatasetV2"
        ).split(),
        _NETWORK,
    ),
}
_DEBUG = ("DebugIdentity", "DebugIdentityV2", "DebugIdentityV3", "DebugNanCount", "DebugNumericSummary")
_BY_ATTRIBUTE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*_DEBUG, "DebugNumericSummaryV2"), ("debug_urls", "tfdbg_run_id", "tensor_debug_mode")),
    "FixedUnigramCandidateSampler": ("vocab_file",),
    "Skipgram": ("filename",),
    "TensorSliceDataset": ("is_files",),
}
_CONSOLE = {"", "stdout", "stderr", "log(info)", "log(warning)", "log(error)"}


@dataclass(frozen=True)
class Finding:
    """One thing that loading or running a source would do: `where` names the layer or operator, `what` the deed.

    `kind` is "code" for what comes with the file and would run, "class" for a class that the file does not bring.
    """

    where: str
    what: str
    kind: Literal["code", "class"] = "code"

    def __str__(self) -> str:
        return f"{self.where} {self.what}"


def refuse(name: str, findings: Sequence[Finding], *, trust: bool) -> None:
    """Raise `UntrustedSourceError` that names the findings, unless there are none or the source is trusted."""
    if trust or not findings:
        return
    shown = "; ".join(map(str, findings[:3]))
    more = f"; and {len(findings) - 3} more" if len(findings) > 3 else ""
    if all(finding.kind == "class" for finding in findings):
        advice = "Load it in your own program, where that code is, and pass the model object to edgewright.convert"
    else:
        advice = "Nothing was loaded. If you trust who made it, say so with trust=True (--trust)"
    raise UntrustedSourceError(f"{name}: {shown}{more}. {advice}")


def graph_findings(graphs: Iterable[MetaGraph]) -> tuple[Finding, ...]:
    """What the graphs of a SavedModel do outside of themselves, each operator and reason once."""
    found: dict[Finding, None] = {}
    for graph in graphs:
        found |= dict.fromkeys(_leaving(graph.all_nodes()))
        found |= dict.fromkeys(_checkpoints(graph.used(), READERS | WRITERS))
        found |= dict.fromkeys(_checkpoints(graph.restoring(), WRITERS))
    return tuple(found)


def _leaving(nodes: Iterable[Placed]) -> Iterable[Finding]:
    for placed in nodes:
        reason = _reason(placed.node)
        if reason:
            yield Finding(_where(placed), reason)


def _reason(node: Node) -> str:
    if node.op in _REASONS:
        return _REASONS[node.op]
    if any(node.texts.get(key) or key in node.flags for key in _BY_ATTRIBUTE.get(node.op, ())):
        return _FILES
    if node.op == "PrintV2" and node.texts.get("output_stream", "") not in _CONSOLE:
        return f"writes to {node.texts['output_stream']!r}"
    return ""


def _checkpoints(nodes: Iterable[Placed], operators: frozenset[str]) -> Iterable[Finding]:
    for placed in nodes:
        if placed.node.op in operators:
            yield Finding(_where(placed), f"{_FILES}, and it is not only the saver that calls it")


def _where(placed: Placed) -> str:
    inside = f" in function {placed.function!r}" if placed.function else ""
    return f"operator {placed.node.op} ({placed.node.name}{inside})"
