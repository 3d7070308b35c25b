"""How the simulated AppTrust treats the next calls; changeable while it runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from bookverse.demo import fields
from bookverse.demo.exchange import malformed

_HOUR_MS = 3_600_000
_MOST_TIMES = 1000


class Gate(StrEnum):
    PASS = "pass"  # noqa: S105  (a decision, not a password)
    WARN = "warn"
    FAIL = "fail"


class Failure(StrEnum):
    """Where a gate's refusal shows: no source states the HTTP status, so both exist."""

    BODY = "body"
    STATUS = "status"


class Creation(StrEnum):
    COMPLETE = "complete"
    FAIL = "fail"


class Dialect(StrEnum):
    """``upper`` is the operations text's spelling, ``lower`` the help page's, which also leaves empty stages out."""

    UPPER = "upper"
    LOWER = "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """``policies`` are names parted by commas; ``times`` counts the gate decisions other than pass that remain."""

    gate: Gate = Gate.PASS
    failure: Failure = Failure.BODY
    policies: str = ""
    times: int | None = None
    creation: Creation = Creation.COMPLETE
    work_ms: int = 500
    dialect: Dialect = Dialect.UPPER

    @property
    def policy_names(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.policies.split(",") if name.strip())

    def after_one(self) -> "Setting":
        """Return what holds once one more gate was evaluated."""
        if self.times is None:
            return self
        if self.times > 1:
            return replace(self, times=self.times - 1)
        return replace(self, gate=Gate.PASS, times=None)

    def changed(self, source: Mapping[str, object]) -> "Setting":
        """Return this with the named fields changed; Refusal 422 names a bad or unknown one."""
        fields.refuse_unknown(source, set(asdict(self)))
        merged = {**asdict(self), **source}
        if "gate" in source and "times" not in source:
            merged["times"] = None  # a count belongs to the decision that it was set with
        return Setting(
            gate=fields.choice(merged, "gate", Gate),
            failure=fields.choice(merged, "failure", Failure),
            policies=fields.optional_text(merged, "policies"),
            times=_times(merged),
            creation=fields.choice(merged, "creation", Creation),
            work_ms=fields.whole(merged, "work_ms", low=0, high=_HOUR_MS),
            dialect=fields.choice(merged, "dialect", Dialect),
        )


def _times(source: Mapping[str, object]) -> int | None:
    if source["times"] in (None, ""):
        return None
    if source["gate"] == Gate.PASS:
        why = "times only applies to the gate decisions other than pass."
        raise malformed("times", why)
    return fields.whole(source, "times", low=1, high=_MOST_TIMES)
