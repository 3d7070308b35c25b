"""How a service treats the next deployments that it is asked for; changeable while it runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from bookverse.demo import fields
from bookverse.demo.exchange import malformed

_HOUR_MS = 3_600_000
_MOST_TIMES = 1000


class Mode(StrEnum):
    SUCCEED = "succeed"
    FAIL = "fail"
    REJECT = "reject"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """``times`` counts the deployments that the mode still holds for; None means until it is changed."""

    mode: Mode = Mode.SUCCEED
    duration_ms: int = 2500
    jitter_ms: int = 0
    failure_message: str = "schema mismatch"
    times: int | None = None

    def after_one(self) -> "Behaviour":
        """Return what holds once one more deployment was treated this way."""
        if self.times is None:
            return self
        if self.times > 1:
            return replace(self, times=self.times - 1)
        return replace(self, mode=Mode.SUCCEED, times=None)

    def changed(self, source: Mapping[str, object]) -> "Behaviour":
        """Return this with the named fields changed; Refusal 422 names a bad or unknown one."""
        fields.refuse_unknown(source, set(asdict(self)))
        merged = {**asdict(self), **source}
        if "mode" in source and "times" not in source:
            merged["times"] = None  # a count belongs to the mode that it was set with
        return Behaviour(
            mode=fields.choice(merged, "mode", Mode),
            duration_ms=fields.whole(merged, "duration_ms", low=0, high=_HOUR_MS),
            jitter_ms=fields.whole(merged, "jitter_ms", low=0, high=_HOUR_MS),
            failure_message=fields.text(merged, "failure_message"),
            times=_times(merged),
        )


def _times(source: Mapping[str, object]) -> int | None:
    if source["times"] in (None, ""):
        return None
    if source["mode"] == Mode.SUCCEED:
        why = "times only applies to the modes other than succeed."
        raise malformed("times", why)
    return fields.whole(source, "times", low=1, high=_MOST_TIMES)
