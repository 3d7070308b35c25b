"""The frame of the simulated servers' pages: plain HTML that works without scripts, in light and dark."""

from collections.abc import Mapping, Sequence
from html import escape

_STYLE = """
:root { color-scheme: light dark; background: light-dark(#fff, #16181d); color: light-dark(#16181d, #eceef2);
  --line: light-dark(#d6d9e0, #373c47); --quiet: light-dark(#555b68, #a9afbc);
  --danger: light-dark(#b3261e, #ff9d94); }
a { color: light-dark(#0b57d0, #a8c7fa); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; padding: 1rem; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; border-bottom: 1px solid var(--line); padding-bottom: .5rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2rem; font-size: 1.1rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th, small { color: var(--quiet); } code { font-family: ui-monospace, monospace; }
form.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem; align-items: end; }
label { display: grid; gap: .25rem; } input, select, button { font: inherit; padding: .35rem .5rem; }
[role=alert] { color: var(--danger); font-weight: 600; }
"""


def page(*, title: str, siblings: Mapping[str, str], body: str) -> str:
    """``body`` is HTML already; everything else is text."""
    links = "".join(_sibling(name, url, current=title) for name, url in siblings.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · BookVerse demo</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f'<body><nav aria-label="Simulated servers">{links}</nav>'
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def _sibling(name: str, url: str, *, current: str) -> str:
    mark = ' aria-current="page"' if name == current else ""
    return f'<a href="{escape(url)}"{mark}>{escape(name)}</a>'


def table(*, caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> str:
    """The cells are HTML already; ``empty`` is said where there are no rows."""
    if not rows:
        return f"<h2>{escape(caption)}</h2><p>{escape(empty)}</p>"
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<h2>{escape(caption)}</h2><div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><thead><tr>{head}</tr></thead>"
        f"<tbody>{lines}</tbody></table></div>"
    )


def selection(*, name: str, label: str, options: Sequence[str], chosen: str) -> str:
    marks = "".join(f"<option{' selected' if option == chosen else ''}>{escape(option)}</option>" for option in options)
    return f'<label>{escape(label)}<select name="{name}">{marks}</select></label>'


def entry(*, name: str, label: str, value: str, kind: str = "text") -> str:
    return f'<label>{escape(label)}<input name="{name}" type="{kind}" value="{escape(value)}"></label>'


def alert(text: str) -> str:
    return f'<p role="alert">{escape(text)}</p>' if text else ""
