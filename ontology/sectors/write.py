"""Writes `sectors.csv` from the official tables, and one SKOS file per scheme from `sectors.csv`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ontology.errors import TrinationalError
from ontology.model import ID, ONTOLOGY, TERM
from ontology.sectors import FOLDER, official, table

RAW = FOLDER.parents[1] / "../shared/data/raw"
_PREFIXES = f"""# Written by `python -m ontology.sectors`; do not edit.
@prefix : <{ONTOLOGY}> .
@prefix id: <{ID}> .
@prefix scheme: <{TERM}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
_NORTH_AMERICA = """exactMatch between NAICS 2022 and SCIAN 2023: INEGI marks the class as agreed by Canada,
        the United States and Mexico, and both have its code (wholesale, retail and government: a code each).
        closeMatch between them: the deepest such class, of four digits or more, above a national class.
        closeMatch to ISIC Rev. 4: from {table},
        a concordance of another edition, kept only where code and title are the same in this one."""
# Per scheme: language of its titles, labels, comment.
_SCHEMES = {
    "naics-2022": (
        "en",
        ("NAICS 2022", "SCIAN de Estados Unidos 2022", "SCIAN des États-Unis 2022"),
        """Codes and titles of the US Census Bureau, 2022. They stand for NAICS Canada too, whose table
        is not here: classes with an exactMatch are the same there, national classes below them may differ.
        """
        + _NORTH_AMERICA.format(table="NAICS 2017 to ISIC 4 (US Census Bureau)"),
    ),
    "scian-2023": (
        "es",
        ("SCIAN Mexico 2023", "SCIAN México 2023", "SCIAN du Mexique 2023"),
        """Codes and titles of INEGI, 2023.
        """
        + _NORTH_AMERICA.format(table="SCIAN 2018 to CIIU Rev. 4 (after INEGI)"),
    ),
    "isic-4": (
        "en",
        ("ISIC Rev. 4", "CIIU Rev. 4", "CITI Rév. 4"),
        "Codes and titles of the UN Statistics Division, Revision 4. NAICS and SCIAN say the match links.",
    ),
}


def turtle(scheme: str) -> str:
    """The SKOS file of a scheme, from the rows of `table()`."""
    language, labels, comment = _SCHEMES[scheme]
    named = ", ".join(f'"{label}"@{code}' for label, code in zip(labels, ("en", "es", "fr"), strict=True))
    rows = table().filter(scheme=scheme).iter_rows(named=True)
    head = f"scheme:{scheme} a skos:ConceptScheme ;\n    rdfs:label {named} ;\n"
    head += f'    rdfs:comment """{comment}"""@en .\n'
    return "\n".join([_PREFIXES, head, *(_concept(row, language) for row in rows)])


def _concept(row: dict[str, Any], language: str) -> str:
    name = row["name"].replace("\\", "\\\\").replace('"', '\\"')
    code, scheme = row["code"], row["scheme"]
    links = [("broader", [row["broader"]] if row["broader"] else [])]
    links += [("exactMatch", row["exact_match"]), ("closeMatch", row["close_match"])]
    said = "".join(
        f" ;\n    skos:{name} " + ", ".join(f"id:{target}" for target in targets)
        for name, targets in links
        if targets
    )
    return (
        f'id:{row["id"]} a :Sector ; skos:inScheme scheme:{scheme} ; :scheme "{scheme}" ; '
        f'skos:notation "{code}" ; :code "{code}" ;\n    skos:prefLabel "{name}"@{language}{said} .\n'
    )


def stale(raw: Path | None) -> Iterator[str]:
    """Files that differ from what would be written; `sectors.csv` is compared where `raw` is given."""
    if raw and official.sectors(raw).write_csv() != (FOLDER / "sectors.csv").read_text("utf-8"):
        yield "sectors.csv"
    for scheme in _SCHEMES:
        path = FOLDER / f"{scheme}.ttl"
        if not path.exists() or path.read_text("utf-8") != turtle(scheme):
            yield path.name


def write(raw: Path) -> None:
    """Writes all files anew."""
    official.sectors(raw).write_csv(FOLDER / "sectors.csv")
    table.cache_clear()
    for scheme in _SCHEMES:
        (FOLDER / f"{scheme}.ttl").write_text(turtle(scheme), encoding="utf-8")


def tables_folder() -> Path | None:
    """Where the official tables are: `TRINATIONAL_RAW`/industry-classifications; none where absent."""
    folder = Path(os.environ.get("TRINATIONAL_RAW", RAW)).resolve() / "industry-classifications"
    return folder if folder.is_dir() else None


def main() -> int:
    """Command `python -m ontology.sectors [--check]`: 0 done, 1 stale."""
    parser = argparse.ArgumentParser(prog="python -m ontology.sectors", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is stale")
    check = parser.parse_args().check
    raw = tables_folder()
    if raw is None and not check:
        raise TrinationalError(
            "no official tables found", hint="set TRINATIONAL_RAW to the folder of real files"
        )
    if raw is None:
        print("skipped: sectors.csv against the official tables, which are not here (TRINATIONAL_RAW)")
    if not check and raw:
        write(raw)
        return 0
    found = list(stale(raw))
    for name in found:
        print(f"stale: ontology/sectors/{name} (run python -m ontology.sectors)")
    return 1 if found else 0
