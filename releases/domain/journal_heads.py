"""Where journals ended at some moment, in signed lines to be kept elsewhere: seals alone do not miss a cut-off end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.errors import InvalidInput
from releases.domain.sealing import is_mac, mac_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A log may put something in front of each.
_HEAD = re.compile(r"journal-head release=(\d+) entries=(\d+) seal=([0-9a-f]{64})$")
_SIGNATURE = re.compile(r"journal-head releases=\d+ entries=\d+ seal=([0-9a-f]{64})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of one release's journal: the number of its entries and the seal of the last."""

    release_id: int
    entries: int
    seal: str


def head_lines(heads: Iterable[Head], *, key: bytes) -> Iterator[str]:
    """Yield a line for each release, and last the one that signs them and says how many entries they have together."""
    lines, entries = [], 0
    for head in heads:
        lines.append(f"journal-head release={head.release_id} entries={head.entries} seal={head.seal}")
        entries += head.entries
        yield lines[-1]
    yield f"journal-head releases={len(lines)} entries={entries} seal={mac_of(key, *lines)}"


def read_heads(lines: Iterable[str], *, keys: Sequence[bytes]) -> list[Head]:
    """Return the heads that a file or a log holds; other lines in between do not matter.

    ``InvalidInput`` for lines that their signature, made with any of the keys, does not cover, and for none at all.
    """
    heads: list[Head] = []
    signed = 0
    pending: list[str] = []
    for line in map(str.rstrip, lines):
        if found := _HEAD.search(line):
            heads.append(Head(release_id=int(found[1]), entries=int(found[2]), seal=found[3]))
            pending.append(found[0])
        elif found := _SIGNATURE.search(line):
            if not is_mac(found[1], *pending, keys=keys):
                break
            signed, pending = signed + 1, []
    if pending or not signed:
        message = "These are no heads of a journal that this board signed: some line was lost or changed."
        raise InvalidInput("head", message)
    return heads
