"""`run`: a model over very many inputs, of which this machine, or a cluster, does a share or all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.engine import check_threads, try_out
from edgewright.errors import ChildCrashError, UsageError
from edgewright.machine import Progress, run_in_child, silent, stage, usable_cores
from edgewright.model import ModelFile, ModelLike, read_model
from edgewright.scale.keeper import TIMEOUT_S
from edgewright.scale.listing.stored import MOST_PIECE
from edgewright.scale.manifest import FORMS, Manifest
from edgewright.scale.parts import Shard
from edgewright.scale.rows.forms import check_form
from edgewright.scale.sharding import parts_of, run_shard
from edgewright.scale.work import Work
from edgewright.spelling import argument
from edgewright.task import kind_of

_SHARD = re.compile(r"(\d{1,9})/(\d{1,9})")

# A process that is killed from outside while it opens the model is none of the model's faults.
_STARTS = 3

Notice = Callable[[str], object]
Words = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class Run:
    """How a share of the inputs stands: `count` inputs, of which `done` have a row, `failures` of those with an error.

    `fresh` of them were done this time, and `left` are not done.
    """

    count: int
    done: int
    failures: int
    fresh: int

    @property
    def left(self) -> int:
        """How many inputs have no row yet."""
        return self.count - self.done


def run(
    model: ModelLike,
    inputs: Words,
    out: str | os.PathLike[str],
    *,
    shard: str | Shard | None = None,
    on: str | None = None,
    workers: int | None = None,
    form: str = FORMS[0],
    piece: int | None = None,
    column: str | None = None,
    top: int | None = None,
    timeout: float = TIMEOUT_S,
    progress: Progress = silent,
    notice: Notice = lambda _: None,
    **options: Any,
) -> Run:
    """Answer for very many inputs, and write a row for each into the folder `out`; started again, it goes on.

    `inputs` are what `edgewright run` takes for one: folders, patterns, files; also lists and tables of paths (their
    `column`), WebDataset tars and addresses. They are listed once, and cut into pieces of `piece` inputs (1,000, fewer
    where the shares would get less than four pieces each);
    each becomes a part in `out`, which is there whole or not at all. `shard` is the share that is done here, "3/64"
    or (3, 64), counted from 0; all without it. `on` gives all to Ray: "ray" starts one here, "ray=auto" or
    "ray=HOST:PORT" joins one, whose machines have this Edgewright and read the inputs by the same names; a sample is
    answered here as well, and `notice` is told the difference. `workers` processes (default: the cores that may be
    used) have an interpreter each.

    A row is what `edgewright run --json` says of the input, with its number and the model's SHA-256; `form` is "jsonl"
    or "parquet", `top` how many entries of a ranking it has (1). An input that cannot be read has a row with the error,
    and so has one that two workers died of, or that took longer than `timeout` seconds twice. `notice` is told what had
    to be understood when the model was opened. `options` are those of `load`, but not `engine="auto"`.

    Raises what `load` raises; `UsageError` where `out` was made for another model, other inputs or options;
    `DataError` where there are no inputs, and `OutputError` where nothing can be written.

    >>> done = ew.scale.run("mobilenet.tflite", "photos", "out", shard="0/2")
    >>> done.count, done.left
    (2, 0)
    """
    share = shard_of(shard)
    if on is not None:
        _check_on(on, shard)
    check_form(form)
    check_timeout(timeout)
    check_piece(piece)
    count = usable_cores() if workers is None else workers
    check_threads(count, "workers")
    work = work_of(model, options, top)
    for text in opened(work, progress):
        notice(text)
    words = [inputs] if isinstance(inputs, str | os.PathLike) else inputs
    paths = [os.fspath(word) for word in words]
    manifest = Manifest.make(
        Path(out), paths, work, form=form, piece=piece, shares=share[1], column=column, progress=progress
    )
    if on is None:
        fresh = run_shard(manifest, work, share, workers=count, timeout=timeout, progress=progress)
    else:
        fresh = _run_on(on, manifest, work, workers, timeout, progress, notice)
    return standing(manifest, share, fresh)


def _check_on(on: str, shard: str | Shard | None) -> None:
    """Before anything is listed."""
    from edgewright.scale.clusters.session import require_ray

    ray_address(on)
    require_ray()
    if shard is not None:
        raise UsageError(f"{argument('on', on)} gives out all inputs, so it does not go with {argument('shard')}")


def _run_on(
    on: str, manifest: Manifest, work: Work, workers: int | None, timeout: float, progress: Progress, notice: Notice
) -> int:
    from edgewright.scale.clusters.driver import run_on_ray

    address = ray_address(on)
    return run_on_ray(
        manifest, work, address, workers=workers, timeout=timeout, progress=progress, notice=notice
    )  # fmt: skip


def ray_address(on: str) -> str | None:
    """The address in "ray=ADDRESS"; None for "ray" alone, which is one that is started here. Raises `UsageError`."""
    kind, equals, address = on.partition("=")
    if kind != "ray" or bool(equals) != bool(address):
        raise UsageError(f"{argument('on', on)}: give ray, which starts one here, ray=auto or ray=HOST:PORT")
    return address or None


def shard_of(shard: str | Shard | None) -> Shard:
    """A shard as (number, how many): "3/64" is (3, 64), the whole is (0, 1). Raises `UsageError` for any other."""
    if shard is None:
        return 0, 1
    match = _SHARD.fullmatch(shard) if isinstance(shard, str) else None
    found = (int(match[1]), int(match[2])) if match else shard
    if isinstance(found, str) or len(found) != 2 or not 0 <= found[0] < found[1]:
        raise UsageError(
            f"{argument('shard', shard)}: give which of how many it is, counted from 0: 0/64 is the first of 64, 63/64 "
            "the last"
        )
    return found


def check_timeout(timeout: float) -> None:
    """Raise `UsageError` for a time that no input can keep."""
    if not timeout > 0:
        raise UsageError(f"{argument('timeout', timeout)}: give the seconds that an input may take, above 0")


def check_piece(piece: int | None) -> None:
    """Raise `UsageError` for a number of inputs that no piece has."""
    if piece is not None and (isinstance(piece, bool) or not 1 <= piece <= MOST_PIECE):
        raise UsageError(f"a piece of {piece!r} inputs: give how many inputs a piece has, 1 to {MOST_PIECE:,}")


def work_of(model: ModelLike, options: Mapping[str, Any], top: int | None = None) -> Work:
    """The work with a model, found by its path, bytes or name, with all that another machine needs for it.

    Raises as `load` does, before anything is run.
    """
    from edgewright.rewrite import entered

    given = {name: value for name, value in options.items() if value is not None}
    if given.get("engine") == "auto":
        raise UsageError(
            f"{argument('engine', 'auto')}: each machine would choose for itself, and rows would differ. "
            "Name the engine"
        )
    file = entered(read_model(model), given.pop("signature", None))
    kind_of(file, given.get("task"), given)
    return Work.of(file, {name: _plain(value) for name, value in given.items()}, top)


def _plain(value: Any) -> Any:
    return str(Path(value).absolute()) if isinstance(value, os.PathLike) else value


def opened(work: Work, progress: Progress = silent) -> tuple[str, ...]:
    """Try the model out and open its task once, each in a process of its own; its notices.

    So what is wrong with the model or the options is known before anything is listed.
    """
    with stage(progress, "opening the model"):
        try_out(ModelFile(work.model, work.name), delegates=bool(work.options.get("delegates")))
        for _ in range(_STARTS - 1):
            try:
                return run_in_child(_notices, work)
            except ChildCrashError as error:
                if error.ending != "SIGKILL":
                    raise
        return run_in_child(_notices, work)


def _notices(work: Work) -> tuple[str, ...]:
    with work.open() as task:
        return task.notices


def standing(manifest: Manifest, shard: Shard = (0, 1), fresh: int = 0) -> Run:
    """How a share stands, by what is in the folder; `fresh` of it was done just now."""
    parts = parts_of(manifest)
    number, of = shard
    mine = range(number, manifest.pieces, of)
    done = {piece for piece in parts.done() if piece in mine}
    return Run(sum(map(manifest.length, mine)), sum(map(manifest.length, done)), parts.failures(done), fresh)
