"""Legal entities and who consolidates them: the Global LEI System, levels 1 and 2, in CSV, JSON and XML.

A parent here is a parent in accounting, as the entity itself filed it. That no parent was filed says nothing
about ownership: the reason given for it stays as a note. Sole proprietors are natural persons: left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from loaders import nested, read, us_names
from loaders.clean import Value, country, date, subdivision, text
from loaders.nested import Layout
from loaders.read import PROBLEM
from loaders.row import Ref, Row
from loaders.source import Describe, Download, Read, Source, Table

_FIVE = range(1, 6)
_DAY = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})-")
_NAMES = [
    *(f"Entity.OtherEntityNames.OtherEntityName.{n}" for n in _FIVE),
    *(f"Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName.{n}" for n in _FIVE),
]
_SUCCESSORS = [f"Entity.SuccessorEntity.{n}.SuccessorLEI" for n in _FIVE]
_REASONS = [f"Exception.Reason.{n}" for n in _FIVE]
_REFERENCES = [f"Exception.Reference.{n}" for n in _FIVE]
_OFFICE = "Entity.HeadquartersAddress."
_ENTRY = ("Registration.RegistrationStatus", "Registration.LastUpdateDate")
_KEPT = (
    *("Registration.InitialRegistrationDate", "Registration.NextRenewalDate", "Registration.ManagingLOU"),
    *("Registration.Validation*", "Registration.OtherValidation*", "Extension.*", "Conformity*", "DeletedAt"),
)
_LEVEL1 = Layout(
    record="LEIRecord",
    root="LEIData",
    columns=[
        *("LEI", "Entity.LegalName", "Entity.EntityCategory", "Entity.EntityStatus"),
        *("Entity.EntityCreationDate", "Entity.EntityExpirationDate", "Entity.EntityExpirationReason"),
        *("Entity.LegalForm.EntityLegalFormCode", "Entity.LegalForm.OtherLegalForm"),
        *("Entity.LegalAddress.Country", _OFFICE + "City", _OFFICE + "Region", _OFFICE + "Country"),
        *(*_NAMES, *_SUCCESSORS, *_ENTRY),
    ],
    ignored={
        "languages and kinds of names, and names beyond the fifth": (
            *("*.xmllang", "*.type", "Entity.OtherEntityNames.*", "Entity.TransliteratedOtherEntityNames.*"),
        ),
        "a company is no site: city, subdivision and country of its head office are kept": (
            *("Entity.LegalAddress.*", _OFFICE + "*", "Entity.*OtherAddresses.*"),
        ),
        "no other source gives these numbers and codes": (
            *("Entity.RegistrationAuthority.*", "Entity.LegalJurisdiction", "Entity.EntitySubCategory"),
        ),
        "the LEI of a successor is kept": ("Entity.SuccessorEntity.*",),
        "relations are those of level 2": ("Entity.AssociatedEntity*",),
        "changes of name and form": ("Entity.LegalEntityEvents.*",),
        "how the entry is kept": _KEPT,
    },
    repeated=frozenset({"OtherEntityName", "TransliteratedOtherEntityName", "SuccessorEntity"}),
)
_LEVEL2 = Layout(
    record="RelationshipRecord",
    root="RelationshipData",
    columns=[
        *(f"Relationship.{end}Node.{part}" for end in ("Start", "End") for part in ("NodeID", "NodeIDType")),
        *("Relationship.RelationshipType", "Relationship.RelationshipStatus", *_ENTRY),
        *(
            f"Relationship.Period.{n}.{part}"
            for n in _FIVE
            for part in ("startDate", "endDate", "periodType")
        ),
    ],
    ignored={
        "a share is written 1.00 or 100.00 percent: not to be told apart": ("Relationship.Quantifiers.*",),
        "the accounting standard": ("Relationship.Qualifiers.*",),
        "periods beyond the fifth": ("Relationship.Period.*",),
        "how the entry is kept": _KEPT,
    },
    repeated=frozenset({"RelationshipPeriod", "RelationshipQualifier", "RelationshipQuantifier"}),
    renamed={
        "RelationshipPeriods.RelationshipPeriod": "Period",
        "RelationshipQualifiers.RelationshipQualifier": "Qualifiers",
        "RelationshipQuantifiers.RelationshipQuantifier": "Quantifiers",
        ".StartDate": ".startDate",
        ".EndDate": ".endDate",
        ".PeriodType": ".periodType",
    },
)
_EXCEPTIONS = Layout(
    record="Exception",
    root="ReportingExceptionData",
    columns=["LEI", "Exception.Category", *_REASONS],
    ignored={"references may name persons": ("Exception.Reference.*",), "how the entry is kept": _KEPT},
    repeated=frozenset({"ExceptionReason", "ExceptionReference"}),
    renamed={"ExceptionCategory": "Exception.Category", "ExceptionRe": "Exception.Re"},
)
_VOID = {
    "DUPLICATE": "a duplicate entry",
    "ANNULLED": "an annulled entry",
    "CANCELLED": "an entry that was never issued",
    "PENDING_VALIDATION": "an entry that is not issued yet",
}
_VALID = {
    "ISSUED": None,
    "PUBLISHED": None,
    "PENDING_TRANSFER": None,
    "PENDING_ARCHIVAL": None,
    "TRANSFERRED": None,
    "MERGED": "merged into another entity",
    "LAPSED": "the entry was not renewed",
    "RETIRED": "the entry is retired",
}
_TYPES = {
    "FUND": "investment_fund",
    "RESIDENT_GOVERNMENT_ENTITY": "government_agency",
    "INTERNATIONAL_ORGANIZATION": "intergovernmental",
}
_CATEGORIES = ["GENERAL", "BRANCH", "SOLE_PROPRIETOR", *_TYPES]
_PARENTS = {
    "IS_DIRECTLY_CONSOLIDATED_BY": "accounting_consolidation",
    "IS_ULTIMATELY_CONSOLIDATED_BY": "ultimate_consolidation",
}
_NOT_OWNERS = ["IS_FUND-MANAGED_BY", "IS_SUBFUND_OF", "IS_FEEDER_TO", "IS_INTERNATIONAL_BRANCH_OF"]
_UNREPORTED = {
    "DIRECT_ACCOUNTING_CONSOLIDATION_PARENT": "direct",
    "ULTIMATE_ACCOUNTING_CONSOLIDATION_PARENT": "ultimate",
}
_EXPECTED: dict[str, Sequence[str]] = {
    "Entity.LegalName": (),
    "Entity.EntityStatus": ("ACTIVE", "INACTIVE", "NULL"),
    "Entity.EntityCategory": ("", *_CATEGORIES),
    "Registration.RegistrationStatus": (*_VALID, *_VOID),
    "Relationship.RelationshipStatus": ("ACTIVE", "INACTIVE", "NULL"),
    "Relationship.RelationshipType": (*_PARENTS, *_NOT_OWNERS),
    "Exception.Category": (*_UNREPORTED,),
    "Exception.Reason.1": (),
}


def entities(row: Row) -> None:
    """Level 1: one legal entity."""
    legal, office = row["Entity.LegalAddress.Country"], row[_OFFICE + "Country"]
    state, status = row["Registration.RegistrationStatus"], row["Entity.EntityStatus"]
    _skip_void(row, state)
    form = row["Entity.LegalForm.EntityLegalFormCode"]
    told = form.is_in(["8888", "9999"]).fill_null(True)
    entity = _entity(
        row,
        country=country(office),
        other_names=_others(row),
        subdivision=subdivision(row[_OFFICE + "Region"]),
        place=text(row[_OFFICE + "City"]),
        founded=date(row["Entity.EntityCreationDate"]),
        legal_form=text(pl.when(told).then(row["Entity.LegalForm.OtherLegalForm"]).otherwise("ELF " + form)),
        as_of=date(row["Registration.LastUpdateDate"]),
        note=_note(
            state.replace_strict(_VALID, default=None, return_dtype=pl.String),
            pl.when(status == "INACTIVE").then(pl.lit("no longer active")),
            row["Entity.EntityExpirationReason"].str.to_lowercase().str.replace("_", " "),
            row["Entity.EntityExpirationDate"].str.head(10),
            pl.when(legal != office).then(pl.lit("registered in ") + legal),
        ),
    )
    for column in _SUCCESSORS:
        row.relation(
            "Succession",
            when=row[column].is_not_null(),
            predecessor=entity,
            successor=row.ref("Corporation", ("lei", row[column])),
            succession_kind=pl.when(state == "MERGED").then(pl.lit("merged_into")),
            since=date(row["Entity.EntityExpirationDate"]),
        )
    _ignore(row, _LEVEL1)


def names(row: Row) -> None:
    """A cut of level 1: name, country and category alone."""
    _entity(
        row,
        country=country(row["Entity.LegalAddress.Country"]),
        note="country of the legal address; whether the entry is in force is not said",
    )
    row.ignore("Entity.EntitySubCategory", why="kinds of government bodies")


def _entity(row: Row, **columns: Any) -> Ref:
    category = row["Entity.EntityCategory"]
    row.skip("a sole proprietor: natural persons are left out", when=category == "SOLE_PROPRIETOR")
    row.skip("no category: a natural person is not ruled out", when=category.is_null())
    row.skip(
        "the name may be a natural person's",
        when=(category == "GENERAL") & us_names.may_be_person(row["Entity.LegalName"]),
    )
    row.defaults("filed")
    return row.thing(
        "Corporation",
        ("lei", row["LEI"]),
        name=text(row["Entity.LegalName"]),
        legal_name=text(row["Entity.LegalName"]),
        lei=row["LEI"],
        organization_type=category.replace_strict(_TYPES, default=None, return_dtype=pl.String),
        **columns,
    )


def _others(row: Row) -> pl.Expr:
    listed = pl.concat_list(row[name] for name in _NAMES).list.drop_nulls()
    return pl.when(listed.list.len() > 0).then(listed.list.unique(maintain_order=True))


def _skip_void(row: Row, state: pl.Expr) -> None:
    for word, reason in _VOID.items():
        row.skip(reason, when=state == word)


def _note(*parts: pl.Expr) -> pl.Expr:
    words = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    return pl.when(words != "").then(words)


def parents(row: Row) -> None:
    """Level 2: the start node is consolidated by the end node."""
    kind, status = row["Relationship.RelationshipType"], row["Relationship.RelationshipStatus"]
    state, updated = row["Registration.RegistrationStatus"], row["Registration.LastUpdateDate"]
    _skip_void(row, state)
    row.skip("funds and branches: no ownership", when=kind.is_in(_NOT_OWNERS))
    row.skip("a relation of unknown status", when=status == "NULL")
    lei = (row["Relationship.StartNode.NodeIDType"] == "LEI") & (
        row["Relationship.EndNode.NodeIDType"] == "LEI"
    )
    row.skip("a parent or child without LEI", when=~lei)
    since, until = _period(row, "startDate"), _period(row, "endDate")
    ended = pl.when(until.is_not_null() | (status != "INACTIVE")).then(until).otherwise(updated)
    late = (until.str.head(10) < since.str.head(10)).fill_null(False)
    owned, owner = row["Relationship.StartNode.NodeID"], row["Relationship.EndNode.NodeID"]
    control = kind.replace_strict(_PARENTS, default=None, return_dtype=pl.String)
    row.defaults("filed", as_of=date(updated))
    row.relation(
        "Ownership",
        (owner, owned, control),
        owner=row.ref("Corporation", ("lei", owner)),
        owned=row.ref("Corporation", ("lei", owned)),
        control=control,
        since=date(since),
        until=Value(ended, pl.when(~late).then(date(ended).clean), "an end that is not before the start"),
        note=_note(
            state.replace_strict(_VALID, default=None, return_dtype=pl.String),
            pl.when(until.is_null() & (status == "INACTIVE")).then(
                pl.lit("ended by then; the day is not said")
            ),
        ),
    )
    _ignore(row, _LEVEL2)


def _period(row: Row, bound: str) -> pl.Expr:
    """A bound of the relation itself, wherever it stands among accounting and filing periods."""
    return pl.coalesce(
        pl.when(row[f"Relationship.Period.{n}.periodType"] == "RELATIONSHIP_PERIOD").then(
            row[f"Relationship.Period.{n}.{bound}"]
        )
        for n in _FIVE
    )


def exceptions(row: Row) -> None:
    """Why an entity reports no parent: no statement about who owns it."""
    which = row["Exception.Category"].replace_strict(_UNREPORTED, default=None, return_dtype=pl.String)
    why = pl.concat_str([row[name] for name in _REASONS], separator=", ", ignore_nulls=True)
    row.thing(
        "Corporation",
        ("lei", row["LEI"]),
        lei=row["LEI"],
        status="filed",
        note=pl.concat_str(pl.lit("no "), which, pl.lit(" parent in accounting is reported: "), why),
    )
    row.forbid(*_REFERENCES)
    _ignore(row, _EXCEPTIONS)


def _ignore(row: Row, layout: Layout) -> None:
    for why, globs in layout.ignored.items():
        row.ignore(*globs, why=why)


def _complete(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Rows that lack what every entry has, or hold a word that no list has, are named as a whole."""
    columns = frame.collect_schema().names()
    cells = {name: pl.col(name).str.strip_chars().fill_null("") for name in _EXPECTED if name in columns}
    wrong = [
        pl.when((cells[name] == "") if not words else ~cells[name].is_in(list(words))).then(
            pl.when(cells[name] == "")
            .then(pl.lit(f"{name} is missing"))
            .otherwise(pl.lit(f"{name} is an unknown word"))
        )
        for name, words in _EXPECTED.items()
        if name in columns
    ]
    before = [pl.col(PROBLEM)] if PROBLEM in columns else []
    return frame.with_columns(pl.coalesce(*before, *wrong).alias(PROBLEM))


