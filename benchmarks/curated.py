"""The synthetic network as the sixteen tables of the built-in dataset."""

from __future__ import annotations

import polars as pl

from benchmarks import companies, labour
from benchmarks import vocabulary as words
from benchmarks.draw import Draw
from benchmarks.world import World

_PROVENANCE = "source_url source_title source_publisher source_class source_url_2 retrieved seed"
COLUMNS = {
    "rrm_cases": "case_id case_no invoking_country respondent_country petition_date request_date facility_id"
    " company_id company_name city subdivision country sector_naics petitioner_ids petitioners_note"
    " union_concerned_id incumbent_union_id allegations outcome_status outcome_date workers_affected"
    " workers_reinstated backpay_usd wage_gain_pct note",
    "case_steps": "case_id step date date_of actor detail",
    "unions": "union_id name native_name abbrev country type described_as members members_year sectors_naics"
    " founded parent_id note",
    "union_affiliations": "child_id parent_id relation from to note",
    "corporations": "corp_id name legal_name hq_country lei cik ticker sector_naics note",
    "ownership": "parent_id subsidiary_id share_pct from to note",
    "plants": "plant_id name operator_id city subdivision country lat lon coord_precision coord_source naics"
    " products employees employees_year status opened closed note",
    "operations": "plant_id operator_id role share_pct from to note",
    "representation": "union_id plant_id local from to workers status basis note",
    "cba": "cba_id plant_id corp_id union_id signed_date wage_gain_pct workers expires terms_note",
    "production_shifts": "shift_id corp_id from_plant_id from_place from_country to_plant_id to_place"
    " to_country product announced_date effective_date jobs_lost jobs_gained evidence_type jobs_planned"
    " outcome note",
    "supply_links": "link_id supplier_id buyer_id product hs_code tier since evidence share_pct until note",
    "solidarity": "link_id from_id to_id type date date_to description related_case_id related_plant_id",
    "organizations": "org_id name native_name abbrev country type founded note",
    "programs": "program_id name funder_ids implementer_ids place country start end amount_usd note",
    "disputes": "dispute_id type date date_to plant_id corp_id union_id result result_class"
    " votes_for votes_against votes_null workers note",
}


def tables(world: World) -> dict[str, pl.DataFrame]:
    """File name to table, in the columns of the built-in dataset."""
    represented = labour.representation(world)
    bodies = labour.organizations(world)
    cases = labour.rrm_cases(world, represented)
    made = {
        "corporations": companies.corporations(world),
        "ownership": companies.ownership(world),
        "plants": companies.plants(world),
        "operations": companies.operations(world),
        "supply_links": companies.supply_links(world),
        "production_shifts": companies.production_shifts(world),
        "unions": labour.unions(world),
        "union_affiliations": labour.union_affiliations(world),
        "representation": represented,
        "cba": labour.cba(world, represented),
        "organizations": bodies,
        "programs": labour.programs(world, bodies),
        "rrm_cases": cases,
        "case_steps": labour.case_steps(cases),
        "solidarity": labour.solidarity(world, bodies, cases),
        "disputes": labour.disputes(world, represented),
    }
    return {f"core/{name}.csv": _cited(world.draw, name, table) for name, table in made.items()}


def _cited(draw: Draw, name: str, table: pl.DataFrame) -> pl.DataFrame:
    """The table in its file's columns, each row with the page where it would have been read."""
    size = len(table)
    page = pl.int_range(size)
    further = pl.format(f"https://example.org/{name}/{{}}/a ; https://example.org/{name}/{{}}/b", page, page)
    cited = table.with_columns(
        pl.format(f"https://example.org/{name}/{{}}", page).alias("source_url"),
        pl.format(f"Synthetic {name.replace('_', ' ')}, page {{}}", page).alias("source_title"),
        pl.lit("Synthetic network").alias("source_publisher"),
        draw.term(f"{name}.class", size, words.CLASSES).alias("source_class"),
        draw.some(f"{name}.further", size, 0.2, further).alias("source_url_2"),
        pl.lit("2026-11-22").alias("retrieved"),
    )
    columns = f"{COLUMNS[name]} {_PROVENANCE}".split()
    return cited.select(
        pl.col(c) if c in cited.columns else pl.lit(None, pl.String).alias(c) for c in columns
    )
