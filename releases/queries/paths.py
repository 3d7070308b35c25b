"""The stages that a release goes through; most go through all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from releases.models import Release


def stages_of(release: Release) -> list[Stage]:
    """Return the stages on the release's way, in order."""
    return on_the_way(Stage.objects.order_by("position"), release.path)


def on_the_way(stages: Iterable[Stage], path: Sequence[str]) -> list[Stage]:
    """Pick from all stages, in their order, those that a path names; an empty path names every one."""
    return [stage for stage in stages if not path or stage.name in path]


def first_channel(path: Sequence[str]) -> str:
    """Return the channel of the label that a release is created with.

    It is its first stage's. What goes straight to the last stage is a candidate of the channel before until it is
    there: a release that is given up must not take the number of a published version with it.
    """
    stages = list(Stage.objects.order_by("position"))
    first = on_the_way(stages, path)[0]
    before = [stage.channel for stage in stages if stage.position < first.position and stage.channel]
    return first.channel or (before[-1] if before else "")