def _read(layout: Layout) -> Read:
    """Reader of a level in its three formats."""

    def rows(path: Path) -> pl.LazyFrame:
        return _complete(read.csv(path) if ".csv" in path.suffixes else nested.scan(path, layout))

    return rows


def _tables(stem: str, layout: Layout, describe: Describe) -> Iterable[Table]:
    """Files as the publisher names them (`20240505-0000-gleif-goldencopy-lei2-…`), and cuts of them."""
    for pattern in (f"*-{stem}-*.csv*", f"*-{stem}-*.json", f"*-{stem}-*.xml", f"{stem.rstrip('2')}-*.xml"):
        yield Table(pattern, _read(layout), describe, expected_bytes=100)


def _published(paths: Sequence[Path]) -> str:
    """The newest day in the names of the files or in their headers; none in a cut without either."""
    days = [f"{day[1]}-{day[2]}-{day[3]}" for path in paths if (day := _DAY.match(path.name))]
    for path in paths:
        if path.suffix == ".xml":
            with path.open("rb") as stream:
                days += re.findall(r"ContentDate>([0-9-]{10})", stream.read(4096).decode("utf-8", "replace"))
    return max(days, default="")


SOURCE = Source(
    id="gleif",
    title="Legal Entity Identifiers: entities, parents, reasons why no parent is reported",
    publisher="Global Legal Entity Identifier Foundation (GLEIF)",
    licence="CC0-1.0",
    url="https://goldencopy.gleif.org/api/v2/golden-copies/publishes",
    tables=(
        Table("lei2-names*.csv*", _read(_LEVEL1), names, expected_bytes=100),
        *_tables("lei2", _LEVEL1, entities),
        *_tables("rr", _LEVEL2, parents),
        *_tables("repex", _EXCEPTIONS, exceptions),
    ),
    release=_published,
    raw="gleif",
    downloads=tuple(
        Download(
            f"https://goldencopy.gleif.org/api/v2/golden-copies/publishes/{file}/latest.csv",
            f"gleif-goldencopy-{file}-latest.csv.zip",
            size,
        )
        for file, size in (("lei2", 506_000_000), ("rr", 31_000_000), ("repex", None))
    ),
    also_there=("PROVENANCE.md", "*.ttl"),
)
