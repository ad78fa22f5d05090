"""The command `edgewright`: finds the verb, and turns every failure into one line and an exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.verb import FAILED
from edgewright.cli.words.options import options_of
from edgewright.cli.words.verbs import unknown_verb
from edgewright.errors import EdgewrightError, PluginWarning
from edgewright.spelling import spelled_as

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

WRONG_USAGE = 2
INTERRUPTED = 130

# A disk or quota that is full, the longest file, a disk that fails: output goes to a file whose name is not known here.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}

# What click raises where a group is called without a command; older versions print the help themselves.
_NO_ARGUMENTS: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())

# How a shell asks for completions: see docs/how-to/completion.md.
_COMPLETE = "_EDGEWRIGHT_COMPLETE"

# Verb -> what it does. A verb's module is imported when it is used: the others cost nothing.
VERBS = {
    "quickstart": "Train, convert, prove, shrink and measure a first model, and write a report.",
    "models": "List the models that are known by name; fetch and remove them.",
    "teach": "Make a classifier of your own classes from a handful of pictures.",
    "train": "Train a model on your own pictures, sounds or series, and measure it.",
    "convert": "Make a .tflite file of a Keras, TensorFlow, PyTorch or ONNX model, proven against it.",
    "check": "Say what of a model runs on a target: cpu, gpu, edgetpu, micro, browser; and what hinders the rest.",
    "rewrite": "Make an equivalent file: today's operators, bytes straight in, nothing stored twice.",
    "optimize": "Find the smallest or fastest file that keeps its accuracy, with the proof.",
    "evaluate": "Score a model on labeled data, with an interval; or beside a second model.",
    "inspect": "Say what a .tflite file holds: inputs, outputs, operators, sizes, origin.",
    "run": "Run a model on pictures, sounds, texts, tables or videos.",
    "bench": "Measure latency, throughput, cold start and memory, here or on a device.",
    "watch": "Watch cameras, streams, folders, sounds or sensors, and report events; none is lost.",
    "deploy": "Bring a model or an agent onto a device over SSH, tried there, with a way back.",
    "export": "Make a folder that runs a model elsewhere: Python, web, Android, iOS, Java, micro.",
    "keys": "Make keys that sign what is deployed, and say which of them devices trust.",
    "fleet": "Show how devices are doing, and set the version they fetch.",
    "cache": "List what is kept on this machine (downloads, results, tools), and remove it.",
}


# Those of them that lie in the room of that name.
_HOUSEKEEPING = {"cache", "fleet", "keys"}


def _loaded(module: str) -> click.Command:
    """The command of a module; nobody looks for garbage in what is imported with it, now or later: it stays."""
    gc.disable()
    try:
        command: click.Command = importlib.import_module(module).command
        gc.freeze()
    finally:
        gc.enable()
    return command


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        room = "housekeeping." if cmd_name in _HOUSEKEEPING else ""
        return _loaded(f"edgewright.cli.{room}{cmd_name}")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; from now on messages call the library's arguments what it calls them."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            raise click.UsageError(unknown_verb(args, VERBS), ctx)
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            ctx.with_resource(spelled_as(options_of(command)))
        return name, command, rest

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Verbs with what they do, and our options; no verb is imported for it."""
        from click.shell_completion import CompletionItem

        verbs = [CompletionItem(verb, help=help) for verb, help in VERBS.items() if verb.startswith(incomplete)]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


def _print_version(ctx: click.Context, option: click.Parameter, asked: bool) -> None:
    if asked:
        from edgewright import __version__

        click.echo(f"edgewright {__version__}")
        ctx.exit()


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Print the version."
)
@click.option(
    "--debug", is_flag=True, expose_value=False, help="Show of an error all that led to it; may stand anywhere."
)
def _edgewright() -> None:
    """Take a trained model to a small computer and keep it working there.

    Each command has --help with an example. Results go to standard output, all else to standard error.

    \b
    The tab key completes files, names and options once ~/.bashrc has this line:
      eval "$(_EDGEWRIGHT_COMPLETE=bash_source edgewright)"
    """  # noqa: D301 - \b keeps click from joining lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    sys.excepthook = sys.__excepthook__ if debug else _report_unforeseen
    _show_plugin_warnings()
    if _COMPLETE in os.environ:
        from edgewright.cli.words.bash import register

        register()
    code = _run([word for word in words if word != "--debug"], debug)
    # At its end Python looks through all that there is for garbage, several times, and then frees it all the same.
    gc.freeze()
    sys.exit(code)


def _run(words: list[str], debug: bool) -> int:
    try:
        code = _edgewright.main(words, prog_name="edgewright", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except _NO_ARGUMENTS as error:
        click.echo(error.format_message())
        return WRONG_USAGE
    except click.ClickException as error:
        _complain(_usage_line(error))
        return WRONG_USAGE
    except EdgewrightError as error:
        if debug:
            raise
        _complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        _complain(str(error) or "stopped; nothing was left half-written")
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()  # its reader is gone
        return FAILED
    except OSError as error:
        if debug or (error.filename is None and error.errno not in _NO_ROOM):
            raise
        _drop_output()
        _complain(f"{error.filename or 'what is printed cannot be written'}: {error.strerror}")
        return FAILED


def _drop_output() -> None:
    """Let what is buffered go nowhere: writing it would raise once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_plugin_warnings() -> None:
    """Say what another package's part is in the way of as all else is said, not as Python shows warnings."""
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, PluginWarning):
            _complain(str(message))
        else:
            usual(message, category, *where, **more)

    warnings.showwarning = show


def _complain(message: str) -> None:
    """Print one line; what follows it, the log of a child process, is for `--debug`."""
    from edgewright.report import printable

    line, _, log = message.partition("\n")
    click.echo(f"edgewright: {printable(line)}{' (--debug shows them)' if log else ''}", err=True)


def _usage_line(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "edgewright"
    return f"{message}{'' if message.endswith('?') else '.'} See: {path} --help"


def _report_unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from edgewright.registry import package_at_fault

    text, package = " ".join(str(error).split()), package_at_fault(trace)
    where, to = (f" in the package {package}", " to its makers") if package else ("", "")
    asked = f"Please report it{to} with what this prints: the same command, --debug"
    _complain(f"unforeseen {kind.__name__}{where}: {text}. {asked}")
