"""Markdown that people and services wrote, as HTML that is safe wherever it is shown."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

# The page has the first two levels: its own title, and that of the panel.
LEVELS_OF_THE_PAGE = 2
LOWEST_LEVEL = 6
TAGS = frozenset(
    {"a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong", "ul"}
)
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = frozenset({"http", "https", "mailto"})
REL = "noopener noreferrer nofollow"

# Pictures would let whoever wrote them see who reads, and the page's policy shows none from elsewhere.
_PARSER = MarkdownIt("commonmark", {"html": False}).disable("image")


@lru_cache(maxsize=64)
def rendered(text: str) -> str:
    """Return CommonMark as HTML of the tags above and no other; HTML in it is shown as it was typed."""
    # Halves of surrogate pairs are no characters of any page.
    tokens = _PARSER.parse(text.encode(errors="replace").decode())
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + LEVELS_OF_THE_PAGE, LOWEST_LEVEL)}"
    return sanitised(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def sanitised(html: str) -> str:
    """Return of any HTML what is on the list; the parser makes nothing else, and need not be trusted with that."""
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        url_relative="deny",
        link_rel=REL,
    )
