"""The list of strikes in force: hand-written rows in the layouts of Word and Excel, then the real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.mx_stps import SOURCE
from ontology import TrinationalError
from tests.loaders.office_files import Lines, document, lines, workbook
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/mx_stps"
LIST = "HUELGAS VIGENTES EN LA JURISDICCIÓN FEDERAL_junio_2025.docx"


def text(name: str) -> Lines:
    return lines(FIXTURES / f"{name}.txt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixtures as the publisher's files."""
    folder = tmp_path_factory.mktemp("stps")
    document(folder / LIST, text("huelgas_junio_2025"))
    workbook(folder / "HUELGAS.xlsx", {"Hoja1": text("Hoja1"), "info": text("info")})
    workbook(
        folder / "negociaciones_central.xlsx", {name: text(name) for name in ("ctm", "ctm_anual", "otras")}
    )
    workbook(folder / "5.2.5 Emplazamientos a Huelgas.xlsx", {"Página1_1": text("5.2.5")})
    workbook(folder / "negociaciones_scian_enero 2026.xlsx", {"Enero 2026": text("negociaciones_scian")})
    workbook(folder / "negociaciones_scrapp.xlsx", {"huelgas_causa": text("huelgas_causa")})
    return folder


@pytest.fixture(scope="module")
def loaded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("out")
    return load(SOURCE, [folder], out), out


def table(loaded: tuple[Report, Path], kind: str) -> pl.DataFrame:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet")


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    holds(*loaded)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (25, 10, 2, 13)
    assert report.release == "2025-06"
    assert report.ignored == {
        "a total over many employers names no union, employer or strike": 6,
        "footnote or total": 3,
        "strikes of a year: a total names no strike": 2,
        "a group of unions, not one body": 1,
        "employer not shown to be an organization: natural persons are left out": 1,
    }


def test_one_strike_over_many_rows(loaded: tuple[Report, Path]) -> None:
    """The wrapped lines of the pasted list and the row of the Word table are the same strike."""
    strike = table(loaded, "Event").filter(pl.col("id").str.contains("2024-12-10")).row(0, named=True)
    assert strike["id"] == (
        "mx-stps-strike:2024-12-10/TELASEJEMPLOSADECVPLANTATOLUCA/VIOLACIONDECONTRATO/1104"
    )
    assert (strike["date"], strike["workers"], strike["subdivision"]) == ("2024-12-10", 1104, "MX-MEX")
    assert table(loaded, "Event")["id"].n_unique() == 5
    parties = table(loaded, "Party").filter(pl.col("within") == strike["id"])
    assert sorted(set(parties["role"])) == ["employer", "plant", "union"]
    assert parties.filter(pl.col("role") == "union")["party"].n_unique() == 1


def test_a_line_without_date_but_with_numbers_is_a_strike_of_its_own(loaded: tuple[Report, Path]) -> None:
    rejected = table(loaded, "rejected").filter("fatal").select("file", "row", "value", "reason").rows()
    assert rejected == [
        (
            LIST,
            6,
            "31/02/2025/OTRAEJEMPLOSADECV/FIRMADECONTRATO/4",
            "not a key of mx-stps-strike (key of Event)",
        ),
        ("HUELGAS.xlsx", 7, None, "key of Event is missing"),
    ]


def test_footnotes_in_the_data(loaded: tuple[Report, Path]) -> None:
    """Neither the footnote nor the total becomes a strike or joins the strike before it."""
    names = table(loaded, "Event")["name"].to_list()
    assert not any("Total" in name or "mismos" in name or "Incluye" in name for name in names)


def test_words_run_together(loaded: tuple[Report, Path]) -> None:
    unions = table(loaded, "Union")
    textile = unions.filter(pl.col("id").str.contains("TEXTIL"))
    assert textile["id"].unique().to_list() == [
        "mx-stps-union:SINDICATODETRABAJADORESDELAINDUSTRIATEXTILDELEJEMPLO"
    ]
    assert set(textile["name"]) == {"Sindicato de Trabajadores de la Industria Textil del Ejemplo"}


