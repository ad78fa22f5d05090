"""The list of operators holds all that TensorFlow has, each once."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import edgewright
from edgewright.convert.sources.tensorflow.graphs.judging import operators

LIST = Path(edgewright.__file__).parent / "convert" / "sources" / "tensorflow" / "graphs" / "operators.toml"

_REGISTRY = """
import json
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session as session

found = op_def_pb2.OpList.FromString(session.TF_GetBuffer(session.TF_GetAllOpList())).op
print(json.dumps({operator.name: sorted({attribute.name for attribute in operator.attr}) for operator in found}))
"""


def test_every_operator_of_tensorflow_is_on_the_list():
    done = subprocess.run([sys.executable, "-c", _REGISTRY], capture_output=True, text=True, check=True)
    registry = json.loads(done.stdout.splitlines()[-1])
    assert [name for name in registry if name not in operators()] == []


def test_no_operator_is_on_the_list_twice():
    table = tomllib.loads(LIST.read_text())
    names = " ".join([table["pure"], table["readers"], table["writers"], *table["refused"].values()]).split()
    assert [name for name, count in Counter(names).items() if count > 1] == []
