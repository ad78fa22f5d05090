"""`SmartReply`: a model that compares texts, by path or name, and examples of messages and replies."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from edgewright.hub.loading import Source, load
from edgewright.machine import Progress, silent
from edgewright.task import Replier, Task

Examples = Sequence[tuple[str, str]] | str | os.PathLike[str]


class SmartReply(Replier):
    """Answers a message with the replies that were given to messages like it; see `task.Replier`.

    >>> said = [("what a great film", "Glad to hear it"), ("a boring film", "What a pity")]
    >>> with ew.SmartReply("sentences.tflite", said, threshold=0.5) as answer:
    ...     print(answer("how boring")[0].text)
    What a pity
    """

    def __init__(
        self,
        model: Source | Task[Any],
        examples: Examples,
        *,
        threshold: float | None = None,
        progress: Progress = silent,
        **options: Any,
    ) -> None:
        """`model`: a path, bytes, a name, or a task that is open already. `examples`: (message, reply), or their table.

        Such a table is a CSV file of message,reply. `threshold`: the score from which on it answers; by default it is
        worked out of the examples, and `notices` say how. `options` are those of `load`.
        Raises what `load` raises, `DataError` for a table that cannot be read, and `UsageError` as `task.Replier` does.
        """
        from edgewright.media import read_examples

        pairs = read_examples(examples) if isinstance(examples, str | os.PathLike) else examples
        embed = model if isinstance(model, Task) else load(model, progress=progress, **options)
        try:
            super().__init__(embed, pairs, threshold=threshold, progress=progress)
        except BaseException:
            if embed is not model:
                embed.close()
            raise