def test_number_with_a_footnote_mark(loaded: tuple[Report, Path]) -> None:
    """`11*` and `11` of one day are two strikes by their causes; the mark is told, its meaning is not."""
    boats = table(loaded, "Event").filter(pl.col("name").str.contains("Barcos"))
    assert boats["workers"].to_list() == [11, 11]
    assert boats["id"].n_unique() == 2
    marked = boats.filter(pl.col("id").str.contains("REVISION"))["note"].item()
    assert "footnote mark (*)" in marked


def test_number_with_thousands_comma(loaded: tuple[Report, Path]) -> None:
    assert 1104 in table(loaded, "Event")["workers"].to_list()


def test_confederation_only_where_the_list_names_one(loaded: tuple[Report, Path]) -> None:
    bodies = table(loaded, "Affiliation").select("member", "body").unique()
    assert set(bodies["body"]) == {"mx-central:CROC", "mx-central:CROM"}
    assert not bodies["member"].str.contains("ORDENEJEMPLAR|ASOCIACION").any()


def test_two_unions_in_one_cell(loaded: tuple[Report, Path]) -> None:
    air = table(loaded, "Party").filter(
        pl.col("within").str.contains("AEROLINEAS") & (pl.col("role") == "union")
    )
    assert sorted(air["party"].str.split(":").list.last()) == [
        "ASOCIACIONDEPILOTOSDELEJEMPLO",
        "ASOCIACIONDESOBRECARGOSDELEJEMPLO",
    ]


def test_several_states_are_no_state(loaded: tuple[Report, Path]) -> None:
    air = table(loaded, "Event").filter(pl.col("name").str.contains("Aerolíneas"))
    assert (air["subdivision"].item(), air["place"].item()) == (None, "Más de una entidad")
    assert not air["name"].item().count("*")


def test_an_ended_strike_keeps_the_date_of_its_last_list(loaded: tuple[Report, Path]) -> None:
    dates = dict(table(loaded, "Event").group_by("date").agg(pl.col("as_of").max()).iter_rows())
    assert (dates["2023-02-16"], dates["2024-12-10"]) == ("2025-06", "2026-02")


def test_persons_stay_out(loaded: tuple[Report, Path]) -> None:
    for path in loaded[1].glob("*.parquet"):
        assert "fulano" not in str(pl.read_parquet(path).rows()).lower()


def test_wage_revisions_are_counts_of_a_confederation(loaded: tuple[Report, Path]) -> None:
    counts = table(loaded, "Count").sort("as_of", "measure").select("of", "measure", "value", "as_of").rows()
    ctm = "mx-central:CTM"
    assert counts == [
        (ctm, "wage_revisions", 1679.0, "2024"),
        (ctm, "workers_with_wage_revision", 743826.0, "2024"),
        (ctm, "wage_revisions", 31.0, "2024-11"),
        (ctm, "workers_with_wage_revision", 1200.0, "2024-11"),
        (ctm, "wage_revisions", 0.0, "2024-12"),
        (ctm, "workers_with_wage_revision", 0.0, "2024-12"),
    ]


def without(column: int) -> Callable[[Lines], Lines]:
    return lambda rows: [[*r[:column], *r[column + 1 :]] if len(r) > 1 else r for r in rows]


def each(old: str, new: str) -> Callable[[Lines], Lines]:
    return lambda rows: [[new if cell == old else cell for cell in row] for row in rows]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without(5), "Fecha de inicio"),
        (without(1), "Empresa"),
        (each("Causa", "Motivo"), "Causa"),
        (each("Instancia", "Causa"), "several times"),
        (lambda rows: [[*r, "x"] if len(r) > 1 else r for r in rows], "column 'x' is new"),
        (lambda rows: rows[:2], "has 0 rows"),
        (lambda rows: rows[2:], "no table has a column 'Empresa'"),
    ],
)
def test_a_changed_list_is_refused(change: Callable[[Lines], Lines], message: str, tmp_path: Path) -> None:
    document(tmp_path / LIST, change(text("huelgas_junio_2025")))
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [tmp_path / LIST], tmp_path / "out")


