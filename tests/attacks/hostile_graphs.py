"""Builds SavedModels that read or write a file where nothing keeps them from it: one folder for each kind.

    python hostile_graphs.py FOLDER

FOLDER/baits/KIND holds a file `secret` (and `secret.index`, for checkpoints); what an attack writes goes beside it.
FOLDER/fired.json says which kinds touch their bait when TensorFlow loads and runs them as they are, so that those which
do nothing prove nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Build = Callable[[Any, Path, Path], object]


@dataclass(frozen=True)
class Attack:
    """`build(tf, folder, bait)` saves it; `fires` says that TensorFlow on its own touches the bait."""

    build: Build
    fires: bool = True


ATTACKS: dict[str, Attack] = {}


def attack(name: str, *, fires: bool = True) -> Callable[[Build], Build]:
    def register(build: Build) -> Build:
        assert name not in ATTACKS, name
        ATTACKS[name] = Attack(build, fires)
        return build

    return register


def save(tf: Any, folder: Path, compute: Callable[[Any], object], module: Any = None) -> None:
    """A SavedModel whose signature does this beside computing."""
    module = module or tf.Module()

    @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.float32, name="x")], autograph=False)
    def serve(x: Any) -> dict[str, Any]:
        done = compute(x)
        with tf.control_dependencies([done]):
            return {"y": tf.identity(x) + module.weights + tied(tf, done)}

    module.weights = tf.Variable(tf.ones([4]))
    module.serve = serve
    tf.saved_model.save(module, str(folder), signatures=serve.get_concrete_function())


def tied(tf: Any, done: Any) -> Any:
    """A number that cannot be known without doing it."""
    if not tf.is_tensor(done) or done.dtype in (tf.resource, tf.variant):
        return 0.0
    if done.dtype == tf.string:
        done = tf.strings.length(done)
    return tf.reduce_sum(tf.cast(done, tf.float32))


def secret(bait: Path) -> str:
    return str(bait / "secret")


def written(bait: Path) -> str:
    return str(bait / "written")


# ----- operators


def write(tf: Any, bait: Path) -> Any:
    return tf.raw_ops.WriteFile(filename=written(bait), contents="x")


def write_graph(tf: Any, bait: Path) -> bytes:
    """A graph that writes and then returns an empty data set, as `DatasetFromGraph` takes it."""
    with tf.Graph().as_default() as graph:
        with tf.control_dependencies([write(tf, bait)]):
            values = [tf.constant(1)]
        dataset = tf.raw_ops.TensorDataset(components=values, output_shapes=[[]])
        tf.raw_ops.Identity(input=tf.constant(0), name="unused")
        held = graph.as_graph_def()
    node = held.node.add(name="returned", op="_Retval", input=[dataset.op.name])
    node.attr["T"].type = tf.variant.as_datatype_enum
    node.attr["index"].i = 0
    result: bytes = held.SerializeToString()
    return result


def numbers(tf: Any) -> Any:
    return tf.raw_ops.RangeDataset(start=0, stop=3, step=1, output_types=[tf.int64], output_shapes=[[]])


def cached(tf: Any, bait: Path) -> Any:
    cache = tf.raw_ops.AnonymousMemoryCache()[0]
    shape = {"output_types": [tf.int64], "output_shapes": [[]]}
    held = tf.raw_ops.CacheDatasetV2(input_dataset=numbers(tf), filename=written(bait), cache=cache, **shape)
    return tf.raw_ops.ReduceDataset(
        input_dataset=held,
        initial_state=[tf.constant(0, tf.int64)],
        other_arguments=[],
        f=tf.function(lambda total, one: total + one).get_concrete_function(
            tf.TensorSpec([], tf.int64), tf.TensorSpec([], tf.int64)
        ),
        output_types=[tf.int64],
        output_shapes=[[]],
    )[0]


def first(tf: Any, dataset: Any, kind: Any = None) -> Any:
    """The first value of a data set."""
    kind = kind or tf.string
    iterator = tf.raw_ops.AnonymousIteratorV3(output_types=[kind], output_shapes=[[]])
    with tf.control_dependencies([tf.raw_ops.MakeIterator(dataset=dataset, iterator=iterator)]):
        return tf.raw_ops.IteratorGetNext(iterator=iterator, output_types=[kind], output_shapes=[[]])[0]


def summary(tf: Any, bait: Path) -> Any:
    writer = tf.raw_ops.SummaryWriter(shared_name="w")
    with tf.control_dependencies(
        [
            tf.raw_ops.CreateSummaryFileWriter(
                writer=writer, logdir=str(bait), max_queue=1, flush_millis=1, filename_suffix=""
            )
        ]
    ):
        return tf.raw_ops.FlushSummaryWriter(writer=writer)


def table(tf: Any, bait: Path) -> Any:
    handle = tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64)
    return tf.raw_ops.InitializeTableFromTextFileV2(
        table_handle=handle, filename=secret(bait), key_index=-2, value_index=-1, vocab_size=-1
    )


def whole_file(tf: Any, bait: Path) -> Any:
    queue = tf.raw_ops.FIFOQueueV2(component_types=[tf.string])
    filled = tf.raw_ops.QueueEnqueueV2(handle=queue, components=[tf.constant(secret(bait))])
    with tf.control_dependencies([filled]):
        return tf.raw_ops.ReaderReadV2(reader_handle=tf.raw_ops.WholeFileReaderV2(), queue_handle=queue)[1]


OPERATORS: dict[str, Callable[[Any, Path], Any]] = {
    "ReadFile": lambda tf, bait: tf.raw_ops.ReadFile(filename=secret(bait)),
    "WriteFile": write,
    "MatchingFiles": lambda tf, bait: tf.raw_ops.MatchingFiles(pattern=f"{bait}/*"),
    "DatasetFromGraph": lambda tf, bait: first(
        tf, tf.raw_ops.DatasetFromGraph(graph_def=write_graph(tf, bait)), tf.int32
    ),
    "CacheDatasetV2": cached,
    "TextLineDataset": lambda tf, bait: first(
        tf, tf.raw_ops.TextLineDataset(filenames=secret(bait), compression_type="", buffer_size=0)
    ),
    "TFRecordDataset": lambda tf, bait: first(
        tf, tf.raw_ops.TFRecordDataset(filenames=secret(bait), compression_type="", buffer_size=0)
    ),
    "FixedLengthRecordDatasetV2": lambda tf, bait: first(
        tf,
        tf.raw_ops.FixedLengthRecordDatasetV2(
            filenames=secret(bait), header_bytes=0, record_bytes=1, footer_bytes=0, buffer_size=0, compression_type=""
        ),
    ),
    "MatchingFilesDataset": lambda tf, bait: first(tf, tf.raw_ops.MatchingFilesDataset(patterns=f"{bait}/*")),
    "SaveDatasetV2": lambda tf, bait: first(
        tf,
        tf.raw_ops.SaveDatasetV2(
            input_dataset=numbers(tf),
            path=str(bait),
            shard_func_other_args=[],
            shard_func=tf.function(lambda one: tf.constant(0, tf.int64)).get_concrete_function(
                tf.TensorSpec([], tf.int64)
            ),
            output_types=[tf.int64],
            output_shapes=[[]],
        ),
        tf.int64,
    ),
    "ImmutableConst": lambda tf, bait: tf.raw_ops.ImmutableConst(
        dtype=tf.uint8, shape=[4], memory_region_name=secret(bait)
    ),
    "InitializeTableFromTextFileV2": table,
    "CreateSummaryFileWriter": summary,
    "WholeFileReaderV2": whole_file,
    "SaveV2": lambda tf, bait: tf.raw_ops.SaveV2(
        prefix=written(bait), tensor_names=["a"], shape_and_slices=[""], tensors=[tf.constant(1.0)]
    ),
    "MergeV2Checkpoints": lambda tf, bait: tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=[str(bait / "secret")], destination_prefix=written(bait), allow_missing_files=True
    ),
    "RestoreV2": lambda tf, bait: tf.raw_ops.RestoreV2(
        prefix=str(bait / "secret"), tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.float32]
    )[0],
    "LoadAndRemapMatrix": lambda tf, bait: tf.raw_ops.LoadAndRemapMatrix(
        ckpt_path=secret(bait),
        old_tensor_name="a",
        row_remapping=tf.constant([0], tf.int64),
        col_remapping=tf.constant([0], tf.int64),
        initializing_values=tf.constant([], tf.float32),
        num_rows=1,
        num_cols=1,
    ),
    "GenerateVocabRemapping": lambda tf, bait: tf.raw_ops.GenerateVocabRemapping(
        new_vocab_file=secret(bait), old_vocab_file=secret(bait), new_vocab_offset=0, num_new_vocab=1
    )[0],
    "DecodeProtoV2": lambda tf, bait: tf.raw_ops.DecodeProtoV2(
        bytes=[b""],
        message_type="a.B",
        field_names=[],
        output_types=[],
        descriptor_source=secret(bait),
    )[0],
    "EncodeProto": lambda tf, bait: tf.raw_ops.EncodeProto(
        sizes=tf.ones([1, 1], tf.int32),
        values=[tf.constant([[1]])],
        field_names=["a"],
        message_type="a.B",
        descriptor_source=secret(bait),
    ),
    "FixedUnigramCandidateSampler": lambda tf, bait: tf.raw_ops.FixedUnigramCandidateSampler(
        true_classes=tf.constant([[0]], tf.int64),
        num_true=1,
        num_sampled=1,
        unique=False,
        range_max=1,
        vocab_file=secret(bait),
    )[0],
    "PrintV2": lambda tf, bait: tf.raw_ops.PrintV2(input="x", output_stream=f"file://{written(bait)}"),
    "DebugIdentityV2": lambda tf, bait: tf.raw_ops.DebugIdentityV2(
        input=tf.constant(1.0), debug_urls=[f"file://{bait}"], tfdbg_run_id="a", tensor_debug_mode=8
    ),
    "FileSystemSetConfiguration": lambda tf, bait: tf.raw_ops.FileSystemSetConfiguration(
        scheme="file", key="k", value="v"
    ),
    "PyFunc": lambda tf, bait: tf.numpy_function(lambda: Path(written(bait)).touch(), [], []),
}
# These do something else than to touch the bait, or nothing where the program that wrote them is not there.
_SILENT = {"PyFunc", "FileSystemSetConfiguration"}


def _operator(name: str) -> None:
    @attack(f"operator {name}", fires=name not in _SILENT)
    def build(tf: Any, folder: Path, bait: Path) -> None:
        save(tf, folder, lambda x: OPERATORS[name](tf, bait))


for _name in OPERATORS:
    _operator(_name)


# ----- places


@attack("in a branch")
def in_a_branch(tf: Any, folder: Path, bait: Path) -> None:
    def branch() -> Any:
        with tf.control_dependencies([write(tf, bait)]):
            return tf.constant(1)

    save(tf, folder, lambda x: tf.cond(tf.reduce_sum(x) < 1e9, branch, lambda: tf.constant(0)))


@attack("in a loop")
def in_a_loop(tf: Any, folder: Path, bait: Path) -> None:
    def body(step: Any) -> Any:
        with tf.control_dependencies([write(tf, bait)]):
            return [step + 1]

    save(tf, folder, lambda x: tf.while_loop(lambda step: step < 2, body, [tf.constant(0)])[0])


@attack("in functions of functions")
def in_functions_of_functions(tf: Any, folder: Path, bait: Path) -> None:
    inner = tf.function(lambda: [write(tf, bait), tf.constant(1)][1], autograph=False)
    middle = tf.function(lambda: inner() + 1, autograph=False)
    save(tf, folder, lambda x: middle() + 1)


@attack("in a function that is mapped")
def in_a_function_that_is_mapped(tf: Any, folder: Path, bait: Path) -> None:
    def one(x: Any) -> Any:
        with tf.control_dependencies([write(tf, bait)]):
            return tf.identity(x)

    function = tf.function(one, autograph=False).get_concrete_function(tf.TensorSpec([4], tf.float32))
    save(
        tf,
        folder,
        lambda x: tf.raw_ops.MapDefun(
            arguments=[x], captured_inputs=[], output_types=[tf.float32], output_shapes=[[4]], f=function
        )[0],
    )


def on_loading(tf: Any, folder: Path, act: Callable[[], Any]) -> None:
    """Save a model with a resource whose initialization does this."""
    from tensorflow.python.trackable.resource import TrackableResource

    class Evil(TrackableResource):
        def _create_resource(self) -> Any:
            return tf.raw_ops.MutableHashTableV2(key_dtype=tf.int64, value_dtype=tf.int64)

        def _initialize(self) -> Any:
            done = act()
            with tf.control_dependencies([done]):
                tf.debugging.assert_less(tf.random.uniform([]), 2.0)
            return tf.constant(1)

        def _destroy_resource(self) -> None:
            pass

    module = tf.Module()
    with tf.init_scope():
        module.evil = Evil()
    save(tf, folder, lambda x: tf.raw_ops.LookupTableSizeV2(table_handle=module.evil.resource_handle), module)


@attack("a cache while loading")
def a_cache_while_loading(tf: Any, folder: Path, bait: Path) -> None:
    on_loading(tf, folder, lambda: cached(tf, bait))


@attack("a file written while loading")
def a_file_written_while_loading(tf: Any, folder: Path, bait: Path) -> None:
    on_loading(tf, folder, lambda: write(tf, bait))


@attack("a checkpoint written while loading")
def a_checkpoint_written_while_loading(tf: Any, folder: Path, bait: Path) -> None:
    on_loading(tf, folder, lambda: OPERATORS["SaveV2"](tf, bait))


def main(folder: Path) -> None:
    import tensorflow as tf

    sys.path.insert(0, str(Path(__file__).parents[1]))
    from attacks.hostile_encodings import ATTACKS as KINDS
    from attacks.watching import Watch

    fired = []
    for name, kind in KINDS.items():
        bait = folder / "baits" / name
        bait.mkdir(parents=True)
        for file in ("secret", "secret.index"):
            (bait / file).write_text("secret\n")
        kind.build(tf, folder / name, bait)
        before = set(bait.iterdir())
        watch = Watch(bait)
        if kind.fires:
            load_and_run(tf, folder / name)
        if watch.touched():
            fired.append(name)
        watch.close()
        for made in set(bait.iterdir()) - before:
            made.rename(folder / f"{len(fired)}-{made.name}")
    (folder / "fired.json").write_text(json.dumps(fired))


def load_and_run(tf: Any, folder: Path) -> None:
    """What a program does that trusts the file; that it then fails is of no interest."""
    try:
        loaded = tf.saved_model.load(str(folder))
        loaded.signatures["serving_default"](x=tf.zeros([1, 4]))
    except Exception as error:  # noqa: BLE001 - any: it is about what was done before
        print(folder.name, type(error).__name__, str(error)[:300])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
