"""What a check comes to, in one sentence: the same in every report.

Only a search that covered everything speaks of every reachable state. A witness that was reached
stays reached however the search ends, so one whose properties are all such witnesses can hold
without: then the sentence says that it was cut, and why.
"""

from __future__ import annotations

from ..explorer import Result, Simulation, Verdict

COVERED = "every property, in every reachable state"
REACHED = "every witness was reached"


def conclusion(result: Result | Simulation) -> str:
    """What `result` comes to, after the word for its verdict; what a model says is as it said it.

    It begins with COVERED if, and only if, the search covered everything.
    """
    found, because = result.properties.values(), result.incomplete_because
    if result.verdict is Verdict.VIOLATED:
        return "; ".join(one.name for one in found if one.verdict is Verdict.VIOLATED)
    searched = isinstance(result, Result)
    if all(one.witness and one.verdict is Verdict.HOLDS for one in found):
        if because is not None:
            what = "the search was" if searched else "the walks were"
            return f"{REACHED}; {what} cut: {because}"
        return COVERED if searched else REACHED
    if result.verdict is Verdict.HOLDS and because is None:
        return COVERED
    return f"nothing is established; {because}"
