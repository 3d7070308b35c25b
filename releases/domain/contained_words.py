"""People's Markdown in front of other Markdown: whatever it leaves open must not swallow what follows."""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\r|\n")
_FENCE = re.compile(r"`{3,}(?!.*`)|~{3,}")
# An indented fence may belong to a list and end with it, and within HTML a fence is none: only a parser could tell.
_UNSURE = re.compile(r" {1,3}(?:`{3}|~{3})| {0,3}<(?:[!?]|/?[a-z][a-z0-9-]*(?:[\s/>]|$))", re.IGNORECASE)


def contained(words: str) -> str:
    """Return CommonMark as it is where it ends all that it begins, and else, or where that is unsure, as a quotation.

    A quotation ends with its last line, whatever is open within it.
    """
    lines = _LINE_END.split(words)
    return words if _ends_its_blocks(lines) else "\n".join(f"> {line}" if line else ">" for line in lines)


def _ends_its_blocks(lines: list[str]) -> bool:
    fence = ""
    for line in lines:
        if fence:
            fence = "" if _closes(line, fence) else fence
        elif found := _FENCE.match(line):
            fence = found[0]
        elif _UNSURE.match(line):
            return False
    return not fence


def _closes(line: str, fence: str) -> bool:
    return re.fullmatch(rf" {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*", line) is not None
