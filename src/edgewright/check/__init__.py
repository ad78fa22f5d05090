"""Will it run there, and what has to change: model files by target, source models by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.check.checking import TIMEOUT as TIMEOUT
    from edgewright.check.checking import Judge as Judge
    from edgewright.check.checking import check as check
    from edgewright.check.checking import register_target as register_target
    from edgewright.check.checking import target_names as target_names
    from edgewright.check.inputs import made_up_sample as made_up_sample
    from edgewright.check.layers import LayerAgreement as LayerAgreement
    from edgewright.check.layers import LayerReport as LayerReport
    from edgewright.check.layers import check_layers as check_layers
    from edgewright.check.remedies import Attempt as Attempt
    from edgewright.check.remedies import repairs as repairs
    from edgewright.check.results import Arena as Arena
    from edgewright.check.results import CheckReport as CheckReport
    from edgewright.check.results import OperatorVerdict as OperatorVerdict
    from edgewright.check.results import TargetReport as TargetReport
    from edgewright.check.results import TensorPattern as TensorPattern
    from edgewright.check.results import Verdict as Verdict
    from edgewright.check.results import judged as judged
    from edgewright.check.source import Problem as Problem
    from edgewright.check.source import SourceReport as SourceReport
    from edgewright.check.source import check_source as check_source
    from edgewright.check.source_wording import layer_page as layer_page
    from edgewright.check.source_wording import layer_table as layer_table
    from edgewright.check.source_wording import source_tables as source_tables
    from edgewright.check.targets.micro import run_micro as run_micro
    from edgewright.check.targets.micro_child import MicroRun as MicroRun
    from edgewright.check.wording import tables as tables
    from edgewright.check.wording import verdict as verdict

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "checking": "Judge TIMEOUT check register_target target_names",
        "inputs": "made_up_sample",
        "layers": "LayerAgreement LayerReport check_layers",
        "remedies": "Attempt repairs",
        "results": "Arena CheckReport OperatorVerdict TargetReport TensorPattern Verdict judged",
        "source": "Problem SourceReport check_source",
        "source_wording": "layer_page layer_table source_tables",
        "targets.micro": "run_micro",
        "targets.micro_child": "MicroRun",
        "wording": "tables verdict",
    },
)
