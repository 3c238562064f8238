"""The built-in dataset: cited facts about the labor network of three countries (loaders/data/README.md).

One function per table, in the order things, relations, moves. Statuses are told by rule: a page's words are
`stated`, a notice that the law asks for is `filed`, a rapid-response case is `alleged` until the respondent
country determines that there is a denial of rights (`found`) or none (`denied`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import polars.selectors as cs

from loaders.clean import Value, code, country, degrees, subdivision, term, terms, texts
from loaders.read import csv
from loaders.row import Cell, Ref, Row
from loaders.source import Source, Table
from ontology import TrinationalError

RETRIEVED = "2026-11-22"
ORGANIZATION_KINDS = {
    "Agency": ["government_agency", "intergovernmental"],
    "Corporation": ["brand", "contractor", "consultancy"],
    "Union": ["federation", "global_federation", "union_caucus"],
    "Certification": ["certification"],
}
DETERMINATIONS = {"determination_denial": "found", "determination_no_denial": "denied"}
# Ties whose other end, a union or organization, is helped rather than acting with.
SUPPORT = (
    *("strike_support", "legal_support", "funding", "training", "petition_support", "monitoring", "campaign"),
)
# Items of a list of products; a comma inside parentheses belongs to the item.
_PRODUCTS = r"(?:[^,;:(]|\([^)]*\))+"


def unions(row: Row) -> None:
    _cited(row)
    union = row.thing(
        "Union",
        row["union_id"],
        name=row["name"],
        native_name=row["native_name"],
        abbreviation=row["abbrev"],
        country=country(row["country"]),
        level=row["type"],
        founded=row["founded"],
    )
    row.relation("Description", union=union, described_as=row["described_as"], when=_has(row, "described_as"))
    _count(row, union, "members", "members", "members_year")
    _in_sectors(row, union, "sectors_naics")
    above = _ref(row, "Union", "parent_id")
    row.relation("Affiliation", "parent", member=union, body=above, affiliation_kind="parent")


def organizations(row: Row) -> None:
    """`type` decides the kind; what is no agency, company, union or certification is an association."""
    _cited(row)
    named = [kind for kinds in ORGANIZATION_KINDS.values() for kind in kinds]
    _organization(row, "Association", ~row["type"].is_in(named))
    for kind, types in ORGANIZATION_KINDS.items():
        _organization(row, kind, row["type"].is_in(types))


def _organization(row: Row, kind: str, when: pl.Expr) -> None:
    own: dict[str, Cell] = {"organization_type": row["type"]} if kind != "Certification" else {}
    if kind == "Union":
        own["level"] = term(row["type"], "union-level", {"union_caucus": "caucus"})
    row.thing(
        kind,
        row["org_id"],
        when=when,
        name=row["name"],
        native_name=row["native_name"],
        abbreviation=row["abbrev"],
        country=country(row["country"]),
        founded=row["founded"],
        **own,
    )


def corporations(row: Row) -> None:
    _cited(row)
    corporation = row.thing(
        "Corporation",
        row["corp_id"],
        name=row["name"],
        legal_name=row["legal_name"],
        country=country(row["hq_country"]),
        lei=row["lei"],
        cik=row["cik"],
        ticker=row["ticker"],
    )
    _in_sectors(row, corporation, "sector_naics")


def plants(row: Row) -> None:
    _cited(row)
    plant = row.thing(
        "Plant",
        row["plant_id"],
        name=row["name"],
        place=row["city"],
        subdivision=subdivision(row["subdivision"]),
        country=country(row["country"]),
        latitude=degrees(row["lat"], "latitude"),
        longitude=degrees(row["lon"], "longitude"),
        coordinate_precision=row["coord_precision"],
        coordinate_source=row["coord_source"].str.replace(r" \(\.\./[^)]*\)$", ""),
        opened=row["opened"],
        closed=row["closed"],
    )
    row.ignore("operator_id", why="operations.csv has the same operator, with dates")
    _in_sectors(row, plant, "naics")
    _count(row, plant, "employees", "employees", "employees_year")
    row.relation(
        "PlantStatus",
        plant=plant,
        plant_status=row["status"],
        # of such a plant only the undated page says that it was open
        as_of=pl.when(row["status"] != "open_at_source").then(row["retrieved"]),
        when=_has(row, "status"),
    )
    row.relation("Making", plant=plant, product=_product(row, "products", row.each("products", ";")))


def programs(row: Row) -> None:
    _cited(row, as_of=row["start"])
    program = row.thing(
        "Program",
        row["program_id"],
        name=row["name"],
        place=row["place"],
        country=country(row["country"]),
        starts=row["start"],
        ends=row["end"],
        amount_usd=row["amount_usd"],
    )
    row.relation("Funding", funder=_each_ref(row, "Organization", "funder_ids"), program=program)
    _party(row, program, _each_ref(row, "Organization", "implementer_ids"), "implementer")


def agreements(row: Row) -> None:
    _cited(row, as_of=row["signed_date"])
    agreement = row.thing(
        "Agreement",
        row["cba_id"],
        signed=row["signed_date"],
        expires=row["expires"],
        wage_gain_pct=row["wage_gain_pct"],
        workers=row["workers"],
        terms=row["terms_note"],
    )
    row.relation(
        "Coverage",
        agreement=agreement,
        plant=_ref(row, "Plant", "plant_id"),
        union=_ref(row, "Union", "union_id"),
        employer=_ref(row, "Organization", "corp_id"),
    )


def read_cases(path: Path) -> pl.LazyFrame:
    """Adds `determined`: the last determination among the case's steps, without other readings of dates."""
    beside = path.with_name("case_steps.csv")
    if not beside.is_file():
        raise TrinationalError(f"{path.name}: no {beside.name} beside it", hint="put both in one folder")
    determined = pl.col("step").replace_strict(DETERMINATIONS, default=None, return_dtype=pl.String)
    last = (
        csv(beside)
        .with_columns(determined=determined)
        .filter(pl.col("determined").is_not_null(), pl.col("date_of").ne_missing("other_reading"))
        .group_by("case_id")
        .agg(pl.col("determined").sort_by("date").last())
    )
    cases = csv(path)
    if "case_id" not in cases.collect_schema():
        return cases  # describe() says so
    return cases.join(last, on="case_id", how="left", validate="m:1", maintain_order="left")


