"""The agent's state, handed on: what a later version wrote is written back for the earlier one that comes next."""

from __future__ import annotations

from typing import Any

from edgewright.bundle.running.child import tell
from edgewright.bundle.running.programs import RETURNING, ask_program
from edgewright.bundle.store import Store
from edgewright.errors import OutputError

# A store of events may be 256 MB, on a slow card.
_QUESTION_S, _WORK_S = 60.0, 600.0
# What Python says of a version from before there were such files.
_KNOWS_NOTHING = "No module named"


def fit_state(store: Store, to: str, before: str) -> str:
    """Let the state be one that the version `to` opens, where `before` was at work with it; what there is to say of it.

    `before` itself writes all that it has into a file of the kind that `to` knows. Where it cannot even do that, `to`
    goes on with the copy of before, and what came later is kept beside it. Can be done again where it was cut short;
    nothing of the agent may run meanwhile.

    Raises `OutputError` where nobody can tell whether `to` opens it, or not even the copy was laid there.
    """
    state = str(store.state)
    if not (store.state / "outbox.db").exists():
        return ""
    found, trouble = _ask(store, to, "needs", state, within_s=_QUESTION_S)
    if _KNOWS_NOTHING in trouble:
        return ""
    if trouble:
        raise OutputError(f"whether it opens the events that are here is not known ({trouble})", where=to)
    if found.get("fits", True):
        return ""
    wanted = str(found.get("version"))
    _, trouble = _ask(store, before, "back", state, wanted, within_s=_WORK_S)
    if not trouble:
        return ""
    kept, failed = _ask(store, to, "aside", state, within_s=_WORK_S)
    if failed:
        raise OutputError(f"its events could not be taken back ({trouble}; {failed})", where=before)
    return f"it could not give its events back ({trouble}): those it stored lie in {kept.get('folder')}"


def _ask(store: Store, label: str, *words: str, within_s: float) -> tuple[dict[str, Any], str]:
    """Have a version's program do it; the launcher's own watchdog hears that all is well meanwhile."""
    return ask_program(store, label, RETURNING, *words, within_s=within_s, waiting=lambda: tell("WATCHDOG=1"))
