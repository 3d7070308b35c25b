"""A cancel ends what was meant, or nothing: a promotion that just ended does not cost the release."""

from __future__ import annotations

import pytest

from releases.actions.steering import cancel
from releases.domain.errors import Conflict
from tests.factories import created, finish, load_bookverse, person, promote, promoting

pytestmark = pytest.mark.django_db
LABEL = "2.2.0-alpha.1"


def test_the_promotion_that_is_meant_is_cancelled() -> None:
    promotion = promoting()
    cancel(actor=person(), version=LABEL, stage="DEV")

    promotion.refresh_from_db()
    assert promotion.state == "cancelled"


def test_the_release_that_is_meant_is_cancelled() -> None:
    load_bookverse()
    release = created()
    cancel(actor=person(), version=LABEL, stage="")

    release.refresh_from_db()
    assert release.state == "cancelled"


def test_a_promotion_that_succeeded_a_moment_ago_does_not_cost_the_release() -> None:
    promotion = promoting()
    finish(promotion)

    with pytest.raises(Conflict, match=r"^The promotion of 2\.2\.0-alpha\.1 to DEV has succeeded already\.$"):
        cancel(actor=person(), version=LABEL, stage="DEV")

    promotion.release.refresh_from_db()
    assert promotion.release.state == "waiting"


def test_a_promotion_that_somebody_cancelled_a_moment_ago_does_not_cost_the_release() -> None:
    promoting()
    cancel(actor=person("tom"), version=LABEL)

    with pytest.raises(Conflict, match="to DEV is open: tom cancelled the promotion to DEV"):
        cancel(actor=person(), version=LABEL, stage="DEV")


def test_a_promotion_that_began_a_moment_ago_is_not_cancelled_in_the_release_s_place() -> None:
    load_bookverse()
    promotion = promote(created(), actor=person("tom"))

    with pytest.raises(Conflict, match="is being promoted to DEV: tom started the promotion to DEV"):
        cancel(actor=person(), version=LABEL, stage="")

    promotion.refresh_from_db()
    assert promotion.state == "running"
