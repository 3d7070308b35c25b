"""A person's command on one release: in its turn, once for each key, and by what they saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.actions.ledger import claim_turn, open_ledger_of_label
from releases.actions.receipts import fingerprint, recall, remember
from releases.domain.access import Permission, require
from releases.domain.errors import Conflict, NotFound
from releases.domain.lifecycle import PromotionState, ReleaseState
from releases.domain.steering import Situation, why_nothing_open

if TYPE_CHECKING:
    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor
    from releases.models import Promotion, PromotionStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """``answer`` is what the same command was answered before; then nothing is left to do."""

    actor: Actor
    ledger: Ledger
    promotion: Promotion | None
    answer: dict[str, object] | None
    key: str
    print_: str

    @property
    def situation(self) -> Situation:
        """Where the release is now."""
        return Situation(
            version=self.ledger.release.version,
            release=ReleaseState(self.ledger.release.state),
            promotion=PromotionState(self.promotion.state) if self.promotion else None,
            stage=self.promotion.stage.name if self.promotion else "",
        )

    @property
    def steered(self) -> Promotion:
        """The open promotion; ``Conflict`` without one."""
        refuse(why_nothing_open(self.situation))
        assert self.promotion is not None  # noqa: S101 (an open promotion is there)
        return self.promotion

    def claim(self, lock_version: int | None) -> None:
        """Refuse who may not steer here, then who acts on an old page."""
        require(self.actor, Permission.OPERATE, self.situation.stage if self.situation.is_open else "")
        claim_turn(self.ledger, lock_version)

    def end(self, **answer: object) -> None:
        """Close the books, and keep the answer for a repetition."""
        self.ledger.close()
        remember(actor=self.actor, key=self.key, print_=self.print_, result=answer)


def take_turn(*, actor: Actor, version: str, key: str, command: str, **content: object) -> Turn:
    """Lock the release; ``content`` is what, with the command, tells one use of a key from another."""
    print_ = fingerprint(command, version=version, **content)
    ledger = open_ledger_of_label(version=version, actor=actor.name)
    latest = ledger.release.promotions.select_related("stage", "started_by").order_by("-pk").first()
    return Turn(
        actor=actor,
        ledger=ledger,
        promotion=latest,
        answer=recall(actor=actor, key=key, print_=print_),
        key=key,
        print_=print_,
    )


def refuse(why_not: str) -> None:
    """Raise ``Conflict`` where there is a reason to."""
    if why_not:
        raise Conflict(why_not)


def find_step(promotion: Promotion, service: str) -> PromotionStep:
    """Return the promotion's step of a service; ``NotFound`` for one that is no part of it."""
    step = promotion.steps.select_related("service").filter(service__slug=service).first()
    if step is None:
        message = f"{service} is not part of this promotion."
        raise NotFound(message)
    # Not another copy of it: what is decided of the step moves the promotion on.
    step.promotion = promotion
    return step
