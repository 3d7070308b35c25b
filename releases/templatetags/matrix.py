"""The cells of the matrix. There may be ten thousand, so each kind of cell is drawn once and not once a version."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import mark_safe

from releases.display.status import status_of
from releases.templatetags.board import icon

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from django.utils.safestring import SafeString

    from releases.domain.verdicts import Reason
    from releases.domain.version_evidence import Known
    from releases.queries.matrix import MatrixQuestion, PairGrid, ServiceRow

    Look = tuple[SafeString, SafeString]

register = template.Library()

_LINK = '<td data-tone="{}"><a href="{}{}"{}>{}{}</a></td>'
_CURRENT = format_html(' aria-current="{}"', "true")
_NOTHING = "nothing is known, and neither needs the other"


def _address(question: MatrixQuestion) -> str:
    """Write what was asked as an address that a version can be added to."""
    asked = {
        "service": question.service,
        "platform": question.platform,
        "known": question.known,
        "q": question.search,
        "newest": question.newest,
        "pair": question.pair,
    }
    given = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(given, safe=':')}&at="


@register.simple_tag
def version_rows(rows: Iterable[ServiceRow], question: MatrixQuestion) -> list[tuple[ServiceRow, SafeString]]:
    """Pair every row with its cells."""
    base = _address(question)
    chosen = dict(question.at)
    looks = {known: _look(known, base) for known in {cell.known for row in rows for cell in row.cells}}
    return [(row, _version_cells(row, looks, chosen.get(row.service, ""))) for row in rows]


def _version_cells(row: ServiceRow, looks: Mapping[tuple[Known, ...], Look], chosen: str) -> SafeString:
    """Join what is drawn once with service and version."""
    service = escape(row.service)
    parts = []
    for cell in row.cells:
        opening, closing = looks[cell.known]
        version, current = cell.version, _CURRENT if cell.version == chosen else ""
        parts.append(f'{opening}{service}@{version.replace("+", "%2B")}"{current}>{version}{closing}')
    # A version has letters, digits and .+- alone, the rest is escaped.
    return mark_safe("".join(parts))  # noqa: S308 # nosec B308 B703


def _look(known: Sequence[Known], base: str) -> Look:
    """Draw what stands before the address of a version, and what stands behind its name."""
    statuses = [status_of(each) for each in known]
    icons = format_html_join("", "{}", ((icon(status.icon),) for status in statuses))
    words = ", ".join(status.word.lower() for status in statuses)
    opening = format_html('<td data-tone="{}"><a href="{}', statuses[0].tone, base)
    return opening, format_html('{}<span class="visually-hidden">: {}</span></a></td>', icons, words)


@register.simple_tag
def pair_rows(grid: PairGrid, question: MatrixQuestion) -> list[tuple[str, SafeString]]:
    """Pair every consumer version with its cells."""
    base = _address(question)
    chosen = dict(question.at)
    return [
        (consumer, format_html_join("", _LINK, _pair_cells(grid, consumer, reasons, base, chosen)))
        for consumer, reasons in grid.rows
    ]


def _pair_cells(
    grid: PairGrid, consumer: str, reasons: Iterable[Reason | None], base: str, chosen: dict[str, str]
) -> Iterator[tuple[object, ...]]:
    pair = grid.pair
    for provider, reason in zip(grid.columns, reasons, strict=True):
        at = f"{pair.consumer}@{quote(consumer)},{pair.provider}@{quote(provider)}"
        status = status_of(reason.counts_as if reason else "nothing_known")
        words = status.word.lower() if reason else _NOTHING
        said = format_html('<span class="visually-hidden">{} with {}: {}</span>', f"{consumer}", f"{provider}", words)
        current = _CURRENT if chosen == {pair.consumer: consumer, pair.provider: provider} else ""
        yield status.tone, base, at, current, icon(status.icon), said
