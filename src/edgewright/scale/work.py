"""What is done with every input: a model over verified bytes, and how its task is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgewright.errors import DigestError
from edgewright.model import ModelFile
from edgewright.task import InputKind, Task, input_of, open_task


@dataclass(frozen=True)
class Work:
    """A model and the options of its task, as they go to another process or machine.

    `model` are the bytes of the file, `name` what people call it, `sha256` what its bytes must have; `options` are
    plain values, those of `task.open_task`; `limit` is that of `Result.to_dict`.
    """

    model: bytes = field(repr=False)
    name: str
    sha256: str
    options: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None

    @classmethod
    def of(cls, model: ModelFile, options: Mapping[str, Any], limit: int | None = None) -> Work:
        """The work of a file that was read."""
        return cls(model.data, model.name, model.sha256, dict(options), limit)

    def open(self) -> Task[Any]:
        """The task, on one thread. Raises `DigestError` where the bytes are not those, and what `open_task` raises."""
        model = ModelFile(self.model, self.name)
        if model.sha256 != self.sha256:
            raise DigestError(f"{self.name}: these are not the bytes of the model that the work was given out for")
        return open_task(model, **self.options)

    def takes(self) -> InputKind:
        """The kind of input that its task takes. Raises as `open_task` does."""
        return input_of(ModelFile(self.model, self.name), self.options.get("task"), self.options)
