"""The synthetic network: the same bytes each time, in the real layouts, joined up and rich enough to ask."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from benchmarks.generate import generate
from benchmarks.measure import SYNTHETIC, synthetic_tables
from graph import LaborGraph
from graph.search import search, write_index
from loaders import sources
from loaders.load import load
from ontology import model

ROOT = Path(__file__).parent.parent
REFERENCES = {
    "plants": {"operator_id": "corp"},
    "ownership": {"parent_id": "corp", "subsidiary_id": "corp"},
    "operations": {"plant_id": "plant", "operator_id": "corp"},
    "unions": {"parent_id": "union"},
    "union_affiliations": {"child_id": "union", "parent_id": "union"},
    "representation": {"union_id": "union", "plant_id": "plant"},
    "cba": {"plant_id": "plant", "corp_id": "corp", "union_id": "union"},
    "production_shifts": {"corp_id": "corp", "from_plant_id": "plant", "to_plant_id": "plant"},
    "supply_links": {"supplier_id": "plant", "buyer_id": "plant corp"},
    "solidarity": {"from_id": "union org", "to_id": "union plant", "related_case_id": "case"},
    "programs": {"funder_ids": "org", "implementer_ids": "org"},
    "rrm_cases": {"facility_id": "plant", "petitioner_ids": "union", "incumbent_union_id": "union"},
    "case_steps": {"case_id": "case"},
    "disputes": {"plant_id": "plant", "corp_id": "corp", "union_id": "union"},
}
KEYS = {
    "corporations": ["corp_id"],
    "plants": ["plant_id"],
    "unions": ["union_id"],
    "organizations": ["org_id"],
    "rrm_cases": ["case_id"],
    "programs": ["program_id"],
    "cba": ["cba_id"],
    "production_shifts": ["shift_id"],
    "supply_links": ["link_id"],
    "solidarity": ["link_id"],
    "disputes": ["dispute_id"],
    "case_steps": ["case_id", "step", "date"],
    "representation": ["union_id", "plant_id"],
    "operations": ["plant_id", "operator_id", "from"],
    "union_affiliations": ["child_id", "parent_id", "relation"],
}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network")
    generate(300, 1, folder)
    return folder


def core(network: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(network / "core" / f"{name}.csv", infer_schema=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.csv"))}


def test_same_seed_same_bytes(network: Path, tmp_path: Path) -> None:
    generate(300, 1, tmp_path / "again")
    generate(300, 2, tmp_path / "other")
    assert contents(tmp_path / "again") == contents(network)
    assert contents(tmp_path / "other")["core/plants.csv"] != contents(network)["core/plants.csv"]


def test_layouts_are_those_of_the_built_in_dataset(network: Path) -> None:
    built_in = {p.name: p.read_text().split("\n", 1)[0] for p in (ROOT / "loaders/data").rglob("*.csv")}
    written = {p.name: p.read_text().split("\n", 1)[0] for p in (network / "core").glob("*.csv")}
    assert written == {name: built_in[name] for name in written}
    assert len(written) == 16


@pytest.mark.parametrize("table", REFERENCES)
def test_references_lead_somewhere(network: Path, table: str) -> None:
    known = {name: set(core(network, name)[key[0]]) for name, key in KEYS.items() if key[0].endswith("_id")}
    places = {"corp": "corporations", "plant": "plants", "union": "unions", "org": "organizations"}
    places |= {"case": "rrm_cases"}
    for column, kinds in REFERENCES[table].items():
        allowed = set().union(*(known[places[kind]] for kind in kinds.split()))
        told = core(network, table)[column].drop_nulls().str.split(";").explode()
        assert len(told) > 0
        assert set(told) <= allowed, f"{table}.{column}"


@pytest.mark.parametrize("table", KEYS)
def test_keys_are_unique(network: Path, table: str) -> None:
    assert not core(network, table).select(KEYS[table]).is_duplicated().any()


def test_there_is_something_to_find(network: Path) -> None:
    plants, claims = core(network, "plants"), core(network, "production_shifts")
    assert set(plants["country"]) == {"US", "CA", "MX"}
    assert set(plants["naics"].str.len_chars()) == {4, 6}
    assert plants.filter(pl.col("closed") < pl.col("opened")).is_empty()
    assert claims["to_plant_id"].null_count() < len(claims)
    moved = claims.join(plants, left_on="from_plant_id", right_on="plant_id")
    moved = moved.join(plants, left_on="to_plant_id", right_on="plant_id", suffix="_to")
    assert (moved["naics"].str.head(4) == moved["naics_to"].str.head(4)).all()
    sectors = plants.select("plant_id", "country", pl.col("naics").str.head(4))
    fields = core(network, "representation").select("union_id", "plant_id").join(sectors, on="plant_id")
    shared = fields.filter(pl.col("country") == "US").join(
        fields.filter(pl.col("country") == "MX"), on="naics"
    )
    assert shared.select("union_id", "union_id_right").n_unique() > 10


def test_registers_tell_of_closures_and_of_mexican_plants(network: Path) -> None:
    notices = pl.concat(pl.read_csv(p, infer_schema=False) for p in (network / "us-warn").glob("*.csv"))
    assert notices.width == 45
    assert notices["dedupe_key"].n_unique() == len(notices)
    assert set(notices["layoff_type"]) == {"closure", "mass_layoff"}
    widths = {
        p.name: pl.read_csv(p, separator="\t", infer_schema=False).width
        for p in (network / "mx-retc").iterdir()
    }
    assert widths == {
        "es_2005.csv": 20,
        "es_2007.csv": 21,
        "es_2012.csv": 20,
        "es_2016.csv": 21,
        "es_2021.csv": 21,
    }


@pytest.mark.parametrize(("source", "folder"), SYNTHETIC.items())
def test_every_row_loads(network: Path, tmp_path: Path, source: str, folder: str) -> None:
    report = load(sources()[source], [network / folder], tmp_path / source)
    rejected = pl.read_parquet(tmp_path / source / "rejected.parquet")
    assert rejected.is_empty(), rejected
    assert report.rows_in == report.rows_used > 20
    assert report.records > report.rows_in


def test_analyses_and_search_find_rows(tmp_path: Path) -> None:
    graph = LaborGraph(synthetic_tables(tmp_path, 300))
    shifts = graph.production_shifts()
    assert {"reported", "pattern"} <= set(shifts["band"])
    assert "carried_out" in set(shifts["outcome"])
    sectors = graph.shared_sectors()
    assert {"recorded", "none_found"} <= set(sectors["tie"])
    assert sectors["gap"].max() > 0
    write_index(graph.folder, tmp_path / "search.sqlite")
    found = search(tmp_path / "search.sqlite", "silao", kind="Plant")
    assert found
    assert all("Silao" in str(row["match"]) for row in found)


def test_every_kind_has_rows(tmp_path: Path) -> None:
    tables = synthetic_tables(tmp_path, 1000)
    kinds = {kind.name for kind in (*model().things, *model().relations)}
    assert kinds - {path.stem for path in tables.glob("*.parquet")} <= {"Place", "MadeIn"}
