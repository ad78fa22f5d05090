"""`decoding.h` and `.c`: what the model's outputs stand for, and the best of a classifier's labels."""

from __future__ import annotations

from edgewright.deploy.description import Classes, Description, Tensor
from edgewright.deploy.targets.micro_code.files import header, source
from edgewright.deploy.targets.micro_code.literals import real
from edgewright.deploy.targets.micro_code.tensors import declared, has_reals, scaled

_WHAT = "What comes out of the model."


def classes_of(described: Description) -> Classes | None:
    """How the first output is read as a row of scores; `None` where it is none."""
    found = described.decoding
    first = described.outputs[0]
    if not isinstance(found, Classes) or len(described.outputs) != 1 or not has_reals(first):
        return None
    return found if first.elements == len(found.labels) and first.elements else None


def decoding_files(described: Description) -> dict[str, bytes]:
    """Both files."""
    places = list(enumerate(described.outputs))
    declarations = [declared(tensor, "output", place) + _declaration(tensor, place) for place, tensor in places]
    definitions = [_definition(tensor, place) for place, tensor in places]
    classes = classes_of(described)
    if classes is not None:
        declarations.append(_classes_declaration(described.outputs[0], classes))
        definitions.append(_scores(classes) + _BEST)
    body = "\n".join([f"#define MODEL_OUTPUTS {len(places)}\n", *declarations])
    return {
        "decoding.h": header(described, "decoding", _WHAT, body),
        "decoding.c": source(described, "decoding", _WHAT, "\n".join(definitions), ["<math.h>", "<string.h>"]),
    }


def _signature(place: int) -> str:
    return f"void model_read_output_{place}(const model_output_{place} *stored, float *real, size_t count)"


def _declaration(tensor: Tensor, place: int) -> str:
    if not has_reals(tensor):
        return "/* It gives whole numbers as they are. */\n"
    return f"\n/* The real numbers that `count` stored ones stand for. */\n{_signature(place)};\n"


def _definition(tensor: Tensor, place: int) -> str:
    if not has_reals(tensor):
        return ""
    if not scaled(tensor):
        return f"{_signature(place)} {{\n  memcpy(real, stored, count * sizeof *real);\n}}\n"
    return (
        f"{_signature(place)} {{\n  for (size_t index = 0; index < count; ++index) {{\n"
        f"    real[index] = (float)((int32_t)stored[index] - ({tensor.zero_point})) * {real(tensor.scale)};\n  }}\n}}\n"
    )


# ----- one row of scores


def _classes_declaration(tensor: Tensor, classes: Classes) -> str:
    made = ", of which a softmax makes shares that add up to 1" if classes.softmax else ""
    least = "" if classes.threshold is None else _threshold(classes.threshold)
    return (
        f"#define MODEL_CLASSES {tensor.elements}\n{least}\n"
        f"/* The score of each class{made}. */\n"
        "void model_scores(const model_output_0 *stored, float *scores);\n\n"
        "/* Places of the `wanted` highest scores, highest first, equal ones in the order of the classes. Gives how\n"
        "   many there are, which is less only where scores are no numbers. */\n"
        "size_t model_best(const float *scores, size_t *places, size_t wanted);\n"
    )


def _threshold(least: float) -> str:
    return f"/* The least score that is worth showing. */\n#define MODEL_THRESHOLD {real(least)}\n"


def _scores(classes: Classes) -> str:
    softmax = _SOFTMAX if classes.softmax else ""
    call = "  softmax(scores);\n" if classes.softmax else ""
    return (
        f"{softmax}void model_scores(const model_output_0 *stored, float *scores) {{\n"
        f"  model_read_output_0(stored, scores, MODEL_CLASSES);\n{call}}}\n\n"
    )


# In double, as Python does it: what two exponential functions differ by is then lost in rounding to float.
_SOFTMAX = """static void softmax(float *scores) {
  float largest = scores[0];
  double sum = 0.0;
  for (size_t place = 1; place < MODEL_CLASSES; ++place) {
    largest = scores[place] > largest ? scores[place] : largest;
  }
  for (size_t place = 0; place < MODEL_CLASSES; ++place) {
    sum += exp((double)scores[place] - (double)largest);
  }
  for (size_t place = 0; place < MODEL_CLASSES; ++place) {
    scores[place] = (float)(exp((double)scores[place] - (double)largest) / sum);
  }
}

"""

_BEST = """size_t model_best(const float *scores, size_t *places, size_t wanted) {
  for (size_t rank = 0; rank < wanted; ++rank) {
    size_t best = MODEL_CLASSES;
    for (size_t place = 0; place < MODEL_CLASSES; ++place) {
      const size_t last = rank ? places[rank - 1] : place;
      const int after = !rank || scores[place] < scores[last] || (scores[place] == scores[last] && place > last);
      if (after && !isnan(scores[place]) && (best == MODEL_CLASSES || scores[place] > scores[best])) {
        best = place;
      }
    }
    if (best == MODEL_CLASSES) {
      return rank;
    }
    places[rank] = best;
  }
  return wanted;
}
"""
