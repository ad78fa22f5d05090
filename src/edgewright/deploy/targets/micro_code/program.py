"""`main.cc`: the program that runs the sample, and says whether it comes out right."""

from __future__ import annotations

from edgewright.deploy.description import Description
from edgewright.deploy.targets.micro_code.decoding import classes_of
from edgewright.deploy.targets.micro_code.files import called, template

_HEADERS = ("arena.h", "decoding.h", "labels.h", "model.h", "ops.h", "preparation.h", "sample.h")


def program_file(described: Description) -> bytes:
    """The program, in C++."""
    variables = variable_count(described)
    classes = classes_of(described)
    return template(
        "main.cc.in",
        model=called(described),
        headers="\n".join(f'#include "{name}"' for name in _HEADERS),
        variables_header='#include "tensorflow/lite/micro/micro_resource_variable.h"\n' if variables else "",
        interpreter=_with_variables(variables) if variables else _INTERPRETER,
        fill="\n".join(_fill(described, place) for place in range(len(described.inputs))),
        compare="\n".join(_compare(place) for place in range(len(described.outputs))),
        show_function="" if classes is None else template("show.cc.in", scale=_shown(described)).decode(),
        show=""
        if classes is None
        else "  Show(static_cast<const model_output_0*>(interpreter.output(0)->data.data));\n",
    )


def variable_count(described: Description) -> int:
    """How many variables the model keeps from one run to the next."""
    operators = [one for subgraph in described.model.graph.subgraphs for one in subgraph.operators]
    return len({one.options.get("shared_name") for one in operators if one.name == "VAR_HANDLE"})


_INTERPRETER = "  MicroInterpreter interpreter(model, resolver, arena, sizeof arena);"


def _with_variables(count: int) -> str:
    return (
        "  auto* allocator = MicroAllocator::Create(arena, sizeof arena);\n"
        f"  auto* variables = MicroResourceVariables::Create(allocator, {count});\n"
        "  MicroInterpreter interpreter(model, resolver, allocator, variables);"
    )


def _fill(described: Description, place: int) -> str:
    name = f"model_sample_input_{place}"
    filled = (
        "model_store_pixels(model_sample_pixels, static_cast<model_input_0*>(input_0->data.data));"
        if described.pixels is not None
        else f"memcpy(input_{place}->data.data, {name}, sizeof {name});"
    )
    size = f"MODEL_INPUT_{place}_ELEMENTS * sizeof(model_input_{place})"
    return (
        f"  auto* input_{place} = interpreter.input({place});\n"
        f"  if (input_{place} == nullptr || input_{place}->bytes != {size}) {{\n"
        f'    return Fail("input {place} has another size than in preparation.h");\n  }}\n  {filled}'
    )


def _compare(place: int) -> str:
    return (
        f"  right &= Right({place}, interpreter.output({place}), model_sample_output_{place},\n"
        f"                 MODEL_OUTPUT_{place}_ELEMENTS, MODEL_SAMPLE_OUTPUT_{place}_MAY_DIFFER);"
    )


def _shown(described: Description) -> str:
    """Labels by name, or classes by number."""
    return "model_labels[places[rank]]" if described.labels else '"class"'
