"""DENUE: hand-written rows in both encodings, their mutations, then the sample of real rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.mx_denue import SOURCE
from ontology import TrinationalError

FIXTURES = Path(__file__).parent / "fixtures/mx_denue"
NAME = "denue_inegi_31-33_.csv"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("mx_denue")
    return load(SOURCE, [FIXTURES], out), out


def table(loaded: tuple[Report, Path], kind: str) -> list[dict[str, Any]]:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet").rows(named=True)


def plant(loaded: tuple[Report, Path], name: str) -> dict[str, Any]:
    (found,) = [row for row in table(loaded, "Plant") if row["name"] == name]
    return found


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (11, 5, 1, 5)
    assert report.counts == {"Corporation": 4, "InSector": 4, "Operation": 4, "Plant": 5}
    assert report.rejected == {"not a key of mx-denue-clee (key of Plant)": 1}
    assert report.release == "2025-05"


def test_an_establishment_has_place_size_and_month_of_entry(loaded: tuple[Report, Path]) -> None:
    found = plant(loaded, "EJES DE PRUEBA PLANTA UNO")
    assert found["id"] == "mx-denue-clee:09015336350000001001000000U1"
    assert (found["subdivision"], found["municipality"]) == ("MX-CMX", "Cuauhtémoc")
    assert found["address"] == "CALLE DE LA PRUEBA 1, COLONIA NIÑOS HÉROES, PARQUE MUÑOZ"
    assert (found["size_band"], found["first_seen"], found["status"]) == ("251+", "2024-11", "stated")
    assert (found["latitude"], found["longitude"]) == (19.42907292, -99.16214313)


def test_both_encodings_are_read(loaded: tuple[Report, Path]) -> None:
    assert plant(loaded, "MINA CAÑÓN")["address"] == "CALLE DE LA PRUEBA 11, COLONIA NIÑOS HÉROES"
    assert plant(loaded, "SIN DUEÑO MANUFACTURAS")["size_band"] == "11-30"


def test_lost_zeros_of_postcode_and_state_are_put_back(loaded: tuple[Report, Path]) -> None:
    assert plant(loaded, "EJEMPLAR")["postal_code"] == "06600"
    assert plant(loaded, "SIN DUEÑO MANUFACTURAS")["subdivision"] == "MX-AGU"


def test_a_coordinate_outside_mexico_is_dropped_and_named(loaded: tuple[Report, Path]) -> None:
    rejected = pl.read_parquet(loaded[1] / "rejected.parquet").filter(~pl.col("fatal"))
    assert rejected.select("row", "column", "value").rows() == [(3, "longitud, latitud", "99.16214313")]
    found = plant(loaded, "SIN DUEÑO MANUFACTURAS")
    assert (found["latitude"], found["longitude"], found["coordinate_precision"]) == (None, None, None)


def test_the_code_of_activity_counts_not_the_one_inside_the_clee(loaded: tuple[Report, Path]) -> None:
    sectors = {row["member"]: row for row in table(loaded, "InSector")}
    found = sectors["mx-denue-clee:09015336350000002001000000U2"]
    assert (found["sector"], found["code_as_stated"]) == ("scian-2023:336999", "336999")
    assert "mx-denue-clee:09015334410000010001000000S0" not in sectors


def test_persons_small_units_and_dwellings_stay_out(loaded: tuple[Report, Path]) -> None:
    assert loaded[0].ignored == {
        "owner or name may be a natural person's: left out": 2,
        "size not stated: natural persons are not ruled out": 1,
        "up to ten workers: households and natural persons are left out": 1,
        "work in a dwelling: a home address": 1,
    }


def test_phone_and_e_mail_are_nowhere(loaded: tuple[Report, Path]) -> None:
    for path in loaded[1].iterdir():
        text = path.read_text("utf-8") if path.suffix == ".json" else str(pl.read_parquet(path).to_dicts())
        for private in ("5550001234", "persona@ejemplo.mx", "EJEMPLO RUIZ"):
            assert private not in text


Change = Callable[[bytes], bytes]
REFUSED: list[tuple[Change, str]] = [
    (lambda b: b"<!DOCTYPE html>\n<html><body>No se encuentra</body></html>", "HTML page"),
    (lambda b: b"", "is empty"),
    (lambda b: b.replace(b'"clee"', b'"clave"', 1), "'clee'"),
    (lambda b: b.replace(b'"telefono"', b'"telefono2"', 1), "'telefono2' is new"),
    (lambda b: b.replace(b'"ageb"', b'"clee"', 1), "'clee' stands there 2 times"),
    (lambda b: b.replace(b'","', b'";"'), "no column"),
    (lambda b: b"DENUE\n\n" + b, "there is no column"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_a_changed_file_is_refused(number: int, tmp_path: Path) -> None:
    change, message = REFUSED[number]
    (tmp_path / NAME).write_bytes(change((FIXTURES / NAME).read_bytes()))
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [tmp_path / NAME], tmp_path / "out")


def test_columns_in_another_order_and_rows_twice_say_the_same(
    loaded: tuple[Report, Path], tmp_path: Path
) -> None:
    for path in FIXTURES.iterdir():
        frame = pl.read_csv(
            path.read_bytes().decode("cp1252" if path.name == NAME else "utf-8").encode(), infer_schema=False
        )
        frame = pl.concat([frame, frame]).select(sorted(frame.columns))
        frame.write_csv(tmp_path / path.name, quote_style="always")
    report = load(SOURCE, [tmp_path / path.name for path in FIXTURES.iterdir()], tmp_path / "out")
    assert report.counts == loaded[0].counts
    assert report.rows_in == 22


def test_real_rows(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / "mx-denue"], tmp_path)
    assert (report.rows_in, report.rows_used, report.rows_ignored) == (22, 15, 7)
    assert report.counts == {"Corporation": 14, "InSector": 15, "Operation": 14, "Plant": 15}
    plants = pl.read_parquet(tmp_path / "Plant.parquet")
    sura = plants.row(by_predicate=pl.col("id") == "mx-denue-clee:09015524220000147000014087M9", named=True)
    assert (sura["name"], sura["postal_code"], sura["municipality"]) == ("AFORE SURA", "06600", "Cuauhtémoc")
