from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET

import networkx as nx
import polars as pl
import pytest
from picture_tables import EVIL, tables

from graph.export import FORMATS, draw, svg, write
from graph.export.picture import COLOURS, LIMIT, Picture
from graph.network import neighbourhood, result
from ontology import TrinationalError

SCAN, SAID = tables()
GEXF = {"g": "http://gexf.net/1.3", "viz": "http://gexf.net/1.3/viz"}


def network(*ids: str, **more) -> nx.MultiDiGraph:
    return neighbourhood(SCAN, SAID, ids or ["union:usw", "plant:gm-silao"], hops=more.pop("hops", 2), **more)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return draw(network(), licences={"curated": "CC BY 4.0"})


def content(path):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file.read_bytes() for file in files]


@pytest.mark.parametrize("format", FORMATS)
def test_same_data_same_bytes_and_only_the_given_path(tmp_path, format):
    for name in ("one", "two"):
        folder = tmp_path / f"{name} é"
        write(draw(network()), folder / f"picture.{format}")
        assert [p.name for p in folder.iterdir()] == [f"picture.{format}"]
    assert content(tmp_path / "one é" / f"picture.{format}") == content(
        tmp_path / "two é" / f"picture.{format}"
    )


@pytest.mark.parametrize("format", FORMATS)
def test_text_never_becomes_markup(picture, tmp_path, format):
    path = tmp_path / f"p.{format}"
    write(picture, path)
    if format != "csv":
        assert EVIL not in path.read_text(encoding="utf-8")
        assert "<img src=x" not in path.read_text(encoding="utf-8")


def test_country_is_the_column_and_kind_the_row(picture):
    place = {node.id: node for node in picture.nodes}
    left, right = picture.columns["MX"]
    assert left < place["plant:gm-silao"].x < right
    assert left < place["disp:silao-vote"].x < right, "an event stands in the country of its plant"
    assert place["plant:evil"].x < place["plant:carrier-indianapolis"].x < place["plant:gm-silao"].x
    assert place["union:usw"].y < place["plant:gm-silao"].y < place["corp:carrier"].y
    assert len({(n.x, n.y) for n in picture.nodes}) == len(picture.nodes)


def test_every_legend_entry_occurs_and_every_look_is_explained(picture):
    named = {(entry.group, entry.key) for entry in picture.legend}
    seen = {("kind", node.symbol) for node in picture.nodes} | {("kind", "focus")}
    seen |= {("country", node.column) for node in picture.nodes}
    seen |= {("edge", edge.name) for edge in picture.edges} | {("line", edge.style) for edge in picture.edges}
    assert named == seen
    assert ("kind", "Plant.contested") in named
    assert all(entry.label for entry in picture.legend)


def test_line_style_says_how_sure(picture):
    style = {(e.tail, e.name, e.head): e.style for e in picture.edges}
    assert style["plant:carrier-indianapolis", "SHIFT", "plant:carrier-monterrey"] == "solid"
    assert style["plant:carrier-indianapolis", "SHIFT", "place|MX|San Luis Potosi"] == "dotted"
    assert style["plant:evil", "SUPPLIES", "plant:gm-silao"] == "dashed"
    assert style["plant:gm-silao", "PARTY", "case:rrm-silao"] == "dotted"


def test_jobs_are_said_only_of_moves_that_happened(picture):
    says = {e.head: e.records[0].text for e in picture.edges if e.name == "SHIFT"}
    assert "jobs lost: 550" in says["plant:carrier-monterrey"]
    assert "900" not in says["place|MX|San Luis Potosi"]
    assert "cancelled" in says["place|MX|San Luis Potosi"]


def test_sources_are_numbered_once_and_reached_from_every_line(picture):
    assert [s.number for s in picture.sources] == list(range(1, len(picture.sources) + 1))
    assert len({s.url for s in picture.sources}) == len(picture.sources)
    for edge in picture.edges:
        assert edge.numbers, edge.label
        assert max(edge.numbers) <= len(picture.sources)


def test_title_alt_and_date_come_from_the_data(picture):
    assert picture.title.startswith("GM Silao Complex, United Steelworkers: ")
    assert picture.as_of == "2026-11-22"
    assert f"{len(picture.nodes)} organizations" in picture.alt
    assert "in Mexico" in picture.alt
    assert picture.licence == "curated@2026-11-22 (CC BY 4.0)"


@pytest.mark.parametrize(("language", "word"), [("es", "Leyenda"), ("fr", "Légende"), ("en", "Legend")])
def test_words_in_three_languages(language, word):
    text = svg.render(draw(network(), language=language))
    assert word in text
    assert f'lang="{language}"' in text
    assert not re.search(r"\b(edge|kind|line|row|column|legend)\.[a-zA-Z0-9]", text), "a label is missing"


def test_restricted_statements_stamp_the_picture(picture):
    assert not picture.restricted
    stamped = draw(network(restricted=True))
    assert stamped.restricted
    assert "RESTRICTED" in svg.render(stamped)
    assert "Secret plan" not in svg.render(picture)


def test_export_id_follows_the_content(picture):
    other = draw(network(), title="Another finding")
    assert picture.export != other.export
    assert draw(network(), licences={"curated": "CC BY 4.0"}).export == picture.export


