"""One self-contained HTML page: no script, nothing fetched, light or dark as the reader's screen is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from cinctl.formats.markdown import words_of
from cinctl.formats.report import Report
from cinctl.formats.report import xml_text as _text

STYLE = """
:root { color-scheme: light dark; --ink: #1d1f24; --page: #fff; --line: #c9ced6; --soft: #f3f4f6; --deny: #b00020;
  --warn: #8a5300; --calm: #4b5563 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ec; --page: #16181d; --line: #3b4049; --soft: #1f2229;
  --deny: #ff8a80; --warn: #ffc66d; --calm: #a3abb8 } }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--page) }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dt { color: var(--calm) }
dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } th, td { padding: .35rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere } thead th { background: var(--soft) }
.deny { color: var(--deny); font-weight: 600 } .warn { color: var(--warn) } .waived, .known { color: var(--calm) }
"""
FOOT = "</main>\n</body>\n</html>\n"


def render(report: Report) -> Iterator[str]:
    """Yield *report* as one page."""
    yield head(report.title, STYLE)
    yield f"<p>{_text(report.summary)}</p>\n<dl>\n{''.join(_made(report))}</dl>\n"
    if report.statistics:
        yield "<h2>Counts</h2>\n"
        columns = list(report.statistics[0])
        yield from table(columns, (_row([row[name] for name in columns]) for row in report.statistics))
    yield "<h2>Findings</h2>\n"
    yield from table(report.columns, (_row(report.cells(entry), entry.standing) for entry in report.entries))
    if report.left_out_words:
        yield f"<p>{_text(report.left_out_words)} not shown.</p>\n"
    yield FOOT


def head(title: str, style: str) -> str:
    """Return how a page begins that fetches nothing, runs nothing, and has no style but *style*."""
    return f"{opening(title, style)}<body>\n<main>\n<h1>{_text(title)}</h1>\n"


def opening(
    title: str, style: str, *, script: str = "", asks_server: bool = False, marks: str = "", plain: str = ""
) -> str:
    """Return the first part of a page, up to its body: nothing is fetched, nothing is styled or run but what is given.

    Of *script*, the text of its script element, no part may make markup of text. With *asks_server* it may ask the
    server that the page came from. *marks* are further attributes of the page, as HTML. *plain* is a style that is
    added where scripts are off.
    """
    styles = " ".join(f"'{_digest(text)}'" for text in (style, plain) if text)
    policy = ["default-src 'none'", f"style-src {styles}", "base-uri 'none'", "form-action 'none'"]
    if script:
        policy.insert(1, f"script-src '{_digest(script)}'")
        policy += ["require-trusted-types-for 'script'", "trusted-types 'none'"]
    if asks_server:
        policy.append("connect-src 'self'")
    return (
        f'<!DOCTYPE html>\n<html lang="en-GB"{marks}>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(policy)}">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{style}</style>\n"
        + (f"<noscript><style>{plain}</style></noscript>\n" if plain else "")
        + "</head>\n"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _made(report: Report) -> Iterator[str]:
    told = {**_audited(report.header), **_checked(report.header), "made by": f"cinctl {report.version}"}
    return (f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>\n" for name, value in told.items())


def _audited(header: Mapping[str, Any]) -> dict[str, str]:
    """Return how an audit was made."""
    if "store" not in header:
        return {}
    return {
        "as of": str(header["today"]),
        "protocol": str(header["protocol"]["id"]),
        "protocol hash": str(header["protocol"]["hash"]),
        "calendar": str(header["calendar"]),
        "store": f"{header['store']['length']} lines, head {header['store']['head']}",
        "narrowed": "; ".join(words_of(header["filters"])) or "no",
    }


def _checked(header: Mapping[str, Any]) -> dict[str, str]:
    """Return which protocols were looked at."""
    found = header.get("protocols", ())
    return {f"protocol {told['id']}": str(told["hash"] or "does not load") for told in found}


def table(columns: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    """Yield a table of *rows*, which are HTML already."""
    heads = "".join(f'<th scope="col">{_text(name)}</th>' for name in columns)
    yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    yield from rows
    yield "</tbody>\n</table>\n"


def _row(cells: Sequence[object], standing: str = "") -> str:
    first = f' class="{_text(standing)}"' if standing else ""
    told = ["" if cell is None else _text(str(cell)) for cell in cells]
    return f"<tr><td{first}>{told[0]}</td>{''.join(f'<td>{cell}</td>' for cell in told[1:])}</tr>\n"
