"""Options that only some sources understand: one that is given to another source is an error, not silence."""

from __future__ import annotations

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import ModelSource, TakesOptions
from edgewright.convert.sources.registry import sources
from edgewright.errors import UsageError
from edgewright.spelling import argument


def require_taken(source: ModelSource, name: str, options: ConversionOptions) -> None:
    """Raise `UsageError` for an option that means nothing for this source; `name` stands for what is converted."""
    given = {
        "example_inputs": options.example_inputs is not None,
        "inputs": bool(options.inputs),
        "keep_nchw": options.keep_nchw,
        "outputs": bool(options.outputs),
        "signature": options.signature is not None,
        "unroll": options.unroll,
        "weights": options.weights is not None,
    }
    taken = _taken(source)
    wrong = next((option for option, is_given in given.items() if is_given and option not in taken), None)
    if wrong is None:
        return
    takers = "; ".join(other.title for other in sources() if wrong in _taken(other) and other.title)
    what = f"{name} is {source.title}" if source.title else name
    raise UsageError(f"{what}: {argument(wrong)} means nothing for it. It goes with: {takers}")


def _taken(source: ModelSource) -> tuple[str, ...]:
    """The options that a source says it takes; formats of other packages need not say any."""
    return source.takes if isinstance(source, TakesOptions) else ()
