"""The built-in dataset: every row and column arrives, and what is told is what the tables say."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from loaders.curated import RETRIEVED, SOURCE
from loaders.load import Report, load
from loaders.row import Row
from loaders.source import Table
from ontology import TrinationalError, model, sectors

assert SOURCE.folder is not None
DATA = SOURCE.folder
MAPPING = Path(__file__).parents[2] / "docs/decisions/0002-built-in-dataset-mapping.md"
PROVENANCE = {
    *("source_url", "source_title", "source_publisher", "source_class", "source_url_2", "retrieved", "seed"),
    "note",
}
Read = Callable[[str], pl.DataFrame]
Cells = dict[str, str]


def rows(table: str) -> list[Cells]:
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def having(table: str, column: str) -> list[Cells]:
    return [row for row in rows(table) if row[column]]


def items(table: str, column: str) -> int:
    return sum(len(row[column].split(";")) for row in having(table, column))


def products(cell: str) -> list[str]:
    """Split at `,`, `;` and `:` outside parentheses, letter by letter."""
    parts, depth = [""], 0
    for letter in cell:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter in ",;:" and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    out = tmp_path_factory.mktemp("curated") / "release"
    return out, load(SOURCE, [DATA], out)


@pytest.fixture(scope="module")
def folder(loaded: tuple[Path, Report]) -> Path:
    return loaded[0]


@pytest.fixture(scope="module")
def read(folder: Path) -> Read:
    return lambda kind: pl.read_parquet(folder / f"{kind}.parquet")


def test_rows_add_up(loaded: tuple[Path, Report]) -> None:
    folder, report = loaded
    expected = sum(len(rows(table.pattern.removesuffix(".csv"))) for table in SOURCE.tables)
    assert (report.rows_in, report.rows_used) == (expected, expected)
    assert (report.rows_rejected, report.rows_ignored) == (0, 0)
    assert pl.read_parquet(folder / "rejected.parquet").height == 0


def test_every_table_of_the_folder_is_loaded() -> None:
    assert sorted(path.name for path in DATA.glob("*.csv")) == sorted(t.pattern for t in SOURCE.tables)


def test_release_is_the_day_of_retrieval() -> None:
    days = {row["retrieved"] for table in SOURCE.tables for row in rows(table.pattern.removesuffix(".csv"))}
    assert days == {RETRIEVED} == {SOURCE.release}


@pytest.mark.parametrize("table", SOURCE.tables, ids=lambda table: table.pattern)
def test_every_column_has_a_place(table: Table) -> None:
    name = table.pattern.removesuffix(".csv")
    header = [*rows(name)[0]]
    row = Row([*header, "determined"], "curated")
    table.describe(row)
    ignored = {column for column, _ in row.ignored}
    assert set(header) - row.used == ignored == ({"operator_id"} if name == "plants" else set())
    section = MAPPING.read_text(encoding="utf-8").split(f"### {name}.csv\n")[1].split("\n### ")[0]
    placed = {
        word for line in section.splitlines() for word in re.findall("`([a-z_]+)`", line.split(" | ")[0])
    }
    assert set(header) - PROVENANCE <= placed


def test_things_are_those_of_the_tables(read: Read) -> None:
    kinds = Counter(
        "Agency"
        if row["type"] in ("government_agency", "intergovernmental")
        else "Corporation"
        if row["type"] in ("brand", "contractor", "consultancy")
        else "Union"
        if row["type"] in ("federation", "global_federation", "union_caucus")
        else "Certification"
        if row["type"] == "certification"
        else "Association"
        for row in rows("organizations")
    )
    expected = {
        "Union": len(rows("unions")) + kinds["Union"],
        "Corporation": len(rows("corporations")) + kinds["Corporation"],
        "Agency": kinds["Agency"],
        "Association": kinds["Association"],
        "Certification": kinds["Certification"],
        "Plant": len(rows("plants")),
        "Program": len(rows("programs")),
        "Agreement": len(rows("cba")),
        "Case": len(rows("rrm_cases")),
        "Event": len(rows("disputes")),
    }
    assert {kind: read(kind).height for kind in expected} == expected
    assert {kind: read(kind)["id"].n_unique() for kind in expected} == expected


def test_relations_are_those_of_the_tables(read: Read) -> None:
    merged = sum(row["relation"] == "merged_into" for row in rows("union_affiliations"))
    making = sum(len(set(map(str.lower, products(row["products"])))) for row in rows("plants"))
    parties = (
        items("programs", "implementer_ids")
        + items("rrm_cases", "petitioner_ids")
        + sum(
            len(having("rrm_cases", column))
            for column in ("union_concerned_id", "incumbent_union_id", "company_id", "facility_id")
        )
        + sum(len(having("disputes", column)) for column in ("plant_id", "corp_id", "union_id"))
        + 2 * len(rows("solidarity"))
    )
    expected = {
        "Description": len(having("unions", "described_as")),
        "Count": len(having("unions", "members")) + len(having("plants", "employees")),
        "InSector": items("unions", "sectors_naics")
        + items("corporations", "sector_naics")
        + items("plants", "naics")
        + items("rrm_cases", "sector_naics"),
        "Affiliation": len(having("unions", "parent_id")) + len(rows("union_affiliations")) - merged,
        "Succession": merged,
        "PlantStatus": len(having("plants", "status")),
        "Making": making,
        "Funding": items("programs", "funder_ids"),
        "Coverage": len(rows("cba")),
        "CaseStep": len(rows("case_steps")),
        "Ownership": len(rows("ownership")),
        "Operation": len(rows("operations")),
        "Representation": len(rows("representation")),
        "Tie": len(rows("solidarity")),
        "Supply": len(rows("supply_links")),
        "ShiftClaim": len(rows("production_shifts")),
        "Party": parties,
    }
    assert {kind: read(kind).height for kind in expected} == expected
    assert {kind: read(kind)["id"].n_unique() for kind in expected} == expected


def test_every_number_arrives(read: Read) -> None:
    """Sums of the numbers of a table, added up without the loader."""
    for table, kind, columns in (
        ("cba", "Agreement", {"wage_gain_pct": "wage_gain_pct", "workers": "workers"}),
        ("rrm_cases", "Case", {"workers_affected": "workers_affected", "backpay_usd": "back_pay_usd"}),
        ("rrm_cases", "Case", {"workers_reinstated": "workers_reinstated", "wage_gain_pct": "wage_gain_pct"}),
        ("disputes", "Event", {"workers": "workers", "votes_for": "votes_for", "votes_null": "votes_null"}),
        ("disputes", "Event", {"votes_against": "votes_against"}),
        ("programs", "Program", {"amount_usd": "amount_usd"}),
        ("representation", "Representation", {"workers": "workers"}),
        ("ownership", "Ownership", {"share_pct": "share_pct"}),
        ("operations", "Operation", {"share_pct": "share_pct"}),
        ("supply_links", "Supply", {"share_pct": "share_pct"}),
        ("production_shifts", "ShiftClaim", {n: n for n in ("jobs_lost", "jobs_gained", "jobs_planned")}),
        ("plants", "Plant", {"lat": "latitude", "lon": "longitude"}),
    ):
        for column, name in columns.items():
            expected = sum(float(row[column]) for row in having(table, column))
            assert read(kind)[name].sum() == pytest.approx(expected), f"{table}.{column}"


def test_dates_keep_their_precision(read: Read) -> None:
    for table, kind, columns in (
        ("ownership", "Ownership", {"from": "since", "to": "until"}),
        ("operations", "Operation", {"from": "since", "to": "until"}),
        ("representation", "Representation", {"from": "since", "to": "until"}),
        ("solidarity", "Tie", {"date": "since", "date_to": "until"}),
        ("supply_links", "Supply", {"since": "since", "until": "until"}),
        ("production_shifts", "ShiftClaim", {"announced_date": "announced", "effective_date": "effective"}),
        ("plants", "Plant", {"opened": "opened", "closed": "closed"}),
        ("cba", "Agreement", {"signed_date": "signed", "expires": "expires"}),
        ("disputes", "Event", {"date": "date", "date_to": "date_end"}),
        ("case_steps", "CaseStep", {"date": "date"}),
    ):
        for column, name in columns.items():
            expected = Counter(row[column] for row in having(table, column))
            assert Counter(read(kind)[name].drop_nulls()) == expected, f"{table}.{column}"


def test_every_role_names_a_thing_of_the_dataset(folder: Path) -> None:
    tables = {path.stem: pl.read_parquet(path) for path in folder.glob("[A-Z]*.parquet")}
    known = {i for kind, table in tables.items() for i in table["id"] if kind not in ("Party",)}
    roles = {
        (kind, role.name, value)
        for kind, table in tables.items()
        for role in model().kind(kind).roles
        if role.name != "sector"
        for value in table[role.name].drop_nulls()
    }
    assert len(roles) > 3000
    assert {role for role in roles if role[2] not in known} == set()


def test_sectors_are_classes_of_naics_2022(read: Read) -> None:
    assert set(read("InSector")["sector"]) <= set(sectors.table()["id"])


def test_operator_of_a_plant_stands_among_the_operations() -> None:
    pairs = {(row["plant_id"], row["operator_id"]) for row in rows("operations")}
    assert {(r["plant_id"], r["operator_id"]) for r in having("plants", "operator_id")} <= pairs


def test_the_silao_case(read: Read) -> None:
    case = read("Case").row(by_predicate=pl.col("id") == "case:rrm-2021-gm-silao", named=True)
    assert case["name"] == "General Motors de Mexico, Silao"
    assert (case["number"], case["invoking_country"], case["request_date"]) == ("1", "US", "2021-05-12")
    assert (case["outcome"], case["workers_affected"], case["status"]) == ("resolved", 6400, "alleged")
    assert case["allegations"] == ["freedom_of_association", "collective_bargaining", "vote_irregularities"]
    assert case["locator"] == "rrm_cases.csv#1"
    assert case["source"] == "curated@2026-11-22"
    assert len(case["further_urls"]) == 5
    parties = read("Party").filter(within="case:rrm-2021-gm-silao").select("party", "role").rows()
    assert sorted(parties) == [
        ("corp:gm-de-mexico", "employer"),
        ("plant:gm-silao", "plant"),
        ("union:miguel-trujillo-lopez", "incumbent"),
        ("union:sinttia", "union_concerned"),
    ]


def test_petitioners_of_tridonex_are_four(read: Read) -> None:
    petitioners = read("Party").filter(within="case:rrm-2021-tridonex", role="petitioner")["party"].sort()
    assert petitioners.to_list() == ["org:public-citizen-gtw", "union:afl-cio", "union:seiu", "union:snitis"]


def test_carrier_moves_from_indianapolis_to_monterrey(read: Read) -> None:
    claim = read("ShiftClaim").filter(origin="plant:carrier-indianapolis").row(0, named=True)
    assert claim["corporation"] == "corp:carrier"
    assert (claim["destination_place"], claim["destination_country"]) == ("Monterrey, NLE", "MX")
    assert (claim["announced"], claim["outcome"]) == ("2016-02-10", "partly")
    assert claim["url"].startswith("http")


def test_plans_that_came_to_nothing_have_no_jobs(read: Read) -> None:
    plans = read("ShiftClaim").filter(pl.col("outcome").is_in(["cancelled", "redirected", "threat"]))
    assert plans.height == 4
    assert plans.select(pl.col("jobs_lost", "jobs_gained").count()).row(0) == (0, 0)


def test_a_notice_that_the_law_asks_for_is_filed(read: Read) -> None:
    claims = read("ShiftClaim")
    assert claims.filter(status="filed")["evidence_type"].to_list() == ["warn", "warn"]
    assert set(claims["status"]) == {"stated", "filed"}


def test_a_case_is_alleged_until_somebody_determines(read: Read) -> None:
    found = {"determination_denial": "found", "determination_no_denial": "denied"}
    expected = {row["case_id"]: "alleged" for row in rows("rrm_cases")}
    for step in sorted(rows("case_steps"), key=lambda row: row["date"]):
        if step["step"] in found and step["date_of"] != "other_reading":
            expected[step["case_id"]] = found[step["step"]]
    assert dict(read("Case").select("id", "status").iter_rows()) == expected
    assert Counter(expected.values()) == {"alleged": 24, "found": 13, "denied": 7}


def test_steps_are_stated_but_determinations(read: Read) -> None:
    steps = read("CaseStep")
    assert set(steps.filter(status="found")["step"]) == {"determination_denial"}
    assert set(steps.filter(status="denied")["step"]) == {"determination_no_denial"}
    aludyne = steps.filter(
        pl.col("case").str.ends_with("2025-aludyne"), pl.col("step").str.starts_with("deter")
    )
    assert sorted(aludyne.select("step", "date_of", "status").rows()) == [
        ("determination_denial", "other_reading", "stated"),
        ("determination_no_denial", "act", "denied"),
    ]


@pytest.mark.parametrize(
    ("link", "roles"),
    [
        ("sol:unifor-mabe-boycott", {"union:unifor": "party", "plant:mabe-montreal": "target"}),
        ("sol:workers-united-gap-proposal", {"union:workers-united": "party", "corp:gap": "target"}),
        ("sol:us-nao-itapsa", {"org:us-nao": "party", "union:stimahcs": "beneficiary"}),
        ("sol:mlsp-cfo", {"org:steelworkers-humanity-fund": "party", "org:cfo": "beneficiary"}),
        ("sol:alal-anad-2015", {"org:alal": "party", "org:anad": "party"}),
    ],
)
def test_roles_in_a_tie(read: Read, link: str, roles: dict[str, str]) -> None:
    parties = read("Party").filter(within=f"curated/Tie|{link}")
    assert dict(parties.select("party", "role").iter_rows()) == roles


def test_products_of_a_plant(read: Read) -> None:
    made = read("Making").filter(plant="plant:gm-silao")["product"].sort().to_list()
    assert made == ["product:chevrolet silverado and gmc sierra pickups", "product:transmissions"]
    beetles = read("Making").filter(plant="plant:vw-puebla")["product"].to_list()
    assert beetles == ["product:vehicles (beetle until 2003, new beetle later)"]
    stamped = read("Making").filter(plant="plant:flint-metal-center")["product"].len()
    assert stamped == 5


def test_the_note_of_a_row_does_not_speak_of_its_product(read: Read) -> None:
    assert read("Product")["note"].null_count() == read("Product").height
    supplied = {(row["product"].lower(), row["hs_code"]) for row in rows("supply_links")}
    assert supplied <= {
        (i.removeprefix("product:"), hs or "") for i, hs in read("Product").select("id", "hs_code").rows()
    }


def test_open_at_source_has_no_date(read: Read) -> None:
    statuses = read("PlantStatus")
    assert set(statuses.filter(plant_status="open_at_source")["as_of"]) == {None}
    assert set(statuses.filter(plant_status="open")["as_of"]) == {RETRIEVED}


def test_evidence_is_taken_over(read: Read) -> None:
    link = read("Supply").row(by_predicate=pl.col("id") == "curated/Supply|sup:aam-detroit-gm", named=True)
    assert link["url"].startswith("https://www.crainsdetroit.com/")
    assert len(link["further_urls"]) == 1
    assert (link["page_publisher"], link["page_class"]) == ("Crain's Detroit", "press_or_other")
    assert (link["evidence_type"], link["retrieved"], link["hs_code"]) == ("news", "2026-11-22", "8708")
    assert link["note"].startswith("GM made up 74 percent")
    fund = read("Funding").filter(program="prog:casas-obreras")
    assert set(fund["funder"]) == {"org:ilab", "union:unifor", "org:partners-of-the-americas"}
    assert fund["seed"][0].to_list() == ["002_8fc490c35c504e3b.txt", "003_9ddddf6a3b7a858d.txt"]


def test_further_pages_are_each_told_once(folder: Path) -> None:
    """In the order of the cell; a page that the row names twice is one page."""
    for table, kind in (("rrm_cases", "Case"), ("representation", "Representation"), ("solidarity", "Tie")):
        expected = [
            [
                *dict.fromkeys(
                    page for page in row["source_url_2"].split(" ; ") if page not in ("", row["source_url"])
                )
            ]
            for row in rows(table)
        ]
        records = pl.read_parquet(folder / f"{kind}.parquet")
        by_row = records.sort(pl.col("locator").str.extract("#([0-9]+)$", 1).cast(pl.Int64))
        assert [pages or [] for pages in by_row["further_urls"].to_list()] == expected
        assert by_row["further_urls"].list.len().min() != 0


def test_no_page_is_no_loss(read: Read) -> None:
    """The eight rows that have a document without an address keep its title."""
    seeds = [
        read(kind).filter(page_class="seed")
        for kind in ("Agency", "Association", "Certification", "Program", "Tie")
    ]
    assert sum(frame.height for frame in seeds) == 8
    assert all(frame["url"].null_count() == frame.height for frame in seeds)
    assert all(frame["page_title"].null_count() == 0 for frame in seeds)


def test_cases_without_their_steps_are_refused(tmp_path: Path) -> None:
    shutil.copy(DATA / "rrm_cases.csv", tmp_path)
    with pytest.raises(TrinationalError, match=r"rrm_cases\.csv: no case_steps\.csv beside it"):
        load(SOURCE, [tmp_path], tmp_path / "out")


def test_a_bad_cell_is_told_and_the_row_stays(tmp_path: Path) -> None:
    good = (DATA / "unions.csv").read_text(encoding="utf-8")
    bad = good.replace(",US,confederation,", ",UX,confederation,", 1).replace("union:alu,", "alu,", 1)
    (tmp_path / "unions.csv").write_text(bad, encoding="utf-8")
    report = load(SOURCE, [tmp_path], tmp_path / "out")
    assert (report.rows_used, report.rows_rejected) == (len(rows("unions")) - 1, 1)
    told = (
        pl.read_parquet(tmp_path / "out/rejected.parquet").select("row", "column", "value", "fatal").unique()
    )
    assert sorted(told.rows()) == [(1, "country", "UX", False), (2, "union_id", "alu", True)]
    union = pl.read_parquet(tmp_path / "out/Union.parquet").row(
        by_predicate=pl.col("id") == "union:afl-cio", named=True
    )
    assert (union["country"], union["abbreviation"]) == (None, "AFL-CIO")


def test_the_same_files_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    load(SOURCE, [DATA], tmp_path / "again")
    first = {path.name: path.read_bytes() for path in folder.glob("*.parquet")}
    second = {path.name: path.read_bytes() for path in (tmp_path / "again").glob("*.parquet")}
    assert first == second
