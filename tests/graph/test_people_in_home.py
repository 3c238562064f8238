"""No natural person in a home: all real files are loaded into one and built, and every text searched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
import pyoxigraph as ox
import pytest

from graph.home import Home
from graph.rdf import write_store
from graph.search import fold
from tests.loaders import personal

CUT = 40
# Wordings of firms, places and streets, in which the name of an officer is no officer's.
REVIEWED = (
    *("JAMES WILSON COMPANY", "JAMES WILSON PRODUCE COMPANY", "EARL SMITH DISTRIBUTING", "PAPA JOHN"),
    *("WILLIAM WHITE INTERNATIONAL", "HOBART WILLIAM SMITH COLLEGES", "JAMES COLE HOME FOR FUNERALS"),
    *("DAVID LEE JONES IRREVOCABLE BUILDING TRUST", "CARSON CLINTON TWP", "BOULEVARD MANUEL GONZALEZ ORTEGA"),
    *("DAVID WILSON CONSTRUCTION", "DAVID BROWN SOLAR PARK", "GLEN MILLER POWER", "SAINT JOHN WEST"),
    "CARLOS RODRIGUEZ RIVERO GUAYMAS",
    *("JAMES WATT LT", "CT CARLOS RODRIGUEZ RIVERO", "CENTRAL TERMOELECTRICA CARLOS RODRIGUEZ RIVERO"),
)
# A place in Ontario whose power plant has its name, as it stands in tables, index and store.
PLACE = r'(?i)^(?:.*> ")?glen miller(?:" (?:<[^>]*> )?\.)?$'
# Firms and counties that are called like a person.
FIRMS = """
AARON CARLSON|ALEXANDER BALDWIN|ARTHUR ANDERSEN|BAKER HUGHES|BLAINE COUNTY|BRADLEY CALDWELL|CALVIN KLEIN
CAMERON MITCHELL|CLARK COUNTY|CLAYTON BLOCK|COOPER SMITH|DALLAS COUNTY|EDDIE BAUER|EDWARD JONES|ETHAN ALLEN
FRANKLIN COUNTY|FRED MEYER|GILBERT BENNETT|HERMAN MILLER|JACK COOPER|JB HUNT|KIMBERLY CLARK|LAUREL HILL
LEE BELL|LINCOLN CRAWFORD|MARTIN MILLS|MORGAN STANLEY|PERRY COUNTY|ROMAN HALL|SARA LEE|STUART DEAN|TROY MILLS
WILL COUNTY
"""
ORGANIZATIONS = ("Agency", "Association", "Corporation", "Union")
# Left out by rule, and no person: names without legal form, which others have too.
NOBODY = (
    *("BECTON DICKINSON", "OBRA DE CONSTRUCCION", "SIERRA NORTE TRUCK CENTER"),
    "SOCIEDAD ANONIMA DE CAPITAL VARIABLE",
)
# An office in place of a name or street.
OFFICES_AS_GIVEN = {"AFGE Local 1004"}


@dataclass(frozen=True)
class Loaded:
    """A home with all real files and the texts that it holds."""

    home: Home
    files: dict[str, list[Path]]
    store: pl.Series

    @cached_property
    def records(self) -> dict[str, pl.Series]:
        """Texts of the records, rejected rows and report of each release, by source."""
        releases = self.home.releases()
        return {name.split("@")[0]: personal.written(folder) for name, folder in releases.items()}

    @cached_property
    def said(self) -> pl.Series:
        """All texts of the records."""
        return pl.concat(self.records.values()).unique()

    @cached_property
    def forbidden(self) -> pl.DataFrame:
        """Cells of forbidden columns: source, column, value."""
        return personal.forbidden_cells(self.files)

    @cached_property
    def ends(self) -> pl.DataFrame:
        """First and last names of officers."""
        return personal.pairs(personal.officers(self.files))

    @cached_property
    def texts(self) -> pl.Series:
        """Every text under the home."""
        return pl.concat([personal.written(self.home.path), self.store]).unique()


@pytest.fixture(scope="module")
def loaded(raw: Path, real_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """All real files in one home, and a store of a cut of its tables, which it is made of row by row."""
    folder = tmp_path_factory.mktemp("people")
    for path in [*real_home.graph.glob("*.parquet"), *real_home.graph.glob("said/*.parquet")]:
        part = folder / "cut" / path.relative_to(real_home.graph)
        part.parent.mkdir(parents=True, exist_ok=True)
        pl.read_parquet(path).gather_every(CUT).write_parquet(part)
    write_store(folder / "cut", folder / "store")
    dumped = ox.Store.read_only(str(folder / "store")).dump(format=ox.RdfFormat.N_QUADS)
    assert dumped is not None
    return Loaded(real_home, personal.real_files(raw), personal.decoded(dumped))


def test_every_source_with_files_is_loaded(loaded: Loaded) -> None:
    assert {*loaded.records} == {*loaded.files, "curated"}
    assert len(loaded.files) > 20
    assert loaded.store.len() > 100_000
    assert loaded.texts.len() > loaded.said.len() > 1_000_000


def test_rejected_rows_show_no_forbidden_column(loaded: Loaded) -> None:
    for source, table in personal.tables(loaded.files):
        if table.row.forbidden:
            rejected = pl.concat(
                pl.read_parquet(path).select("column", "value")
                for path in loaded.home.path.glob(f"rejected/{source}@*.parquet")
            )
            assert not {*rejected["column"]} & {*table.row.forbidden}


def test_no_officer_by_first_and_last_name(loaded: Loaded) -> None:
    ends = loaded.ends
    assert ends.height > 4000
    found = personal.holding(loaded.texts, personal.either_way(ends), REVIEWED)
    assert found.filter(~pl.col("text").str.contains(PLACE)).rows() == []


def test_no_organization_is_called_like_a_person(loaded: Loaded) -> None:
    """First name of an officer and last name of another: also people whom no forbidden column names."""
    ends, said = loaded.ends, loaded.home.graph / "said"
    names = pl.concat(pl.read_parquet(said / f"{kind}.parquet")["name"] for kind in ORGANIZATIONS)
    words = personal.plain(pl.col("name")).str.strip_chars()
    two = (
        names.to_frame("name")
        .select(words=words)
        .unique()
        .filter(pl.col("words").str.count_matches(" ") == 1)
    )
    parts = pl.col("words").str.split(" ").list
    alike = parts.first().is_in({*ends["first"]}) & parts.last().is_in({*ends["last"]})
    found = {*two.filter(alike)["words"]}
    assert found - {*FIRMS.strip().replace("\n", "|").split("|")} == set()
    assert len(found) > 20


def test_no_natural_person_left_out_by_rule(loaded: Loaded) -> None:
    """Employers, operators and sole proprietors that a loader drops because they may be people."""
    names = personal.left_out(loaded.files)
    assert {source: found.len() for source, found in names.items() if found.len()} == {
        "us_nlrb": 10,
        "us_fmcs_f7": 33,
        "us_stoppages_fmcs": 3,
        "mx_cfcrl": 63,
        "mx_retc": 216,
        "gleif": 28,
    }
    told = pl.concat(names.values()).to_frame("name").select(words=personal.plain(pl.col("name")))["words"]
    several = told.filter(told.str.count_matches(" ") > 2).unique()
    persons = several.filter(~several.str.strip_chars().is_in([*NOBODY]))
    assert personal.holding(loaded.texts, persons).rows() == []


def test_no_phone_and_no_mail(loaded: Loaded) -> None:
    texts = loaded.texts
    assert texts.filter(texts.str.contains(personal.PHONE)).to_list() == []
    assert texts.filter(texts.str.contains(personal.MAIL)).to_list() == []


def test_no_single_forbidden_value(loaded: Loaded) -> None:
    """A forbidden cell that is no cell of another column: AUSTIN is a name and a city."""
    allowed = personal.allowed_cells(loaded.files)
    only = loaded.forbidden.join(allowed, on=["source", "value"], how="anti")
    assert only.height > 9000
    for source in {*only["source"]}:
        own, texts = only.filter(source=source)["value"], loaded.records[source]
        assert {*own} & {*texts} - OFFICES_AS_GIVEN == set()
        lines = own.filter(own.str.contains("[0-9].* .*[A-Za-z]{3}"))
        within = texts.filter(texts.str.contains_any(lines.implode()))
        assert {*within} - OFFICES_AS_GIVEN == set()


def test_building_adds_no_forbidden_value(loaded: Loaded) -> None:
    """What tables, index and store hold beyond the records: ids, dates, terms, names without accents."""
    cells = {*loaded.forbidden["value"]}
    added = loaded.texts.filter(~loaded.texts.is_in(loaded.said.implode()))
    found = added.filter(added.is_in([*cells])).to_frame("text")
    short = loaded.said.to_frame("text").filter(pl.col("text").str.len_chars() < 80)
    assert found.join(short.select(fold(pl.col("text"))), on="text", how="anti").rows() == []
