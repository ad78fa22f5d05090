"""Delegates: a missing library, a library that is none, and two real ones compiled here where there is a compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from edgewright.engine import Delegate, Interpreter, load_delegate, open_engine
from edgewright.errors import DelegateError

SOURCE = """
#include <stdio.h>
void* tflite_plugin_create_delegate(char** keys, char** values, size_t n, void (*report)(const char*)) {
  if (n) { fprintf(stderr, "device is busy\\n"); if (report) report("option refused"); return NULL; }
  /* TfLiteDelegate: data, Prepare, three copy functions, flags; this one takes no operator. */
  static void* delegate[16];
  extern int prepare(void*, void*);
  delegate[1] = (void*)prepare;
  return delegate;
}
int prepare(void* context, void* delegate) { return 0; }
void tflite_plugin_destroy_delegate(void* delegate) {}
"""


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here")
    folder = tmp_path_factory.mktemp("delegate")
    (folder / "delegate.c").write_text(SOURCE)
    target = folder / "libdelegate.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", target, folder / "delegate.c"], check=True)
    return str(target)


def test_a_missing_library_is_refused_without_noise(capfd):
    for kind in (OSError, ValueError):
        with pytest.raises(kind, match=r"libnowhere.so.1: the delegate's library cannot be loaded .*Install it"):
            load_delegate("libnowhere.so.1")
    assert capfd.readouterr().err == ""


def test_a_library_that_is_no_delegate_is_refused_without_noise(capfd):
    with pytest.raises(DelegateError, match="this library is no TensorFlow Lite delegate"):
        load_delegate("libc.so.6")
    assert capfd.readouterr().err == ""


def test_a_delegate_that_does_not_start_is_refused_with_all_that_it_said(library, capfd):
    with pytest.raises(ValueError, match="did not start: option refused device is busy"):
        Delegate(library, {"device": "usb:7"})
    assert capfd.readouterr().err == ""


def test_a_model_runs_with_a_delegate(library, rectifier, row):
    interpreter = Interpreter(model_content=rectifier, experimental_delegates=[load_delegate(library)])
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, row)
    interpreter.invoke()
    assert (interpreter.get_tensor(1) == abs(row)).all()


@pytest.mark.parametrize("kind", [str, Path, load_delegate])
def test_a_single_delegate_stands_for_itself(kind, library, rectifier, row):
    with open_engine(rectifier, delegates=kind(library)) as engine:
        assert (engine.run(row)[0] == abs(row)).all()
