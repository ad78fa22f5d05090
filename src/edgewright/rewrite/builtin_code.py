"""Operator codes where today's tools look for them.

Until 2020 an operator's number was one byte, `deprecated_builtin_code`. Since then it is `builtin_code`, and quantizers
that read only that one take every operator of an older file for number 0, ADD, and do nothing.
"""

from __future__ import annotations

from edgewright.model import ModelFile, builtin_code
from edgewright.rewrite.protocol import Rewritten


class BuiltinCode:
    """Write each operator's number into both fields."""

    name = "builtin-code"
    guarantee = "exact"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Rewrite the operator codes; the computation is untouched."""
        tables = model.edit()
        outdated = [code for code in tables["operator_codes"] if code["builtin_code"] != builtin_code(code)]
        if not outdated:
            return Rewritten(model)
        for code in outdated:
            code["builtin_code"] = builtin_code(code)
        change = f"{len(outdated)} operator codes written where tools of today read them"
        return Rewritten(ModelFile.build(tables, model.files, model.name), (change,))
