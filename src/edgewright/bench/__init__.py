"""How fast a model file is on this machine: latency, throughput, cold start, memory; with what disturbed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.bench.benchmark import bench as bench
    from edgewright.bench.page import report_page as report_page
    from edgewright.bench.results import Benchmark as Benchmark
    from edgewright.bench.results import Candidate as Candidate
    from edgewright.bench.results import ColdStart as ColdStart
    from edgewright.bench.results import Comparison as Comparison
    from edgewright.bench.results import Measured as Measured
    from edgewright.bench.results import Rate as Rate
    from edgewright.bench.results import Subject as Subject
    from edgewright.bench.tuning_page import choice_page as choice_page
    from edgewright.bench.wording import NO_OPERATOR_TIMES as NO_OPERATOR_TIMES
    from edgewright.bench.wording import choice_table as choice_table
    from edgewright.bench.wording import tables as tables

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "benchmark": "bench",
        "page": "report_page",
        "results": "Benchmark Candidate ColdStart Comparison Measured Rate Subject",
        "tuning_page": "choice_page",
        "wording": "NO_OPERATOR_TIMES choice_table tables",
    },
)
