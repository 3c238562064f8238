"""State or province of coordinates: known points, points near a border, invented shapes, real cities."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from loaders import boundaries
from loaders.boundaries import with_subdivision, write
from ontology import TrinationalError


def at(country: str, latitude: float, longitude: float) -> str | None:
    row = pl.LazyFrame({"c": [country], "n": [str(latitude)], "e": [str(longitude)]})
    found = with_subdivision(row, "c", "n", "e").collect()["STATE"][0]
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("country", "latitude", "longitude", "code"),
    [
        ("US", 42.33, -83.05, "US-MI"),
        ("CA", 45.8632, -72.4502, "CA-QC"),
        ("MX", 27.92, -101.33, "MX-COA"),
        ("MX", 19.43, -99.13, "MX-CMX"),
        ("US", 61.2, -149.9, "US-AK"),
        ("CA", 60.6984, -135.0435, "CA-YT"),
    ],
)
def test_a_point_inland_is_in_its_subdivision(
    country: str, latitude: float, longitude: float, code: str
) -> None:
    assert at(country, latitude, longitude) == code


def test_a_point_at_a_border_abroad_or_at_sea_is_in_none() -> None:
    assert at("CA", 45.47723, -75.70164) is None  # Gatineau, over the river from Ontario
    assert at("MX", 42.33, -83.05) is None
    assert at("US", 35.0, -60.0) is None
    assert at("DE", 52.5, 13.4) is None


def test_rows_keep_their_order_and_number() -> None:
    rows = pl.LazyFrame({"c": ["MX", None, "US"], "n": ["27.92", "1", ""], "e": ["-101.33", "2", "x"]})
    found = with_subdivision(rows, "c", "n", "e").collect()
    assert found.rows() == [
        ("MX", "27.92", "-101.33", "MX-COA"),
        (None, "1", "2", None),
        ("US", "", "x", None),
    ]


def test_the_table_is_written_from_topojson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrinationalError, match=r"states-10m\.json"):
        write.write(tmp_path)
    square = {
        "transform": {"scale": [0.1, 0.1], "translate": [-100, 40]},
        "arcs": [
            [[10, 0], [0, 10]],
            [[10, 10], [-10, 0], [0, -10], [10, 0]],
            [[10, 0], [10, 0], [0, 10], [-10, 0]],
        ],
    }
    for country, (file, layer) in write.FILES.items():
        names = {"US": ("Ohio", "Iowa"), "CA": ("Québec", "Ontario"), "MX": ("Jalisco", "Colima")}[country]
        shapes = [
            {"type": "Polygon", "arcs": [[0, 1]], "properties": {"name": names[0]}},
            {"type": "MultiPolygon", "arcs": [[[2, -1]]], "properties": {"name": names[1]}},
        ]
        topology = {**square, "objects": {layer: {"geometries": shapes}}}
        (tmp_path / file).write_text(json.dumps(topology), encoding="utf-8")
    monkeypatch.setattr(write, "FILE", tmp_path / "lines.parquet")
    monkeypatch.setattr(boundaries, "FILE", tmp_path / "lines.parquet")
    boundaries._lines.cache_clear()
    try:
        assert write.write(tmp_path) > 0
        assert [at("US", 40.5, -99.5), at("US", 40.5, -98.5), at("US", 40.5, -99.0)] == [
            "US-OH",
            "US-IA",
            None,
        ]
        assert (at("MX", 40.5, -98.5), at("US", 42.5, -99.5)) == ("MX-COL", None)
    finally:
        boundaries._lines.cache_clear()


def test_cities_of_geonames_lie_where_it_says(raw: Path) -> None:
    from loaders.geography import GEONAMES_STATES
    from loaders.read import parsed

    cities = parsed(raw / "geo-global/geonames-cities15000-us-ca-mx.json.gz")
    assert isinstance(cities, dict)
    rows = [
        (c["countrycode"], str(c["latitude"]), str(c["longitude"]), f"{c['countrycode']}.{c['admin1code']}")
        for c in cities.values()
    ]
    frame = pl.LazyFrame(rows, ["c", "n", "e", "admin1"], orient="row")
    found = with_subdivision(frame, "c", "n", "e").collect()
    own = found["admin1"].replace_strict(GEONAMES_STATES)
    assert found["STATE"].null_count() < 0.05 * found.height
    assert (found["STATE"] != own).sum() <= 1