def test_svg_is_well_formed_and_loads_nothing(picture, tmp_path):
    write(picture, tmp_path / "p.svg")
    root = ET.parse(tmp_path / "p.svg").getroot()
    text = (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert not re.search(r"<image|<script|url\(|@import|xlink", text)
    assert len(root.findall(".//{*}a")) == len(picture.sources)
    assert EVIL[:12] in "".join(root.itertext())


def test_gexf_carries_colours_positions_and_sources(picture, tmp_path):
    write(picture, tmp_path / "p.gexf")
    root = ET.parse(tmp_path / "p.gexf").getroot()
    nodes, edges = root.findall(".//g:node", GEXF), root.findall(".//g:edge", GEXF)
    assert (len(nodes), len(edges)) == (len(picture.nodes), len(picture.edges))
    for node in nodes:
        assert {child.tag.partition("}")[2] for child in node} >= {"color", "position", "size", "shape"}
    silao = next(n for n in nodes if n.get("id") == "plant:gm-silao")
    assert silao.find("viz:shape", GEXF).get("value") == "square"
    read = nx.read_gexf(tmp_path / "p.gexf", version="1.3")
    assert set(read) == {node.id for node in picture.nodes}
    assert "https://example.org/" in next(iter(read.edges(data=True)))[2]["sources"]


def test_graphml_keeps_every_record_and_attribute(picture, tmp_path):
    write(picture, tmp_path / "p.graphml")
    read = nx.read_graphml(tmp_path / "p.graphml", force_multigraph=True)
    assert read.number_of_edges() == sum(len(edge.records) for edge in picture.edges)
    assert json.loads(read.nodes["plant:gm-silao"]["facts"])[0]["value"] == 6500
    assert isinstance(read.nodes["plant:gm-silao"]["x"], float)


def test_csv_tables_join(picture, tmp_path):
    write(picture, tmp_path / "out", "csv")
    rows = {}
    for name in ("nodes", "edges", "evidence"):
        with (tmp_path / "out" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows[name] = list(csv.DictReader(file))
    ids = {row["id"] for row in rows["nodes"]}
    assert {row["tail"] for row in rows["edges"]} | {row["head"] for row in rows["edges"]} <= ids
    assert {row["record"] for row in rows["edges"]} <= {row["about"] for row in rows["evidence"]}
    assert {row["url"] for row in rows["evidence"]} == {source.url for source in picture.sources}


def test_too_much_for_a_picture_is_refused_but_exported(tmp_path):
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(
        (f"plant:p{n}", {"kind": "Plant", "name": f"P{n}", "country": "US"}) for n in range(LIMIT + 1)
    )
    large = draw(graph)
    for format in ("html", "svg"):
        with pytest.raises(TrinationalError, match="1,501 things are too many"):
            write(large, tmp_path / f"p.{format}")
        assert not (tmp_path / f"p.{format}").exists()
    write(large, tmp_path / "p.gexf")
    assert nx.read_gexf(tmp_path / "p.gexf", version="1.3").number_of_nodes() == LIMIT + 1


def contrast(colour: str, ground: str) -> float:
    """Ratio of WCAG 2."""

    def light(hexed: str) -> float:
        parts = [int(hexed[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((light(colour), light(ground)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", [*COLOURS.values(), *(line[0] for line in svg.LINES.values())])
def test_colours_stand_out_from_the_ground(colour):
    assert contrast(colour, "#F3F4F6") >= 3


def test_control_characters_do_not_break_a_file(tmp_path):
    bad = "a\x01b\x0b\x1f"
    rows = pl.DataFrame(
        {
            "tail": ["union:usw"],
            "head": ["union:sinttia"],
            "product": [bad],
            "evidence": [[{"source": "x@1", "locator": bad, "url": bad, "title": bad}]],
        }
    )
    graph = result(SCAN, SAID, rows, tail="tail", head="head", name="SHARED_SECTORS")
    picture = draw(graph, title=bad, subtitle=bad)
    for format in ("svg", "gexf", "graphml"):
        write(picture, tmp_path / f"p.{format}")
        ET.parse(tmp_path / f"p.{format}")


def test_mistakes_are_named(picture, tmp_path):
    with pytest.raises(TrinationalError, match="no such format: 'htm'"):
        write(picture, tmp_path / "p.htm")
    with pytest.raises(TrinationalError, match="no labels in 'de'"):
        draw(network(), language="de")
    with pytest.raises(TrinationalError, match="nothing to draw"):
        draw(nx.MultiDiGraph())
    (tmp_path / "file").write_text("")
    with pytest.raises(TrinationalError, match="cannot write"):
        write(picture, tmp_path / "file" / "p.html")


def test_picture_of_the_built_in_dataset(demo_graph, tmp_path):
    picture = draw(demo_graph.networkx("plant:gm-silao"))
    assert {"Union", "Plant", "Case", "Corporation"} <= {node.kind for node in picture.nodes}
    assert {"REPRESENTS", "TIE", "OPERATES", "PARTY"} <= {edge.name for edge in picture.edges}
    assert all(edge.numbers for edge in picture.edges)
    for format in FORMATS:
        write(picture, tmp_path / f"silao.{format}")
