"""Strikes in force in the federal jurisdiction of Mexico, and wage revisions by confederation (STPS).

A list is as of the month in its file's name, or of its newest strike where that is later or none is named.
A strike that a newer list no longer has ended at a date that is not said. Totals name no strike: left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from loaders import office
from loaders.clean import Value, date, integer, text
from loaders.people import fold, split_operator
from loaders.places import MX_STATES, mx_state
from loaders.read import PROBLEM, ROW
from loaders.row import Row
from loaders.source import Source, Table
from loaders.union_names import confederation_of, industries, say_confederation, say_industries, squash

_MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
_IN_NAME = re.compile(rf"({'|'.join(_MONTHS)})[_ ]+([0-9]{{4}})", re.I)
_GLUED = r"\b(la|las|los|el|de|del|en|y)([A-ZÁÉÍÓÚÑ][a-záéíóúñ])"
_REMARK = r"(?i)^(?:\*|[0-9]{1,2}[ /.)]|-|(?:nota|fuente|total)\b)"
_SITE = r"^(?:Planta|Unidad|Divisi[oó]n|Almac[eé]n|Mina|F[aá]brica|Complejo|Sucursal)\b"
_OTHER_UNION = r" y ((?:Asociación|Sindicato|Unión|Federación) )"
_STATE = rf"^({'|'.join(sorted(MX_STATES, key=len, reverse=True))})\b"
_SEVERAL = "Más de una entidad"
_GROUPS = "SNA_ASA|OTRAS|IND_CT|NO_ESP"


def listed(path: Path) -> pl.LazyFrame:
    """The list of strikes in a Word document: one line a strike."""
    return _staged(path, office.frame(path, office.word_table(path, "Empresa"), "Empresa"))


def pasted(path: Path) -> pl.LazyFrame:
    """The list as pasted into a workbook, its wrapped lines joined; then strikes per year.

    A strike begins at a line with a date, number or instance; the lines after it go on with its other cells.
    `row` is the strike's first line.
    """
    lines = office.frame(path, office.grid(path, "info"), "Empresa")
    years = (
        office.frame(path, office.grid(path, "Hoja1"), "HUELGAS").drop(PROBLEM).rename({"column 1": "AÑO"})
    )
    names = [name for name in lines.collect_schema().names() if name not in (ROW, PROBLEM)]
    last = lines.select(pl.len()).collect().item()
    starts = [
        pl.col(name) for name in ("Fecha de inicio", "Instancia", "Personas trabajadoras") if name in names
    ]
    begins = pl.any_horizontal(_filled(cell) for cell in starts) | _first(names).str.contains(_REMARK)
    strikes = (
        lines.filter(pl.any_horizontal(_filled(pl.col(name)) for name in names))
        .with_columns(begins.fill_null(False).cum_sum().alias("~strike"))
        .group_by("~strike", maintain_order=True)
        .agg(
            *(pl.col(name).str.strip_chars().drop_nulls().str.join(" ").alias(name) for name in names),
            pl.col(ROW).first(),
        )
        .drop("~strike")
    )
    return pl.concat([_staged(path, strikes), years.with_columns(pl.col(ROW) + last)], how="diagonal")


def _filled(cell: pl.Expr) -> pl.Expr:
    return (cell.str.strip_chars() != "").fill_null(False)


def _first(names: Sequence[str]) -> pl.Expr:
    """The first filled cell of a line."""
    return pl.coalesce(pl.when(_filled(pl.col(name))).then(pl.col(name).str.strip_chars()) for name in names)


def _staged(path: Path, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Add what is read out of several cells: `REMARK`, `AS OF`, `OPERATOR`, `SITE`, `STATE`, `UNIONS`…"""
    names = [name for name in frame.collect_schema().names() if name not in (ROW, PROBLEM)]
    office.require(path, names, "Empresa", "Sindicato", "Entidad Federativa", "Fecha de inicio")
    frame = frame.with_columns(_tidy(pl.col(name)) for name in names)
    begun, first = pl.col("Fecha de inicio"), _first(names)
    undated = ~_filled(begun) | (begun == first)
    iso = date(begun, "DD/MM/YYYY").clean.str.head(7)
    union = (
        pl.col("Sindicato")
        .str.replace_all(_GLUED, "$1 $2")
        .str.replace_all(r"\blandustria\b", "la Industria")
    )
    place = pl.col("Entidad Federativa").str.replace_all(r" ?, ?", ", ")
    length = fold(place).str.extract(_STATE, 1).str.len_chars()
    frame = frame.with_columns(
        pl.when(undated & first.str.contains(_REMARK)).then(pl.lit("yes")).alias("REMARK"),
        pl.max_horizontal(pl.lit(_month(path), pl.String), iso.max()).alias("AS OF"),
        union.str.replace_all(_OTHER_UNION, "|$1").alias("UNIONS"),
        place.alias("PLACE"),
        place.str.head(length).alias("STATE"),
        place.str.slice(length).str.strip_chars(" ,").alias("MUNICIPALITY"),
        pl.col("Empresa").str.strip_chars(" *").alias("EMPLOYER"),
    )
    frame = split_operator(frame.with_columns(NAME="EMPLOYER"))
    one = ~pl.col("UNIONS").str.contains("|", literal=True)
    return frame.with_columns(INDUSTRIES=pl.when(one).then(industries(pl.col("UNIONS"))))


