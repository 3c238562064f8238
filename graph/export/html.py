"""The picture as one HTML file that loads nothing: pyvis' page, repaired.

pyvis gives the drawing (vis-network, inlined). Its links to a content network, its style sheet and its double
heading are taken out; language, title, a policy that forbids every load, legend, evidence panel, numbered
sources and a table with the same content are put in. Names never become markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Any

from graph.export.picture import COLOURS, Edge, Picture, Record, degrees, readable, web_address
from graph.export.svg import (
    FONT,
    edge_labels,
    heading_size,
    legend_image,
    look,
    render,
    source_text,
    symbol_image,
)
from ontology import TrinationalError

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_FOLDER = Path(__file__).parent
_REMOVED = (
    r'<link\s[^>]*href="https://cdn\.jsdelivr[^>]*>',
    r'<script\s[^>]*src="https://cdn\.jsdelivr[^>]*>\s*</script>',
    r"<!--\s*<link[^>]*node_modules.*?-->",
    r"<center>\s*<h1>.*?</h1>\s*</center>",
    r"<style[^>]*>.*?</style>",
)
_OPTIONS = {
    "autoResize": True,
    "layout": {"improvedLayout": False},
    "physics": {"enabled": False},
    "nodes": {
        "shape": "image",
        "size": 30,
        "borderWidth": 0,
        "font": {"color": "#111111", "face": FONT, "strokeWidth": 4, "strokeColor": "#ffffff", "vadjust": -9},
    },
    "edges": {"hoverWidth": 1, "selectionWidth": 1.5},
    "interaction": {"dragNodes": False, "hover": True, "keyboard": False, "zoomView": True},
}


def write(picture: Picture, path: Path) -> None:
    """Write the picture as one HTML file and nothing else; the same picture gives the same bytes."""
    path.write_text(render_page(picture), encoding="utf-8", newline="\n")


def render_page(picture: Picture) -> str:
    """The whole page as text.

    Raises `TrinationalError` above 1,500 nodes.
    """
    base = _drawing(readable(picture))
    head, body = _head(picture), _body(picture)
    data = _json(_data(picture))
    script = (
        f'<script type="application/json" id="picture">{data}</script><script>{_read("page.js")}</script>'
    )
    page = re.sub(
        r"<html>\s*<head>", lambda _: f'<!DOCTYPE html>\n<html lang="{picture.language}">\n<head>', base
    )
    page = page.replace("</head>", f"{head}</head>", 1)
    card = re.compile(
        r'<div class="card" style="width: 100%">.*?<div id="mynetwork" class="card-body"></div>\s*</div>',
        re.S,
    )
    page, cards = card.subn(lambda _: body, page)
    front, _, end = page.rpartition("</body>")
    if cards != 1 or not front:
        raise TrinationalError("this version of pyvis writes another page", hint="install pyvis 0.3.2")
    return f"{front}{script}</body>{end}"


def _drawing(picture: Picture) -> str:
    """The page of pyvis, without what would load or style anything."""
    from pyvis.network import Network

    network = Network(height="100%", width="100%", cdn_resources="in_line")
    network.nodes = list(_nodes(picture))
    network.edges = [_edge(number, edge) for number, edge in enumerate(picture.edges)]
    network.options = _OPTIONS
    page: str = network.generate_html()
    for pattern in _REMOVED:
        page = re.sub(pattern, "", page, flags=re.S)
    return page


def _nodes(picture: Picture) -> Iterator[dict[str, Any]]:
    for node in picture.nodes:
        yield {
            "id": node.id,
            "label": "\n".join(node.label),
            "x": node.x,
            "y": node.y,
            "image": "data:image/svg+xml;charset=utf-8," + _percent(symbol_image(node)),
            "font": {"size": 17 if node.focus else 14.5},
        }


def _percent(text: str) -> str:
    return (
        text.replace("%", "%25").replace("#", "%23").replace("<", "%3C").replace(">", "%3E").replace('"', "'")
    )


def _edge(number: int, edge: Edge) -> dict[str, Any]:
    colour, width, arrow = look(edge.name)
    dashes: dict[str, bool | list[int]] = {"solid": False, "dashed": [9, 5], "dotted": [2, 5]}
    smooth = {"enabled": bool(edge.bend), "roundness": abs(edge.bend)}
    return {
        "id": number,
        "from": edge.tail,
        "to": edge.head,
        "width": width,
        "dashes": dashes[edge.style],
        "color": {"color": colour, "highlight": colour, "hover": colour},
        "arrows": {"to": {"enabled": arrow, "scaleFactor": 0.6}},
        "smooth": smooth | {"type": "curvedCW" if edge.bend > 0 else "curvedCCW"},
    }


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
    )


def _data(picture: Picture) -> dict[str, Any]:
    words = picture.words
    return {
        "width": picture.width,
        "height": picture.height,
        "words": {
            "hint": words("evidence.hint"),
            "none": words("evidence.none"),
            "ties": words("table.linked"),
        },
        "columns": [
            {
                "label": words("column." + c),
                "left": a,
                "right": b,
                "color": COLOURS[c],
                "size": heading_size(words("column." + c), b - a),
            }
            for c, (a, b) in picture.columns.items()
        ],
        "rows": [
            {"lines": wrap(words(f"row.{row}"), 14), "top": top, "bottom": bottom}
            for row, (top, bottom) in picture.rows.items()
        ],
        "nodes": [
            {
                "id": node.id,
                "name": node.name,
                "kind": words.kind(node.kind),
                "country": node.country,
                "records": [_record(record) for record in node.records],
            }
            for node in picture.nodes
        ],
        "edges": [
            {
                "id": number,
                "from": edge.tail,
                "to": edge.head,
                "text": edge.label,
                "color": look(edge.name)[0],
                "style": words("line." + edge.style),
                "records": [_record(record) for record in edge.records],
            }
            for number, edge in enumerate(picture.edges)
        ],
        "labels": _labels(picture),
        "sources": [
            {"number": s.number, "url": web_address(s.url), "text": source_text(picture, s.number)}
            for s in picture.sources
        ],
    }


def _labels(picture: Picture) -> list[dict[str, Any]]:
    numbers = {id(edge): number for number, edge in enumerate(picture.edges)}
    return [
        {"edge": numbers[id(edge)], "text": text, "x": round(x, 1), "y": round(y, 1)}
        for edge, text, (x, y) in edge_labels(picture)
    ]


def _record(record: Record) -> dict[str, Any]:
    return {
        "text": record.text,
        "evidence": [[e.number, e.locator, e.status, e.date] for e in record.evidence],
    }


def _head(picture: Picture) -> str:
    return (
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="{escape(picture.export)}">\n'
        f"<title>{escape(picture.title)}</title>\n<style>{_read('page.css')}</style>\n"
    )


def _body(picture: Picture) -> str:
    words = picture.words
    stamp = f'<p class="restricted">{escape(words("restricted"))}</p>' if picture.restricted else ""
    date = " · ".join(part for part in (picture.subtitle, f"{words('as_of')} {picture.as_of}") if part)
    return "\n".join(
        [
            f'<a class="skip" href="#nodes">{escape(words("skip"))}</a>',
            f'<header>{stamp}<h1>{escape(picture.title)}</h1><p class="sub">{escape(date)}</p></header>',
            f'<main><div id="stage"><figure id="figure">{_tools(picture)}',
            f'<div id="mynetwork" role="img" aria-label="{escape(picture.alt)}"></div></figure>',
            f'<aside id="side"><div id="panel" tabindex="-1" role="region" aria-live="polite" '
            f'aria-label="{escape(words("evidence"))}"><h2>{escape(words("evidence"))}</h2>'
            f'<div id="panel-body"></div></div>{_legend(picture)}</aside></div>',
            f'<div id="print">{render(picture)}</div>',
            _table(picture),
            _sources(picture),
            "</main>",
            f"<footer><p>{escape(words('note'))}</p>"
            f"<p>{escape(words('licence'))}: {escape(picture.licence)}</p>"
            f"<p>{escape(words('export'))}: {escape(picture.export)}</p></footer>",
            "",
        ]
    )


def _tools(picture: Picture) -> str:
    words = picture.words
    options = "".join(
        f'<option value="{escape(node.id)}">{escape(node.name)}</option>'
        for node in sorted(picture.nodes, key=lambda n: (n.name.casefold(), n.id))
    )
    return (
        f'<div id="tools"><label for="find">{escape(words("find"))}</label><select id="find">'
        f'<option value="">{escape(words("find.none"))}</option>{options}</select>'
        f'<button type="button" id="zoom-in" aria-label="{escape(words("zoom.in"))}">+</button>'
        f'<button type="button" id="zoom-out" aria-label="{escape(words("zoom.out"))}">−</button>'
        f'<button type="button" id="zoom-fit">{escape(words("zoom.fit"))}</button></div>'
    )


def _legend(picture: Picture) -> str:
    parts = [f'<div id="legend"><h2>{escape(picture.words("legend"))}</h2>']
    for group in dict.fromkeys(entry.group for entry in picture.legend):
        parts.append(f"<h3>{escape(picture.words('legend.' + group))}</h3><ul class='{group}'>")
        for entry in picture.legend:
            if entry.group == group:
                key = escape(f"{entry.group} {entry.key}")
                parts.append(
                    f'<li data-key="{key}">{legend_image(entry)}<span>{escape(entry.label)}</span></li>'
                )
        parts.append("</ul>")
    return "".join([*parts, "</div>"])


def _table(picture: Picture) -> str:
    words = picture.words
    ties, names = degrees(picture.edges), {node.id: node.name for node in picture.nodes}
    linked: dict[str, list[str]] = {node.id: [] for node in picture.nodes}
    for edge in picture.edges:
        sources = " ".join(f'<a href="#source-{n}">[{n}]</a>' for n in edge.numbers)
        there, back = ("→", "←") if look(edge.name)[2] else ("–", "–")
        for mine, other, arrow in ((edge.tail, edge.head, there), (edge.head, edge.tail, back)):
            linked[mine].append(f"{arrow} {escape(edge.short)}: {escape(names[other])} {sources}")
    heads = "".join(
        f"<th scope=col>{escape(words('table.' + h))}</th>"
        for h in ("name", "kind", "country", "ties", "linked")
    )
    rows = "".join(
        f'<tr><td><button type="button" data-id="{escape(n.id)}">{escape(n.name)}</button></td>'
        f"<td>{escape(words.kind(n.kind))}</td><td>{escape(n.country)}</td>"
        f'<td class="count">{ties.get(n.id, 0)}</td><td>{"<br>".join(linked[n.id])}</td></tr>'
        for n in sorted(picture.nodes, key=lambda n: (-ties.get(n.id, 0), n.name, n.id))
    )
    return (
        f'<section><h2>{escape(words("table"))}</h2><p class="aside">{escape(picture.alt)}</p>'
        f'<div class="scroll"><table id="nodes" tabindex="-1"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _sources(picture: Picture) -> str:
    items = []
    for source in picture.sources:
        text, address = escape(source_text(picture, source.number)), web_address(source.url)
        if address:
            text = f'<a href="{escape(address)}" rel="noopener noreferrer" target="_blank">{text}</a>'
        read = (
            f", {escape(picture.words('retrieved'))} {escape(source.retrieved)}" if source.retrieved else ""
        )
        items.append(f'<li id="source-{source.number}" value="{source.number}">{text}{read}</li>')
    head = f"<h2>{escape(picture.words('sources'))}</h2>"
    return f'<section id="sources">{head}<ol>{"".join(items)}</ol></section>'
