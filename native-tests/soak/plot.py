#!/usr/bin/env python3
"""Draws the samples of a soak as an SVG: memory over time, and the pauses.

    plot.py SAMPLES.csv PICTURE.svg

The picture follows the reader's light or dark mode, and has no script and no outside reference, so that it can stand in a
README. Pauses are by processor time: what the library did, not when a busy machine let it. Those from a fork to the next
sample are left out, since the system copies every page that is written then.
"""

import csv
import math
import sys

WIDTH, LEFT, RIGHT = 1060, 70, 24
MEMORY_TOP, MEMORY_BOTTOM = 88, 360
PAUSE_TOP, PAUSE_BOTTOM = 442, 620
HEIGHT = 680
MIB = 2.0**20

# Column, colour, name. Colours stand out on white and on black.
MEMORY = (
    ("rss_bytes", "#7f8c97", "RSS of the process"),
    ("committed_bytes", "#1e88e5", "committed by the heap"),
    ("contents", "#d55e00", "objects and raw memory, garbage included"),
)
LIVING = ("reachable_bytes", "#26a69a", "of these, what lives")
PAUSES = (
    ("cpu_max_ns", "#e0559a", "the longest"),
    ("cpu_p99_ns", "#c99700", "99th percentile"),
    ("cpu_p50_ns", "#1e88e5", "median"),
)

STYLE = """
  svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d8dee4; --band: #f0f3f6; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --line: #30363d; --band: #171e27; }
  }
  text { font: 13px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: var(--ink); }
  .title { font-size: 17px; font-weight: 600; } .faint { fill: var(--faint); font-size: 12px; }
  .paper { fill: var(--paper); } .load { fill: var(--band); } .grid { stroke: var(--line); }
  polyline { fill: none; stroke-width: 1.3; stroke-linejoin: round; }
"""


def read(path):
    with open(path, encoding="utf-8", newline="") as source:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(source)]
    if len(rows) < 2:
        raise SystemExit(f"plot.py: {path} has no samples to draw")
    for row in rows:
        row["contents"] = row["live_bytes"] + row["raw_bytes"]
    return rows


def text(x, y, content, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{content}</text>'


def line(x1, x2, y1, y2):
    return f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" class="grid"/>'


def each_pixel(points):
    """Of the points in a pixel's column the highest: a run of many hours makes no larger a picture."""
    highest = {}
    for x, y in points:
        if round(x) not in highest or y < highest[round(x)][1]:
            highest[round(x)] = (x, y)
    return list(highest.values())


def polyline(points, colour):
    return f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in each_pixel(points))}" stroke="{colour}"/>'


def dots(points, colour, radius):
    path = "".join(f"M{x:.1f},{y:.1f}h0" for x, y in points)
    return f'<path d="{path}" stroke="{colour}" stroke-width="{2 * radius:g}" stroke-linecap="round"/>'


def legend(y, entries):
    parts, x = [], LEFT
    for colour, name in entries:
        parts += [f'<rect x="{x}" y="{y - 9}" width="14" height="9" rx="2" fill="{colour}"/>', text(x + 20, y, name)]
        x += 44 + 7 * len(name)
    return parts


