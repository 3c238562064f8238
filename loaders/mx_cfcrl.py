"""Collective agreements newly registered in Mexico (CFCRL), 2021-2023; not the older, legitimated ones.

Employers that may be natural persons are left out with their workplaces; of the free text on the workplace
only the address up to the postal code and state is taken: what follows can hold contact data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from loaders import office
from loaders.clean import Value, code, text
from loaders.people import fold, split_operator
from loaders.places import MX_STATES, mx_state
from loaders.row import Row
from loaders.source import Source, Table
from loaders.union_names import confederation, industries, say_confederation, say_industries, squash

_COLUMNS = ("Número de Contrato", "Nombre Sindicato", "Nombre Empresa", "Estado", "Ambito de Aplicación")
_NUMBER = "CFCRL-CONTRATO-[A-Z]-[A-Z]+-[0-9]{4}-[0-9]+"
_STATES = "|".join(sorted(MX_STATES, key=len, reverse=True))
_ADDRESS = rf"^(.*?[^0-9]\b([0-9]{{5}}) +(?:{_STATES}))\b"
_QUOTES = " \t\r\n\"“”',"
# Legal forms written out, and words that only an organization's name has; a person's name has none of them.
_ORGANIZATION = (
    r"\bSOCIEDAD (?:AN.NIMA|CIVIL|DE RESPONSABILIDAD|COOPERATIVA)|\bASOCIACION CIVIL\b|\bA\. ?C\.$"
    r"|\b(?:DE )?C\W{0,2}V\b|\bMEXICO$|\bSPA$|\bDE CONSTRUCCION\b"
    r"|^(?:AGUA POTABLE|CONGELADOS|DESARROLLADORA|EDIFICACIONES|GASTRONOMIA|GLOBAL|LOTERIA NACIONAL"
    r"|MONTACARGAS|NATURISTA|PLAZA|PRAAT ESCUELA|PRODUCTOS|RESTAURANTE|SISTEMAS|TRITURADOS Y ASFALTOS)\b"
)
_NO_NAME = (
    r"^(?:SOCIEDAD AN.NIMA(?: DE CAPITAL VARIABLE)?|[A-Z&]{3,4}[0-9]{6}[A-Z0-9]{3}|OBRA DE CONSTRUCCION)$"
)
_MEXICAN = r"\bC\W{0,2}V\b|\b(?:S\W{0,2}C|A\W{0,2}C)\b\.?$|CAPITAL VARIABLE|\bSOCIEDAD CIVIL\b"
_SITE = r"^(?:\(|PLANTA\b|UNIDAD\b|MACROHUB\b|SUCURSAL\b)"


def registered(path: Path) -> pl.LazyFrame:
    """The list of agreements (the other sheet is a pivot of it), with what is read out of its cells."""
    frame = office.frame(path, office.grid(path, "FullList"), "Nombre Sindicato")
    office.require(path, frame.collect_schema().names(), *_COLUMNS)
    frame = frame.with_columns(EMPLOYER=_tidy("Nombre Empresa"), UNION=_tidy("Nombre Sindicato"))
    frame = split_operator(frame.with_columns(NAME="EMPLOYER"))
    folded = fold(pl.col("EMPLOYER"))
    shown = pl.col("OPERATOR").is_not_null() | folded.str.contains(_ORGANIZATION)
    at_site = fold(pl.col("SITE")).str.contains(_SITE).fill_null(False)
    work = text(pl.col("Ambito de Aplicación").str.strip_chars()).clean
    length = fold(work).str.extract(_ADDRESS, 1).str.len_chars()
    shown = shown & ~folded.str.contains(_NO_NAME)
    return frame.with_columns(
        pl.when(shown).then("EMPLOYER").alias("EMPLOYER"),
        pl.when(shown & at_site).then("OPERATOR").when(shown).then("EMPLOYER").alias("COMPANY"),
        pl.when(shown).then(work.str.head(length)).alias("ADDRESS"),
        pl.struct(*_COLUMNS).map_elements(_fingerprint, return_dtype=pl.String).alias("FINGERPRINT"),
        CENTRAL=confederation(pl.col("UNION")),
        INDUSTRIES=industries(pl.col("UNION")),
    )


def _tidy(column: str) -> pl.Expr:
    """A name without the white space, quotes and signs around it."""
    return text(pl.col(column).str.strip_chars(_QUOTES)).clean


def _fingerprint(cells: dict[str, str | None]) -> str:
    """Twelve digits of the SHA-256 of a row: a key that shows no name."""
    joined = "\x1f".join(" ".join((cells[name] or "").split()) for name in sorted(cells))
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def agreements(row: Row) -> None:
    """One registered agreement of a union with an employer at a workplace."""
    number = code(row["Número de Contrato"], _NUMBER, "a number like CFCRL-CONTRATO-E-CMX-2022-4478")
    row.defaults("filed", as_of=number.clean.str.extract("-([0-9]{4})-", 1), page_class="official")
    named = row["COMPANY"].is_not_null()
    agreement = row.thing(
        "Agreement",
        ("mx-cfcrl", _key(number, row["FINGERPRINT"])),
        name=text(pl.concat_str(row["UNION"], row["EMPLOYER"], separator=" – ", ignore_nulls=True)),
        country="MX",
        note=_note(row),
    )
    union = row.thing(
        "Union",
        ("mx-cfcrl-union", squash(row["UNION"])),
        name=text(row["UNION"]),
        country="MX",
        level="union",
    )
    employer = row.thing(
        "Corporation",
        ("mx-cfcrl-employer", squash(row["COMPANY"])),
        when=named,
        name=text(row["COMPANY"]),
        legal_name=text(row["COMPANY"]),
        country=pl.when(fold(row["COMPANY"]).str.contains(_MEXICAN)).then(pl.lit("MX")),
    )
    address = row["ADDRESS"]
    plant = row.thing(
        "Plant",
        ("mx-cfcrl-site", squash(row["EMPLOYER"]), squash(address)),
        when=named & address.is_not_null(),
        name=text(row["EMPLOYER"]),
        country="MX",
        subdivision=Value(row["Estado"], mx_state(row["Estado"]), "a Mexican state", [*MX_STATES]),
        address=text(address),
        postal_code=address.str.extract(r".*\b([0-9]{5})\b", 1),
    )
    row.relation("Coverage", agreement=agreement, union=union, employer=employer, plant=plant)
    row.relation(
        "Representation",
        union=union,
        plant=plant,
        employer=employer,
        representation_status="recognized",
        basis="agreement",
    )
    row.relation("Operation", plant=plant, operator=employer)
    say_confederation(row, union, row["CENTRAL"])
    say_industries(row, union, "INDUSTRIES")
    row.ignore("Nombre Empresa", why="EMPLOYER is the same text where it is shown to be an organization")
    row.ignore("Nombre Sindicato", why="UNION is the same text without signs at its ends")
    row.ignore("Ambito de Aplicación", why="ADDRESS is its part up to postal code and state")
    row.ignore("OPERATOR", "SITE", why="parts of EMPLOYER")


def _key(number: Value, fingerprint: pl.Expr) -> Value:
    """The contract number; where the list has none, one made of the row."""
    made = pl.lit("unnumbered-") + fingerprint
    missing = pl.when(number.raw.is_null())
    return Value(
        missing.then(made).otherwise(number.raw), missing.then(made).otherwise(number.clean), number.wants
    )


def _note(row: Row) -> pl.Expr:
    """What is missing of the agreement."""
    parts = [
        pl.when(row["Número de Contrato"].is_null()).then(pl.lit("no contract number in the list")),
        pl.when(row["COMPANY"].is_null()).then(
            pl.lit("employer left out: not shown to be an organization, or without a name")
        ),
    ]
    words = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    return pl.when(words != "").then(words)


def _newest(paths: Sequence[Path]) -> str:
    """The newest year in the contract numbers."""
    years = [
        registered(path)
        .select(pl.col("Número de Contrato").str.extract("-([0-9]{4})-", 1).max())
        .collect()
        .item()
        for path in paths
    ]
    return max((year for year in years if year), default="")


SOURCE = Source(
    id="mx_cfcrl",
    title="Collective agreements registered in Mexico, 2021-2023",
    publisher="Centro Federal de Conciliación y Registro Laboral (CFCRL)",
    licence="Mexican government public information; the repository that the file came from states none",
    url="https://repositorio.centrolaboral.gob.mx",
    tables=(Table("Nuevos Contratos*.xlsx", registered, agreements, expected_bytes=2000),),
    release=_newest,
    raw="mx-cfcrl",
    also_there=("PROVENANCE.md",),
)
