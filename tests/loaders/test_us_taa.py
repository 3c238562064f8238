"""Trade adjustment petitions: invented rows of each layout, changed copies, then the real files."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from graph.build import build
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.release import load_release
from loaders.load import Report, load
from loaders.us_taa import SOURCE
from tests.loaders.mutations import survives
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/us_taa"
PAGE = Path(__file__).parents[2] / "docs/how-to/certified-shifts.md"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("us_taa")
    return load(SOURCE, [FIXTURES], out), out


def table(out: Path, kind: str) -> pl.DataFrame:
    return pl.read_parquet(out / f"{kind}.parquet")


def shifts(out: Path) -> dict[str, str | None]:
    """Number of the petition -> country of the shift that is said."""
    claims = table(out, "ShiftClaim")
    return dict(
        zip(claims["id"].str.extract(r"([0-9]+[A-Z]*)\|"), claims["destination_country"], strict=True)
    )


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report, out = loaded
    holds(report, out)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (23, 21, 1, 1)


def test_key_with_a_trailing_tab(loaded: tuple[Report, Path]) -> None:
    assert "\t" in (FIXTURES / "eta_otaa_petition_made_up.json").read_text().replace("\\t", "\t")
    keys = set(table(loaded[1], "Case")["id"])
    assert {"us-taw:91001", "us-taw:91001A"} <= keys
    assert not [key for key in keys if key != key.strip()]


def test_only_a_certified_row_whose_basis_is_a_shift_asserts_a_shift_and_only_to_the_country_of_the_finding(
    loaded: tuple[Report, Path],
) -> None:
    assert shifts(loaded[1]) == {
        "92001": "MX",  # "to Mexi[co]"
        "92003B": "CA",  # Mexico is in the allegation
        "92004": None,  # "to a foreign country"
        "05749": "MX",
        "05750A": "CA",
    }
    claims = {row["id"]: row for row in table(loaded[1], "ShiftClaim").iter_rows(named=True)}
    pumps = claims["us_taa/ShiftClaim|us-taw:92001|MX"]
    assert (pumps["status"], pumps["evidence_type"], pumps["effective"]) == ("found", "taa", "2011-03")
    assert (pumps["announced"], pumps["origin_place"]) == ("2011-05-20", "Flatrock, MI")
    assert claims["us_taa/ShiftClaim|us-taw:92004|abroad"]["outcome"] == "partly"


def test_a_denial_that_mentions_mexico_asserts_nothing(loaded: tuple[Report, Path]) -> None:
    out = loaded[1]
    denied = table(out, "Case").filter(pl.col("id") == "us-taw:92002")
    assert denied.select("outcome", "status").rows() == [("not_certified", "found")]
    assert "92002" not in shifts(out)
    assert table(out, "Event").filter(pl.col("id").str.contains("92002|91001A|05752")).is_empty()


def test_modern_codes_are_not_those_of_nafta_and_countries_beside_them_no_finding(
    loaded: tuple[Report, Path],
) -> None:
    cases = {row["id"]: row for row in table(loaded[1], "Case").iter_rows(named=True)}
    assert not {"91001", "93001"} & set(shifts(loaded[1]))
    assert "countries beside the decision, not a finding: Canada; Mexico" in cases["us-taw:91001"]["note"]
    assert cases["us-nafta-taa:05749"]["note"] == "decision code C1: shift of production to Mexico"
    assert cases["us-nafta-taa:05753"]["outcome"] is None
    assert cases["us-taw:91001"]["allegations"] == ["shift_abroad"]


def test_a_secondary_worker_is_a_supplier_of_a_firm_not_named(loaded: tuple[Report, Path]) -> None:
    supply = table(loaded[1], "Supply").row(0, named=True)
    assert table(loaded[1], "Supply").height == 1  # "Supplier or Downstream Producer" says neither
    assert (supply["supplier"], supply["buyer"]) == (
        "us-taa-site:92006",
        "us-taa-firm:customer of TA-W-92006",
    )


def test_page_city_may_differ_from_that_of_the_decision(loaded: tuple[Report, Path]) -> None:
    case = table(loaded[1], "Case").row(by_predicate=pl.col("id") == "us-taw:92010", named=True)
    assert (case["place"], "the decision itself names LORDSTOWN" in case["note"]) == ("Warren", True)


def test_odd_dates_are_told(loaded: tuple[Report, Path]) -> None:
    note = table(loaded[1], "Case").row(by_predicate=pl.col("id") == "us-taw:92007", named=True)["note"]
    assert note.endswith("impact date after the petition")
    rejected = table(loaded[1], "rejected").filter(~pl.col("fatal"))
    assert {("det_date", "02/30/2011"), ("est_workers_obj", "about 40")} <= set(
        rejected.select("column", "value").rows()
    )


def test_people_are_never_read(loaded: tuple[Report, Path]) -> None:
    for path in loaded[1].glob("*.parquet"):
        assert "Person" not in str(pl.read_parquet(path).rows())


@pytest.mark.parametrize(
    "name", ["eta_otaa_petition_made_up.json", "taa_determinations_transcribed.csv", "NAFTA_table.csv"]
)
def test_changed_copies(name: str, tmp_path: Path) -> None:
    refused = survives(SOURCE, FIXTURES / name, tmp_path)
    assert {"empty", "html"} <= set(refused)
    if name.endswith(".csv"):
        assert {"new column", "doubled", "header moved", "semicolons"} <= set(refused)


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path)
    holds(report, tmp_path)
    assert (report.rows_in, report.rows_used, report.rows_ignored) == (48, 44, 4)
    listed = pl.read_csv(raw / SOURCE.raw / "taa_determinations_transcribed.csv", infer_schema=False)
    certified = listed.filter((pl.col("status") == "Certified") & (pl.col("basis") == "shift"))
    found = shifts(tmp_path)
    assert set(found) == set(certified["tawsuff"])
    assert {number: to for number, to in found.items() if to} == {"62761": "MX", "56208": "MX", "50869": "CA"}
    cases = table(tmp_path, "Case")
    assert cases.filter(outcome="not_certified").height == (listed["status"] == "Denied").sum()


@pytest.fixture(scope="module")
def graph(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> LaborGraph:
    home = Home(tmp_path_factory.mktemp("taa") / "home")
    load_release(home, "us_taa", [raw / SOURCE.raw])
    load_release(home, "us_aala", [raw / "us-nhtsa-aala"])
    build(home)
    return LaborGraph(home.graph)


def query(number: int) -> str:
    return str(re.findall("```sparql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)[number])


def test_certified_shifts_to_mexico_or_canada_by_year_and_sector(graph: LaborGraph) -> None:
    answer = graph.sparql(query(0)).table()
    assert [(r["year"], r["to"], r["sector"], r["shifts"]) for r in answer] == [
        ("2003", "CA", "3363", 1),
        ("2004", "MX", "3363", 1),
        ("2008", "MX", "3363", 1),
    ]


def test_carlines_put_together_in_mexico(graph: LaborGraph) -> None:
    answer = graph.sparql(query(1)).table()
    assert sum(r["carlines"] for r in answer if r["year"] == "2007") == 13
    assert ("2024", "GM LLC") in {(r["year"], r["maker"]) for r in answer}


def test_changed_copies_of_the_real_file(raw: Path, tmp_path: Path) -> None:
    survives(SOURCE, raw / SOURCE.raw / "taa_determinations_transcribed.csv", tmp_path)
