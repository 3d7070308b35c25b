"""Markdown as HTML that is safe wherever it is shown."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.display.markdown import ATTRIBUTES, REL, TAGS, rendered, sanitised

PIECES = (
    *("<script>", "</script>", "<img src=x onerror=alert(1)>", "<a href='javascript:x' hx-get='/'>", "<!--", "]]>"),
    *("[a](", "![b](", "](", ")", "javascript:x", "//evil.example", "/admin/", "https://a.example", "mailto:a@b.c"),
    *("<https://a.example>", "<data:text/html,x>", "[r]: javascript:x\n", "[r]", "[r]: /x 'title'\n", "&#106;", "&lt;"),
    *("\n", "\n\n", "    ", "```\n", "# ", "###### ", "- ", "7. ", "> ", "---\n", "**", "_", "`", "\\", '"', "'", " "),
    *('"onclick="x', "```html onclick=x\n", "\x00", "\u202e", "\ud800"),
)
MARKDOWN = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25).map("".join)


class Reader(HTMLParser):
    """Notes every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.others: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)


def unsafe_parts(html: str) -> list[object]:
    """Return what is no tag or attribute of the list, and each link that leads elsewhere or tells whence."""
    reader = Reader(html)
    tags = [tag for tag, _ in reader.found if tag not in TAGS]
    names = [(tag, name) for tag, named in reader.found for name in named if not _is_known(tag, name)]
    links = [named for tag, named in reader.found if tag == "a" and not _is_safe(named)]
    return [*reader.others, *tags, *names, *links]


def _is_known(tag: str, name: str) -> bool:
    return name in ATTRIBUTES.get(tag, set()) or (tag, name) == ("a", "rel")


def _is_safe(link: dict[str, str | None]) -> bool:
    leads_out = (link.get("href") or "https:").lower().startswith(("http:", "https:", "mailto:"))
    return leads_out and link.get("rel") == REL


@given(MARKDOWN | st.text())
def test_no_text_makes_anything_but_what_is_on_the_list(text: str) -> None:
    assert unsafe_parts(rendered(text)) == []


@given(MARKDOWN.map(lambda text: text.encode(errors="replace").decode()))
def test_html_keeps_nothing_but_what_is_on_the_list_whoever_wrote_it(html: str) -> None:
    assert unsafe_parts(sanitised(html)) == []


def test_html_that_no_parser_should_have_made_loses_what_is_not_on_the_list() -> None:
    html = '<h1 id="main" class="x">A</h1><img src="/x"><form action="/"><p hx-get="/" style="color: red">b</p></form>'
    assert sanitised(html) == "A<p>b</p>"


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        '<p onclick="x">a</p>',
        '<a href="javascript:x" rel="noopener noreferrer nofollow">a</a>',
        '<a href="https://a.example">a</a>',
        "<!-- a -->",
    ],
)
def test_what_is_not_on_the_list_would_be_found(html: str) -> None:
    assert unsafe_parts(html) != []


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# A\n\n## B\n\n##### C", "<h3>A</h3>\n<h4>B</h4>\n<h6>C</h6>\n"),
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n"),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>\n"),
        ("<div>\na\n</div>", "<p>&lt;div&gt;\na\n&lt;/div&gt;</p>\n"),
        ("[a](https://a.example)", '<p><a href="https://a.example" rel="noopener noreferrer nofollow">a</a></p>\n'),
        ("[a](mailto:a@b.c)", '<p><a href="mailto:a@b.c" rel="noopener noreferrer nofollow">a</a></p>\n'),
        ("[a](/releases)", '<p><a rel="noopener noreferrer nofollow">a</a></p>\n'),
        ("[a](ftp://a.example)", '<p><a rel="noopener noreferrer nofollow">a</a></p>\n'),
        ("[a](javascript:alert)", "<p>[a](javascript:alert)</p>\n"),
        (
            "![a](https://a.example/b.png)",
            '<p>!<a href="https://a.example/b.png" rel="noopener noreferrer nofollow">a</a></p>\n',
        ),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
        ("```html\n<i>\n```", "<pre><code>&lt;i&gt;\n</code></pre>\n"),
        ("", ""),
    ],
)
def test_commonmark_reads_as_html_that_fits_below_the_titles_of_a_page(markdown: str, html: str) -> None:
    assert rendered(markdown) == html
