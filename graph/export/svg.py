"""The picture drawn as SVG: for print, for pages that take no script, and the symbols of the HTML picture.

Shape says the kind, letters and column the country, fill what is recorded of a plant's representation, line
style how sure; colour only repeats it, so that a black-and-white print reads the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from textwrap import wrap

from graph.export.layout import HEADING, RADIUS, Point, on_curve, via
from graph.export.picture import COLOURS, Edge, LegendEntry, Node, Picture, readable, web_address

FONT = "DejaVu Sans, Verdana, Arial, sans-serif"
DASHES = {"solid": "", "dashed": "9 5", "dotted": "2 5"}
# name: colour, width, arrow at the head
LINES = {
    "OWNS": ("#3D3D3D", 1.8, True),
    "OPERATES": ("#767676", 1.5, True),
    "REPRESENTS": ("#8A3F83", 2.2, True),
    "AFFILIATED_WITH": ("#4A6785", 1.5, True),
    "SUPPLIES": ("#8A5A00", 2.0, True),
    "TIE": ("#00704F", 3.0, False),
    "SHIFT": ("#A11D3F", 4.0, True),
    "SHARED_SECTORS": ("#00704F", 2.4, False),
    "GAP": ("#A11D3F", 2.4, False),
    "FUNDS": ("#006C8A", 1.8, True),
    "COVERS": ("#5F6B00", 1.6, True),
    "SIGNED": ("#5F6B00", 1.6, False),
    "SUCCEEDED_BY": ("#4A6785", 2.2, True),
}
_OTHER_LINE = ("#767676", 1.3, False)
_MARGIN = 28.0
_HALO = 'paint-order="stroke" stroke="#ffffff" stroke-width="4" stroke-linejoin="round"'


def write(picture: Picture, path: Path) -> None:
    """Write the picture as one SVG file that loads nothing; the same picture gives the same bytes."""
    path.write_text(render(picture), encoding="utf-8", newline="\n")


def render(picture: Picture) -> str:
    """The picture as SVG text: heading, drawing, legend, numbered sources, note.

    Raises `TrinationalError` above 1,500 nodes.
    """
    readable(picture)
    width = max(picture.width, 900.0) + 2 * _MARGIN
    head, top = _heading(picture, width)
    below, bottom = _below(picture, top + picture.height + 24, width)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {bottom:g}" width="{width:g}" '
            f'height="{bottom:g}" lang="{picture.language}" role="img" font-family="{FONT}">',
            f"<title>{escape(picture.title)}</title>",
            f"<desc>{escape(picture.alt)}</desc>",
            f'<rect width="{width:g}" height="{bottom:g}" fill="#ffffff"/>',
            *head,
            f'<g transform="translate({_MARGIN:g} {top:g})">',
            *drawing(picture),
            "</g>",
            *below,
            "</svg>",
            "",
        ]
    )


def drawing(picture: Picture) -> Iterator[str]:
    """Bands, lines, symbols and labels, from the corner of the drawing."""
    points = {node.id: (node.x, node.y) for node in picture.nodes}
    yield from _bands(picture)
    for edge in sorted(picture.edges, key=lambda e: look(e.name)[1]):
        yield from _line(edge, points[edge.tail], points[edge.head])
    for node in picture.nodes:
        yield f'<g transform="translate({node.x:g} {node.y:g})">{symbol(node)}</g>'
    for edge, text, (x, y) in edge_labels(picture):
        yield _text(x, y + 4, text, 12, f'{_HALO} text-anchor="middle" fill="{look(edge.name)[0]}"')
    yield from (_label(node) for node in picture.nodes)


def symbol(node: Node) -> str:
    """Symbol of a node around the origin, 44 units wide."""
    badge = node.country or ("–" if node.column == "other" else "")
    return _symbol(node.kind, node.symbol, COLOURS[node.column], badge, node.focus)


def symbol_image(node: Node) -> str:
    """The symbol as an SVG file of its own."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="240" viewBox="-30 -30 60 60" '
        f'font-family="{FONT}">{symbol(node)}</svg>'
    )


