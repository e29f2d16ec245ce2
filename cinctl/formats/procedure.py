"""A procedure written down: as Markdown, and as one self-contained HTML page that prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from cinctl.formats.html import FOOT, STYLE, head
from cinctl.formats.markdown import escaped, table
from cinctl.formats.report import xml_text
from cinctl.procedure import Section

__all__ = ["FORMS", "rendered"]

_STYLE = f"""{STYLE}h3 {{ font-size: 1rem; margin-top: 1.6rem }} h4 {{ font-size: .9rem; margin-bottom: .3rem }}
nav ul {{ columns: 3 14rem; padding-left: 1.2rem }} a {{ color: inherit }}
tbody th {{ font-weight: 600; min-width: 8rem }} table {{ margin-bottom: 1rem }}
@media print {{ body {{ max-width: none; margin: 0; font-size: 9pt }} nav {{ display: none }}
  thead {{ display: table-header-group }}
  tr, h2, h3, h4 {{ break-inside: avoid }} h2, h3, h4 {{ break-after: avoid }} }}
"""


def rendered(form: str, title: str, sections: Iterable[Section]) -> Iterator[str]:
    """Yield the procedure called *title* in *form*, one of `FORMS`, piece by piece."""
    return FORMS[form](title, sections)


def _markdown(title: str, sections: Iterable[Section]) -> Iterator[str]:
    yield f"# {escaped(title)}\n\n"
    for section in sections:
        yield f"{'#' * section.level} {escaped(section.title)}\n\n"
        yield from (f"{escaped(text)}\n\n" for text in section.text if text)
        yield from table(section.columns, section.rows)


def _html(title: str, sections: Iterable[Section]) -> Iterator[str]:
    told = list(sections)
    yield head(title, _STYLE)
    yield '<nav aria-label="Contents">\n<ul>\n'
    for number, section in enumerate(told):
        if section.level == 2:
            yield f'<li><a href="#s{number}">{xml_text(section.title)}</a></li>\n'
    yield "</ul>\n</nav>\n"
    for number, section in enumerate(told):
        yield from _section(f"s{number}", section)
    yield FOOT


def _section(anchor: str, section: Section) -> Iterator[str]:
    yield f'<h{section.level} id="{anchor}">{xml_text(section.title)}</h{section.level}>\n'
    yield from (f"<p>{xml_text(text)}</p>\n" for text in section.text if text)
    if not section.columns:
        return
    heads = "".join(f'<th scope="col">{xml_text(name)}</th>' for name in section.columns)
    yield f'<table aria-labelledby="{anchor}">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
    for first, *rest in section.rows:
        cells = "".join(f"<td>{xml_text(cell)}</td>" for cell in rest)
        yield f'<tr><th scope="row">{xml_text(first)}</th>{cells}</tr>\n'
    yield "</tbody>\n</table>\n"


FORMS: Mapping[str, Callable[[str, Iterable[Section]], Iterator[str]]] = {"markdown": _markdown, "html": _html}