def cases(row: Row) -> None:
    date = pl.coalesce(row["outcome_date"], row["request_date"], row["petition_date"])
    _cited(row, as_of=date)
    case = row.thing(
        "Case",
        row["case_id"],
        status=row["determined"].fill_null("alleged"),
        name=pl.concat_str(row["company_name"], row["city"], separator=", ", ignore_nulls=True),
        case_type="rrm",
        number=row["case_no"],
        invoking_country=country(row["invoking_country"]),
        respondent_country=country(row["respondent_country"]),
        petition_date=row["petition_date"],
        request_date=row["request_date"],
        place=row["city"],
        subdivision=subdivision(row["subdivision"]),
        country=country(row["country"]),
        allegations=terms(row["allegations"], "allegation", ";"),
        outcome=row["outcome_status"],
        outcome_date=row["outcome_date"],
        workers_affected=row["workers_affected"],
        workers_reinstated=row["workers_reinstated"],
        back_pay_usd=row["backpay_usd"],
        wage_gain_pct=row["wage_gain_pct"],
        petitioners_note=row["petitioners_note"],
    )
    _in_sectors(row, case, "sector_naics")
    _party(row, case, _each_ref(row, "Organization", "petitioner_ids"), "petitioner")
    _party(row, case, _ref(row, "Union", "union_concerned_id"), "union_concerned")
    _party(row, case, _ref(row, "Union", "incumbent_union_id"), "incumbent")
    _party(row, case, _ref(row, "Organization", "company_id"), "employer", named_as=row["company_name"])
    _party(row, case, _ref(row, "Plant", "facility_id"), "plant")


def case_steps(row: Row) -> None:
    determined = row["step"].replace_strict(DETERMINATIONS, default=None, return_dtype=pl.String)
    known = pl.when(row["date_of"].ne_missing("other_reading")).then(determined)
    _cited(row, status=known.fill_null("stated"), as_of=row["date"])
    row.relation(
        "CaseStep",
        (row["case_id"], row["step"], row["date"]),
        case=row.ref("Case", row["case_id"]),
        step=row["step"],
        date=row["date"],
        date_of=row["date_of"],
        actor=row["actor"],
        detail=row["detail"],
    )