def _tidy(cell: pl.Expr) -> pl.Expr:
    return text(cell.str.strip_chars()).clean


def _month(path: Path) -> str | None:
    """`2026-01` of `…_enero_2026.docx`."""
    found = _IN_NAME.search(path.name)
    return f"{found[2]}-{_MONTHS.index(found[1].lower()) + 1:02}" if found else None


def strikes(row: Row) -> None:
    """One strike: who strikes against whom, since when, why, with how many."""
    row.skip("strikes of a year: a total names no strike", when=row.get("AÑO").is_not_null())
    row.skip("footnote or total", when=row["REMARK"].is_not_null())
    row.skip("header repeated", when=row["Empresa"] == "Empresa")
    row.skip(
        "employer not shown to be an organization: natural persons are left out",
        when=row["OPERATOR"].is_null() & row["EMPLOYER"].is_not_null(),
    )
    row.defaults("stated", as_of=row["AS OF"], page_class="official")
    begun, cause = date(row["Fecha de inicio"], "DD/MM/YYYY"), row["Causa"]
    workers = integer(row["Personas trabajadoras"].str.strip_chars_end("*"))
    several = row["PLACE"].str.starts_with(_SEVERAL).fill_null(True)
    state = Value(pl.when(~several).then(row["PLACE"]), mx_state(row["STATE"]), "a place in Mexico")
    municipality = pl.when(row["MUNICIPALITY"] != "").then(row["MUNICIPALITY"])
    event = row.thing(
        "Event",
        (
            "mx-stps-strike",
            begun,
            squash(row["EMPLOYER"]),
            squash(cause.fill_null("")),
            workers.clean.cast(pl.String).fill_null("?"),
        ),
        name=text(pl.concat_str(row["EMPLOYER"], row["PLACE"], separator=", ", ignore_nulls=True)),
        country="MX",
        event_type="strike",
        date=begun,
        workers=workers,
        place=text(row["PLACE"]),
        subdivision=state,
        result="in force",
        result_class="open",
        note=_note(row),
    )
    name = row.each("UNIONS", "|")
    union = row.thing("Union", ("mx-stps-union", squash(name)), name=text(name), country="MX", level="union")
    employer = row.thing(
        "Corporation",
        ("mx-stps-employer", squash(row["OPERATOR"])),
        name=text(row["OPERATOR"]),
        legal_name=text(row["OPERATOR"]),
        country="MX",
    )
    plant = row.thing(
        "Plant",
        ("mx-stps-site", squash(row["EMPLOYER"])),
        when=row["SITE"].str.contains(_SITE).fill_null(False),
        name=text(row["EMPLOYER"]),
        country="MX",
        subdivision=state,
        municipality=municipality,
    )
    row.relation("Operation", plant=plant, operator=employer)
    say_confederation(row, union, row["Central Obrera"])
    say_industries(row, union, "INDUSTRIES")
    row.defaults("stated", as_of=None, page_class="official")
    for party, role, cell in (
        (union, "union", row["Sindicato"]),
        (employer, "employer", row["Empresa"]),
        (plant, "plant", row["Empresa"]),
    ):
        row.relation("Party", within=event, party=party, role=role, since=begun, named_as=text(cell))
    row.ignore("Entidad Federativa", why="PLACE is the same text with its commas set right")
    row.ignore("HUELGAS*", why="strikes of a year: a total names no strike")


