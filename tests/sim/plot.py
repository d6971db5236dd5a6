#!/usr/bin/python3
"""tests/sim/plot.py SERIES.csv PLOT.svg - draws a run's time series: windows, round trip, goodput, queues

One panel for each kind of number, time to the right. Flows keep their colour in all panels. No library: a plot is lines.
"""
import csv
import math
import sys

WIDTH, PANEL, GAP, LEFT, RIGHT, TOP = 1000, 200, 46, 70, 170, 40
COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b", "#17becf", "#7f7f7f", "#e377c2", "#bcbd22"]
MOST_POINTS = 2000
SMOOTH_S = 0.2  # what a second brought is counted in bursts: a mean over so long can be read
# title, unit, and the columns with their scale; dashed columns belong to a line of the same name
PANELS = [
    ("congestion window, slow start threshold (dashed), in flight (thin)", "segments", "flow",
     [("cwnd", 1, ""), ("ssthresh", 1, "stroke-dasharray:6,4"), ("in_flight", 1, "stroke-width:0.6;opacity:0.6")]),
    ("smoothed round trip", "ms", "flow", [("srtt_us", 1e-3, "")]),
    ("goodput, pacing rate (dashed)", "Mbit/s", "flow",
     [("goodput_bps", 1e-6, "smooth"), ("pacing_Bps", 8e-6, "stroke-dasharray:2,3;opacity:0.7")]),
    ("queues", "packets", "queue", [("queue_packets", 1, "")]),
]


def read(path):
    """{kind: {name: {column: [(seconds, value)]}}}"""
    out = {}
    with open(path, newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f):
            columns = out.setdefault(row["kind"], {}).setdefault(row["name"], {})
            for key, value in row.items():
                if key not in ("time_us", "kind", "name") and value not in ("", None):
                    columns.setdefault(key, []).append((int(row["time_us"]) / 1e6, float(value)))
    return out


def thinned(points):
    """At most MOST_POINTS, each the highest and lowest of its stretch, so that peaks stay."""
    step = math.ceil(len(points) / MOST_POINTS * 2)
    if step < 3:
        return points
    out = []
    for i in range(0, len(points), step):
        part = points[i:i + step]
        out += sorted({min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])})
    return out


def smoothed(points):
    """A running mean over SMOOTH_S."""
    out, first, total = [], 0, 0.0
    for i, (t, v) in enumerate(points):
        total += v
        while points[first][0] < t - SMOOTH_S:
            total -= points[first][1]
            first += 1
        out.append((t, total / (i + 1 - first)))
    return out


def ticks(top, about):
    """Round numbers from 0 to top."""
    step = 10 ** math.floor(math.log10(top / about)) if top > 0 else 1
    step = next((step * m for m in (1, 2, 5, 10) if top / (step * m) <= about), step * 10)
    return [i * step for i in range(int(top / step) + 1)]


def text(x, y, s, more=""):
    s = str(s).replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{s}</text>'


def panel(y, spec, data, seconds, colours):
    title, unit, kind, columns = spec
    series = [(name, [(t, v * scale) for t, v in cols[c]], style) for name, cols in data.get(kind, {}).items()
              for c, scale, style in columns if any(v for _, v in cols.get(c, []))]
    if not series:
        return None
    # A threshold that starts far above the rest would flatten it: the solid lines say how high the panel is.
    series = [(name, smoothed(points) if style == "smooth" else points, style) for name, points, style in series]
    main = [v for _, points, style in series if style in ("", "smooth") for _, v in points] or [1]
    top = max(main) * 1.08 or 1
    series = [s for s in series if max(v for _, v in s[1]) > top / 50]  # no legend for what lies on the axis
    across = (WIDTH - LEFT - RIGHT) / (seconds or 1)
    out = [text(LEFT, y - 8, f"{title}, {unit}", 'font-weight="bold"')]
    for v in ticks(top, 5):
        at = y + PANEL * (1 - v / top)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        out.append(text(LEFT - 6, at + 4, f"{v:g}", 'text-anchor="end"'))
    for t in ticks(seconds, 10):
        out.append(text(LEFT + t * across, y + PANEL + 15, f"{t:g} s", 'text-anchor="middle"'))
    for name, points, style in series:
        path = " ".join(f"{LEFT + t * across:.1f},{y + PANEL * (1 - min(v, top) / top):.1f}" for t, v in thinned(points))
        more = f' style="{style}"' if ":" in style else ""
        out.append(f'<polyline fill="none" stroke="{colours[name]}"{more} points="{path}"/>')
    out.append(f'<rect x="{LEFT}" y="{y}" width="{WIDTH - LEFT - RIGHT}" height="{PANEL}" fill="none" stroke="#333"/>')
    for i, name in enumerate(list(dict.fromkeys(name for name, _, _ in series))[:12]):
        out.append(text(WIDTH - RIGHT + 10, y + 14 + 15 * i, name, f'fill="{colours[name]}"'))
    return out


def picture(data, seconds):
    """The panels of one group of series below each other: SVG elements, and how high they are."""
    names = dict.fromkeys(name for series in data.values() for name in series)  # a flow and its queue look alike
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    body, y = [], TOP
    for spec in PANELS:
        lines = panel(y, spec, data, seconds, colours)
        if lines:
            body += lines
            y += PANEL + GAP
    return body, y


def groups(data):
    """{group: data}. What stands before a "/" in a series' name is its group, and gets a column of its own."""
    out = {}
    for kind, series in data.items():
        for name, columns in series.items():
            group, _, rest = name.rpartition("/")
            out.setdefault(group, {}).setdefault(kind, {})[rest] = columns
    return out


def main(source, target):
    data = read(source)
    seconds = max((p[-1][0] for s in data.values() for cols in s.values() for p in cols.values()), default=0)
    columns, height = [], 0
    for i, (group, part) in enumerate(groups(data).items()):
        body, y = picture(part, seconds)
        if group:
            body.insert(0, text(LEFT, 16, group, 'font-weight="bold" font-size="16"'))
        columns += [f'<g transform="translate({i * WIDTH},0)">'] + body + ["</g>"]
        height = max(height, y)
    width = WIDTH * max(len(groups(data)), 1)
    with open(target, "w", encoding="utf-8") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
                f'font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(columns) + "\n</svg>\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
