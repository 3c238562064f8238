"""Agreements registered in Mexico: hand-written rows in the layout of the list, then the real file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.mx_cfcrl import SOURCE
from loaders.office import grid
from loaders.union_names import confederation, industries
from ontology import TrinationalError
from tests.loaders.office_files import Lines, lines, workbook
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/mx_cfcrl"
NAME = "Nuevos Contratos Centro Federal.xlsx"
AUTO = "mx-cfcrl-union:SINDICATONACIONALDETRABAJADORESDELEJEMPLOAUTOMOTRIZCTM"


def book(folder: Path, rows: Lines) -> Path:
    return workbook(folder / NAME, {"FullList": rows, "CBAbyUnion": lines(FIXTURES / "CBAbyUnion.txt")})


def rows() -> Lines:
    return lines(FIXTURES / "FullList.txt")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    folder = tmp_path_factory.mktemp("mx_cfcrl")
    return load(SOURCE, [book(folder, rows())], folder / "out"), folder / "out"


def table(loaded: tuple[Report, Path], kind: str) -> pl.DataFrame:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet")


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    holds(*loaded)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (6, 5, 1, 0)
    assert report.release == "2023"
    assert table(loaded, "rejected").filter("fatal")["value"].to_list() == ["CONTRATO 77"]


def test_a_missing_contract_number(loaded: tuple[Report, Path]) -> None:
    """Each unnumbered agreement has a key of its own, which shows no name."""
    unnumbered = table(loaded, "Agreement").filter(pl.col("note").str.contains("no contract number"))
    assert unnumbered["id"].str.contains("^mx-cfcrl:unnumbered-[0-9a-f]{12}$").to_list() == [True, True]
    assert unnumbered["id"].n_unique() == 2


def test_the_same_union_with_and_without_accents(loaded: tuple[Report, Path]) -> None:
    unions = table(loaded, "Union").filter(pl.col("id") == AUTO)
    assert unions.height == 2
    assert table(loaded, "Coverage").filter(pl.col("union") == AUTO)["agreement"].to_list() == [
        "mx-cfcrl:CFCRL-CONTRATO-E-MEX-2022-1001",
        "mx-cfcrl:CFCRL-CONTRATO-F-MEX-2023-1002",
    ]


def test_the_confederation_inside_the_name(loaded: tuple[Report, Path]) -> None:
    said = table(loaded, "Affiliation").select("member", "body").unique().sort("body").rows()
    assert said == [
        ("mx-cfcrl-union:SINDICATODEOFICIOSEJEMPLARESCROM", "mx-central:CROM"),
        (AUTO, "mx-central:CTM"),
    ]
    bodies = table(loaded, "Union").filter(pl.col("level") == "confederation")
    assert set(bodies["same_as"].explode()) == {"union:ctm", "union:crom"}


def test_words_that_hold_the_letters_of_a_confederation_are_none() -> None:
    names = [
        "Sectma",
        "Sindicato de Croceros",
        "Unión C.T.M. y C.R.O.C.",
        "STECTM",
        "Froc-Croc",
        "(C.R.O.C.)",
    ]
    assert pl.select(confederation(pl.Series(names))).to_series().to_list() == [
        *(None, None, None, None),
        *("CROC", "CROC"),
    ]


def test_industries_named_by_a_union_are_inferred(loaded: tuple[Report, Path]) -> None:
    sectors = table(loaded, "InSector")
    assert set(sectors["status"]) == {"inferred"}
    assert sectors.filter(pl.col("member") == AUTO)["sector"].unique().to_list() == ["scian-2023:336"]
    names = [
        "Venta de Materiales Para La Construccion",
        "Sindicato del Comercio",
        "Industria de la Construcción",
    ]
    assert pl.select(industries(pl.Series(names))).to_series().to_list() == [None, None, "23"]


def test_a_plant_after_the_legal_form(loaded: tuple[Report, Path]) -> None:
    companies = table(loaded, "Corporation")
    assert companies.filter(pl.col("id").str.contains("EJESDELNORTE"))["name"].to_list() == [
        "EJES DEL NORTE, S.A. DE C.V."
    ]
    plants = table(loaded, "Plant").filter(pl.col("name").str.contains("EJES"))
    assert sorted(plants["name"]) == [
        "EJES DEL NORTE, S.A. DE C.V.",
        "EJES DEL NORTE, S.A. DE C.V. UNIDAD LERMA",
    ]


def test_only_the_address_of_the_workplace_is_taken(loaded: tuple[Report, Path]) -> None:
    plants = {row["name"]: row for row in table(loaded, "Plant").rows(named=True)}
    first = plants["EJES DEL NORTE, S.A. DE C.V."]
    assert (first["address"], first["postal_code"]) == ("CALLE UNO 12 Toluca Centro 50000 México", "50000")
    assert first["subdivision"] == "MX-MEX"
    assert not any("HOTEL" in name for name in plants), "no postal code, no address, no plant"


def test_persons_stay_out(loaded: tuple[Report, Path]) -> None:
    """An employer without any sign of an organization is left out with the workplace, and this is said."""
    for path in loaded[1].glob("*.parquet"):
        stored = str(pl.read_parquet(path).rows()).upper()
        assert not any(word in stored for word in ("FULANO", "7220000000", "CONTACTO@", "CALLE DE SU CASA"))
    left_out = table(loaded, "Agreement").filter(pl.col("note").str.contains("employer left out"))
    assert left_out.height == 1
    coverage = table(loaded, "Coverage").filter(pl.col("agreement") == left_out["id"].item())
    assert (coverage["employer"].item(), coverage["plant"].item()) == (None, None)


def change(column: int, name: str) -> Callable[[Lines], Lines]:
    return lambda rows: [[*rows[0][:column], name, *rows[0][column + 1 :]], *rows[1:]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda rows: [row[1:] for row in rows], "Número de Contrato"),
        (change(4, "Ambito"), "Ambito de Aplicación"),
        (change(2, "Nombre Sindicato"), "several times"),
        (lambda rows: [[*row, "x"] for row in rows], "column 'x' is new"),
        (lambda rows: rows[:1], "has 0 rows"),
        (lambda rows: rows[1:], "no line has a column 'Nombre Sindicato'"),
    ],
)
def test_a_changed_list_is_refused(changed: Callable[[Lines], Lines], message: str, tmp_path: Path) -> None:
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [book(tmp_path, changed(rows()))], tmp_path / "out")


def test_columns_moved_header_moved_rows_repeated(loaded: tuple[Report, Path], tmp_path: Path) -> None:
    moved = [["title"], [], *[row[::-1] for row in rows()], [], rows()[1][::-1], ["Total", "6"]]
    report = load(SOURCE, [book(tmp_path, moved)], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.rows_in, report.rows_used, report.ignored) == (9, 6, {"blank line": 1})
    assert report.counts == loaded[0].counts


@pytest.fixture(scope="module")
def real(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("real")
    return load(SOURCE, [raw / SOURCE.raw], out), out


def test_real_list(real: tuple[Report, Path]) -> None:
    report = real[0]
    holds(*real)
    assert (report.rows_in, report.rows_used, report.rows_rejected) == (750, 750, 0)
    assert report.counts["Agreement"] == report.counts["Coverage"] == 750
    agreements = table(real, "Agreement")
    assert agreements.filter(pl.col("id").str.contains("unnumbered")).height == 117
    years = agreements["as_of"].value_counts().drop_nulls().sort("as_of").rows()
    assert years == [("2021", 35), ("2022", 375), ("2023", 223)]
    bodies = table(real, "Affiliation").select("member", "body").unique()["body"].value_counts()
    assert dict(bodies.iter_rows())["mx-central:CATEM"] == 1
    assert dict(bodies.iter_rows())["mx-central:CROM"] == 11


def test_real_employers_who_may_be_persons(real: tuple[Report, Path], raw: Path) -> None:
    """Names of persons end without the two spaces that the list puts after a company's name."""
    cells = [line[2] or "" for line in grid(raw / SOURCE.raw / NAME, "FullList")[1:]]
    persons = {c.split(" (")[0] for c in cells if not c.endswith(" ") and len(c.split()) in (3, 4, 5)}
    stored = str([table(real, kind).rows() for kind in real[0].counts])
    assert [name for name in sorted(persons) if name in stored] == []
    assert len(persons) > 35


def test_real_contact_data_stay_out(real: tuple[Report, Path]) -> None:
    stored = str([table(real, kind).rows() for kind in real[0].counts])
    assert not any(word in stored for word in ("7221675587", "yahoo", "@ica", "52729991", "REPRESENTANTE"))


def test_real_rows_cut_and_mixed_never_vanish(raw: Path, tmp_path: Path) -> None:
    cells = [[cell or "" for cell in line] for line in grid(raw / SOURCE.raw / NAME, "FullList")]
    mixed = [
        row if n % 5 else [row[(k + n) % 5] for k in range(5)] if n % 2 else row[: n % 4] or [""]
        for n, row in enumerate(cells[1:200])
    ]
    report = load(SOURCE, [book(tmp_path, [cells[0], *mixed])], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert report.rows_in == 199
    assert report.rows_used >= 159
