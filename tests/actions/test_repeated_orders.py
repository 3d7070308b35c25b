"""An order that got no answer is sent again: the same order, not another one under the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F

from releases.actions.dispatches import send_due_dispatches
from releases.models import Dispatch
from tests.factories import created, load_bookverse, promote, tell

if TYPE_CHECKING:
    from tests.fakes.service import FakeService


def test_an_order_that_is_repeated_says_the_same_to_the_letter(service: FakeService) -> None:
    load_bookverse(service.url)
    promotion = promote(created())
    tell(promotion, "inventory", "succeeded")
    service.answer(None, None)
    send_due_dispatches()
    first = service.taken()
    # The other service's word starts the session's clock.
    tell(promotion, "checkout", "accepted")
    Dispatch.objects.update(next_send_at=F("opened_at"))
    send_due_dispatches()

    assert service.taken() == [order for order in first if order.path.startswith("/recommendations")]
