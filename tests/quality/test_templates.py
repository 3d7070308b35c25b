from __future__ import annotations

import re

import pytest

from tests.quality.sources import files_under, text_of

BUNDLE = "static/vendor/htmx.js"
HTMX_ATTRIBUTE = re.compile(r"\s(hx-[a-z-]+)")
# htmx 2 or its extensions understood these. Some still exist in htmx 4, where they mean something else.
GONE = {
    r"\shx-(?:disinherit|inherit)\b": "inheritance is asked for where it starts: hx-target:inherited",
    r"\shx-disabled-elt\b": "hx-disable names the elements to disable",
    r"\shx-ext\b": "extensions are in the bundle and need no mark",
    r"\shx-history\b(?!-)": "there is no history cache any more",
    r"\shx-(?:params|request|prompt|vars)\b": "hx-vals, hx-config and hx-confirm took their place",
    r"\shx-sse\b|\ssse-[a-z]+\s*=": "live pages use the socket",
    r"\shx-ws\s*=|\sws-[a-z]+\s*=": "a socket is opened by hx-ws:connect",
}
# The Content-Security-Policy forbids what stands inside the page.
INLINE = {
    r"\sstyle\s*=": "use a class, or an SVG presentation attribute",
    r"<style\b": "put the rules into static/css",
    r"<script\b(?![^>]*\ssrc=)": "put the script into static/js",
    r"\son[a-z]+\s*=": "listen for the event in static/js",
    r"\shx-on\b": "listen for the event in static/js",
    r"javascript:": "listen for the event in static/js",
}


def templates() -> list[str]:
    return files_under("templates/", "releases/", "bookverse/", ending=".html")


def offences(text: str, forbidden: dict[str, str]) -> list[str]:
    return [
        f"line {text.count(chr(10), 0, found.start(0) + 1) + 1}: {found.group().strip()}: {instead}"
        for pattern, instead in forbidden.items()
        for found in re.finditer(pattern, text)
    ]


@pytest.mark.parametrize("forbidden", [GONE, INLINE], ids=["htmx 2", "inline style or script"])
def test_templates_are_free_of(forbidden: dict[str, str]) -> None:
    found = {path: offences(text_of(path), forbidden) for path in templates()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_templates_use_only_htmx_attributes_that_the_bundle_knows() -> None:
    known = set(re.findall(r"hx-[a-z-]+", text_of(BUNDLE)))
    used = {(path, name) for path in templates() for name in HTMX_ATTRIBUTE.findall(text_of(path))}
    assert {(path, name) for path, name in used if name not in known} == set()


@pytest.mark.parametrize(
    ("markup", "forbidden"),
    [
        ('<div hx-ext="ws" ws-connect="/ws/">', GONE),
        ('<div hx-ws="connect:/ws/">', GONE),
        ('<p style="color:red">', INLINE),
        ("<script>alert(1)</script>", INLINE),
        ('<button type="button" onclick="go()">', INLINE),
        ('<form hx-on::after-request="go()">', INLINE),
    ],
)
def test_a_forbidden_attribute_is_found(markup: str, forbidden: dict[str, str]) -> None:
    assert offences(markup, forbidden) != []


@pytest.mark.parametrize(
    "markup",
    [
        '<div hx-ws:connect="/ws/board" hx-target:inherited="#main" hx-disable="this">',
        '<script defer src="{% static "js/board.js" %}"></script>',
        '<a class="style" href="/once">',
    ],
)
def test_what_htmx_4_and_the_policy_allow_is_left_alone(markup: str) -> None:
    assert offences(markup, GONE | INLINE) == []
