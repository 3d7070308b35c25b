"""What is agreed to with a plan, as one string."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from releases.domain.verdicts import Reason, Verdict


def digest_of(*, verdict: Verdict, changes: Iterable[tuple[str, str | None, str]], **agreed: object) -> str:
    """Hash of everything that an approval is given for; a change is a service, its version before and after.

    Texts are left out, so that better wording voids nothing, and so is what decides nothing, like what was seen
    running: it grows by itself. Rules are named by what they say, not by their numbers,
    so that a rule that was only tried out gives the digest that it gives once it is stored.
    """
    document = {
        "versions": [list(change) for change in changes],
        "overall": verdict.overall,
        "reasons": sorted(_agreed(reason) for reason in verdict.reasons if reason.decisive),
        **agreed,
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def agreed_reasons(verdict: Verdict) -> dict[str, str]:
    """Return the sentence of each reason that the digest covers, under what of it the digest covers."""
    return {"|".join(_agreed(reason)): reason.text for reason in verdict.reasons if reason.decisive}


def _agreed(reason: Reason) -> list[str]:
    return [reason.code, reason.counts_as, reason.service, reason.other, reason.observed, reason.required]