def _note(row: Row) -> pl.Expr:
    """Cause and instance in the words of the list, and its mark at the number."""
    marked = row["Personas trabajadoras"].str.ends_with("*")
    parts = [
        pl.lit("cause: ") + row["Causa"],
        pl.lit("instance: ") + row["Instancia"],
        pl.when(marked).then(pl.lit("the number has a footnote mark (*) whose text the list does not give")),
    ]
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)


def by_confederation(path: Path) -> pl.LazyFrame:
    """All sheets of wage revisions under common names: `CENTRAL`, `PERIOD`, `REAL`, `REVISIONES`…"""
    frames, before = [], 0
    for sheet in office.sheets(path):
        central = sheet.lower().removesuffix("_anual")
        frame = office.frame(path, office.grid(path, sheet), "year")
        names = frame.collect_schema().names()
        frame = frame.rename({name: name.removesuffix(f"_{central}") for name in names})
        month = pl.col("mes").str.zfill(2) if "mes" in names else pl.lit(None, pl.String)
        period = pl.concat_str("year", month, separator="-", ignore_nulls=True)
        frames.append(
            frame.with_columns(
                pl.lit(central.upper()).alias("CENTRAL"),
                period.alias("PERIOD"),
                pl.col(ROW) + before,
            )
        )
        before += frame.select(pl.len()).collect().item()
    return pl.concat(frames, how="diagonal")


def revisions(row: Row) -> None:
    """Agreements whose wages were revised in a month or year, and their workers, of one confederation."""
    row.skip("a group of unions, not one body", when=row["CENTRAL"].str.contains(f"^(?:{_GROUPS})$"))
    row.defaults("stated", as_of=date(row["PERIOD"]), page_class="official")
    body = confederation_of(row, row["CENTRAL"])
    for column, measure in (("REVISIONES", "wage_revisions"), ("TRABAJADORES", "workers_with_wage_revision")):
        row.relation("Count", measure, of=body, measure=measure, value=integer(row[column]))
    row.ignore("fecha", "mes", "year", why="PERIOD is the same")
    row.ignore("REAL", "NOMINAL", why="a mean of wage increases belongs to no agreement")


def by_state(path: Path) -> pl.LazyFrame:
    """Strike notices by state: the header is in line 10."""
    return office.frame(path, office.grid(path), "Total")


def by_sector(path: Path) -> pl.LazyFrame:
    """Revisions by sector; each `%` is named after the column before it."""
    cells = [
        tuple(f"% {line[n - 1]}" if cell == "%" else cell for n, cell in enumerate(line))
        for line in office.grid(path)
    ]
    return office.frame(path, cells, "Sector de actividad económica")


def every_sheet(path: Path) -> pl.LazyFrame:
    """All sheets, one below the other."""
    frames = [office.frame(path, office.grid(path, sheet), "fecha") for sheet in office.sheets(path)]
    return pl.concat(frames, how="diagonal").drop(ROW).with_row_index(ROW, offset=1)


def totals(row: Row) -> None:
    """Sums over many employers: nothing is said."""
    row.skip("a total over many employers names no union, employer or strike", when=pl.lit(True))
    row.ignore(*row.columns, why="totals by month, state, cause or sector")


def _newest(paths: Sequence[Path]) -> str:
    """The month of the newest list of strikes."""
    return max((month for path in paths if "HUELGAS" in path.name and (month := _month(path))), default="")


SOURCE = Source(
    id="mx_stps",
    title="Strikes in force in the federal jurisdiction, strike notices and wage revisions",
    publisher="Secretaría del Trabajo y Previsión Social (STPS)",
    licence="Mexican government public information; the repository that the files came from states none",
    url="https://www.gob.mx/stps",
    tables=(
        Table("HUELGAS VIGENTES*.docx", listed, strikes, expected_bytes=2000),
        Table("HUELGAS.xlsx", pasted, strikes, expected_bytes=2000),
        Table("negociaciones_central*.xlsx", by_confederation, revisions, expected_bytes=2000),
        Table("5.2.5*.xlsx", by_state, totals, expected_bytes=2000),
        Table("negociaciones_scian*.xlsx", by_sector, totals),
        Table("negociaciones_scrapp*.xlsx", every_sheet, totals, expected_bytes=2000),
    ),
    release=_newest,
    raw="mx-stps-huelgas",
    also_there=("PROVENANCE.md",),
)
