"""The interpreter on real models, side by side with the runtime's own."""

from __future__ import annotations

import enum
import gc
import inspect
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import ai_edge_litert.interpreter as backend
import numpy as np
import pytest

from edgewright import engine
from edgewright.engine import Interpreter, OpResolverType
from edgewright.engine.construction import PublicCalls
from edgewright.errors import EngineError, FormatError, InterpreterError, ModelError
from edgewright.model import ModelFile

CLASSIC = "models/mobilenet_v2_1.0_224_quant.tflite"
FLOAT = "models/mobilenet_v1_0.25_224_float.tflite"
EDGE_TPU = "models/mobilenet_v1_0.25_128_quant_edgetpu.tflite"

# The loop of every tutorial, as found in thousands of scripts. Only its import changes.
SCRIPT = """
    {the_import}
    import sys
    import numpy as np
    from PIL import Image

    interpreter = Interpreter(model_path=sys.argv[1])
    interpreter.allocate_tensors()
    input_details = interpreter.get_input_details()
    output_details = interpreter.get_output_details()
    height, width = input_details[0]["shape"][1:3]
    image = Image.open(sys.argv[2]).convert("RGB").resize((int(width), int(height)))
    interpreter.set_tensor(input_details[0]["index"], np.expand_dims(np.asarray(image), axis=0))
    interpreter.invoke()
    output = interpreter.get_tensor(output_details[0]["index"])
    results = np.squeeze(output)
    print(results.argsort()[-5:][::-1].tolist(), output.dtype, output.shape, output.tobytes().hex())
"""


def run_script(the_import, *arguments):
    code = textwrap.dedent(SCRIPT).format(the_import=the_import)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=True
    )


def opened(model, **options):
    interpreter = Interpreter(model_content=model, **options)
    interpreter.allocate_tensors()
    return interpreter


class TestTheSameInterface:
    def public(self, thing):
        return {name for name in dir(thing) if not name.startswith("_")}

    def test_every_public_name_of_the_runtimes_interpreter_is_there(self):
        assert self.public(backend.Interpreter) <= self.public(Interpreter)

    def test_every_public_name_of_its_signature_runner_is_there(self):
        assert self.public(backend.SignatureRunner) <= self.public(engine.SignatureRunner)

    @pytest.mark.parametrize("name", sorted({"__init__", *(n for n in dir(backend.Interpreter) if n[0] != "_")}))
    def test_arguments_have_the_runtimes_names_order_and_defaults(self, name):
        theirs = getattr(backend.Interpreter, name)
        if not callable(theirs):
            assert isinstance(getattr(Interpreter, name), property)
            return
        ours = inspect.signature(getattr(Interpreter, name)).parameters
        for (our_name, our), their in zip(ours.items(), inspect.signature(theirs).parameters.values(), strict=True):
            assert our_name == their.name
            # An enum of ours stands where the runtime has an equal one of its own.
            assert getattr(our.default, "value", our.default) == getattr(their.default, "value", their.default)

    def test_private_methods_in_wide_use_answer_like_the_runtimes(self, shared_file):
        data = shared_file(FLOAT).read_bytes()
        ours, theirs = Interpreter(model_content=data), backend.Interpreter(model_content=data)
        assert repr(ours._get_ops_details()) == repr(theirs._get_ops_details())
        assert repr(ours._get_op_details(0)) == repr(theirs._get_op_details(0))
        assert repr(ours._get_tensor_details(0, 0)) == repr(theirs._get_tensor_details(0, 0))
        assert ours._get_full_signature_list() == theirs._get_full_signature_list()
        assert ours._native_handle() > 0

    def test_op_resolver_types_are_the_runtimes(self):
        assert {k.name: k.value for k in OpResolverType} == {k.name: k.value for k in backend.OpResolverType}

    def test_details_are_the_runtimes(self, shared_file):
        data = shared_file(CLASSIC).read_bytes()
        ours, theirs = Interpreter(model_content=data), backend.Interpreter(model_content=data)
        assert repr(ours.get_input_details()) == repr(theirs.get_input_details())
        assert repr(ours.get_output_details()) == repr(theirs.get_output_details())
        assert repr(ours.get_tensor_details()) == repr(theirs.get_tensor_details())
        assert ours.num_subgraphs() == theirs.num_subgraphs() == 1

    def test_the_tutorials_script_runs_with_only_its_import_changed(self, shared_file):
        files = shared_file(CLASSIC), shared_file("images/parrot.jpg")
        theirs = run_script("from ai_edge_litert.interpreter import Interpreter", *files)
        ours = run_script("from edgewright.engine import Interpreter", *files)
        assert ours.stdout == theirs.stdout
        assert ours.stderr == ""


