"""Cypher queries that embedded Cypher and Neo4j must answer alike, because the engine alone would not."""

from __future__ import annotations

from typing import Any

VALUES: tuple[tuple[str, dict[str, Any], list[tuple[Any, ...]]], ...] = (
    ("UNWIND [1, null] AS x WITH x WHERE x IS NULL RETURN sum(x) AS s, count(x) AS n", {}, [(0, 0)]),
    ("RETURN round(log(10), 3) AS x", {}, [(2.303,)]),
    ("RETURN split('a,,b', ',') AS x, split('', ',') AS y", {}, [(["a", "", "b"], [""])]),
    ("UNWIND ['a,,b', null] AS t RETURN split(t, ',') AS x", {}, [(["a", "", "b"],), (None,)]),
    ("UNWIND ['a', null] AS t RETURN t + '-' + 'b' AS x", {}, [("a-b",), (None,)]),
    ("UNWIND ['a', null] AS t WITH t AS u RETURN ('<' + u) + '>' AS x", {}, [("<a>",), (None,)]),
    ("UNWIND [1, 2] AS n RETURN CASE WHEN n = 1 THEN 1 ELSE 2.5 END AS x", {}, [(1.0,), (2.5,)]),
    ("UNWIND [1, 2] AS n RETURN CASE WHEN n = 1 THEN 2.5 ELSE 1 END AS x", {}, [(2.5,), (1.0,)]),
    ("UNWIND [1, 2] AS n RETURN CASE n WHEN 1 THEN 2.5 WHEN 2 THEN 1 END AS x", {}, [(2.5,), (1.0,)]),
    ("UNWIND ['a', null] AS t RETURN CASE t WHEN null THEN 'n' ELSE 'o' END AS x", {}, [("o",), ("o",)]),
    (
        "UNWIND [1, 2] AS n RETURN CASE n WHEN 1 THEN CASE WHEN n > 1 THEN 'a' ELSE 'b' END END AS x",
        {},
        [("b",), (None,)],
    ),
    ("UNWIND ['a', null] AS t WITH t WHERE t CONTAINS $c RETURN t", {"c": ""}, [("a",)]),
    ("UNWIND ['a', null] AS t WITH t WHERE NOT t IN $l RETURN t", {"l": []}, [("a",), (None,)]),
    ("UNWIND ['a', null] AS t WITH t WHERE NOT toLower(t) IN [] RETURN t", {}, [("a",), (None,)]),
    ("RETURN {a: 1, b: 'x'} AS m", {}, [({"a": 1, "b": "x"},)]),
    ("UNWIND [1] AS n RETURN collect({a: n}) AS l", {}, [([{"a": 1}],)]),
    ("RETURN toInteger(floor(4.7)) AS x, toString(4) AS y, reverse('ab') AS z", {}, [(4, "4", "ba")]),
    (
        "UNWIND [3, 1, 2] AS n WITH n ORDER BY n DESC LIMIT 2 RETURN sum(n) AS s, min(n) AS l",
        {},
        [(5, 2)],
    ),
    ("UNWIND [3, 1, 2] AS n WITH n ORDER BY n SKIP 1 LIMIT 1 WHERE n > 1 RETURN max(n) AS m", {}, [(2,)]),
    ("RETURN -9223372036854775808 AS x", {}, [(-(2**63),)]),
)

GRAPH = (
    "MATCH (r:Representation) RETURN r.plant AS p, sum(r.workers) AS w",
    "MATCH (r:Representation) WITH sum(r.workers) AS w, count(*) AS n RETURN w / n AS mean, w > n AS more",
    "MATCH (u:Union) RETURN u.country + '-' + u.level AS x, count(*) AS n",
    "MATCH (r:Ownership) RETURN CASE WHEN r.share_pct > 60 THEN 0 ELSE r.share_pct END AS x, r.id AS i",
    "MATCH (p:Plant) WITH p ORDER BY p.id DESC LIMIT 3 RETURN count(*) AS n, max(p.id) AS m",
    "MATCH (p:Plant) RETURN CASE p.municipality WHEN null THEN 'x' ELSE 'o' END AS x, count(*) AS n",
    "MATCH (p:Plant) WHERE NOT p.municipality IN [] RETURN count(*) AS n",
    "MATCH (p:Plant) WHERE p.name CONTAINS '' RETURN count(*) AS n",
    "MATCH (u:Union)-[:AFFILIATED_WITH*0..2]->(b:Union) RETURN u.id AS u, b.id AS b",
    "MATCH (x)-[:PLANT]->(p:Plant), (x)-[:UNION]->(u) WHERE u.country = p.country RETURN x.id, u.id",
    "MATCH (n:Organization) OPTIONAL MATCH (n)-[:REPRESENTS]->(p) RETURN count(*) AS n, count(p) AS m",
    "MATCH (a:Corporation)-[:OWNS*1..3]->(b) RETURN a.id AS a, count(DISTINCT b.id) AS n",
)
