"""The exceptions of Edgewright: one tree, so that one `except EdgewrightError` catches all of them.

A message says what happened, where, what was expected and what to do next, in one line. `exit_code` is what the
command line ends with: 1 for work that failed, 2 for a wrong request.
"""

from __future__ import annotations


class EdgewrightError(Exception):
    """Anything that Edgewright reports on purpose.

    The text is "where: message. remedy": `where` says what it is about (a file, a model) and `remedy` what to do next,
    "" where nothing was said. They are attributes, so that nobody has to cut them out of the text.

    >>> try:
    ...     ew.load("mobilenet.tflite", labels=["cat", "dog"])
    ... except ew.EdgewrightError as error:
    ...     print(error)
    mobilenet.tflite: 2 labels do not fit the model's 1,001 outputs. Give one label for each
    """

    exit_code = 1

    def __init__(self, message: str = "", *more: object, where: str = "", remedy: str = "") -> None:
        """`message` says what happened; a text that has the other two in it can be given as a whole."""
        text = f"{where}: {message}" if where else message
        super().__init__(f"{text}. {remedy}" if remedy else text, *more)
        self.message = message
        self.where = where
        self.remedy = remedy


class UsageError(EdgewrightError):
    """What was asked for makes no sense as asked: an unknown name, an impossible combination of options."""

    exit_code = 2


class MissingExtraError(EdgewrightError):
    """A part that is installed separately is missing; the message holds the exact `pip install` line.

    Where parts of it are not built for this Python or system, it says for which they are.
    """

    def __init__(self, what: str, extra: str = "", *, package: str = "") -> None:
        """`what` needs the extra, or another package: `MissingExtraError("Converting a Keras model", "convert")`."""
        missing = "an extra" if extra else "a package"
        install = package or f"'edgewright[{extra}]'"
        built_for = _built_for_others(extra)
        remedy = f"Its parts are built for {built_for}: run there" if built_for else "Run"
        super().__init__(f"{what} needs {missing} that is not installed", remedy=f"{remedy}: pip install {install}")
        self.extra = extra


# The newest Python that all parts of an extra are built for, and that they are tried on; and the systems, where their
# compiler is not built for all: as `platform.system()` and `platform.machine()` call them.
_NEWEST = {"convert": (3, 13), "jax": (3, 13), "onnx": (3, 13), "torch": (3, 13)}
_SYSTEMS = frozenset({("Linux", "x86_64"), ("Darwin", "arm64")})
_BOUND = frozenset({"jax", "torch"})


def _built_for_others(extra: str) -> str:
    """What its parts are built for, where that is not this Python on this system; "" where it is."""
    import platform
    import sys

    if extra not in _NEWEST:
        return ""
    newest = ".".join(map(str, _NEWEST[extra]))
    elsewhere = extra in _BOUND and (platform.system(), platform.machine()) not in _SYSTEMS
    systems = ", on Linux (x86-64) and macOS (Apple silicon)" if elsewhere else ""
    return f"Python 3.11 to {newest}{systems}" if elsewhere or sys.version_info[:2] > _NEWEST[extra] else ""


class ModelError(EdgewrightError, ValueError):
    """A `.tflite` file that cannot be used. Also a `ValueError`, as the interpreters of TensorFlow raise."""


class FormatError(ModelError):
    """The bytes are no well-formed `.tflite` file: damaged, truncated, or something else altogether."""


class DigestError(ModelError):
    """The file carries a digest and its bytes do not match it: it changed after it was written."""


class MetadataError(ModelError):
    """The metadata inside the file is broken, or does not fit the model."""


class ConversionError(EdgewrightError):
    """The source model could not be converted."""


class UnsupportedOperatorError(ConversionError):
    """The source uses operators that the TensorFlow Lite runtime does not have."""

    def __init__(self, message: str, operators: tuple[object, ...] = (), *, where: str = "", remedy: str = "") -> None:
        """`operators` are the `edgewright.convert.UnsupportedOperator`s that the message speaks of."""
        super().__init__(message, where=where, remedy=remedy)
        self.operators = operators


class MissingEnvironmentError(ConversionError):
    """A tool that needs an environment of its own has none yet; the message says how to make it."""

    def __init__(self, message: str, environment: str = "", *, where: str = "", remedy: str = "") -> None:
        """`environment` is its name, as `edgewright convert --setup` takes it."""
        super().__init__(message, where=where, remedy=remedy)
        self.environment = environment


class ToleranceError(ConversionError):
    """The converted model does not compute what its source computes."""


class UntrustedSourceError(ConversionError):
    """Loading the source would run code that it brings along, and nobody said that it is trusted."""


class QuantizationError(EdgewrightError):
    """A candidate of an optimization cannot be made, or is no sound model."""


class UnchangedError(QuantizationError):
    """The quantizer left the model as it was: it has nothing that the recipe covers."""


class EngineError(EdgewrightError):
    """The runtime refused a model or an input."""


class RunawayModelError(EngineError):
    """The model crashes the runtime, does not end, or takes more memory than its size explains."""


class InterpreterError(EngineError, ValueError, RuntimeError):
    """A call of the interpreter was refused.

    The runtime raises ValueError or RuntimeError, for the same cause now one and now the other. This is both, so that a
    script that catches either goes on working.
    """


class DelegateError(InterpreterError, OSError):
    """A delegate's library is missing or does not start (the runtime raises OSError or ValueError)."""


class DataError(EdgewrightError):
    """A data set or one of its items cannot be read, or does not fit the model."""


class MissingReaderError(MissingExtraError, DataError):
    """One file is in a format that a part which is missing reads; the message holds the line that installs it.

    It is about that file: the others go on.
    """


class HubError(EdgewrightError):
    """A model that is known by name, or a browser's runtime, cannot be fetched, is not here, or not as published."""


class BundleError(EdgewrightError):
    """A bundle is damaged, not for this device, or makes no sense."""


class SignatureError(BundleError):
    """A bundle is not signed by a key that is trusted here, now."""


class DeployError(EdgewrightError):
    """A device did not take what was deployed, or does not answer."""


class ClusterError(EdgewrightError):
    """A cluster does not answer, or its machines cannot do the work."""


class OutputError(EdgewrightError):
    """A result cannot be written: it exists already, the disk is full, or the folder is read-only."""


class ChildError(EdgewrightError):
    """Work in a child process did not end well.

    `summary` is the text without the child's log; `ending` how the process ended ("SIGSEGV", "exit code 3"), "" where
    it raised an exception or was stopped.
    """

    def __init__(self, summary: str, log: str = "", *, ending: str = "") -> None:
        """`log` is put behind the summary."""
        super().__init__(summary + log)
        self.summary = summary
        self.ending = ending


class ChildCrashError(ChildError):
    """The child process died or raised something unforeseen; the message holds the tail of its log."""


class ChildMemoryError(ChildCrashError):
    """The child process used more memory than allowed and was killed."""


class ChildTimeoutError(ChildError):
    """The child process ran longer than allowed and was killed."""


class PluginWarning(UserWarning):
    """A part of another package cannot be used; everything else goes on."""