def test_order_of_columns_and_place_of_the_header_do_not_matter(folder: Path, tmp_path: Path) -> None:
    rows = [[*r[::-1]] if len(r) == 8 else r for r in text("huelgas_junio_2025")]
    document(tmp_path / LIST, [["", ""], *rows, rows[1], rows[3]])
    one = load(SOURCE, [folder / LIST], tmp_path / "one")
    other = load(SOURCE, [tmp_path / LIST], tmp_path / "other")
    assert other.counts == one.counts
    assert other.ignored["header repeated"] == 1
    for kind in one.counts:
        left, right = (
            pl.read_parquet(tmp_path / n / f"{kind}.parquet")["id"].unique().sort() for n in ("one", "other")
        )
        assert left.equals(right)


@pytest.mark.parametrize("name", [LIST, "HUELGAS.xlsx", "negociaciones_central.xlsx"])
@pytest.mark.parametrize(
    "content", [b"", b"<!DOCTYPE html><html></html>", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0"]
)
def test_what_is_no_document_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrinationalError, match=r"empty|HTML|truncated|no "):
        load(SOURCE, [tmp_path / name], tmp_path / "out")


def test_a_cut_document_is_refused(folder: Path, tmp_path: Path) -> None:
    for name in (LIST, "HUELGAS.xlsx"):
        data = (folder / name).read_bytes()
        for share in (0.3, 0.6, 0.95):
            (tmp_path / name).write_bytes(data[: int(len(data) * share)])
            with pytest.raises(TrinationalError):
                load(SOURCE, [tmp_path / name], tmp_path / "out")


def test_a_workbook_of_another_source_is_refused(folder: Path, tmp_path: Path) -> None:
    other = workbook(tmp_path / "HUELGAS.xlsx", {"Sheet": [["a", "b"], ["1", "2"]]})
    with pytest.raises(TrinationalError, match="there is no sheet 'info'"):
        load(SOURCE, [other], tmp_path / "out")


@pytest.fixture(scope="module")
def real(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("real")
    return load(SOURCE, [raw / SOURCE.raw], out), out


def test_real_files(real: tuple[Report, Path]) -> None:
    report = real[0]
    holds(*real)
    assert (report.release, report.rows_in, report.rows_rejected) == ("2026-01", 4887, 0)
    assert report.counts["Event"] == 22
    assert report.ignored["blank line"] == 3


def test_real_list_of_january_2026_is_the_same_in_both_files(real: tuple[Report, Path]) -> None:
    events = table(real, "Event")
    assert events.filter(pl.col("as_of") == "2026-02").height == 21
    assert events.filter(pl.col("as_of") == "2025-06")["name"].to_list() == [
        "Mineral Tzapan, S.A. de C.V., Estado de México Zacazonapan"
    ]
    assert events.filter(pl.col("times") < 2)["name"].to_list() == [
        "Mineral Tzapan, S.A. de C.V., Estado de México Zacazonapan"
    ]


def test_the_oldest_strike_in_force(real: tuple[Report, Path]) -> None:
    oldest = table(real, "Event").sort("date").row(0, named=True)
    assert (oldest["date"], oldest["workers"], oldest["subdivision"]) == ("2007-07-30", 403, "MX-GRO")
    parties = table(real, "Party").filter(pl.col("within") == oldest["id"])
    assert dict(parties.select("role", "party").iter_rows()) == {
        "employer": "mx-stps-employer:INDUSTRIALMINERAMEXICOSADECV",
        "plant": "mx-stps-site:INDUSTRIALMINERAMEXICOSADECVUNIDADTAXCO",
        "union": "mx-stps-union:SINDICATONACIONALDETRABAJADORESMINEROSMETALURGICOSSIDERURGICOS"
        "YSIMILARESDELAREPUBLICAMEXICANA",
    }


def test_real_changed_rows_never_vanish(raw: Path, tmp_path: Path) -> None:
    """Rows of the real list cut, doubled and mixed: each is used or told."""
    from loaders.office import word_table

    path = next((raw / SOURCE.raw).glob("*enero_2026.docx"))
    rows = [[cell or "" for cell in row] for row in word_table(path, "Empresa")]
    body = [*rows[2:7], rows[3], ["x"] * 8, [""] * 8, [*rows[5][:5], "ayer", "", "muchos"]]
    document(tmp_path / LIST, [rows[1], *body])
    report = load(SOURCE, [tmp_path / LIST], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.rows_in, report.rows_used, report.counts["Event"]) == (9, 6, 5)