class TestRunning:
    @pytest.mark.parametrize("kind", [*OpResolverType, *backend.OpResolverType], ids=str)
    def test_each_op_resolver_type_gives_what_the_runtime_gives_with_it(self, shared_file, kind):
        data = shared_file("models/mobilenet_v1_0.25_128_quant.tflite").read_bytes()
        picture = np.random.default_rng(1).integers(0, 256, (1, 128, 128, 3), np.uint8)
        ours = Interpreter(model_content=data, experimental_op_resolver_type=kind)
        theirs = backend.Interpreter(
            model_content=data, experimental_op_resolver_type=backend.OpResolverType[kind.name]
        )
        outputs = []
        for interpreter in (ours, theirs):
            interpreter.allocate_tensors()
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
            interpreter.invoke()
            outputs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
        assert outputs[0].tobytes() == outputs[1].tobytes()

    def test_a_runtime_without_a_visible_binding_is_used_through_its_public_methods(self, rectifier, row):
        interpreter = opened(rectifier)
        interpreter._native = PublicCalls(interpreter._backend)
        interpreter.set_tensor(0, row)
        interpreter.invoke()
        assert np.array_equal(interpreter.get_tensor(1), abs(row))
        view = interpreter.tensor(0)()
        assert np.array_equal(view, row)
        with pytest.raises(InterpreterError, match="a view from tensor"):
            interpreter.invoke()

    def test_get_tensor_is_a_copy(self, rectifier, row):
        interpreter = opened(rectifier)
        interpreter.set_tensor(0, row)
        interpreter.invoke()
        output = interpreter.get_tensor(1)
        interpreter.set_tensor(0, 2 * row)
        interpreter.invoke()
        assert np.array_equal(output, abs(row))

    def test_a_free_dimension_is_resized(self, adder):
        interpreter = Interpreter(model_content=adder)
        for index in (0, 1):
            interpreter.resize_tensor_input(index, [5, 3], strict=True)
        interpreter.allocate_tensors()
        for index in (0, 1):
            interpreter.set_tensor(index, np.ones((5, 3), np.float32))
        interpreter.invoke()
        assert np.array_equal(interpreter.get_tensor(2), np.full((5, 3), 2, np.float32))

    def test_strings_go_in_and_come_out(self, text_model):
        interpreter = opened(text_model)
        interpreter.set_tensor(0, np.array([b"one", b"", "drei é".encode()], object))
        interpreter.invoke()
        assert interpreter.get_tensor(1).ravel().tolist() == [b"one", b"", "drei é".encode()]

    def test_interpreters_in_threads_give_what_one_alone_gives(self, shared_file):
        model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
        pictures = np.random.default_rng(2).integers(0, 256, (8, 1, 128, 128, 3), np.uint8)

        def run(picture):
            interpreter = opened(model)
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
            interpreter.invoke()
            return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).tobytes()

        alone = [run(picture) for picture in pictures]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(run, pictures)) == alone

    def test_other_threads_run_during_invoke(self, shared_file):
        interpreter = opened(ModelFile.read(shared_file("models/deeplabv3_mnv2_pascal_quant.tflite")))
        invoked, counted = threading.Event(), 0

        def invoke():
            interpreter.invoke()
            invoked.set()

        thread = threading.Thread(target=invoke)
        thread.start()
        while not invoked.is_set():
            counted += 1
        thread.join()
        assert counted > 0

    def test_preserved_intermediate_results_can_be_read(self, shared_file):
        interpreter = opened(shared_file(FLOAT).read_bytes(), experimental_preserve_all_tensors=True)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.ones((1, 224, 224, 3), np.float32))
        interpreter.invoke()
        first = interpreter._get_ops_details()[0]["outputs"][0]
        assert np.isfinite(interpreter.get_tensor(first)).all()


class TestViews:
    def test_a_view_reads_and_writes_the_tensors_memory(self, rectifier, row):
        interpreter = opened(rectifier)
        give, result = interpreter.tensor(0), interpreter.tensor(1)
        give()[:] = row
        interpreter.invoke()
        assert np.array_equal(result(), abs(row))
        assert np.array_equal(interpreter.get_tensor(0), row)

    @pytest.mark.parametrize("call", ["invoke", "allocate_tensors", "resize_tensor_input"])
    def test_calls_that_would_move_the_memory_are_refused_while_a_view_is_alive(self, rectifier, call):
        interpreter = opened(rectifier)
        view = interpreter.tensor(0)()
        arguments = (0, [1, 3]) if call == "resize_tensor_input" else ()
        with pytest.raises(RuntimeError, match=rf"{call}: LiteRT cannot do this while a view from tensor\(\) is alive"):
            getattr(interpreter, call)(*arguments)
        del view
        getattr(interpreter, call)(*arguments)

    def test_a_view_before_allocation_is_refused(self, rectifier):
        with pytest.raises(InterpreterError, match=r"tensor: call allocate_tensors\(\) first"):
            Interpreter(model_content=rectifier).tensor(0)()


