"""Model files that somebody made to do harm, one test each."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from edgewright.errors import DigestError, FormatError, MetadataError, ModelError
from edgewright.model import Metadata, ModelFile
from edgewright.model.describing.reader import ENTRY
from edgewright.model.describing.schema import FILE_IDENTIFIER, METADATA
from edgewright.model.storage.digest import NAME
from edgewright.model.storage.flatbuffer import Table
from edgewright.model.storage.flatbuffer_writer import encode

from ..model.builders import add_model, model, one_operator, operator, quantized, raw, subgraph, tensor


def refused(data: bytes, why: str) -> None:
    with pytest.raises(FormatError, match=why) as caught:
        ModelFile.read(data)
    assert "\n" not in str(caught.value)


def table_place(data: bytes) -> int:
    return int(struct.unpack_from("<I", data)[0])


def field_place(data: bytes, table: int, number: int) -> int:
    vtable = table - struct.unpack_from("<i", data, table)[0]
    return table + int(struct.unpack_from("<H", data, vtable + 4 + 2 * number)[0])


def followed(data: bytes, place: int) -> int:
    return place + int(struct.unpack_from("<I", data, place)[0])


def test_an_offset_that_leads_back_to_itself() -> None:
    data = bytearray(raw(add_model()))
    place = field_place(data, table_place(data), 2)  # subgraphs
    struct.pack_into("<I", data, place, 0)
    refused(bytes(data), "is zero")


def test_an_offset_that_wraps_around_to_the_root() -> None:
    data = bytearray(raw(add_model()))
    root = table_place(data)
    place = field_place(data, root, 2)
    struct.pack_into("<I", data, place, (root - place) % 2**32)
    refused(bytes(data), "an offset leads to bytes")


def test_a_table_description_far_outside() -> None:
    data = bytearray(raw(add_model()))
    struct.pack_into("<i", data, table_place(data), -(2**31))
    refused(bytes(data), "an offset leads to bytes")


def test_one_large_operator_that_two_thousand_entries_share() -> None:
    tables = add_model()
    (small,) = tables["subgraphs"][0]["operators"]
    tables["subgraphs"][0]["operators"] = [{**small, "inputs": [0] * 5000}, *[small] * 2000]
    data = bytearray(raw(tables))
    graph = followed(data, followed(data, field_place(data, table_place(data), 2)) + 4)
    operators = followed(data, field_place(data, graph, 3))
    large = followed(data, operators + 4)
    for entry in range(operators + 4, operators + 4 + 4 * 2001, 4):
        struct.pack_into("<I", data, entry, large - entry)
    assert len(data) < 200_000
    refused(bytes(data), "the same bytes are used again and again")


def test_a_vector_that_claims_to_have_four_thousand_million_entries() -> None:
    data = bytearray(raw(add_model()))
    struct.pack_into("<I", data, followed(data, field_place(data, table_place(data), 2)), 2**32 - 1)
    refused(bytes(data), "an offset leads to bytes")


def packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO(raw(add_model()))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_zip_bomb_among_the_associated_files() -> None:
    data = packed({"labels.txt": bytes(100 * 1024 * 1024)})
    assert len(data) < 200_000
    with pytest.raises(MetadataError, match="at most 256 of 67,108,864 bytes are read"):
        _ = ModelFile.read(data).files


def test_associated_files_with_paths_out_of_the_folder_are_never_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    monkeypatch.chdir(folder)
    names = ["../evil.txt", "/evil.txt", "a/../../evil.txt", "C:\\evil.txt"]
    found = ModelFile.read(packed(dict.fromkeys(names, b"evil")))
    assert set(found.files.values()) == {b"evil"}
    found.with_metadata(Metadata(name="x")).save("model.tflite")
    assert [path.name for path in tmp_path.rglob("*")] == ["inner", "model.tflite"]
    assert not Path("/evil.txt").exists()


def with_metadata(table: Table) -> bytes:
    flatbuffer = encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)
    tables = add_model()
    tables["metadata"] = [{"name": ENTRY, "buffer": len(tables["buffers"])}]
    tables["buffers"].append({"data": flatbuffer})
    return raw(tables)


def test_a_union_of_the_metadata_with_a_type_and_no_value() -> None:
    units = [{"options": ("NormalizationOptions", {})}]
    data = with_metadata({"subgraph_metadata": [{"input_tensor_metadata": [{"process_units": units}]}]})
    start = data.index(FILE_IDENTIFIER) - 4
    root = start + table_place(data[start:])
    first = followed(data, followed(data, field_place(data, root, 3)) + 4)
    unit_vector = followed(data, followed(data, field_place(data, first, 2)) + 4)
    unit = followed(data, followed(data, field_place(data, unit_vector, 4)) + 4)
    vtable = unit - struct.unpack_from("<i", data, unit)[0]
    changed = bytearray(data)
    struct.pack_into("<H", changed, vtable + 4 + 2, 0)
    assert ModelFile.read(bytes(changed)).metadata.inputs[0].mean == ()


def test_metadata_that_is_no_metadata() -> None:
    tables = add_model()
    tables["metadata"] = [{"name": ENTRY, "buffer": 1}]
    tables["buffers"].append({"data": b"nonsense" * 10})
    with pytest.raises(MetadataError, match="the metadata: it has"):
        _ = ModelFile.read(raw(tables)).metadata


def test_metadata_in_a_buffer_that_is_not_there() -> None:
    refused(raw({**add_model(), "metadata": [{"name": ENTRY, "buffer": 4_000_000_000}]}), "metadata: index")


@pytest.mark.parametrize("length", [0, 1, 31, 33, 4096])
def test_a_digest_of_the_wrong_length(length: int) -> None:
    tables = add_model()
    tables["metadata"] = [{"name": NAME, "buffer": 1}]
    tables["buffers"].append({"data": bytes(length)})
    with pytest.raises(DigestError, match="32 bytes expected"):
        ModelFile.read(raw(tables))


def test_a_digest_in_a_buffer_that_is_not_there() -> None:
    with pytest.raises(DigestError):
        ModelFile.read(raw({**add_model(), "metadata": [{"name": NAME, "buffer": 77}]}))


def convolution(**options: Any) -> Table:
    inputs = [tensor([1, 8, 8, 3]), tensor([4, 3, 3, 3], data=bytes(432)), tensor([4], data=bytes(16))]
    ones = {"stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1}
    return one_operator("CONV_2D", inputs, [tensor([1, 8, 8, 4])], ("Conv2DOptions", {**ones, **options}))


def test_the_convolution_that_the_next_tests_damage_is_sound() -> None:
    assert ModelFile.read(raw(convolution())).ops[0].name == "CONV_2D"


@pytest.mark.parametrize("option", ["stride_w", "stride_h", "dilation_w_factor", "dilation_h_factor"])
@pytest.mark.parametrize("value", [0, -1, -(2**31), 2**31 - 1])
def test_strides_and_dilations_that_a_kernel_would_divide_by(option: str, value: int) -> None:
    refused(raw(convolution(**{option: value})), f"{option} is {value}; it is 1 to")


def test_an_operator_without_its_options_has_strides_of_zero() -> None:
    tables = convolution()
    tables["subgraphs"][0]["operators"][0]["builtin_options"] = None
    refused(raw(tables), "stride_w is 0")


def test_an_operator_with_the_options_of_another() -> None:
    tables = convolution()
    tables["subgraphs"][0]["operators"][0]["builtin_options"] = ("SoftmaxOptions", {"beta": 1.0})
    refused(raw(tables), "it has SoftmaxOptions where Conv2DOptions belong")


@pytest.mark.parametrize("number", [-129, 3000, 2**31 - 1])
def test_an_operator_code_that_does_not_exist(number: int) -> None:
    tables = add_model()
    tables["operator_codes"] = [{"builtin_code": number, "deprecated_builtin_code": 127}]
    if number > 0:
        refused(raw(tables), f"operator code {number} is unknown")
    else:
        refused(raw(tables), "belongs to the runtime itself|unknown")


@pytest.mark.parametrize(
    "inputs", [[0, -1], [-1, 0], [0, 3], [0, -2], [0, 2**31 - 1], [0, -(2**31)], [], [0], [0, 1, 0]]
)
def test_operator_inputs_that_are_not_there(inputs: list[int]) -> None:
    tables = add_model()
    tables["subgraphs"][0]["operators"][0]["inputs"] = inputs
    refused(raw(tables), r"operator 0 \(ADD\)")


@pytest.mark.parametrize("outputs", [[-1], [9], [], [2, 2], [0]])
def test_operator_outputs_that_are_not_there_or_taken(outputs: list[int]) -> None:
    tables = add_model()
    tables["subgraphs"][0]["operators"][0]["outputs"] = outputs
    refused(raw(tables), "operator 0")


@pytest.mark.parametrize("shape", [[2**31 - 1, 2], [65536, 65536], [2**31 - 1] * 8, [-1, 4], [-(2**31)]])
def test_shapes_of_more_elements_than_can_be(shape: list[int]) -> None:
    vector = tensor(shape)
    refused(raw(one_operator("ADD", [vector, vector], [vector], ("AddOptions", {}))), "has the shape")


def test_more_dimensions_than_can_be() -> None:
    vector = tensor([1] * 9)
    refused(raw(one_operator("ADD", [vector, vector], [vector], ("AddOptions", {}))), "has 9 dimensions; at most 8")


def test_activations_that_no_small_computer_holds() -> None:
    vector = tensor([1024, 1024, 600])
    refused(raw(one_operator("ADD", [vector, vector], [vector], ("AddOptions", {}))), "bytes of activations")


def test_constants_that_blow_up_a_small_input() -> None:
    times = tensor([2], "int32", struct.pack("<2i", 2**20, 2**20))
    refused(raw(one_operator("TILE", [tensor([1, 1]), times], [tensor([1, 1])])), "its result would have the shape")


def loop(body: int, depth: int = 0) -> bytes:
    """Subgraph 0 runs WHILE with condition 1 and the body `body`."""
    condition = subgraph([tensor([1]), tensor([1], "bool")], [operator("test", [0], [1])], [0], [1])
    step = subgraph([tensor([1]), tensor([1])], [operator("step", [0], [1])], [0], [1])
    options = ("WhileOptions", {"cond_subgraph_index": 1, "body_subgraph_index": body})
    main = subgraph([tensor([1]), tensor([1])], [operator("WHILE", [0], [1], options)], [0], [1])
    return raw(model(main, condition, step))


def test_a_loop_that_the_next_tests_damage_is_sound() -> None:
    assert ModelFile.read(loop(2)).ops[0].name == "WHILE"


def test_a_loop_whose_body_is_the_model_itself() -> None:
    refused(loop(0), "runs itself")


@pytest.mark.parametrize("body", [-1, 3, 2**31 - 1])
def test_a_loop_whose_body_is_not_there(body: int) -> None:
    refused(loop(body), f"body_subgraph_index is {body}, and the file has 3 subgraphs")


def test_a_loop_whose_body_gives_something_else() -> None:
    refused(loop(1), "body_subgraph_index gives other outputs")


def test_subgraphs_that_run_one_another_too_deep() -> None:
    def level(number: int) -> Table:
        options = ("CallOptions", {"subgraph": number + 1})
        return subgraph([tensor([1]), tensor([1])], [operator("CALL", [0], [1], options)], [0], [1])

    last = subgraph([tensor([1]), tensor([1])], [operator("step", [0], [1])], [0], [1])
    assert ModelFile.read(raw(model(*map(level, range(20)), last)))
    refused(raw(model(*map(level, range(2000)), last)), "more than 32 subgraphs run one another")


def test_short_chains_of_subgraphs_that_make_a_long_one() -> None:
    """The model runs each of them, the shortest first, and each one runs the one before."""

    def calling(*numbers: int) -> Table:
        options = [("CallOptions", {"subgraph": number}) for number in numbers]
        calls = [operator("CALL", [0], [made], called) for made, called in enumerate(options, 1)]
        steps = calls or [operator("step", [0], [1])]
        return subgraph([tensor([1])] * (len(steps) + 1), steps, [0], [1])

    def chained(count: int) -> bytes:
        return raw(model(calling(*range(1, count + 1)), calling(), *map(calling, range(1, count))))

    assert ModelFile.read(chained(32))
    refused(chained(33), "more than 32 subgraphs run one another")
    refused(chained(1000), "more than 32 subgraphs run one another")


def test_weights_that_are_in_another_file() -> None:
    refused(raw({**add_model(), "external_buffers": [{"id": 1, "group": 0, "length": 4}]}), "in another file")


def test_a_buffer_that_lies_before_the_file() -> None:
    tables = one_operator("ADD", [tensor([4]), tensor([4], data=bytes(16))], [tensor([4])], ("AddOptions", {}))
    tables["buffers"][1] = {"offset": 2**64 - 8, "size": 16}
    refused(raw(tables), "buffer 1 lies at bytes")


def test_texts_that_lead_outside_of_their_buffer() -> None:
    texts = struct.pack("<4i", 1, 12, 2**31 - 1, 0)
    tables = one_operator("RESHAPE", [tensor([1], "string", texts)], [tensor([1], "string")], ("ReshapeOptions", {}))
    refused(raw(tables), "its texts are not where it says")


@pytest.mark.parametrize("scale", [0.0, -1.0, float("inf"), float("nan"), 1e-44])
def test_scales_that_cannot_be_divided_by(scale: float) -> None:
    vector = tensor([4], "int8", quantization=quantized([scale], [0]))
    refused(raw(one_operator("ADD", [vector, vector], [vector], ("AddOptions", {}))), "quantization scale")


@pytest.mark.parametrize("zero_point", [-129, 128, 2**40, -(2**63)])
def test_zero_points_outside_of_the_type(zero_point: int) -> None:
    vector = tensor([4], "int8", quantization=quantized([1.0], [zero_point]))
    refused(
        raw(one_operator("ADD", [vector, vector], [vector], ("AddOptions", {}))), "zero point outside of -128 to 127"
    )


def test_a_name_in_a_file_that_writes_to_the_terminal() -> None:
    evil = "evil\n\x1b[2j"
    tables = model(subgraph([tensor([4]), tensor([4])], [operator(evil, [7], [1])], [0], [1]))
    refused(raw(tables), r"evil\\n\\x1b")


def test_a_message_that_would_be_as_long_as_the_file() -> None:
    with pytest.raises(FormatError) as caught:
        ModelFile.read(raw(one_operator("FLOOR", [tensor([1] * 500_000)], [tensor([1])])))
    assert len(str(caught.value)) < 500


def test_a_shape_of_very_many_dimensions_in_a_constant() -> None:
    shape = tensor([200_000], "int32", struct.pack("<i", 2**31 - 1) * 200_000)
    refused(raw(one_operator("FILL", [shape, tensor([])], [tensor([1])])), "its result would have the shape")


def test_a_sparse_constant_where_integers_are_read() -> None:
    levels = [{"dense_size": 2}, {"dense_size": 2}]
    sparsity = {"traversal_order": [0, 1], "dim_metadata": levels}
    pads = tensor([2, 2], "int32", bytes(8), sparsity=sparsity)
    refused(raw(one_operator("PAD", [tensor([2, 3]), pads], [tensor([2, 3])])), "sparsity: 4 values")


def test_an_operator_with_nothing_but_inputs_left_out() -> None:
    tables = model(subgraph([], [operator("BIDIRECTIONAL_SEQUENCE_LSTM", [-1] * 5, [])], [], []))
    refused(raw(tables), "BIDIRECTIONAL_SEQUENCE_LSTM")


def test_nothing_in_a_file_makes_reading_raise_anything_else() -> None:
    """Every byte of a small sealed file set to every one of a few values, one at a time."""
    data = ModelFile.build(add_model(), {"labels.txt": b"a\n"}).data
    for place in range(len(data)):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            if changed != data:
                with pytest.raises(ModelError):
                    ModelFile.read(changed)