def _symbol(kind: str, symbol: str, colour: str, badge: str, focus: bool) -> str:
    standing = symbol.partition(".")[2]
    hollow = standing in ("not_recorded", "ended") or kind in ("Place", "Sector", "Product")
    parts = [_shape(kind, f'fill="{"#ffffff" if hollow else colour}" stroke="{colour}" stroke-width="2.5"')]
    if focus:
        parts.insert(0, f'<circle r="27" fill="none" stroke="{colour}" stroke-width="2"/>')
    if standing == "contested":
        parts.append(_hatch())
    if standing == "ended":
        parts.append(f'<path d="M-17 17L17 -17" stroke="{colour}" stroke-width="2"/>')
    if standing in ("contested", "ended"):
        parts.append('<rect x="-13" y="-8" width="26" height="16" rx="3" fill="#ffffff"/>')
    ink = colour if hollow or standing == "contested" else "#ffffff"
    drop = 10.0 if kind == "Case" else 5.0
    parts.append(_text(0, drop, badge, 13, f'text-anchor="middle" font-weight="bold" fill="{ink}"'))
    return "".join(parts)


def _hatch() -> str:
    """Strokes from edge to edge of the square."""
    strokes = [(max(x, -17), min(x + 34, 17), x) for x in range(-43, 18, 12)]
    path = "".join(f"M{left} {17 - left + x}L{right} {17 - right + x}" for left, right, x in strokes)
    return f'<path d="{path}" stroke="#ffffff" stroke-width="4"/>'


def _shape(kind: str, paint: str) -> str:
    if kind == "Plant":
        return f'<rect x="-18" y="-18" width="36" height="36" {paint}/>'
    if kind == "Union":
        return f'<circle r="20" {paint}/>'
    if kind == "Event":
        return f'<circle r="14" {paint}/>'
    if kind == "Place":
        return f'<rect x="-20" y="-14" width="40" height="28" rx="14" stroke-dasharray="4 3" {paint}/>'
    corners = _CORNERS.get(kind, _polygon(6))
    return f'<polygon points="{corners}" {paint}/>'


def _polygon(sides: int, radius: float = 21.0) -> str:
    turns = [2 * math.pi * i / sides - math.pi / 2 for i in range(sides)]
    return " ".join(f"{radius * math.cos(t):.1f},{radius * math.sin(t):.1f}" for t in turns)


_CORNERS = {
    "Corporation": "0,-24 24,0 0,24 -24,0",
    "Case": "0,-24 23,17 -23,17",
    "Agreement": "-15,-19 9,-19 15,-13 15,19 -15,19",
    "Program": "-22,14 -14,-14 22,-14 14,14",
    "Agency": _polygon(5, 22),
    "Association": _polygon(6, 21),
    "Tie": _polygon(8, 20),
    "Sector": "0,22 21,-15 -21,-15",
    "Product": _polygon(8, 20),
    "Certification": _polygon(7, 21),
    "Source": "-15,-18 15,-18 15,18 -15,18",
}


def look(name: str) -> tuple[str, float, bool]:
    """Colour, width and arrow of the lines of a name."""
    return LINES.get(name, _OTHER_LINE)


