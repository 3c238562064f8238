"""No natural person in anything that a load writes: by lineage and by comparison with the raw files."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from loaders import read, sources, us_olms
from loaders.load import load, plan
from loaders.people import fold, split_operator

LOADED = ("us_warn", "mx_retc", "us_olms")
PERSONAL = {"MAIL_FIRSTNAME", "MAIL_LASTNAME", "VOICE", "BUILD_NUM", "STREET_ADR"}
PHONE = r"(?:\(?[2-9][0-9]{2}\)?[-. ])[0-9]{3}[-. ][0-9]{4}\b"
MAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"
GIVEN = (
    "ALBERTO|ALEJANDRO|ALFONSO|ANA|ANTONIO|ARMANDO|ARTURO|CARLOS|CESAR|CLAUDIA|DANIEL|DAVID|EDUARDO|ENRIQUE"
    "|FELIPE|FERNANDO|FRANCISCO|GERMAN|GREGORIO|GUADALUPE|GUSTAVO|HECTOR|IGNACIO|JAVIER|JESUS|JOEL|JORGE|JOSE"
    "|JUAN|JULIO|LAURA|LUIS|MA|MANUEL|MARGARITA|MARIA|MARIO|MARTHA|MARTIN|MIGUEL|NORMA|OSCAR|PEDRO|RAFAEL|RAMON"
    "|RAUL|RICARDO|ROBERTO|RODOLFO|RUBEN|SERGIO|SOCORRO|VICTOR"
)


@pytest.fixture(scope="module")
def by_source(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Every text in every file that loading a source writes."""
    found: dict[str, set[str]] = {}
    for name in LOADED:
        out = tmp_path_factory.mktemp(name)
        load(sources()[name], [raw / sources()[name].raw], out)
        found[name] = {(out / "release.json").read_text()}
        for path in out.glob("*.parquet"):
            for column in pl.read_parquet(path).get_columns():
                cells = column.explode() if isinstance(column.dtype, pl.List) else column
                if cells.dtype == pl.String:
                    found[name] |= set(cells.drop_nulls().unique())
    return found


@pytest.fixture(scope="module")
def texts(by_source: dict[str, set[str]]) -> set[str]:
    return set().union(*by_source.values())


def words(text: str | None) -> list[str]:
    return re.findall(r"[A-Z]+(?:['-][A-Z]+)*", (text or "").upper())


def officers(raw: Path) -> pl.DataFrame:
    path = raw / "us-olms-lm" / "lm_data_data_2021.txt"
    return us_olms.table(path).select(pl.col(pl.String).str.strip_chars()).collect()


def test_personal_columns_are_never_read(raw: Path) -> None:
    used: dict[str, set[str]] = {}
    for name in LOADED:
        for table in plan(sources()[name], [raw / sources()[name].raw]).tables:
            used[table.files[0].name] = table.row.used
            assert not table.row.used & set(table.row.forbidden)
    assert not PERSONAL & used["lm_data_data_2021.txt"]
    assert used["ar_payer_payee_data_2021.union_payees.txt"] == set()
    assert "NAME" not in used["es_2004.csv.gz"]


def test_no_officer_by_first_and_last_name(raw: Path, texts: set[str]) -> None:
    names = officers(raw).select("MAIL_FIRSTNAME", "MAIL_LASTNAME").rows()
    pairs = {(words(first)[0], words(last)[-1]) for first, last in names if words(first) and words(last)}
    assert len(pairs) > 4000
    offices = {"AFL-CIO", "CHAPTER", "IBEW", "LOCAL", "WORKERS"}
    street_in_mexico_city = {("MANUEL", "GONZALEZ")}
    persons = {p for p in pairs if min(map(len, p)) > 1 and p[1] not in offices} - street_in_mexico_city
    found = {
        (pair, text)
        for text in texts
        for pair in zip(words(text), words(text)[1:], strict=False)
        if pair in persons
    }
    assert sorted(found) == []


def test_no_single_forbidden_value(raw: Path, by_source: dict[str, set[str]]) -> None:
    """A forbidden cell that is no value of a column that may be stored (AUSTIN is a name and a city)."""
    table = officers(raw)
    stored = ("UNION_NAME", "UNIT_NAME", "CITY", "AFF_ABBR", "DESIG_NUM")
    allowed = {value for name in stored for value in table[name]}
    forbidden = {value for name in PERSONAL for value in table[name] if value} - allowed
    assert len(forbidden) > 5000
    office_given_as_a_name = {"AFGE Local 1004"}
    assert sorted(forbidden & by_source["us_olms"] - office_given_as_a_name) == []


def test_no_phone_or_personal_mail(texts: set[str]) -> None:
    assert [text for text in texts if re.search(MAIL, text)] == []
    assert [text for text in texts if re.search(PHONE, text)] == []


def test_no_natural_person_as_operator(raw: Path, texts: set[str]) -> None:
    names = ("NOMBRE", "Nombre", "Establecimiento")
    files = [read.csv(path, separator="\t").collect() for path in sorted((raw / "mx-retc").glob("es_*"))]
    cells = pl.concat(file.select(NAME=next(n for n in names if n in file.columns)) for file in files)
    split = split_operator(cells.lazy().with_columns(CELL="NAME")).collect()
    dropped = split.filter(pl.col("OPERATOR").is_null())
    assert (split.height, dropped.height) == (45428, 538)
    heads = dropped.select(fold(pl.col("CELL")).str.split(",").list.first().str.strip_chars(" ."))["CELL"]
    persons = heads.filter(heads.str.count_matches(" ") > 0).unique()
    assert len(persons) > 150
    folded = pl.DataFrame({"text": sorted(texts)}).select(fold(pl.col("text")))["text"]
    assert folded.filter(folded.str.contains_any(persons.implode())).to_list() == []


def test_no_stored_operator_begins_like_a_person(texts: set[str]) -> None:
    """Two or three words after a given name, and nothing that shows an organization."""
    person = re.compile(rf"^(?:{GIVEN})(?: (?:{GIVEN}|DE|LA|DEL|LOS|[A-Z]+EZ)\.?)+(?: [A-Z]+)?$")
    assert sorted({t.upper() for t in texts if person.match(t.upper())} - {"JESUS MARIA"}) == []
