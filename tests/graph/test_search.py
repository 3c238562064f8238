"""Name search: what people type finds what they mean, in a sensible order."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.search import search, write_index
from ontology import TrinationalError, WrongUseError, schema

SAID: dict[str, list[dict[str, object]]] = {
    "Plant": [
        {
            "id": "plant:gm-silao",
            "name": "GM Silao",
            "country": "MX",
            "place": "Silao",
            "subdivision": "MX-GUA",
        },
        {"id": "mx-retc-nra:GMO1101700001", "name": "Complejo", "country": "MX", "municipality": "Silao"},
        {"id": "plant:ge-ft-wayne", "name": "GE Fort Wayne", "country": "US", "place": "Fort Wayne"},
    ],
    "Union": [
        {
            "id": "union:sinttia",
            "name": "Independent National Union of Automotive Workers",
            "native_name": "Sindicato Independiente Nacional de Trabajadores de la Industria Automotriz",
            "abbreviation": "SINTTIA",
            "country": "MX",
        },
        {"id": "union:uaw", "name": "United Auto Workers", "abbreviation": "UAW", "country": "US"},
        {"id": "union:uaw-1", "name": "UAW Local 1", "designation": "1", "country": "US"},
        {"id": "union:uaw-600", "name": "UAW Local 600", "designation": "600", "country": "US"},
    ],
    "Corporation": [
        {
            "id": "corp:gm-de-mexico",
            "name": "General Motors de México",
            "legal_name": "General Motors de México, S. de R.L. de C.V.",
            "other_names": ["GMM", "Planta Querétaro"],
            "country": "MX",
        },
    ],
    "Product": [{"id": "product:pickups", "name": "Pickups"}],
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graph")
    (folder / "said").mkdir()
    things = []
    for kind, rows in SAID.items():
        table = pl.DataFrame([{"record_id": row["id"], **row} for row in rows])
        missing = {c: t for c, t in schema(kind).items() if c not in table.columns}
        table = table.with_columns(pl.lit(None, t).alias(c) for c, t in missing.items())
        table.write_parquet(folder / "said" / f"{kind}.parquet")
        things += [{"kind": kind, "country": None, **row} for row in rows]
    pl.DataFrame(things).select("id", "kind", "name", "country").write_parquet(folder / "things.parquet")
    making = pl.DataFrame({"id": ["m"], "plant": ["plant:gm-silao"], "product": ["product:pickups"]})
    making.write_parquet(folder / "Making.parquet")
    write_index(folder, folder / "search.sqlite")
    return folder / "search.sqlite"


def ids(index: Path, text: str, **options: object) -> list[str | None]:
    return [row["id"] for row in search(index, text, **options)]  # type: ignore[arg-type]


def test_plants_are_found_by_their_city(index: Path) -> None:
    assert ids(index, "silao") == ["plant:gm-silao", "mx-retc-nra:GMO1101700001"]
    assert search(index, "silao")[1] == {
        "id": "mx-retc-nra:GMO1101700001",
        "kind": "Plant",
        "name": "Complejo",
        "country": "MX",
        "match": "Silao",
    }


@pytest.mark.parametrize(
    ("text", "found", "match"),
    [
        ("QUERETARO", "corp:gm-de-mexico", "Planta Querétaro"),
        ("querétaro", "corp:gm-de-mexico", "Planta Querétaro"),
        (
            "general motors de mexico s. de r.l. de c.v.",
            "corp:gm-de-mexico",
            SAID["Corporation"][0]["legal_name"],
        ),
        ("sinttia", "union:sinttia", "SINTTIA"),
        ("sindicato trabajadores automotriz", "union:sinttia", SAID["Union"][0]["native_name"]),
        ("plant:gm-silao", "plant:gm-silao", "plant:gm-silao"),
        ("GMO1101700001", "mx-retc-nra:GMO1101700001", "mx-retc-nra:GMO1101700001"),
        ("gm gua", "plant:gm-silao", "GM Silao"),
        ("ilao", "plant:gm-silao", "GM Silao"),
        ("siloa", "plant:gm-silao", "Silao"),
        ("GM silaoo", "plant:gm-silao", "GM Silao"),
    ],
)
def test_every_variant_is_found(index: Path, text: str, found: str, match: str) -> None:
    best = search(index, text)[0]
    assert (best["id"], best["match"]) == (found, match)


def test_exact_before_begun_before_the_rest(index: Path) -> None:
    assert ids(index, "uaw") == ["union:uaw", "union:uaw-1", "union:uaw-600"]
    assert ids(index, "pickups") == ["product:pickups", "plant:gm-silao"]
    assert ids(index, "uaw", limit=2) == ["union:uaw", "union:uaw-1"]
    assert ids(index, "uaw", limit=None) == ids(index, "uaw")


def test_filters(index: Path) -> None:
    assert ids(index, "g", kind="Organization") == ["corp:gm-de-mexico"]
    assert ids(index, "g", country="us") == ["plant:ge-ft-wayne"]
    assert ids(index, "silao", kind="Union") == []
    with pytest.raises(WrongUseError, match="no such kind: 'Plnat'") as error:
        search(index, "silao", kind="Plnat")
    assert error.value.hint == "did you mean 'Plant'?"


@pytest.mark.parametrize(
    "text", ["", "  ", "*", '"', "' OR 1=1 --", "a AND", "NEAR(", "-", "names:x", "%", "\0", "ü*("]
)
def test_odd_texts_are_only_texts(index: Path, text: str) -> None:
    assert isinstance(search(index, text), list)


@given(st.text(max_size=30))
def test_any_text_is_answered(index: Path, text: str) -> None:
    for row in search(index, text):
        assert row["match"]


def test_an_index_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    for content in (None, b"no database at all, but long enough to be looked at as if it were one" * 20):
        path = tmp_path / "search.sqlite"
        if content:
            path.write_bytes(content)
        with pytest.raises(TrinationalError) as error:
            search(path, "silao")
        assert "trinational build" in error.value.hint
