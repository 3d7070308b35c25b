"""What a bug is: a small change of the product, the sentence that tells it, and the invariants that it breaks."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import ModuleType

    Changes = Sequence[AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """``caught_by`` names the invariants of which one at least must be reported broken.

    ``changes`` is called for each planting, so that a bug which remembers things forgets them with its process.
    """

    name: str
    does: str
    caught_by: frozenset[str]
    changes: Callable[[], Changes]


def bug(does: str, *caught_by: str) -> Callable[[Callable[[], Changes]], Bug]:
    """Make a bug of a function that returns its changes; its name is the function's."""

    def described(changes: Callable[[], Changes]) -> Bug:
        name = changes.__name__.replace("_", "-")
        return Bug(name=name, does=does, caught_by=frozenset(caught_by), changes=changes)

    return described


@contextmanager
def changed(owner: type | ModuleType, **attributes: object) -> Iterator[None]:
    """Give ``owner`` these attributes; one that it never had is refused."""
    with ExitStack() as stack:
        for name, value in attributes.items():
            stack.enter_context(patch.object(owner, name, value))
        yield


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Plant a bug until the block ends; what it kept in memory goes with it."""
    with ExitStack() as stack:
        for change in bug.changes():
            stack.enter_context(change)
        yield
