"""Two people act on one release at the same moment, or one person clicks twice."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

from tests.chaos.desk import Desk, Order
from tests.chaos.operators import FAILED, PHASE_MS, next_stage
from tests.chaos.schedule import Clash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATIENCE_S = 30


def clash(way: Clash, desks: tuple[Desk, Desk], version: str) -> None:
    """Send two commands at once, each to another web where there are two; whatever comes of it is on record."""
    first, second = desks
    view = first.read(f"/releases/{version}")
    if not view:
        return
    one, other = orders(way, view, keys=(first.new_key(), second.new_key()))
    # One person with two clicks uses one key; two people each have their own.
    senders = (first, first) if way in _DOUBLE_CLICKS else (first, second)
    urls = (first.urls[0], first.urls[-1])
    together(list(zip(senders, (one, other), urls, strict=True)))


def together(sends: Sequence[tuple[Desk, Order, str]]) -> None:
    barrier = Barrier(len(sends))

    def send(desk: Desk, order: Order, url: str) -> None:
        barrier.wait(PATIENCE_S)
        desk.send(order, url)

    threads = [Thread(target=send, args=each, daemon=True) for each in sends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def orders(way: Clash, view: Mapping[str, Any], *, keys: tuple[str, str]) -> tuple[Order, Order]:
    """Return the two commands; what they ask for may be impossible, then both are refused."""
    lock = {"lock_version": view["lock_version"]}
    if way is Clash.PROMOTE_BOTH:
        return _promote(view, lock, keys[0]), _promote(view, lock, keys[1])
    if way is Clash.RETRY_AND_SKIP:
        return _retry(view, lock, keys[0]), _skip(view, lock)
    if way is Clash.PAUSE_BOTH:
        return _twice(_steer(view, "pause", {"reason": "both", **lock}))
    if way in _VERBS_BESIDE_CANCEL:
        verb = _VERBS_BESIDE_CANCEL[way]
        return _steer(view, verb, lock), _steer(view, "cancel", lock, keys[1])
    return _twice(_DOUBLE_CLICKS[way](view, {}, keys[0]))


def _promote(view: Mapping[str, Any], lock: Mapping[str, object], key: str) -> Order:
    body = {"stage": next_stage(view) or "DEV", "timeout_ms": PHASE_MS, **lock}
    return Order(path=f"/releases/{view['version']}/promotions", body=body, key=key)


def _retry(view: Mapping[str, Any], lock: Mapping[str, object], key: str) -> Order:
    return Order(path=f"/releases/{view['version']}/steps/{_failed_service(view)}/retry", body=lock, key=key)


def _skip(view: Mapping[str, Any], lock: Mapping[str, object]) -> Order:
    path = f"/releases/{view['version']}/steps/{_failed_service(view)}/skip"
    return Order(path=path, body={"reason": "two minds", **lock})


def _cancel(view: Mapping[str, Any], lock: Mapping[str, object], key: str) -> Order:
    return _steer(view, "cancel", {"reason": "twice", **lock}, key)


def _steer(view: Mapping[str, Any], verb: str, body: Mapping[str, object], key: str = "") -> Order:
    return Order(path=f"/releases/{view['version']}/{verb}", body=body, key=key)


def _twice(order: Order) -> tuple[Order, Order]:
    return order, order


def _failed_service(view: Mapping[str, Any]) -> str:
    failed = [step["service"] for step in view["steps"] if step["state"] in FAILED]
    return failed[0] if failed else str(view["steps"][0]["service"])


_VERBS_BESIDE_CANCEL = {Clash.PAUSE_AND_CANCEL: "pause", Clash.RESUME_AND_CANCEL: "resume"}
_DOUBLE_CLICKS = {Clash.PROMOTE_TWICE: _promote, Clash.RETRY_TWICE: _retry, Clash.CANCEL_TWICE: _cancel}
