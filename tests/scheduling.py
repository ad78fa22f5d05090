"""Which tests one process of several runs: those that share a fixture of their module or a group stay together.

Read from the text of a module: pytest-xdist's own groups need the ids of tests changed, which pytest 9.2 no longer lets
it do.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

_GROUP = re.compile(r"""^pytestmark = .*xdist_group\("([^"]+)"\)""", re.MULTILINE)


class Scheduling(LoadScopeScheduling):
    """Modules that make something for all their tests stay whole, all other tests go where there is room."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid, Path(self.config.rootpath))


def group(nodeid: str, root: Path) -> str:
    """The name of what stays together: a group of modules, a module, or one test."""
    module = nodeid.partition("::")[0]
    return _group_of(root / module) or nodeid


@cache
def _group_of(path: Path) -> str | None:
    text = path.read_text(encoding="utf-8")
    if named := _GROUP.search(text):
        return named[1]
    return str(path) if 'scope="module"' in text else None