def disputes(row: Row) -> None:
    _cited(row, as_of=row["date"])
    event = row.thing(
        "Event",
        row["dispute_id"],
        event_type=row["type"],
        date=row["date"],
        date_end=row["date_to"],
        result=row["result"],
        result_class=row["result_class"],
        votes_for=row["votes_for"],
        votes_against=row["votes_against"],
        votes_null=row["votes_null"],
        workers=row["workers"],
    )
    _party(row, event, _ref(row, "Plant", "plant_id"), "plant")
    _party(row, event, _ref(row, "Organization", "corp_id"), "employer")
    _party(row, event, _ref(row, "Union", "union_id"), "union")


def affiliations(row: Row) -> None:
    _cited(row)
    merged = row["relation"] == "merged_into"
    child, parent = row.ref("Union", row["child_id"]), row.ref("Union", row["parent_id"])
    row.relation(
        "Affiliation",
        member=child,
        body=parent,
        affiliation_kind=row["relation"],
        since=row["from"],
        until=row["to"],
        when=~merged,
    )
    row.relation(
        "Succession",
        predecessor=child,
        successor=parent,
        succession_kind=term(row["relation"], "succession-kind"),
        since=row["from"],
        until=row["to"],
        when=merged,
    )


def ownership(row: Row) -> None:
    _cited(row)
    row.relation(
        "Ownership",
        owner=row.ref("Organization", row["parent_id"]),
        owned=row.ref("Organization", row["subsidiary_id"]),
        share_pct=row["share_pct"],
        since=row["from"],
        until=row["to"],
    )


def operations(row: Row) -> None:
    _cited(row)
    row.relation(
        "Operation",
        plant=row.ref("Plant", row["plant_id"]),
        operator=row.ref("Organization", row["operator_id"]),
        operator_role=row["role"],
        share_pct=row["share_pct"],
        since=row["from"],
        until=row["to"],
    )


def representation(row: Row) -> None:
    _cited(row)
    row.relation(
        "Representation",
        union=row.ref("Union", row["union_id"]),
        plant=row.ref("Plant", row["plant_id"]),
        local=row["local"],
        workers=row["workers"],
        representation_status=row["status"],
        basis=row["basis"],
        since=row["from"],
        until=row["to"],
    )


def solidarity(row: Row) -> None:
    """Who acts is a `party`; the other end is the `target`, the `beneficiary` or a `party` too."""
    _cited(row, as_of=row["date"])
    tie = row.relation(
        "Tie",
        row["link_id"],
        tie_kind=row["type"],
        description=row["description"],
        case=_ref(row, "Case", "related_case_id"),
        plant=_ref(row, "Plant", "related_plant_id"),
        since=row["date"],
        until=row["date_to"],
    )
    end = row["to_id"].str.extract("^([a-z]+):", 1)
    role = (
        pl.when(end.is_in(["plant", "corp"]))
        .then(pl.lit("target"))
        .when(row["type"].is_in(SUPPORT))
        .then(pl.lit("beneficiary"))
        .otherwise(pl.lit("party"))
    )
    row.relation("Party", "from", within=tie, party=row.ref("Organization", row["from_id"]), role="party")
    row.relation("Party", "to", within=tie, party=row.ref("Thing", row["to_id"]), role=role)


def supply(row: Row) -> None:
    _cited(row, evidence_type=row["evidence"])
    row.relation(
        "Supply",
        row["link_id"],
        supplier=row.ref("Thing", row["supplier_id"]),
        buyer=row.ref("Thing", row["buyer_id"]),
        product=_product(row, "product", row["product"], hs_code=_hs(row)),
        hs_code=_hs(row),
        tier=row["tier"],
        share_pct=row["share_pct"],
        since=row["since"],
        until=row["until"],
    )


