"""What the allowlists say of every model of the conversion table, in both of Keras's forms; prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

import keras
from conversion_cases.case import Case
from conversion_cases.keras import all_cases

from edgewright.convert.sources.tensorflow.keras.safety import config_findings


def forms(model: Any) -> dict[str, dict[str, Any]]:
    """The configurations that `.keras` and `.h5` hold."""
    new = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    legacy = {"class_name": type(model).__name__, "config": model.get_config()}
    from keras.src.legacy.saving.json_utils import get_json_type

    return {".keras": new, ".h5": json.loads(json.dumps(legacy, default=get_json_type))}


def findings(case: Case) -> dict[str, list[str]]:
    """By form; empty for what is no Keras model, or has layers that no file can hold."""
    keras.backend.clear_session()
    model = case.build()
    if not isinstance(model, keras.Model):
        return {}
    try:
        written = forms(model)
    except NotImplementedError:
        return {}
    return {form: [str(finding) for finding in config_findings(config)] for form, config in written.items()}


def main() -> None:
    """Write them all."""
    print(json.dumps({case.name: findings(case) for case in all_cases()}))


if __name__ == "__main__":
    main()
