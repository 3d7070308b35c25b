"""Placeholders are filled once, and what fills them is text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from releases.domain.wording import DEFAULT_TEXT, DEFAULT_TITLE, PLACEHOLDERS, why_not_template, worded


def test_the_built_in_words_have_no_unknown_placeholder() -> None:
    assert (why_not_template(DEFAULT_TITLE), why_not_template(DEFAULT_TEXT)) == ("", "")


def test_every_placeholder_is_filled() -> None:
    template = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)

    assert worded("", template, PLACEHOLDERS).text == " ".join(PLACEHOLDERS.values())


@given(st.text(max_size=50))
def test_what_a_value_holds_is_not_filled_again(reason: str) -> None:
    assert worded("", "{reason}", {"reason": reason + "{actor}", "actor": "x"}).text == reason + "{actor}"


def test_an_unknown_placeholder_stays_and_is_named() -> None:
    assert worded("{a}", "{0} {a.b} {{version}}", {"version": "1.0.0"}).text == "{0} {a.b} {1.0.0}"
    assert why_not_template("{nobody}").startswith("Nothing is called {nobody}; there are {sentence},")
