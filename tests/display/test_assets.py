from __future__ import annotations

import re
import tomllib
from hashlib import sha512

from releases.display.status import STATUSES, Tone
from tests.quality.sources import ROOT, files_under, text_of

STATIC = ROOT / "static"
ICON = re.compile(r"""\{% icon "([a-z0-9-]+)"|symbol="([a-z-]+)\"""")


def drawn() -> set[str]:
    return set(re.findall(r'<symbol id="([a-z0-9-]+)"', text_of("static/icons.svg")))


def named() -> set[str]:
    templates = {
        name
        for path in files_under("templates/", ending=".html")
        for pair in ICON.findall(text_of(path))
        for name in pair
    }
    return (templates | {status.icon for status in STATUSES.values()}) - {""}


def test_the_sprite_holds_exactly_the_icons_that_are_used() -> None:
    assert drawn() == named()


def test_fonts_and_icons_are_those_of_the_record_byte_for_byte() -> None:
    record = tomllib.loads(text_of("static/vendor/VENDOR.toml"))["elsewhere"]
    found = {asset["file"]: sha512((STATIC / asset["file"]).read_bytes()).hexdigest() for asset in record}
    assert found == {asset["file"]: asset["sha512"] for asset in record}


def test_what_others_made_comes_with_its_licence() -> None:
    record = tomllib.loads(text_of("static/vendor/VENDOR.toml"))
    texts = {asset["licence_text"] for asset in [*record["asset"], *record["elsewhere"]]}
    assert {text for text in texts if not (STATIC / text).is_file()} == set()


def test_every_tone_of_a_page_has_its_favicon() -> None:
    shown = {tone for tone in Tone if tone is not Tone.ACCENT}
    assert {tone for tone in shown if not (STATIC / f"favicon-{tone}.svg").is_file()} == set()


def test_every_tone_has_its_colours() -> None:
    declared = set(re.findall(r'\[data-tone="([a-z]+)"\] \{', text_of("static/css/tokens.css")))
    assert declared == set(Tone)
