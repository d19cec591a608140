#!/usr/bin/env python3
"""Draws what rr_bench --json has written as an SVG: a dot per contender and row, on a logarithmic scale of multiples of rr
inline.

    chart.py RESULTS.json CHART.svg

The picture follows the reader's light or dark mode, and has no script and no outside reference, so that it can stand in a
README. What lies beyond the scale stands at its edge.
"""

import json
import math
import sys
from xml.sax.saxutils import escape

# Who is drawn, how, and in which colour: one that stands out on white and on black. Shapes tell the families apart.
CONTENDERS = {
    "rr": ("triangle", "#d55e00", "RefRuntime, extern"),
    "rr bounded": ("triangle", "#a86bd1", "RefRuntime, bounded"),
    "glibc": ("circle", "#7f8c97", "glibc + counts"),
    "mimalloc": ("circle", "#1e88e5", "mimalloc + counts"),
    "jemalloc": ("circle", "#26a69a", "jemalloc + counts"),
    "CPython": ("square", "#c99700", "CPython"),
    "Boehm": ("square", "#e0559a", "Boehm"),
    "Nim ORC": ("square", "#5c9e31", "Nim ORC"),
}
GROUPS = {
    "Allocate and release": ("pair", "batch", "replace", "tree", "deep list", "GCBench"),
    "Count": ("counts",),
    "Collect": ("dead", "live", "nothing"),
    "Churn beside a live graph": ("churn",),
    "Memory, start, Python": ("memory", "start", "Python"),
}

WIDTH, LEFT, RIGHT, ROW, TOP = 1060, 240, 150, 23, 112
LOWEST, HIGHEST = 0.1, 1000.0

STYLE = """
  svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d8dee4; --band: #f6f8fa; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --line: #30363d; --band: #151b23; }
  }
  text { font: 13px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: var(--ink); }
  .title { font-size: 17px; font-weight: 600; } .group { font-weight: 600; } .faint { fill: var(--faint); font-size: 12px; }
  .paper { fill: var(--paper); } .band { fill: var(--band); }
  .grid { stroke: var(--line); } .one { stroke: var(--ink); stroke-width: 1.5; } .mark { stroke: var(--paper); }
"""


def quantity(value, unit):
    """A number with its unit, as short as it may be."""
    if unit == "B":
        scales = (("B", 1), ("KiB", 2**10), ("MiB", 2**20))
    else:
        scales = (("ns", 1), ("µs", 1e3), ("ms", 1e6), ("s", 1e9))
    name, scale = [s for s in scales if value >= s[1]][-1] if value >= 1 else scales[0]
    return f"{value / scale:.3g} {name}"


def multiple(value):
    """How far beyond the scale."""
    return f"{value / 1e6:.1f}M×" if value >= 1e6 else f"{value / 1e3:.0f}k×"


def position(value):
    share = math.log(value / LOWEST) / math.log(HIGHEST / LOWEST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def mark(shape, x, y, colour):
    look = f'class="mark" fill="{colour}"'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" {look}/>'
    if shape == "square":
        return f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" rx="1" {look}/>'
    return f'<path d="M{x:.1f} {y - 6:.1f}l6.5 11h-13z" {look}/>'


def text(x, y, content, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(content)}</text>'


def legend():
    parts, x, y = [], LEFT, 62
    for shape, colour, name in CONTENDERS.values():
        if x + 30 + 7 * len(name) > WIDTH:
            x, y = LEFT, y + 20
        parts += [mark(shape, x + 6, y - 4, colour), text(x + 17, y, name)]
        x += 38 + 7 * len(name)
    return parts


def scale(bottom):
    parts = []
    for value in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        x = position(value)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}" class="{"one" if value == 1 else "grid"}"/>')
        parts.append(text(x, TOP - 7, f"{value:g}×", "faint", "middle"))
    return parts


def row(name, results, y):
    """A line with the base's own number and a mark for everybody else; those beyond the scale stand at its edges."""
    base = results.get("rr inline") or results["rr"]
    parts = [text(24, y + 4, name), text(LEFT - 14, y + 4, quantity(base["median"], base["unit"]), "faint", "end")]
    low, high = [], []
    for contender, (shape, colour, _) in CONTENDERS.items():
        result = results.get(contender)
        if result is None or result is base:
            continue
        ratio = result["median"] / base["median"]
        if LOWEST <= ratio <= HIGHEST:
            parts.append(mark(shape, position(ratio), y, colour))
        else:
            (low if ratio < LOWEST else high).append((shape, colour, multiple(ratio)))
    x = WIDTH - RIGHT + 10
    for shape, colour, label in high:
        parts += [mark(shape, x, y, colour), text(x + 9, y + 4, label, "faint")]
        x += 18 + 7 * len(label)
    if low:
        parts.append(text(LEFT + 2, y + 4, "‹"))
    for place, (shape, colour, _) in enumerate(low):
        parts.append(mark(shape, LEFT + 15 + 13 * place, y, colour))
    return parts


def draw(data):
    rows = {}
    for result in data["results"]:
        rows.setdefault(result["workload"], {})[result["contender"]] = result
    parts, y = [], TOP + 8
    for group, prefixes in GROUPS.items():
        members = [name for name in rows if name.startswith(prefixes)]
        if not members:
            continue
        parts.append(f'<rect x="12" y="{y}" width="{WIDTH - 24}" height="{ROW}" class="band"/>')
        parts.append(text(18, y + 16, group, "group"))
        y += ROW + ROW // 2 + 2
        for name in members:
            parts += row(name, rows[name], y)
            y += ROW
        y -= ROW // 2 - 6
    facts = f"{data['processor']}, {data['objects']:,} objects, medians of {data['repetitions']} interleaved repetitions or fewer"
    head = [
        text(18, 30, "Multiples of RefRuntime with inline calls: to the right is slower, or larger", "title"),
        text(18, 62, "number: RefRuntime's own", "faint"),
        text(18, y + 22, facts + ("; a quick run" if data["quick"] else ""), "faint"),
    ]
    height = y + 36
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" rx="8" class="paper"/>',
            *[part for part in parts if 'class="band"' in part],
            *scale(y),
            *[part for part in parts if 'class="band"' not in part],
            *legend(),
            *head,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: chart.py RESULTS.json CHART.svg")
    with open(sys.argv[1], encoding="utf-8") as source:
        drawing = draw(json.load(source))
    with open(sys.argv[2], "w", encoding="utf-8") as target:
        target.write(drawing)
