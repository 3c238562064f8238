"""What the sources say: one module per source, and the framework that they are written in.

`sources()` gives all of them; `loaders.load.load()` loads one.
"""

from __future__ import annotations

import importlib

from loaders.source import Source, Table

_MODULES = (
    "curated",
    "us_warn",
    "mx_retc",
    "us_olms",
    "mx_stps",
    "mx_cfcrl",
    "us_fmcs_f7",
    "us_nlrb",
    "us_stoppages",
    "us_union_lookup",
    "ca_bc_lrb",
    "ca_negotech",
    "gleif",
    "mx_denue",
    "apple_suppliers",
    "open_supply_hub",
    "geography",
    "power_plants",
    "mining",
    "classifications",
    "us_taa",
    "us_aala",
    "us_vpic",
    "us_sec",
)


def sources() -> dict[str, Source]:
    """Every source that can be loaded, by id."""
    found: dict[str, Source] = {}
    for name in _MODULES:
        module = importlib.import_module(f"loaders.{name}")
        several: tuple[Source, ...] = getattr(module, "SOURCES", None) or (module.SOURCE,)
        found |= {source.id: source for source in several}
    return found


__all__ = ["Source", "Table", "sources"]