class TestSignatures:
    def test_a_runner_takes_and_gives_arrays_by_name(self, adder, row):
        interpreter = Interpreter(model_content=adder)
        assert interpreter.get_signature_list() == {"add": {"inputs": ["a", "b"], "outputs": ["total"]}}
        runner = interpreter.get_signature_runner("add")
        assert np.array_equal(runner(a=row, b=row)["total"], 2 * row)
        assert list(runner.get_input_details()) == ["a", "b"]
        assert list(runner.get_output_details()) == ["total"]

    def test_the_only_signature_needs_no_key(self, adder, row):
        assert Interpreter(model_content=adder).get_signature_runner()(a=row, b=row).keys() == {"total"}

    def test_a_live_runner_refuses_invoke_by_its_name(self, adder):
        interpreter = opened(adder)
        runner = interpreter.get_signature_runner("add")
        with pytest.raises(RuntimeError, match=r"invoke: .* while a signature runner \('add'\) is alive"):
            interpreter.invoke()
        del runner
        gc.collect()
        interpreter.invoke()

    @pytest.mark.parametrize(
        ("names", "message"),
        [("a", "takes the inputs a, b, got a"), ("abc", "got a, b, c"), ("ac", "got a, c"), ("", "got none")],
    )
    def test_wrong_names_are_refused_with_the_right_ones(self, adder, row, names, message):
        runner = Interpreter(model_content=adder).get_signature_runner()
        with pytest.raises(ValueError, match=message):
            runner(**dict.fromkeys(names, row))

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (np.zeros((1, 3)), "input 'b': tensor 1 'b' takes float32"),
            ([[1, 2, 3]], "input 'b' must be a NumPy array, got list"),
            (np.zeros((1, 4), np.float32), r"input 'b' takes the shape \(-1, 3\) \(-1 is free\), got \(1, 4\)"),
        ],
    )
    def test_wrong_arrays_are_refused_by_name(self, adder, row, value, message):
        with pytest.raises(InterpreterError, match=message):
            Interpreter(model_content=adder).get_signature_runner()(a=row, b=value)

    def test_an_unknown_signature_is_refused_with_the_known_ones(self, adder, rectifier):
        with pytest.raises(ValueError, match="the file has the signatures add; there is no 'sub'"):
            Interpreter(model_content=adder).get_signature_runner("sub")
        with pytest.raises(ValueError, match="no signature; use set_tensor and invoke"):
            Interpreter(model_content=rectifier).get_signature_runner()


