"""One family at a date: the chain up to the ultimate parent, and all below it, each step with evidence.

Corporations: control as `graph.analysis.families` decides it. Where two owners control at once, the one that
is believed more (C1) leads and the other is kept. Unions: affiliation upward and downward, mergers that had
happened by the date; a union may belong to several centres.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import polars as pl

from graph.analysis.cash_flow import cash_flow
from graph.analysis.confidence import believe
from graph.analysis.families import CONTROL, EVIDENCE, FIRST, control, month_at, records_at, stands
from graph.analysis.parameters import DEFAULT, Parameters
from graph.engine import Tables, cut
from ontology import WrongUseError

FUNDS = ("naics-2022:523", "naics-2022:525")
"""Sectors whose companies own as investors: above the operating parent, not part of it."""

_NOT_ABOVE = ("former_affiliate", "alliance_member", "caucus_within")
_NO_OPERATOR = ("labor_provider",)


@dataclass(frozen=True)
class Hop:
    """One tie of a family: `below` belongs to `above`, as `records` (ids of relations) say.

    `belief`: C1, in [0, 1]. `dates`: since and until, ISO text or null. `control`: how the owner controls;
    of a representation its status. `assumed`: what was taken for granted.
    `evidence`: `{record, source, locator, url, status}` of each record.
    """

    below: str
    above: str
    kind: str
    belief: float
    dates: tuple[str | None, str | None]
    share_pct: float | None = None
    control: str | None = None
    records: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()


@dataclass
class Parents:
    """Who is above a company, plant or union at a month.

    `chain`: hops upward, the leading owner at each. `ultimate`: the top; `operating_parent`: the top below
    the first fund. `others`: hops to further owners in control at the same time (conflicts). `co_owners`:
    hops to owners without control of anything in the chain; two halves give nobody control. `cycle`: ids of
    companies that own each other, else empty; the chain stops there. `assumed`: what was taken for granted
    on any hop, in words.
    """

    item: str
    month: int
    chain: list[Hop] = field(default_factory=list)
    ultimate: str = ""
    operating_parent: str = ""
    others: list[Hop] = field(default_factory=list)
    co_owners: list[Hop] = field(default_factory=list)
    cycle: list[str] = field(default_factory=list)

    @property
    def assumed(self) -> list[str]:
        return sorted({word for hop in self.chain for word in hop.assumed})


@dataclass
class Family:
    """A family at a month: `head`, `parents` of it, `members` (hops below it, nearest first), `plants`
    (hops from plants to their operators), `unions` (hops from plants to unions that represent workers
    there; `control` holds the status of it), `findings` (cycles, conflicts), `names` and `countries` by id,
    `cash_flow` (percent of a member's payouts that reach the head, where shares are known), `sources` of all
    hops.
    """

    head: str
    parents: Parents
    members: list[Hop]
    plants: list[Hop]
    unions: list[Hop]
    findings: list[str]
    names: dict[str, str] = field(default_factory=dict)
    countries: dict[str, str] = field(default_factory=dict)
    cash_flow: dict[str, float] = field(default_factory=dict)

    @property
    def sources(self) -> list[str]:
        hops = (*self.parents.chain, *self.members, *self.plants, *self.unions)
        return sorted({str(line["source"]) for hop in hops for line in hop.evidence})


def ultimate_parent(
    tables: Tables, item: str, as_of: str | None = None, parameters: Parameters = DEFAULT
) -> Parents:
    """Who ultimately controlled a company or plant, with the chain.

    Parameters
    ----------
    item
        Id of a corporation or plant.
    as_of
        Partial ISO date, of a year its last month; today by default.

    Raises `WrongUseError` where `as_of` is no date. A circle of owners is no error: `cycle` names it.

    >>> owns = [{"id": "1", "owner": "corp:b", "owned": "corp:a", "status": "stated", "source": "s@1"}]
    >>> ultimate_parent(Tables.of({"Ownership": pl.DataFrame(owns)}), "corp:a", "2020").ultimate
    'corp:b'
    """
    return _Ownership(tables, month_at(as_of), parameters).parents(item)


def family(tables: Tables, item: str, as_of: str | None = None, parameters: Parameters = DEFAULT) -> Family:
    """The family of a company, plant or union at a date, with evidence on every tie.

    The head is the operating parent: a fund that owns it stands above, in `parents`. Parameters as in
    `ultimate_parent`; a union's family goes down to its locals and names the plants they represent.
    """
    kind = cut(tables["things"].filter(nw.col("id") == item).select("kind"))
    month = month_at(as_of)
    if "Union" in kind["kind"].to_list():
        return _union_family(tables, item, month, parameters)
    if not kind.is_empty() and not {"Corporation", "Plant"} & set(kind["kind"]):
        raise WrongUseError(f"{item} is a {kind['kind'][0]}", hint="name a corporation, plant or union")
    ties = _Ownership(tables, month, parameters)
    parents = ties.parents(item)
    head = parents.operating_parent
    members, findings = ties.below(head)
    companies = [head, *(hop.below for hop in members)]
    plants = ties.plants(companies)
    unions = _represented(tables, sorted({hop.below for hop in plants}), month, parameters)
    if parents.cycle:
        findings.insert(0, _cycle(parents.cycle))
    found = _named(tables, Family(head, parents, members, plants, unions, findings))
    flows = cash_flow(tables, as_of).filter(owner=head)
    found.cash_flow = dict(flows.select("owned", "share_pct").iter_rows())
    return found


def sizes(tables: Tables, ids: list[str]) -> list[tuple[str, int]]:
    """Things and how many companies, plants or unions the sources put under each, the largest first.

    >>> owns = [{"id": "1", "owner": "corp:b", "owned": "corp:a", "status": "stated"}]
    >>> sizes(Tables.of({"Ownership": pl.DataFrame(owns)}), ["corp:a", "corp:b"])
    [('corp:b', 1), ('corp:a', 0)]
    """
    ends = (("Ownership", "owner"), ("Operation", "operator"), ("Affiliation", "body"))
    parts = [tables[kind].filter(nw.col(end).is_in(ids)).select(id=end) for kind, end in ends]
    counts = dict(cut(nw.concat(parts).group_by("id").agg(n=nw.len())).select("id", "n").iter_rows())
    return sorted(((item, counts.get(item, 0)) for item in ids), key=lambda row: (-row[1], row[0]))


def _cycle(ids: Iterable[str]) -> str:
    return "companies own each other in a circle: " + " -> ".join(ids)


def _hops(
    tables: Tables, kind: str, rows: pl.DataFrame, parameters: Parameters, *, below: str, above: str
) -> list[Hop]:
    """Hops of relation records, one for each pair of ends, the most believed first."""
    if rows.is_empty():
        return []
    wanted = tables[kind].filter(nw.col("id").is_in(rows["id"].to_list()))
    said = wanted.with_columns(key=nw.concat_str([below, above], separator="\n"))
    belief = dict(cut(believe(said, "key", parameters.confidence).select("key", "belief")).iter_rows())
    found = []
    for (low, high), part in rows.sort("id").partition_by([below, above], as_dict=True).items():
        lines = part.rows(named=True)
        best = next((line for line in lines if line["since"] or line["until"]), lines[0])
        assumed = []
        if not best["since"] and not best["until"]:
            assumed.append("dates not known")
        if all(line["status"] == "inferred" for line in lines):
            assumed.append("inferred by a register, not stated")
        evidence = tuple({"record": line["id"], **{n: line[n] for n in EVIDENCE}} for line in lines)
        found.append(
            Hop(
                str(low),
                str(high),
                kind,
                belief.get(f"{low}\n{high}", 0.0),
                (best["since"], best["until"]),
                next((line["share_pct"] for line in lines if line.get("share_pct") is not None), None),
                next((line["control"] for line in lines if line.get("control")), None),
                tuple(line["id"] for line in lines),
                tuple(assumed),
                evidence,
            )
        )
    return sorted(found, key=lambda hop: (-hop.belief, hop.below, hop.above))


class _Ownership:
    """Who owns and operates what in one month."""

    def __init__(self, tables: Tables, month: int, parameters: Parameters) -> None:
        self.tables = tables
        self.month = month
        self.parameters = parameters
        held = control(tables, parameters.shifts).filter(nw.col("lo") <= month, nw.col("hi") >= month)
        self.pairs = cut(held.select("owned", "owner", "factor").unique())
        self.records = records_at(tables, "Ownership", month, ("owned", "owner"), "share_pct", "control")
        self.operations = records_at(
            tables, "Operation", month, ("plant", "operator"), "operator_role", "share_pct"
        ).filter(~pl.col("operator_role").is_in(_NO_OPERATOR).fill_null(False))

    def owners(self, companies: list[str], *, held: bool = True, upward: bool = True) -> list[Hop]:
        """Hops to (upward) or from owners, in control or not."""
        mine = self.records.filter(pl.col("owned" if upward else "owner").is_in(companies))
        how: Any = "semi" if held else "anti"
        mine = mine.join(self.pairs, on=["owned", "owner"], how=how)
        stated = (pl.col("status") != "inferred").any().over("owned", "owner")
        mine = mine.filter((pl.col("status") != "inferred") | ~stated)
        return _hops(self.tables, "Ownership", mine, self.parameters, below="owned", above="owner")

    def controlling(self, company: str) -> list[Hop]:
        """Hops to owners of more than half, or in control otherwise: a half is none."""
        return [hop for hop in self.owners([company]) if hop.share_pct != 50 or hop.control in CONTROL]

    def plants(self, companies: list[str]) -> list[Hop]:
        mine = self.operations.filter(pl.col("operator").is_in(companies))
        return _hops(self.tables, "Operation", mine, self.parameters, below="plant", above="operator")

    def parents(self, item: str) -> Parents:
        """The chain upward; it stops at a company that is in it already."""
        found, here = Parents(item, self.month), item
        operators = self.operations.filter(pl.col("plant") == item)
        hops = _hops(self.tables, "Operation", operators, self.parameters, below="plant", above="operator")
        seen = [item]
        while hops := hops or self.controlling(here):
            found.others += hops[1:]
            here = hops[0].above
            if here in seen:
                found.cycle = [*seen[seen.index(here) :], here]
                break
            found.chain.append(hops[0])
            seen.append(here)
            hops = []
        found.ultimate = seen[-1]
        held = {(hop.below, hop.above) for hop in (*found.chain, *found.others)}
        ties = (*self.owners(seen, held=False), *self.owners(seen))
        found.co_owners = [hop for hop in ties if (hop.below, hop.above) not in held]
        found.operating_parent = self._operating(found)
        return found

    def _operating(self, found: Parents) -> str:
        """The top of the chain below the first fund; a plant alone has its operator."""
        companies = [hop.above for hop in found.chain]
        if not found.chain or found.chain[0].kind != "Operation":
            companies.insert(0, found.item)
        funds = self._funds(companies)
        below = [c for n, c in enumerate(companies) if not funds & set(companies[: n + 1])]
        return below[-1] if below else companies[0]

    def _funds(self, companies: list[str]) -> set[str]:
        sectors = self.tables["InSector"].filter(nw.col("member").is_in(companies))
        rows = cut(sectors.select("member", "sector"))
        return set(
            rows.filter(pl.any_horizontal(pl.col("sector").str.starts_with(f) for f in FUNDS))["member"]
        )

    def below(self, head: str) -> tuple[list[Hop], list[str]]:
        """Companies under a head, nearest first, and what is odd about them."""
        members: list[Hop] = []
        findings: list[str] = []
        seen, ahead = {head}, [head]
        while ahead:
            fresh = []
            for hop in self.owners(ahead, upward=False):
                if hop.below in seen:
                    findings.append(f"{hop.below} is owned by {hop.above} too")
                    continue
                seen.add(hop.below)
                members.append(hop)
                fresh.append(hop.below)
            ahead = fresh
        rivals = self.pairs.filter(pl.col("owned").is_in(seen - {head}), ~pl.col("owner").is_in(seen))
        findings += [
            f"{a} is controlled by {b} as well"
            for a, b in rivals.select("owned", "owner").sort("owned").iter_rows()
        ]
        return members, findings


def _represented(tables: Tables, plants: list[str], month: int, parameters: Parameters) -> list[Hop]:
    """Unions at plants; `control` of a hop holds the status of the representation."""
    rows = records_at(tables, "Representation", month, ("plant", "union"), "representation_status")
    mine = rows.filter(pl.col("plant").is_in(plants)).rename({"representation_status": "control"})
    return _hops(tables, "Representation", mine, parameters, below="plant", above="union")


def _union_family(tables: Tables, item: str, month: int, parameters: Parameters) -> Family:
    rows = records_at(tables, "Affiliation", month, ("member", "body"), "affiliation_kind")
    rows = rows.filter(~pl.col("affiliation_kind").is_in(_NOT_ABOVE).fill_null(False))
    rows = rows.rename({"affiliation_kind": "control"})
    merged = _merged(tables, month).rename({"predecessor": "member", "successor": "body"})

    def hops(column: str, ids: list[str]) -> list[Hop]:
        wanted = pl.col(column).is_in(ids)
        found = [
            *_hops(tables, "Affiliation", rows.filter(wanted), parameters, below="member", above="body"),
            *_successions(tables, merged.filter(wanted), parameters),
        ]
        return sorted(found, key=lambda hop: (-hop.belief, hop.below, hop.above))

    parents, findings = _centres(item, month, hops)
    members = _downward(item, hops, findings)
    unions = _plants_of(tables, [item, *(hop.below for hop in members)], month, parameters)
    return _named(tables, Family(item, parents, members, [], unions, findings))


def _merged(tables: Tables, month: int) -> pl.DataFrame:
    """Mergers and renamings that had happened by the month: they do not end."""
    frame = tables["Succession"].filter(stands())
    columns = ("id", "since", "until", "since_min", *EVIDENCE)
    rows = cut(frame.select("predecessor", "successor", *columns, control="succession_kind"))
    return rows.filter(pl.col("since_min").fill_null(FIRST) <= month)


def _successions(tables: Tables, rows: pl.DataFrame, parameters: Parameters) -> list[Hop]:
    given = rows.rename({"member": "predecessor", "body": "successor"})
    return _hops(tables, "Succession", given, parameters, below="predecessor", above="successor")


def _centres(item: str, month: int, hops: Callable[[str, list[str]], list[Hop]]) -> tuple[Parents, list[str]]:
    """All bodies above a union: the first of each step leads the chain, the others are kept."""
    found, findings = Parents(item, month), []
    seen, here = [item], item
    while above := hops("member", [here]):
        found.others += above[1:]
        here = above[0].above
        if here in seen:
            found.cycle = [*seen[seen.index(here) :], here]
            findings.append("unions belong to each other in a circle: " + " -> ".join(found.cycle))
            break
        found.chain.append(above[0])
        seen.append(here)
    found.ultimate = found.operating_parent = seen[-1]
    return found, findings


def _downward(item: str, hops: Callable[[str, list[str]], list[Hop]], findings: list[str]) -> list[Hop]:
    members: list[Hop] = []
    seen, ahead = {item}, [item]
    while ahead:
        fresh = [hop for hop in hops("body", ahead) if hop.below not in seen]
        fresh = list({hop.below: hop for hop in reversed(fresh)}.values())[::-1]
        members += fresh
        seen.update(hop.below for hop in fresh)
        ahead = [hop.below for hop in fresh]
    return members


def _plants_of(tables: Tables, unions: list[str], month: int, parameters: Parameters) -> list[Hop]:
    rows = records_at(tables, "Representation", month, ("plant", "union"), "representation_status")
    mine = rows.filter(pl.col("union").is_in(unions)).rename({"representation_status": "control"})
    return _hops(tables, "Representation", mine, parameters, below="plant", above="union")


def _named(tables: Tables, found: Family) -> Family:
    """Names and countries of everything in a family."""
    parents = found.parents
    hops = (*parents.chain, *parents.others, *parents.co_owners, *found.members, *found.plants, *found.unions)
    ids = sorted({found.head, *(end for hop in hops for end in (hop.below, hop.above))})
    rows = cut(tables["things"].filter(nw.col("id").is_in(ids)).select("id", "name", "country"))
    for item, name, country in rows.iter_rows():
        if name:
            found.names[item] = name
        if country:
            found.countries[item] = country
    return found
