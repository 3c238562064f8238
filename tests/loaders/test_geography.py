"""Places: four systems of codes for states, municipalities, border zone, minimum wages; changed copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.geography import BORDER_ZONE, GEONAMES_STATES, INEGI_STATES, SOURCES
from loaders.load import Report, load
from ontology import TrinationalError
from tests.loaders.mutations import survives

FIXTURES = Path(__file__).parent / "fixtures"
PLACES, MX_PLACES = SOURCES
Loaded = dict[str, tuple[Report, dict[str, pl.DataFrame]]]


def read(source_id: str, folder: Path, out: Path) -> tuple[Report, dict[str, pl.DataFrame]]:
    source = {source.id: source for source in SOURCES}[source_id]
    report = load(source, [folder], out)
    return report, {path.stem: pl.read_parquet(path) for path in out.glob("[A-Z]*.parquet")}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return {s.id: read(s.id, FIXTURES / s.id, tmp_path_factory.mktemp(s.id)) for s in SOURCES}


def place(loaded: Loaded, source: str, identity: str) -> list[dict[str, Any]]:
    rows = loaded[source][1]["Place"].filter(pl.col("id") == identity).rows(named=True)
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def test_every_row_has_one_fate(loaded: Loaded) -> None:
    report = loaded["places"][0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (9, 9, 0, 0)
    assert [reason[:23] for reason in report.dropped] == ["not a state of GeoNames"]
    report = loaded["mx_places"][0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (16, 12, 2, 2)
    assert report.ignored == {"born abroad: no state": 1, "not pesos a day": 1}


def test_four_code_systems_for_states_name_one_place(loaded: Loaded) -> None:
    """Coahuila is COA in ISO, 05 at INEGI, 07 in GeoNames and CL in the CURP; 07 is Chiapas at INEGI."""
    coahuila = "iso-3166-2:MX-COA"
    (iso,) = place(loaded, "places", coahuila)
    assert (iso["name"], iso["part_of"], iso["place_type"]) == (
        "Coahuila de Zaragoza",
        "iso-3166-1:MX",
        "subdivision",
    )
    (city,) = place(loaded, "places", "geonames:1001")
    assert (city["subdivision"], city["part_of"]) == ("MX-COA", coahuila)
    (state,) = place(loaded, "mx_places", coahuila)
    assert (state["same_as"], state["other_names"]) == (["mx-inegi:05"], ["COAHUILA"])
    assert place(loaded, "mx_places", "mx-inegi:05018")[0]["part_of"] == coahuila
    assert place(loaded, "mx_places", "mx-inegi:07001")[0]["subdivision"] == "MX-CHP"
    assert GEONAMES_STATES["MX.07"] == INEGI_STATES["05"] == "MX-COA"
    assert sorted(INEGI_STATES.values()) == sorted(v for v in GEONAMES_STATES.values() if v[:2] == "MX")


def test_states_of_capitals_without_accents_and_with_aliases(loaded: Loaded) -> None:
    (city,) = place(loaded, "mx_places", "iso-3166-2:MX-CMX")
    assert city["other_names"] == ["CIUDAD DE MEXICO", "DISTRITO FEDERAL", "CDMX"]
    assert "name" not in city
    assert place(loaded, "mx_places", "iso-3166-2:US-GU")[0]["name"] == "Guam"


def test_a_city_of_an_unknown_state_keeps_its_country(loaded: Loaded) -> None:
    (city,) = place(loaded, "places", "geonames:1005")
    assert (city["country"], "subdivision" in city, "part_of" in city) == ("CA", False, False)


def test_border_zone_is_inferred_and_apart_from_what_the_file_states(loaded: Loaded) -> None:
    stated, inferred = sorted(
        place(loaded, "mx_places", "mx-inegi:05025"), key=lambda r: r["status"] != "stated"
    )
    assert ("wage_zone" in stated, inferred["wage_zone"]) == (False, "mx-wage-zone:frontera-norte")
    assert inferred["status"] == "inferred"
    assert place(loaded, "mx_places", "mx-inegi:05018")[1]["wage_zone"] == "mx-wage-zone:resto-del-pais"


def test_population_0_is_none_known(loaded: Loaded) -> None:
    counts = loaded["mx_places"][1]["Count"].filter(pl.col("measure") == "population")
    assert sorted(counts["of"]) == ["mx-inegi:05018", "mx-inegi:05025", "mx-inegi:07001"]
    assert counts["as_of"].unique().to_list() == ["2020"]


def test_keys_of_wage_zones_change_over_the_years(loaded: Loaded) -> None:
    wages = loaded["mx_places"][1]["Count"].filter(pl.col("measure") == "minimum_wage")
    assert {(r["of"], r["since"], r["value"]) for r in wages.rows(named=True)} == {
        ("mx-wage-zone:frontera-norte", "2019-01-01", 176.5),
        ("mx-wage-zone:resto-del-pais", "2019-01-01", 102.5),
        ("mx-wage-zone:general", "2016-01-01", 73.5),
        ("mx-wage-zone:a", "2014-01-01", 67.5),
        ("mx-wage-zone:b", "2014-01-01", 63.5),
    }


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("places", "iso3166-2-us-ca-mx.json"),
        ("places", "geonames-cities15000-us-ca-mx.json.gz"),
        ("mx_places", "municipios_completo.json"),
        ("mx_places", "states.json"),
        ("mx_places", "estados_usa_canada.json"),
        ("mx_places", "salarios_minimos.json"),
    ],
)
def test_changed_copies(source: str, file: str, tmp_path: Path) -> None:
    refused = survives({s.id: s for s in SOURCES}[source], FIXTURES / source / file, tmp_path)
    assert {"empty", "html", "half"} <= {*refused}


def test_a_list_in_place_of_an_object_is_refused(tmp_path: Path) -> None:
    (tmp_path / "geonames-cities.json").write_text("[" + " " * 200 + "]", encoding="utf-8")
    with pytest.raises(TrinationalError, match="no object of cities"):
        load(PLACES, [tmp_path], tmp_path / "out")
    (tmp_path / "states.json").write_text("{" + " " * 200 + "}", encoding="utf-8")
    with pytest.raises(TrinationalError, match="no list"):
        load(MX_PLACES, [tmp_path / "states.json"], tmp_path / "out")


def test_real_places(raw: Path, tmp_path: Path) -> None:
    report, tables = read("places", raw / "geo-global", tmp_path)
    assert (report.rows_in, report.rows_used, report.dropped) == (4659, 4659, {})
    found = tables["Place"]
    assert found.filter(pl.col("place_type") == "subdivision").height == 102
    assert found.filter(pl.col("place_type") != "country")["part_of"].null_count() == 0
    cities = dict(found.select("name", "subdivision").rows())
    assert (cities["Saltillo"], cities["Tuxtla"], cities["Sarnia"]) == ("MX-COA", "MX-CHP", "CA-ON")


def test_real_mexican_places(raw: Path, tmp_path: Path) -> None:
    report, tables = read("mx_places", raw / "mx-inegi-geo", tmp_path)
    assert (report.rows_in, report.rows_used, report.rows_ignored) == (2596, 2595, 1)
    found, counts = tables["Place"], tables["Count"]
    assert found.filter(pl.col("wage_zone") == "mx-wage-zone:frontera-norte")["id"].n_unique() == 45
    named = dict(found.filter(pl.col("name").is_not_null()).select("id", "name").rows())
    assert {named[f"mx-inegi:{key}"] for key in BORDER_ZONE.split()} >= {
        "Tijuana",
        "Juárez",
        "Matamoros",
        "Acuña",
    }
    assert counts.filter(pl.col("of") == "mx-inegi:08037")["value"].to_list() == [1512450.0]
    latest = counts.filter((pl.col("measure") == "minimum_wage") & (pl.col("since") == "2025-01-01"))
    assert sorted(latest["value"]) == [278.8, 419.88]