def _text(x: float, y: float, text: str, size: float, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" {more}>{escape(text)}</text>'


def heading_size(name: str, width: float) -> float:
    """Size of a column's heading, so that it fits."""
    return round(min(20.0, 1.45 * (width - 16) / max(1, len(name))), 1)


def _bands(picture: Picture) -> Iterator[str]:
    for number, (column, (left, right)) in enumerate(picture.columns.items()):
        shade = "#F3F4F6" if number % 2 == 0 else "#FAFAFA"
        yield (
            f'<rect x="{left + 4:g}" y="0" width="{right - left - 8:g}" height="{picture.height:g}" rx="8" '
            f'fill="{shade}"/>'
        )
        name = picture.words("column." + column)
        yield _text(
            (left + right) / 2,
            34,
            name,
            heading_size(name, right - left),
            f'text-anchor="middle" font-weight="bold" fill="{COLOURS[column]}"',
        )
    for row, (top, bottom) in picture.rows.items():
        if top > HEADING:
            yield f'<path d="M0 {top:g}H{picture.width:g}" stroke="#D5D8DC" stroke-width="1"/>'
        for line, text in enumerate(wrap(picture.words(f"row.{row}"), 14)):
            yield _text(4, (top + bottom) / 2 - 20 + 17 * line, text, 14, 'fill="#555555"')


def _line(edge: Edge, tail: Point, head: Point) -> Iterator[str]:
    colour, width, arrow = look(edge.name)
    control = via(tail, head, edge.bend)
    start, end = _towards(tail, control, RADIUS + 4), _towards(head, control, RADIUS + (8 if arrow else 4))
    dash = f' stroke-dasharray="{DASHES[edge.style]}"' if DASHES[edge.style] else ""
    curve = f"M{_at(start)}Q{_at(control)} {_at(end)}"
    yield f'<path d="{curve}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dash}/>'
    if arrow:
        yield f'<polygon points="{_arrow(control, end, 6 + 1.5 * width)}" fill="{colour}"/>'


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"


def _towards(point: Point, target: Point, distance: float) -> Point:
    length = math.dist(point, target) or 1.0
    step = min(distance, length * 0.9) / length
    return point[0] + (target[0] - point[0]) * step, point[1] + (target[1] - point[1]) * step


def _arrow(origin: Point, tip: Point, size: float) -> str:
    angle = math.atan2(tip[1] - origin[1], tip[0] - origin[0])
    tip = tip[0] + 4 * math.cos(angle), tip[1] + 4 * math.sin(angle)
    back = [(tip[0] - size * math.cos(angle + s), tip[1] - size * math.sin(angle + s)) for s in (0.42, -0.42)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in (tip, *back))


def edge_labels(picture: Picture) -> Iterator[tuple[Edge, str, Point]]:
    """What stands on the lines, and where: words and source numbers while there is room, then numbers.

    Nothing above 160 lines. Each label slides along its line to where it hides the least.
    """
    if len(picture.edges) > 160:
        return
    points = {node.id: (node.x, node.y) for node in picture.nodes}
    taken = [(x, y, RADIUS, RADIUS) for x, y in points.values()]
    taken += [
        (n.x, n.y + RADIUS + 8 + 8 * len(n.label), 4.3 * max(map(len, n.label)), 9.0) for n in picture.nodes
    ]
    for edge in picture.edges:
        text = _edge_text(edge, len(picture.edges))
        tail, head = points[edge.tail], points[edge.head]
        control = via(tail, head, edge.bend)
        spots = [
            on_curve(tail, control, head, 0.5 + step / 20) for step in (0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5)
        ]
        spot = min(spots, key=lambda s: _overlap(s, 3.6 * len(text), taken))
        taken.append((*spot, 3.6 * len(text), 7.0))
        if text:
            yield edge, text, spot


def _edge_text(edge: Edge, edges: int) -> str:
    numbers = ", ".join(map(str, edge.numbers[:3])) + ("…" if len(edge.numbers) > 3 else "")
    wordy = edges <= 24 or edge.name == "SHIFT" or (edge.name == "TIE" and edges <= 40)
    return " ".join(part for part in (edge.short if wordy else "", f"[{numbers}]" if numbers else "") if part)


def _overlap(spot: Point, half: float, taken: Iterable[tuple[float, float, float, float]]) -> float:
    """How much of a label, `half` wide to each side, lies on what stands already."""
    wide = ((half + w - abs(spot[0] - x), 7.0 + h - abs(spot[1] - y)) for x, y, w, h in taken)
    return sum(min(a, 2 * half) * min(b, 14.0) for a, b in wide if a > 0 and b > 0)


def _label(node: Node) -> str:
    weight = ' font-weight="bold"' if node.focus else ""
    spans = "".join(
        f'<tspan x="{node.x:g}" dy="{0 if i == 0 else 17:g}">{escape(line)}</tspan>'
        for i, line in enumerate(node.label)
    )
    return (
        f'<text x="{node.x:g}" y="{node.y + RADIUS + 18:g}" text-anchor="middle" font-size="14.5" {_HALO} '
        f'fill="#111111"{weight}>{spans}</text>'
    )


def _heading(picture: Picture, width: float) -> tuple[list[str], float]:
    y, out = 44.0, []
    if picture.restricted:
        out.append(_text(_MARGIN, y, picture.words("restricted"), 14, 'font-weight="bold" fill="#A11D3F"'))
        y += 26
    for line in wrap(picture.title, int(width / 13.5)):
        out.append(_text(_MARGIN, y, line, 24, 'font-weight="bold" fill="#111111"'))
        y += 31
    parts = (picture.subtitle, f"{picture.words('as_of')} {picture.as_of}")
    out.append(_text(_MARGIN, y - 4, " · ".join(part for part in parts if part), 14, 'fill="#444444"'))
    return out, y + 12


def _below(picture: Picture, top: float, width: float) -> tuple[list[str], float]:
    """Legend, sources, note and export line."""
    out, y = _legend(picture, top, width)
    out.append(_text(_MARGIN, y + 8, picture.words("sources"), 15, 'font-weight="bold" fill="#111111"'))
    listed, y = _source_list(picture, y + 28, width)
    out += listed
    note = picture.words("note")
    last = f"{picture.words('licence')}: {picture.licence} · {picture.words('export')}: {picture.export}"
    for line in [*wrap(note, int(width / 6.6)), *wrap(last, int(width / 6.6))]:
        out.append(_text(_MARGIN, y, line, 11, 'fill="#444444"'))
        y += 15
    return out, y + 16


def _source_list(picture: Picture, top: float, width: float) -> tuple[list[str], float]:
    columns = max(1, int(width // 420))
    each = math.ceil(len(picture.sources) / columns)
    wide = (width - 2 * _MARGIN) / columns
    out = []
    for number, source in enumerate(picture.sources):
        column, line = divmod(number, each)
        text = f"[{source.number}] {_cut(source_text(picture, source.number), int(wide / 6.1) - 6)}"
        entry = _text(_MARGIN + column * wide, top + 15 * line, text, 10.5, 'fill="#222222"')
        address = web_address(source.url)
        out.append(f'<a href="{escape(address)}">{entry}</a>' if address else entry)
    return out, top + 15 * each + 12


def source_text(picture: Picture, number: int) -> str:
    """A source in one line: publisher, title, date; the address where it has no title."""
    source = picture.sources[number - 1]
    named = [part for part in (source.publisher, source.title, source.date) if part]
    host = source.url.partition("://")[2].removeprefix("www.")
    return ", ".join(named) or host or f"{picture.words('source.none')} ({source.release})"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _legend(picture: Picture, top: float, width: float) -> tuple[list[str], float]:
    out, x, y = (
        [_text(_MARGIN, top + 8, picture.words("legend"), 15, 'font-weight="bold" fill="#111111"')],
        _MARGIN,
        top + 36,
    )
    for group in dict.fromkeys(entry.group for entry in picture.legend):
        out.append(_text(x, y, picture.words("legend." + group), 11, 'fill="#555555"'))
        x, y = _MARGIN, y + 26
        for entry in (e for e in picture.legend if e.group == group):
            needed = 56 + len(entry.label) * 7.2
            if x + needed > width - _MARGIN:
                x, y = _MARGIN, y + 30
            out.append(f'<g transform="translate({x + 20:g} {y - 4:g})">{legend_sample(entry)}</g>')
            out.append(_text(x + 46, y, entry.label, 12, 'fill="#222222"'))
            x += needed
        x, y = _MARGIN, y + 32
    return out, y


def legend_sample(entry: LegendEntry) -> str:
    """The look that an entry of the legend explains, around the origin, 40 units wide."""
    if entry.group == "kind":
        if entry.key == "focus":
            return '<circle r="11" fill="none" stroke="#444444" stroke-width="2"/>'
        drawn = _symbol(entry.key.partition(".")[0], entry.key, "#444444", "", False)
        return f'<g transform="scale(0.55)">{drawn}</g>'
    if entry.group == "country":
        badge = "–" if entry.key == "other" else entry.key
        letters = _text(0, 4.5, badge, 12, 'text-anchor="middle" font-weight="bold" fill="#ffffff"')
        return f'<rect x="-15" y="-10" width="30" height="20" rx="4" fill="{COLOURS[entry.key]}"/>{letters}'
    colour, width, arrow = look(entry.key) if entry.group == "edge" else ("#333333", 2.2, False)
    dash = DASHES.get(entry.key, "")
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    tip = f'<polygon points="{_arrow((-20, 0), (14, 0), 6 + 1.5 * width)}" fill="{colour}"/>' if arrow else ""
    return f'<path d="M-20 0H{14 if arrow else 20}" stroke="{colour}" stroke-width="{width:g}"{dashes}/>{tip}'


def legend_image(entry: LegendEntry) -> str:
    """The look of an entry as an SVG element for HTML."""
    return (
        f'<svg width="44" height="28" viewBox="-22 -14 44 28" aria-hidden="true">{legend_sample(entry)}</svg>'
    )
