"""A golden copy of LEI level 1 as large as the real one, and what loading it costs in time and memory.

`python -m benchmarks.gleif --entities 3000000` writes the file, loads it in a process of its own and prints
seconds and peak memory beside the floor: reading the same file as text into Parquet.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from loaders.gleif import SOURCE
from loaders.load import load

_PLACES = (
    "US|US-DE|Wilmington",
    "US|US-MI|Detroit",
    "CA|CA-ON|Toronto",
    "MX|MX-NLE|Monterrey",
    "DE|DE-BE|Berlin",
)
_BATCH = 100_000


def header() -> list[str]:
    """The columns of the golden copy that hold more than the odd value, and the empty families about them."""
    five = range(1, 6)
    other = "Entity.OtherEntityNames.OtherEntityName."
    latin = "Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName."
    parts = ("FirstAddressLine", "AdditionalAddressLine.1", "City", "Region", "Country", "PostalCode")
    return [
        *("LEI", "Entity.LegalName", "Entity.LegalName.xmllang"),
        *(f"{stem}{n}{end}" for stem in (other, latin) for n in five for end in ("", ".xmllang", ".type")),
        *(f"Entity.{kind}Address.{part}" for kind in ("Legal", "Headquarters") for part in parts),
        *(f"Entity.OtherAddresses.OtherAddress.{n}.{part}" for n in five for part in parts),
        *("Entity.RegistrationAuthority.RegistrationAuthorityID", "Entity.LegalJurisdiction"),
        *("Entity.RegistrationAuthority.RegistrationAuthorityEntityID", "Entity.EntityCategory"),
        *(
            "Entity.EntitySubCategory",
            "Entity.LegalForm.EntityLegalFormCode",
            "Entity.LegalForm.OtherLegalForm",
        ),
        *("Entity.EntityStatus", "Entity.EntityCreationDate", "Entity.EntityExpirationDate"),
        "Entity.EntityExpirationReason",
        *(f"Entity.SuccessorEntity.{n}.Successor{part}" for n in five for part in ("LEI", "EntityName")),
        *("Registration.InitialRegistrationDate", "Registration.LastUpdateDate"),
        *("Registration.RegistrationStatus", "Registration.NextRenewalDate", "Registration.ManagingLOU"),
        *("Registration.ValidationSources", "ConformityFlag"),
    ]


def write(path: Path, entities: int) -> None:
    """Write a level 1 csv of `entities` rows, always the same for the same number, in batches."""
    with path.open("wb") as stream:
        for start in range(0, entities, _BATCH):
            _rows(start, min(start + _BATCH, entities)).write_csv(
                stream, include_header=start == 0, quote_style="always"
            )


def _rows(start: int, end: int) -> pl.DataFrame:
    number = pl.int_range(start, end)
    place = (number * 7919 % len(_PLACES)).replace_strict(dict(enumerate(_PLACES)), return_dtype=pl.String)
    parts = place.str.split("|")
    country, region, city = (parts.list.get(n) for n in range(3))
    name = pl.format("Company {} Holdings, S.A. de C.V. No. {}", number * 48_271 % 999_983, number)
    day = pl.lit("2011-03-01").str.to_date() + pl.duration(days=number % 5000)
    stamp = day.dt.strftime("%Y-%m-%dT08:00:00.000Z")
    fund, lapsed = number % 19 == 0, number % 3 == 0
    given = {
        "LEI": _lei(number),
        "Entity.LegalName": name,
        "Entity.LegalName.xmllang": pl.lit("en"),
        "Entity.OtherEntityNames.OtherEntityName.1": pl.when(number % 6 == 0).then("Formerly " + name),
        "Entity.RegistrationAuthority.RegistrationAuthorityID": pl.lit("RA000602"),
        "Entity.RegistrationAuthority.RegistrationAuthorityEntityID": number.cast(pl.String),
        "Entity.LegalJurisdiction": region,
        "Entity.EntityCategory": pl.when(fund).then(pl.lit("FUND")).otherwise(pl.lit("GENERAL")),
        "Entity.LegalForm.EntityLegalFormCode": pl.lit("HZEH"),
        "Entity.EntityStatus": pl.lit("ACTIVE"),
        "Entity.EntityCreationDate": stamp,
        "Registration.InitialRegistrationDate": stamp,
        "Registration.LastUpdateDate": stamp,
        "Registration.RegistrationStatus": pl.when(lapsed).then(pl.lit("LAPSED")).otherwise(pl.lit("ISSUED")),
        "Registration.NextRenewalDate": stamp,
        "Registration.ManagingLOU": pl.lit("5493001KJTIIGC8Y1R12"),
        "Registration.ValidationSources": pl.lit("FULLY_CORROBORATED"),
        "ConformityFlag": pl.lit("CONFORMING"),
    }
    for kind in ("Legal", "Headquarters"):
        address = f"Entity.{kind}Address."
        given[address + "FirstAddressLine"] = pl.format(
            "{} Industrial Avenue, Building {}", number, number % 90
        )
        given |= {address + "City": city, address + "Region": region, address + "Country": country}
        given[address + "PostalCode"] = (number % 90_000 + 10_000).cast(pl.String)
    return pl.select(given.get(name, pl.lit("")).fill_null("").alias(name) for name in header())


def _lei(number: pl.Expr) -> pl.Expr:
    """A key with the check digits of ISO 7064 MOD 97-10: 98 less the remainder of the key with 00."""
    body = pl.lit("9845") + (number * 999_999_937 % 10**14).cast(pl.String).str.zfill(14)
    high, low = body.str.head(9).cast(pl.Int64), body.str.tail(9).cast(pl.Int64)
    rest = ((high % 97 * (10**9 % 97) + low % 97) * 100) % 97
    return body + (98 - rest).cast(pl.String).str.zfill(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=3_000_000)
    parser.add_argument("--load", type=Path, help="load this file here, without a process of its own")
    asked = parser.parse_args()
    if asked.load:
        print(json.dumps(_loaded(asked.load)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "20240505-0000-gleif-goldencopy-lei2-golden-copy.csv"
        write(path, asked.entities)
        started = time.perf_counter()
        pl.scan_csv(path, infer_schema=False).sink_parquet(Path(folder) / "floor.parquet")
        floor = time.perf_counter() - started
        command = [sys.executable, "-m", "benchmarks.gleif", "--load", str(path)]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        size = path.stat().st_size / 2**30
        print(f"{asked.entities:,} entities, {size:.2f} GB: {answer['records']:,} records,")
        print(f"{answer['seconds']:.1f} s against {floor:.1f} s, peak {answer['gigabytes']:.2f} GB")


def _loaded(path: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = load(SOURCE, [path], Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": report.seconds, "records": report.records, "gigabytes": peak}


if __name__ == "__main__":
    main()
