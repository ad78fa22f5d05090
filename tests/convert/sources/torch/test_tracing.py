"""What tracing leaves out is said: no comparison with the trace can show it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from .workbench import converted


class Branching(nn.Module):
    """Goes one way for positive sums and another for the rest."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute it."""
        return x * 2 if bool(x.sum() > 0) else x - 1


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_branch_that_a_trace_has_lost_is_said():
    product = converted(torch.jit.trace(Branching(), torch.ones(1, 4)))
    (notice,) = [notice for notice in product.notices if "was traced" in notice]
    assert "so does the file" in notice


def test_of_scripts_nothing_is_said():
    product = converted(torch.jit.script(nn.Linear(4, 3)), example_inputs=torch.ones(1, 4))
    assert not any("traced" in notice for notice in product.notices)
