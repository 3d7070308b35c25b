"""What runs side by side while a plan is carried out: the mixtures of old and new versions, and which of them fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.rules import Severity
from releases.domain.verdicts import Overall, conclude

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from releases.domain.evidence import RuleBook
    from releases.domain.findings import Pair
    from releases.domain.verdicts import Reason
    from releases.domain.versions import Version

    Versions = Mapping[str, Version]
    Phases = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskWindow:
    """From phase ``begins`` until phase ``ends`` (counted from 1) two versions run together that must not.

    ``reasons`` are the ones that block. ``avoidable_by`` names the two services in the order that would avoid the
    mixture; it is None when the other order has one that blocks too.
    """

    consumer: str
    consumer_version: str
    provider: str
    provider_version: str
    early: str
    begins: int
    ends: int
    reasons: tuple[Reason, ...]
    avoidable_by: tuple[str, str] | None

    @property
    def overall(self) -> Overall:
        """INCOMPATIBLE where a rule forbids the mixture, UNDETERMINED where nobody can vouch for it."""
        return conclude(self.reasons).overall

    @property
    def when(self) -> str:
        if self.begins == self.ends:
            return f"During phase {self.begins}"
        return f"From phase {self.begins} until phase {self.ends}"

    @property
    def text(self) -> str:
        ends = ((self.consumer, self.consumer_version), (self.provider, self.provider_version))
        new, old = sorted(ends, key=lambda end: end[0] != self.early)
        blocking = next((reason for reason in self.reasons if reason.counts_as is Severity.ERROR), self.reasons[0])
        return f"{self.when}, {' '.join(new)} (new) may run with {' '.join(old)} (old): {blocking.text}"

    @property
    def fix(self) -> str:
        if self.avoidable_by is None:
            return f"No order of {self.consumer} and {self.provider} avoids this: choose other versions, or accept it."
        first, second = self.avoidable_by
        return f"Promoting {first} before {second} avoids this, for example in a release of its own."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    """One plan on its way from the set before to the set after, phase by phase."""

    before: Versions
    after: Versions
    place: Mapping[str, int]
    book: RuleBook

    def windows(self, pair: Pair) -> Iterator[RiskWindow]:
        """Yield the mixtures of a pair that really occur and block; the new end comes first."""
        consumer, provider = pair.consumer, pair.provider
        for early, late in ((consumer, provider), (provider, consumer)):
            if self.place[early] <= self.place[late] and (reasons := self._blocking(pair, early, late)):
                yield self._window(pair, early, late, reasons)

    def _blocking(self, pair: Pair, early: str, late: str) -> tuple[Reason, ...]:
        """Reasons against the new version of ``early`` beside the old one of ``late``; either may not exist."""
        if late not in self.before or early not in self.after:
            return ()
        mixture = {early: self.after[early], late: self.before[late]}
        return tuple(reason for reason in self.book.check(pair, mixture) if reason.blocks)

    def _window(self, pair: Pair, early: str, late: str, reasons: tuple[Reason, ...]) -> RiskWindow:
        versions = {early: self.after[early], late: self.before[late]}
        other_order_holds = not self._blocking(pair, late, early)
        return RiskWindow(
            consumer=pair.consumer,
            consumer_version=str(versions[pair.consumer]),
            provider=pair.provider,
            provider_version=str(versions[pair.provider]),
            early=early,
            begins=self.place[early],
            ends=self.place[late],
            reasons=reasons,
            avoidable_by=(late, early) if other_order_holds else None,
        )


def risk_windows(before: Versions, after: Versions, phases: Phases, book: RuleBook) -> tuple[RiskWindow, ...]:
    """Judge each mixture of old and new that occurs between or inside the phases; earliest first.

    A pair of which only one end changes is in no mixture: before and after have it already, and so does a pair of
    which neither has changed yet, or both have. Services of one phase change in any order.
    """
    place = {service: number for number, phase in enumerate(phases, start=1) for service in phase}
    passage = _Passage(before=before, after=after, place=place, book=book)
    found = (
        window
        for pair in book.pairs
        if pair.consumer in place and pair.provider in place
        for window in passage.windows(pair)
    )
    return tuple(sorted(found, key=lambda window: (window.begins, window.ends, window.consumer, window.provider)))