def shifts(row: Row) -> None:
    filed = pl.when(row["evidence_type"] == "warn").then(pl.lit("filed")).otherwise(pl.lit("stated"))
    date = pl.coalesce(row["announced_date"], row["effective_date"])
    _cited(row, status=filed, as_of=date, evidence_type=row["evidence_type"])
    row.relation(
        "ShiftClaim",
        row["shift_id"],
        corporation=_ref(row, "Corporation", "corp_id"),
        origin=_ref(row, "Plant", "from_plant_id"),
        origin_place=row["from_place"],
        origin_country=country(row["from_country"]),
        destination=_ref(row, "Plant", "to_plant_id"),
        destination_place=row["to_place"],
        destination_country=country(row["to_country"]),
        product=_product(row, "product", row["product"]),
        announced=row["announced_date"],
        effective=row["effective_date"],
        jobs_lost=row["jobs_lost"],
        jobs_gained=row["jobs_gained"],
        jobs_planned=row["jobs_planned"],
        outcome=row["outcome"],
    )


def _cited(row: Row, status: Cell = "stated", **evidence: Cell) -> None:
    """Where the row was read, each page once; `note` is taken along where the table has one."""
    cell = row["source_url_2"]
    pages = texts(cell, " ; ").clean.list.set_difference(pl.concat_list(row["source_url"]))
    any_left = pages.list.len() > 0
    further = Value(pl.when(any_left).then(cell), pl.when(any_left).then(pages), "addresses", many=True)
    row.defaults(
        status,
        url=row["source_url"],
        further_urls=further,
        page_title=row["source_title"],
        page_publisher=row["source_publisher"],
        page_class=row["source_class"],
        retrieved=row["retrieved"],
        seed=texts(row["seed"], ";"),
        note=row.get("note"),
        **evidence,
    )


def _has(row: Row, column: str) -> pl.Expr:
    return row[column].is_not_null()


def _ref(row: Row, kind: str, column: str) -> Ref:
    return row.ref(kind, row[column], when=_has(row, column))


def _each_ref(row: Row, kind: str, column: str) -> Ref:
    return row.ref(kind, row.each(column, ";"), when=_has(row, column))


def _party(row: Row, within: Ref, party: Ref, role: str, named_as: Cell = None) -> None:
    row.relation("Party", role, within=within, party=party, role=role, named_as=named_as)


def _in_sectors(row: Row, member: Ref, column: str) -> None:
    """One `InSector` per NAICS 2022 code of the cell."""
    stated = row.each(column, ";")
    sector = row.ref("Sector", ("naics-2022", stated), when=_has(row, column))
    row.relation("InSector", member=member, sector=sector, code_as_stated=stated)


def _count(row: Row, of: Ref, measure: str, column: str, year: str) -> None:
    row.relation(
        "Count", measure, of=of, measure=measure, value=row[column], as_of=row[year], when=_has(row, column)
    )


def _hs(row: Row) -> Cell:
    return code(row["hs_code"], "[0-9]{2,10}", "an HS code (two to ten digits)")


def _product(row: Row, column: str, words: pl.Expr, **columns: Cell) -> Ref:
    """The product that the words name; the note of the row is about something else."""
    key = ("product", words.str.to_lowercase())
    return row.thing(
        "Product", key, when=_has(row, column), name=words, note=pl.lit(None, pl.String), **columns
    )


def _read_plants(path: Path) -> pl.LazyFrame:
    """One separator between products: of `a, b (c, d); e` three are made."""
    products = cs.by_name("products", require_all=False)
    return csv(path).with_columns(products.str.extract_all(_PRODUCTS).list.join(";"))


SOURCE = Source(
    id="curated",
    title="Trinational core dataset",
    publisher="Trinational",
    licence="CC BY 4.0",
    url="https://w3id.org/trinational/source/curated",
    release=RETRIEVED,
    retrieved=RETRIEVED,
    folder=Path(__file__).parent / "data",
    also_there=("*.md",),
    tables=(
        Table("unions.csv", csv, unions),
        Table("organizations.csv", csv, organizations),
        Table("corporations.csv", csv, corporations),
        Table("plants.csv", _read_plants, plants),
        Table("programs.csv", csv, programs),
        Table("cba.csv", csv, agreements),
        Table("case_steps.csv", csv, case_steps),
        Table("rrm_cases.csv", read_cases, cases),
        Table("disputes.csv", csv, disputes),
        Table("union_affiliations.csv", csv, affiliations),
        Table("ownership.csv", csv, ownership),
        Table("operations.csv", csv, operations),
        Table("representation.csv", csv, representation),
        Table("solidarity.csv", csv, solidarity),
        Table("supply_links.csv", csv, supply),
        Table("production_shifts.csv", csv, shifts),
    ),
)
