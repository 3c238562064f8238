"""Where things stand in a picture: countries as columns, kinds as rows, few crossings, no chance involved.

Cells are ordered by the barycentre of their neighbours (Sugiyama, Tagawa, Toda 1981), then by swaps that
shorten the lines; of a few curvatures each line takes the one that meets the fewest symbols and labels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SLOT, LINE = 172.0, 124.0
GUTTER, HEADING, ROW_GAP, COLUMN_GAP = 128.0, 56.0, 26.0, 56.0
RADIUS = 22.0
_ASPECT = 1.35
_BENDS = (0.0, 0.12, -0.12, 0.24, -0.24, 0.38, -0.38, 0.52, -0.52)
_LABEL = (SLOT * 0.42, RADIUS, RADIUS + 52)

Point = tuple[float, float]
Cell = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """Positions of nodes, bends of edges, and the bands: `columns` (left, right) and `rows` (top, bottom)."""

    points: Mapping[str, Point]
    bends: Sequence[float]
    columns: Mapping[int, Point]
    rows: Mapping[int, Point]
    width: float
    height: float


def arrange(cells: Mapping[str, Cell], edges: Sequence[tuple[str, str]]) -> Layout:
    """Place nodes, given the (row, column) of each, and bend the edges.

    Parameters
    ----------
    cells
        Row and column of each node; both are numbers in the order in which they are drawn.
    edges
        Pairs of nodes.

    Examples
    --------
    >>> found = arrange({"a": (0, 0), "b": (0, 1)}, [("a", "b")])
    >>> found.points["a"][1] == found.points["b"][1], found.bends
    (True, [0.0])
    """
    board = _Board(cells, edges)
    board.order()
    bends = _bend(board, edges)
    return Layout(board.points, bends, board.columns, board.rows, board.width, board.height)


def via(tail: Point, head: Point, bend: float) -> Point:
    """Control point of the quadratic curve between two points, as vis-network computes it (`curvedCW`)."""
    dx, dy = head[0] - tail[0], head[1] - tail[1]
    angle = math.atan2(dy, dx) - math.copysign(abs(bend) * math.pi / 2, bend)
    reach = (0.5 + abs(bend) / 2) * math.hypot(dx, dy)
    return tail[0] + reach * math.cos(angle), tail[1] + reach * math.sin(angle)


def on_curve(tail: Point, control: Point, head: Point, t: float) -> Point:
    """The point of a quadratic curve at `t` between 0 and 1."""
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return a * tail[0] + b * control[0] + c * head[0], a * tail[1] + b * control[1] + c * head[1]


class _Board:
    def __init__(self, cells: Mapping[str, Cell], edges: Sequence[tuple[str, str]]) -> None:
        self.neighbours: dict[str, list[str]] = {node: [] for node in cells}
        for tail, head in edges:
            self.neighbours[tail].append(head)
            self.neighbours[head].append(tail)
        self.cells: dict[Cell, list[str]] = {}
        for node in sorted(cells, key=lambda n: (-len(self.neighbours[n]), n)):
            self.cells.setdefault(cells[node], []).append(node)
        self.slots = self._choose_slots()
        self.points: dict[str, Point] = {}
        self._make_bands()
        for cell in self.cells:
            self._place(cell)

    def _lines(self, row: int, slots: Mapping[int, int]) -> int:
        return max(math.ceil(len(nodes) / slots[c]) for (r, c), nodes in self.cells.items() if r == row)

    def _choose_slots(self) -> dict[int, int]:
        """Slots of each column, so that the whole is about a third wider than high."""
        rows = sorted({row for row, _ in self.cells})
        best: tuple[float, dict[int, int]] = (math.inf, {})
        for lines in range(1, max(len(nodes) for nodes in self.cells.values()) + 1):
            slots: dict[int, int] = {}
            for (_, column), nodes in self.cells.items():
                slots[column] = max(slots.get(column, 1), math.ceil(len(nodes) / lines))
            height = sum(self._lines(row, slots) * LINE + ROW_GAP for row in rows) + HEADING
            width = sum(n * SLOT + COLUMN_GAP for n in slots.values()) + GUTTER
            best = min(best, (abs(math.log(width / height / _ASPECT)), slots), key=lambda pair: pair[0])
        return best[1]

    def _make_bands(self) -> None:
        self.columns: dict[int, Point] = {}
        self.rows: dict[int, Point] = {}
        edge = GUTTER
        for column in sorted(self.slots):
            self.columns[column] = (edge, edge + self.slots[column] * SLOT + COLUMN_GAP)
            edge = self.columns[column][1]
        self.width = edge
        edge = HEADING
        for row in sorted({row for row, _ in self.cells}):
            self.rows[row] = (edge, edge + self._lines(row, self.slots) * LINE + ROW_GAP)
            edge = self.rows[row][1]
        self.height = edge

    def _place(self, cell: Cell) -> None:
        nodes, (left, right), (top, bottom) = self.cells[cell], self.columns[cell[1]], self.rows[cell[0]]
        lines = math.ceil(len(nodes) / self.slots[cell[1]])
        used = math.ceil(len(nodes) / lines)
        start = (left + right) / 2 - (used - 1) * SLOT / 2
        first = (top + bottom) / 2 - (lines - 1) * LINE / 2 - 14
        for number, node in enumerate(nodes):
            slot, line = divmod(number, lines)
            shift = 0.0 if lines == 1 or used == 1 else (-0.16 if line % 2 else 0.16) * SLOT
            self.points[node] = (round(start + slot * SLOT + shift, 1), round(first + line * LINE, 1))

    def order(self) -> None:
        best = self._length(), {cell: list(nodes) for cell, nodes in self.cells.items()}
        for sweep in range(16):
            for cell in sorted(self.cells, reverse=bool(sweep % 2)):
                self.cells[cell].sort(key=lambda n: (self._centre(n), n))
                self._place(cell)
            best = min(
                best, (self._length(), {c: list(n) for c, n in self.cells.items()}), key=lambda b: b[0]
            )
        self.cells = best[1]
        for cell in self.cells:
            self._place(cell)
        self._swap()

    def _centre(self, node: str) -> float:
        near = [self.points[other][0] for other in self.neighbours[node]]
        return sum(near) / len(near) if near else self.points[node][0]

    def _reach(self, node: str) -> float:
        return sum(math.dist(self.points[node], self.points[other]) for other in self.neighbours[node])

    def _length(self) -> float:
        return sum(self._reach(node) for node in self.points)

    def _swap(self) -> None:
        for _ in range(6):
            improved = False
            for a, b in self._pairs():
                before = self._reach(a) + self._reach(b)
                self.points[a], self.points[b] = self.points[b], self.points[a]
                if self._reach(a) + self._reach(b) < before - 1e-6:
                    improved = True
                else:
                    self.points[a], self.points[b] = self.points[b], self.points[a]
            if not improved:
                return

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for nodes in self.cells.values():
            for i, a in enumerate(nodes):
                yield from ((a, b) for b in nodes[i + 1 : i + 25])


def _bend(board: _Board, edges: Sequence[tuple[str, str]]) -> list[float]:
    points = board.points
    ground = _Ground(points, board.width, board.height)
    bends = [0.0] * len(edges)
    lengths = [math.dist(points[tail], points[head]) for tail, head in edges]
    for number in sorted(range(len(edges)), key=lambda n: (lengths[n], n)):
        bends[number] = ground.choose(*edges[number])
    return bends


class _Ground:
    """What lines should not cross: symbols, labels, and the middles of lines drawn before."""

    def __init__(self, points: Mapping[str, Point], width: float, height: float) -> None:
        self.points, self.width, self.height = points, width, height
        self.near: dict[tuple[int, int], list[str]] = {}
        self.middles: dict[tuple[int, int], int] = {}
        for node, (x, y) in points.items():
            for i in (-1, 0, 1):
                for j in (-1, 0, 1):
                    self.near.setdefault((round(x / SLOT) + i, round(y / LINE) + j), []).append(node)

    def choose(self, tail: str, head: str) -> float:
        bend = min(_BENDS, key=lambda b: (self._cost(tail, head, b), abs(b)))
        middle = self._middle(tail, head, bend)
        self.middles[middle] = self.middles.get(middle, 0) + 1
        return bend

    def _middle(self, tail: str, head: str, bend: float) -> tuple[int, int]:
        a, b = self.points[tail], self.points[head]
        x, y = on_curve(a, via(a, b, bend), b, 0.5)
        return round(x / 44), round(y / 20)

    def _cost(self, tail: str, head: str, bend: float) -> float:
        a, b = self.points[tail], self.points[head]
        control = via(a, b, bend)
        hits = sum(self._hit(on_curve(a, control, b, t / 20), tail, head) for t in range(1, 20))
        bow = abs(bend) * (1.6 + math.dist(a, b) / 300)
        return hits + bow + 1.2 * self.middles.get(self._middle(tail, head, bend), 0)

    def _hit(self, point: Point, tail: str, head: str) -> float:
        inside = GUTTER < point[0] < self.width and HEADING < point[1] < self.height
        total = 0.0 if inside else 1.5
        for node in self.near.get((round(point[0] / SLOT), round(point[1] / LINE)), ()):
            if node in (tail, head):
                continue
            dx, dy = point[0] - self.points[node][0], point[1] - self.points[node][1]
            if math.hypot(dx, dy) < RADIUS + 6:
                total += 2.0
            elif abs(dx) < _LABEL[0] and _LABEL[1] < dy < _LABEL[2]:
                total += 0.7
        return total
