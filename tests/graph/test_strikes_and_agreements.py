"""The queries of docs/how-to/strikes-and-agreements.md on hand-written rows and on the real files."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from graph.build import build
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.release import load_release
from loaders import sources
from tests.loaders.office_files import document, lines, workbook

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/strikes-and-agreements.md").read_text(encoding="utf-8")
STRIKES, AGREEMENTS = re.findall(r"```sparql\n(.*?)```", PAGE, re.S)
FIXTURES = ROOT / "tests/loaders/fixtures"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> LaborGraph:
    folder = tmp_path_factory.mktemp("registers")
    text = {
        path.stem: lines(path) for name in ("mx_stps", "mx_cfcrl") for path in (FIXTURES / name).iterdir()
    }
    strikes = document(folder / "HUELGAS VIGENTES_junio_2025.docx", text["huelgas_junio_2025"])
    pasted = workbook(folder / "HUELGAS.xlsx", {"info": text["info"], "Hoja1": text["Hoja1"]})
    registered = workbook(folder / "Nuevos Contratos.xlsx", {"FullList": text["FullList"]})
    home = Home(folder / "home")
    load_release(home, "mx_stps", [strikes, pasted])
    load_release(home, "mx_cfcrl", [registered])
    load_release(home, "ca_bc_lrb", [FIXTURES / "ca_bc_lrb"])
    load_release(home, "ca_negotech", [FIXTURES / "ca_negotech"])
    build(home)
    return LaborGraph(home.graph)


def test_strikes_in_force_name_union_employer_and_confederation(graph: LaborGraph) -> None:
    newest = graph.sparql(STRIKES, month="2026-01").frame()
    assert newest.select("since", "employer", "confederation").rows() == [
        ("2024-08-09", "Barcos Ejemplo, S.A. de C.V.", None),
        ("2024-12-10", "Telas Ejemplo, S.A. de C.V.", "CROC"),
        ("2026-02-02", "Azúcar Ejemplo, S.A. de C.V.", "CROM"),
    ]
    since = graph.sparql(STRIKES, month="2025-01").frame()["since"].to_list()
    assert since.count("2023-02-16") == 2, "two unions strike together"
    assert since.count("2024-08-09") == 2, "two strikes of one day, one of them in both lists"


def test_unions_with_agreements_in_one_sector(graph: LaborGraph) -> None:
    vehicles = graph.sparql(AGREEMENTS, code='"336"').frame()
    assert sorted(vehicles.select("country", "agreements").unique().rows()) == [("CA", 1), ("MX", 2)]
    steel = graph.sparql(AGREEMENTS, code='"31-33"').frame().filter(pl.col("union") == "USW 1-999")
    assert steel["agreements"].to_list() == [2]


def test_real_files_answer_both(raw: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    for name in ("mx_stps", "mx_cfcrl", "ca_bc_lrb"):
        load_release(home, name, [raw / sources()[name].raw])
    build(home)
    graph = LaborGraph(home.graph)
    strikes = graph.sparql(STRIKES, month="2026-01").frame()
    # One of 21 stands twice in the list, once for each of its objectives.
    assert (strikes["strike"].n_unique(), strikes.height) == (20, 21)
    assert dict(strikes["confederation"].drop_nulls().value_counts().iter_rows()) == {
        "CTM": 3,
        "CROC": 2,
        "CROM": 2,
    }
    building = graph.sparql(AGREEMENTS, code='"23"').frame()
    assert set(building["country"]) == {"CA", "MX"}
    assert building.filter(pl.col("union") == "CLAC 68")["agreements"].to_list() == [16]