class TestRefusals:
    def test_a_damaged_file_is_refused_before_the_runtime_sees_it(self, shared_file):
        data = shared_file(FLOAT).read_bytes()
        with pytest.raises(FormatError):
            Interpreter(model_content=data[: len(data) // 2])

    def test_a_missing_file_is_refused_by_its_path(self, tmp_path):
        with pytest.raises(ModelError, match="nowhere"):
            Interpreter(model_path=tmp_path / "nowhere.tflite")

    @pytest.mark.parametrize("arguments", [{}, {"model_path": "a.tflite", "model_content": b"TFL3"}])
    def test_exactly_one_source_is_wanted(self, arguments):
        with pytest.raises(ValueError, match="exactly one of them"):
            Interpreter(**arguments)

    @pytest.mark.parametrize("number", [0, -1, 1.5, "2", True])
    def test_a_number_of_threads_below_one_is_refused(self, rectifier, number):
        with pytest.raises(ValueError, match="num_threads is a whole number from 1 to 256"):
            Interpreter(model_content=rectifier, num_threads=number)

    def test_a_numpy_number_of_threads_is_fine(self, rectifier, row):
        opened(rectifier, num_threads=np.int64(2)).set_tensor(0, row)

    @pytest.mark.parametrize("kind", [2, "BUILTIN", enum.Enum("Other", "FAST").FAST], ids=str)
    def test_an_unknown_op_resolver_is_refused_with_the_choices(self, rectifier, kind):
        with pytest.raises(ValueError, match="Choose one of: AUTO, BUILTIN, BUILTIN_REF"):
            Interpreter(model_content=rectifier, experimental_op_resolver_type=kind)

    def test_a_refusal_is_one_line_and_caught_as_any_of_four_classes(self, rectifier):
        with pytest.raises(InterpreterError) as caught:
            Interpreter(model_content=rectifier).invoke()
        assert isinstance(caught.value, EngineError)
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, RuntimeError)
        assert str(caught.value) == "<bytes>: invoke: call allocate_tensors() first"

    @pytest.mark.parametrize("call", ["set_tensor", "get_tensor"])
    def test_tensors_before_allocation_are_refused(self, rectifier, row, call):
        interpreter = Interpreter(model_content=rectifier)
        with pytest.raises(ValueError, match=rf"{call}: call allocate_tensors\(\) first"):
            getattr(interpreter, call)(*((0, row) if call == "set_tensor" else (0,)))

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (np.zeros((1, 3)), r"takes float32 \(1, 3\), got float64 \(1, 3\). Convert it with .astype\('float32'\)"),
            (np.zeros(3, np.float32), r"got float32 \(3,\). Add the batch axis with array\[np.newaxis\]"),
            (np.zeros((4, 3), np.float32), r"got float32 \(4, 3\). Run the items one by one, or call resize_tensor"),
            (np.zeros((1, 7), np.float32), r"got float32 \(1, 7\)$"),
            (None, "got string"),
        ],
    )
    def test_set_tensor_says_what_does_not_fit(self, rectifier, value, message):
        with pytest.raises(ValueError, match=message):
            opened(rectifier).set_tensor(0, value)

    def test_real_numbers_for_a_quantized_input_are_refused_with_the_formula(self, shared_file):
        interpreter = opened(shared_file(CLASSIC).read_bytes())
        with pytest.raises(ValueError, match=r"give uint8 numbers, round\(x / 0.0078125\) \+ 128 for a real number x"):
            interpreter.set_tensor(0, np.zeros((1, 224, 224, 3), np.float32))

    @pytest.mark.parametrize("index", [9, -1])
    def test_a_tensor_that_is_not_there_is_refused_with_those_that_are(self, rectifier, row, index):
        message = f"no tensor {index}; its inputs are 0 'x', its outputs 1 'y'"
        interpreter = opened(rectifier)
        with pytest.raises(ValueError, match=message):
            interpreter.get_tensor(index)
        with pytest.raises(ValueError, match=message):
            interpreter.set_tensor(index, row)
        with pytest.raises(ValueError, match=message):
            interpreter.resize_tensor_input(index, [1, 3])

    def test_an_index_that_is_no_integer_is_refused_in_one_line(self, rectifier, row):
        with pytest.raises(InterpreterError, match=r"a tensor's index is an integer, got 'x'$"):
            opened(rectifier).set_tensor("x", row)

    def test_an_intermediate_result_that_is_not_kept_is_refused_with_the_argument_that_keeps_it(self, shared_file):
        interpreter = opened(shared_file(FLOAT).read_bytes())
        first = interpreter._get_ops_details()[0]["outputs"][0]
        with pytest.raises(ValueError, match=r"is an intermediate result.* experimental_preserve_all_tensors=True"):
            interpreter.get_tensor(first)

    def test_resizing_what_is_fixed_is_refused_with_the_shape(self, rectifier):
        interpreter = Interpreter(model_content=rectifier)
        with pytest.raises(RuntimeError, match=r"input 0 is \(1, 3\) \(-1 is free\) and cannot become \[5, 3\]"):
            interpreter.resize_tensor_input(0, [5, 3], strict=True)

    def test_an_edge_tpu_file_without_its_delegate_is_refused_with_what_to_do(self, shared_file):
        with pytest.raises(RuntimeError, match=r"compiled for the Edge TPU.*load_delegate\('libedgetpu.so.1'\)"):
            Interpreter(shared_file(EDGE_TPU)).allocate_tensors()

    def test_an_unknown_custom_operator_is_refused_by_name(self, custom_model):
        with pytest.raises(RuntimeError, match=r"does not know the custom operator Acme.Fancy\. Load the delegate"):
            Interpreter(model_content=custom_model("Acme.Fancy")).allocate_tensors()

    def test_an_operator_of_tensorflow_is_refused_by_name(self, custom_model):
        with pytest.raises(RuntimeError, match=r"TensorFlow's own operators \(FlexErfinv\)"):
            Interpreter(model_content=custom_model("FlexErfinv")).allocate_tensors()

    def test_a_name_that_is_no_text_is_refused_as_damage(self, rectifier):
        damaged = rectifier.replace(b"\x01\0\0\0x\0", b"\x01\0\0\0\xc7\0")
        assert damaged != rectifier
        with pytest.raises((FormatError, InterpreterError), match="UTF-8"):
            Interpreter(model_content=damaged).get_input_details()

    def test_an_error_does_not_repeat_the_ones_before_it(self, adder):
        interpreter = Interpreter(model_content=adder)
        for index in (0, 1):
            with pytest.raises(RuntimeError) as caught:
                interpreter.resize_tensor_input(index, [5, 4], strict=True)
        assert str(caught.value).count("Attempting to resize") == 1
