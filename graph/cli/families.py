"""Command family: who belongs together, at a date."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from graph.cli.common import AsOfOption, FormatOption, HomeOption, app, open_graph
from graph.console import OUT, Format, print_rows, steps

if TYPE_CHECKING:
    from graph.analysis.family import Family, Hop

_PARTS = ("chain", "others", "co_owners", "members", "plants", "unions")
_MOST = 12  # companies, plants and locals in one branch of a tree


@app.command("family")
def show_family(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A company, plant or union: id or name.")],
    as_of: AsOfOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every member: no branch is cut short.")] = False,
    format: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Show a corporate or union family at a date: who is above, who below, plants, unions, sources.

    The head is the company that operates; a fund that owns it stands above. What is taken for granted is
    said on each line; owners that conflict and circles of owners are listed at the end.

    Example: trinational family "General Motors" --as-of 2008
    """
    graph = open_graph(context, home)
    with steps("Family"):
        found = graph.family(name, as_of)
    if format is Format.json:
        OUT.print_json(json.dumps(as_dict(found), ensure_ascii=False))
    elif format is Format.csv:
        print_rows(
            [row for part in ("chain", "members", "plants", "unions") for row in _rows(found, part)], format
        )
    else:
        _print(found, as_of, None if every else _MOST)


def as_dict(found: Family) -> dict[str, Any]:
    """A family as plain data: ids with names, every tie with its evidence."""
    parents = found.parents
    return {
        "head": _thing(found, found.head),
        "as_of": f"{parents.month // 12}-{parents.month % 12 + 1:02}",
        "ultimate": _thing(found, parents.ultimate),
        "operating_parent": _thing(found, parents.operating_parent),
        "cycle": parents.cycle,
        "assumed": parents.assumed,
        **{part: _rows(found, part) for part in _PARTS},
        "cash_flow": found.cash_flow,
        "findings": found.findings,
        "sources": found.sources,
    }


def _thing(found: Family, item: str) -> dict[str, str | None]:
    return {"id": item, "name": found.names.get(item), "country": found.countries.get(item)}


def _rows(found: Family, part: str) -> list[dict[str, Any]]:
    hops: list[Hop] = getattr(found if hasattr(found, part) else found.parents, part)
    return [
        {
            "part": part,
            **dataclasses.asdict(hop),
            "below": _thing(found, hop.below),
            "above": _thing(found, hop.above),
        }
        for hop in hops
    ]


class _Page:
    """The tree of a family, its lines numbered by source."""

    def __init__(self, found: Family, most: int | None) -> None:
        self.found = found
        self.most = most
        self.numbers: dict[tuple[str, str], int] = {}
        self.below: dict[str, list[Hop]] = defaultdict(list)
        for hop in (*found.members, *found.plants):
            self.below[hop.above].append(hop)
        self.unions: dict[str, list[Hop]] = defaultdict(list)
        for hop in found.unions:
            self.unions[hop.below].append(hop)

    def name(self, item: str) -> str:
        return self.found.names.get(item, item)

    def line(self, item: str, hop: Hop | None = None) -> Text:
        country = self.found.countries.get(item)
        text = Text(self.name(item), style="bold" if hop is None or hop.kind != "Operation" else "")
        text.append(f"  {country}" if country else "", style="dim")
        return text if hop is None else text.append_text(self.tie(hop))

    def tie(self, hop: Hop) -> Text:
        """Share, control, dates, belief, what is assumed, and the numbers of the sources."""
        since, until = hop.dates
        share = f"{hop.share_pct:g} %" if hop.share_pct is not None else None
        dates = f"{since or '?'} – {until or 'open'}" if since or until else None
        control = hop.control.replace("_", " ") if hop.control else None
        flow = self.found.cash_flow.get(hop.below) if hop.above != self.found.head else None
        flows = f"cash flow {flow:g} %" if flow is not None else None
        words = [share, flows, control, dates, f"belief {hop.belief:.2f}", *hop.assumed]
        cited = sorted({self.number(line) for line in hop.evidence})
        text = Text("  " + " · ".join(word for word in words if word), style="dim")
        return text.append(" " + "".join(f"[{n}]" for n in cited), style="cyan")

    def number(self, line: dict[str, Any]) -> int:
        key = (str(line["url"] or line["locator"]), str(line["source"]))
        return self.numbers.setdefault(key, len(self.numbers) + 1)

    def tree(self) -> Tree:
        root = Tree(self.line(self.found.head))
        self.grow(root, self.found.head)
        return root

    def grow(self, branch: Tree, item: str) -> None:
        for hop in self.unions[item]:
            branch.add(Text(f"{self.name(hop.above)}", style="green").append_text(self.tie(hop)))
        hops = self.below[item]
        for hop in hops[: self.most]:
            self.grow(branch.add(self.line(hop.below, hop)), hop.below)
        if self.most is not None and len(hops) > self.most:
            branch.add(Text(f"… {len(hops) - self.most} more (--all)", style="dim"))


def _print(found: Family, as_of: str | None, most: int | None) -> None:
    page = _Page(found, most)
    OUT.print(Text(f"{page.name(found.head)} at {as_of or 'today'}", style="bold"))
    above = found.parents
    for title, hops in (
        ("Above", above.chain),
        ("Others in control", above.others),
        ("Co-owners", above.co_owners),
    ):
        if hops:
            OUT.print(Text(title, style="bold"))
            for hop in hops:
                OUT.print(Text(f"  {page.name(hop.below)} <- ").append_text(page.line(hop.above, hop)))
    if above.ultimate != found.head:
        OUT.print(f"Ultimate parent: {page.name(above.ultimate)}; operating parent: {page.name(found.head)}")
    OUT.print(page.tree())
    _print_counts(found, page)
    for finding in found.findings[: most or None]:
        OUT.print(Text(f"note: {finding}", style="yellow"))
    OUT.print(Text("Sources", style="bold"))
    for (where, source), number in page.numbers.items():
        OUT.print(Text(f"  [{number}] {where}  ({source})"))


def _print_counts(found: Family, page: _Page) -> None:
    """Plants by country, and who represents their workers."""
    plants = {hop.below for hop in (*found.plants, *(h for h in found.unions if not found.plants))}
    countries = Counter(found.countries.get(plant, "unknown") for plant in plants)
    OUT.print(
        "Plants: " + (", ".join(f"{n} {country}" for country, n in sorted(countries.items())) or "none known")
    )
    unions = Counter((hop.above, hop.control) for hop in found.unions)
    for (union, status), n in unions.most_common(page.most):
        OUT.print(Text(f"  {page.name(union)}: {n} plants, {status or 'status not known'}"))
    silent = len({hop.below for hop in found.plants} - {hop.below for hop in found.unions})
    if silent:
        OUT.print(Text(f"  no union named in the sources: {silent} plants (unknown, not none)", style="dim"))
    OUT.print(Text(f"Sources loaded that speak of this family: {', '.join(found.sources)}", style="dim"))
