"""RETC establishments: hand-written rows of the three layouts, then the real files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.mx_retc import SOURCE
from loaders.people import split_operator
from ontology import TrinationalError

FIXTURES = Path(__file__).parent / "fixtures/mx_retc"
AXLES = "mx-retc-nra:EJE9M0502711"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("mx_retc")
    return load(SOURCE, [FIXTURES], out), out


def table(loaded: tuple[Report, Path], kind: str) -> dict[object, dict[str, object]]:
    return {row["id"]: row for row in pl.read_parquet(loaded[1] / f"{kind}.parquet").rows(named=True)}


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (9, 6, 1, 2)
    assert report.release == "2021"
    assert report.ignored == {
        "operator not shown to be an organization: natural persons are left out": 2,
    }


def test_years_of_three_layouts_are_one_record(loaded: tuple[Report, Path]) -> None:
    plant = table(loaded, "Plant")[AXLES]
    assert (plant["first_seen"], plant["last_seen"], plant["times"]) == ("2004", "2021", 4)
    assert (plant["name"], plant["subdivision"]) == ("PLANTA UNO", "MX-COA")
    assert (plant["municipality"], plant["postal_code"]) == ("Ramos Arizpe", "25900")
    assert plant["address"] == "AV. DEL EJE 100, CENTRO, PARQUE SOL"
    assert plant["latitude"] == pytest.approx(25.536111)
    assert plant["longitude"] == pytest.approx(-100.925)
    operator = table(loaded, "Corporation")["mx-retc-operator:EJE9M0502711"]
    assert operator["legal_name"] == "EJES DEL NORTE, S.A. DE C.V."


def test_zero_coordinates_are_missing_and_seconds_may_have_decimals(tmp_path: Path) -> None:
    load(SOURCE, [FIXTURES / "es_2019.csv"], tmp_path / "2019")
    load(SOURCE, [FIXTURES / "es_2021.csv"], tmp_path / "2021")
    gas = pl.col("id") == "mx-retc-nra:GAS912803211"
    old, new = (pl.read_parquet(tmp_path / year / "Plant.parquet").filter(gas) for year in ("2019", "2021"))
    assert (old["latitude"][0], old["coordinate_precision"][0], old["postal_code"][0]) == (None, None, None)
    assert new["latitude"][0] == pytest.approx(26.0684722)
    assert new["longitude"][0] == pytest.approx(-98.2833056)
    assert pl.read_parquet(tmp_path / "2019/rejected.parquet").is_empty()


def test_sectors_keep_the_code_as_stated(loaded: tuple[Report, Path]) -> None:
    found = {(r["sector"], r["code_as_stated"]) for r in table(loaded, "InSector").values()}
    assert found == {("scian-2023:336350", "336350"), ("scian-2023:21111", "211110")}
    notes = {str(r["note"]) for r in table(loaded, "InSector").values()}
    assert all("edition" in note for note in notes)


def test_a_row_without_its_number_is_rejected(loaded: tuple[Report, Path]) -> None:
    rejected = pl.read_parquet(loaded[1] / "rejected.parquet")
    assert rejected.select("file", "row").unique().rows() == [("es_2021.csv", 4)]


@pytest.mark.parametrize("column", ["NOMBRE", "LATITUD \nNORTE", "MUNICIPIO"])
def test_a_renamed_column_is_named(tmp_path: Path, column: str) -> None:
    text = (FIXTURES / "es_2021.csv").read_text(encoding="utf-8")
    (tmp_path / "es_2021.csv").write_text(text.replace(f'"{column}"', f'"{column}S"'), encoding="utf-8")
    with pytest.raises(
        TrinationalError, match=f"^es_2021.csv: .*column '{' '.join(column.split())}'"
    ) as error:
        load(SOURCE, [tmp_path], tmp_path / "out")
    assert column.split()[0] in error.value.hint


@pytest.mark.parametrize(
    ("cell", "operator", "site"),
    [
        ("Gases Inventados S. de R.L. de C.V. Planta 2", "Gases Inventados S. de R.L. de C.V.", "Planta 2"),
        ("GASES, S.A. DE C.V.,GASES SA DE CV", "GASES, S.A. DE C.V.", None),
        ("GASES S.A. DE C.V.,NA", "GASES S.A. DE C.V.", None),
        ("COMISIÓN FEDERAL DE ELECTRICIDAD C.T. SUR", "COMISIÓN FEDERAL DE ELECTRICIDAD", "C.T. SUR"),
        ("HOSPITAL GENERAL DR. INVENTADO", "HOSPITAL GENERAL DR. INVENTADO", None),
        ("Inventado y Pérez, S.C.,Rancho", "Inventado y Pérez, S.C.", "Rancho"),
        ("JUAN INVENTADO PÉREZ", None, None),
        ("JUAN INVENTADO PÉREZ,ACEROS INVENTADOS S.A. DE C.V.", None, None),
        ("ACEROS INVENTADOS S.A. DE C.V. Y/O JUAN INVENTADO", None, None),
        ("ING. JUAN INVENTADO PÉREZ", None, None),
        ("JUAN INVENTADO PÉREZ CROMADORA EL SOL", None, None),
    ],
)
def test_operators(cell: str, operator: str | None, site: str | None) -> None:
    assert split_operator(pl.LazyFrame({"NAME": [cell]})).collect().rows() == [(operator, site)]


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path)
    assert report.rows_in == report.rows_used + report.rows_rejected + report.rows_ignored == 45428
    assert (report.rows_rejected, report.rows_ignored) == (5, 538)
    plants = pl.read_parquet(tmp_path / "Plant.parquet")
    assert plants["id"].is_unique().all()
    assert plants.height == pl.read_parquet(tmp_path / "Operation.parquet").height == 9460
    assert plants["subdivision"].null_count() == 0
    assert plants["subdivision"].n_unique() == 32
    assert plants["first_seen"].min() == "2004"
    assert plants["last_seen"].max() == "2021"
    located = plants.drop_nulls("latitude")
    assert located.height > 9000
    assert located["latitude"].is_between(14, 33).all()
    assert located["longitude"].is_between(-119, -86).all()
    assert (plants["latitude"].is_null() == plants["longitude"].is_null()).all()