def round_up(value):
    """The least of 1, 2, 5 times a power of ten that is not below the value."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def warm_up(rows, across):
    """Where the warm-up ends, if there is one."""
    last = max((across(row) for row in rows if row["warm"] == 0), default=LEFT)
    return [line(last, last, MEMORY_TOP, PAUSE_BOTTOM), text(last + 4, MEMORY_TOP + 11, "warm", "faint")] if last > LEFT else []


def memory(rows, across):
    highest = max(row[column] for row in rows for column, _, _ in MEMORY) / MIB
    step = round_up(highest / 6)
    top = math.ceil(highest * 1.02 / step) * step
    height = MEMORY_BOTTOM - MEMORY_TOP

    def up(value):
        return MEMORY_BOTTOM - value / MIB / top * height

    # The load is the shape behind it all, of a scale of its own.
    shape = each_pixel([(across(row), MEMORY_BOTTOM - row["load"] * height * 0.25) for row in rows])
    parts = [
        f'<polygon class="load" points="{LEFT},{MEMORY_BOTTOM} '
        + " ".join(f"{x:.1f},{y:.1f}" for x, y in shape)
        + f' {shape[-1][0]:.1f},{MEMORY_BOTTOM}"/>',
        text(LEFT + 4, MEMORY_BOTTOM - 5, "load", "faint"),
        *warm_up(rows, across),
    ]
    for i in range(round(top / step) + 1):
        y = up(i * step * MIB)
        parts += [line(LEFT, WIDTH - RIGHT, y, y), text(LEFT - 8, y + 4, f"{i * step:g}", "faint", "end")]
    parts.append(text(LEFT - 8, MEMORY_TOP - 10, "MiB", "faint", "end"))
    for column, colour, _ in MEMORY:
        parts.append(polyline([(across(row), up(row[column])) for row in rows], colour))
    # The answer of a look stands in the line of the sample after it.
    looks = [(across(before), up(row[LIVING[0]])) for before, row in zip(rows, rows[1:]) if row[LIVING[0]] > 0]
    parts.append(dots(looks, LIVING[1], 2.2))
    return parts + legend(MEMORY_TOP - 30, [(colour, name) for _, colour, name in (*MEMORY, LIVING)])


def pauses(rows, across):
    drawn = [row for row in rows if row["pauses"] > 0 and row["forked"] == 0]
    if not drawn:
        raise SystemExit("plot.py: there are no pauses to draw")
    lowest = math.floor(math.log10(min(row[column] for row in drawn for column, _, _ in PAUSES)))
    highest = math.ceil(math.log10(max(row[column] for row in drawn for column, _, _ in PAUSES)))

    def up(value):
        share = (math.log10(value) - lowest) / max(1, highest - lowest)
        return PAUSE_BOTTOM - share * (PAUSE_BOTTOM - PAUSE_TOP)

    parts = []
    for power in range(lowest, highest + 1):
        name = f"{10 ** (power - 3):g} µs" if power < 6 else f"{10 ** (power - 6):g} ms"
        parts += [line(LEFT, WIDTH - RIGHT, up(10**power), up(10**power)), text(LEFT - 8, up(10**power) + 4, name, "faint", "end")]
    for column, colour, _ in PAUSES:
        parts.append(dots([(across(row), up(row[column])) for row in drawn], colour, 1.3))
    return parts + legend(PAUSE_TOP - 18, [(colour, f"{name} of each sample") for _, colour, name in PAUSES])


def minutes_axis(last):
    minutes = last / 60
    step = round_up(minutes / 12)
    parts = []
    for i in range(int(minutes / step + 0.001) + 1):
        x = LEFT + i * step / minutes * (WIDTH - LEFT - RIGHT)
        for top, bottom in ((MEMORY_TOP, MEMORY_BOTTOM), (PAUSE_TOP, PAUSE_BOTTOM)):
            parts += [line(x, x, top, bottom), text(x, bottom + 17, f"{i * step:g}", "faint", "middle")]
    return parts


def draw(rows):
    last = rows[-1]["seconds"]

    def across(row):
        return LEFT + row["seconds"] / last * (WIDTH - LEFT - RIGHT)

    facts = (
        f"{len(rows)} samples; at each the heap verified and all contents were compared. {sum(row['pauses'] for row in rows):,.0f} pauses; "
        f"below, by processor time. Minutes across."
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" class="paper"/>',
            text(18, 30, "Memory and pauses of a bounded heap under a load that rises and falls", "title"),
            *memory(rows, across),
            *pauses(rows, across),
            *minutes_axis(last),
            text(18, HEIGHT - 16, facts, "faint"),
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: plot.py SAMPLES.csv PICTURE.svg")
    drawing = draw(read(sys.argv[1]))
    with open(sys.argv[2], "w", encoding="utf-8") as target:
        target.write(drawing)
