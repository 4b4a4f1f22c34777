"""A run as one HTML page with plots: time by size, how many are answered within a time, and each engine against the
first.

In: a `Run`. Out: HTML with SVG inside, which loads nothing and runs nothing. Guarantee: all that comes from the run is
escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from verifier.bench.records import EngineRun, Run
from verifier.bench.tables import HEAD, LEGEND, TIMES_OF, against, busy, by_family, cells_of, geometric, map_shifts
from verifier.syntax.text import counted, printable

_WIDTH, _HEIGHT, _EDGE = 460, 280, 44
_COLOURS = ("#1f6feb", "#d4731c", "#2da44e", "#bf3989", "#6e7781")

_Point = tuple[float, float]
_Line = tuple[str, str, list[_Point]]
"""A name, a colour, and points."""

_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.15rem .7rem;text-align:right;border-bottom:1px solid #8884}
td,th{white-space:nowrap}
td:nth-child(-n+2),th:nth-child(-n+2){text-align:left}
figure{display:inline-block;margin:.5rem 1rem .5rem 0;vertical-align:top}
svg{max-width:100%;height:auto}text{fill:currentColor;font-size:11px}.axis{stroke:currentColor;stroke-width:1}
.grid{stroke:#8883}
@media print{figure{break-inside:avoid}}
"""


def html_of(run: Run, saved: Run | None = None) -> str:
    """The page; with what a saved run took beside it."""
    parts = [_about(run), "<h2>By family</h2>", _rows(HEAD, map(cells_of, by_family(run))), f"<p>{escape(LEGEND)}</p>"]
    if saved is not None:
        rows = _rows(("family", "engine", "new / old", ""), map_shifts(against(run, saved)))
        parts += [f"<h2>Beside the run of {escape(saved.started)}</h2>", rows]
    parts += ["<h2>Time by size</h2><p>All axes are logarithmic.</p>", *_by_size(run)]
    parts += ["<h2>Answered within a time</h2>", _cactus(run)]
    parts.append("<h2>Against the first engine</h2><p>What one of the two did not answer stands at the limit.</p>")
    parts += _ratios(run)
    if run.skipped:
        reasons = (f"<li>{escape(printable(reason))}</li>" for reason in run.skipped)
        parts += ["<h2>Left out</h2><ul>", *reasons, "</ul>"]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>verifier bench</title>'
    policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    return (
        "<!doctype html><html "
        f"lang=en><head>{head}{policy}<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _about(run: Run) -> str:
    machine = run.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions)
    memory = ", ".join(f"{engine} {peak:.0f} MiB" for engine, peak in run.peak_mib)
    queries = len({result.query for result in run.results})
    lines = [
        f"{queries} queries of {', '.join(run.sets)}, {counted(run.rounds, 'round')} after a warm-up, "
        f"limit {run.limit:g} s",
        TIMES_OF[run.clock],
        run.started,
        f"{machine.processor}, {machine.cores} cores, {machine.memory_mib:,} MiB, {machine.system}, load "
        f"{machine.load:.2f}{busy(run)}",
        versions,
        f"peak memory: {memory}",
    ]
    return "<h1>verifier bench</h1><p>" + "<br>".join(map(escape, lines)) + "</p>"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    above = "".join(f"<th>{escape(name)}</th>" for name in head)
    below = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{above}</tr></thead><tbody>{below}</tbody></table>"


# -- plots --


def _by_size(run: Run) -> list[str]:
    figures = []
    for family in dict.fromkeys(result.family for result in run.results):
        own = [result for result in run.results if result.family == family and result.times]
        if len({result.size for result in own}) > 1:
            lines = [(engine, _colour(run, engine), _means(own, engine)) for engine in run.engines]
            figures.append(_plot(family, "size", "ms", lines))
    return figures


def _means(results: Sequence[EngineRun], engine: str) -> list[_Point]:
    sizes = sorted({result.size for result in results})
    found = [(size, geometric(r.median for r in results if r.engine == engine and r.size == size)) for size in sizes]
    return [(float(size), mean) for size, mean in found if mean is not None and size > 0]


def _cactus(run: Run) -> str:
    lines = []
    for engine in run.engines:
        times = sorted(result.median for result in run.results if result.engine == engine and result.times)
        lines.append((engine, _colour(run, engine), [(number + 1.0, time) for number, time in enumerate(times)]))
    return _plot("all queries", "answered", "ms", lines)


def _ratios(run: Run) -> list[str]:
    first = {result.query: result.median for result in run.results if result.engine == run.engines[0] and result.times}
    late = run.limit * 1000
    figures = []
    for engine in run.engines[1:]:
        own = [result for result in run.results if result.engine == engine]
        points = [(first.get(r.query, late), r.median if r.times else late) for r in own if r.times or r.query in first]
        if points:
            title, across, up = f"{engine} against {run.engines[0]}", f"ms, {run.engines[0]}", f"ms, {engine}"
            figures.append(_plot(title, across, up, [(engine, _colour(run, engine), points)], dots=True))
    return figures


def _colour(run: Run, engine: str) -> str:
    return _COLOURS[run.engines.index(engine) % len(_COLOURS)]


def _plot(title: str, across: str, up: str, lines: Sequence[_Line], *, dots: bool = False) -> str:
    """Both axes are logarithmic."""
    points = [point for _, _, own in lines for point in own if min(point) > 0]
    if not points:
        return ""
    xs, ys = _range(x for x, _ in points), _range(y for _, y in points)
    if dots:
        xs = ys = (min(xs[0], ys[0]), max(xs[1], ys[1]))
    body = [_grid(xs, ys), *(_series(line, xs, ys, dots) for line in lines), _legend(lines), _labels(across, up)]
    if dots:
        body.append(_polyline([(xs[0], xs[0]), (xs[1], xs[1])], xs, ys, "#8888"))
    svg = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" '
        f'aria-label="{escape(title)}">{"".join(body)}</svg>'
    )
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>"


def _range(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    low, high = min(found), max(found)
    return (low, high) if high > low else (low / 2, high * 2)


def _place(value: float, span: tuple[float, float], length: float) -> float:
    return (math.log(value) - math.log(span[0])) / (math.log(span[1]) - math.log(span[0])) * length


def _at(point: _Point, xs: tuple[float, float], ys: tuple[float, float]) -> tuple[float, float]:
    up = _place(point[1], ys, _HEIGHT - 2 * _EDGE)
    return _EDGE + _place(point[0], xs, _WIDTH - 2 * _EDGE), _HEIGHT - _EDGE - up


def _series(line: _Line, xs: tuple[float, float], ys: tuple[float, float], dots: bool) -> str:
    _, colour, points = line
    good = [point for point in points if min(point) > 0]
    places = (_at(point, xs, ys) for point in good)
    marks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour}"/>' for x, y in places)
    return marks if dots else _polyline(good, xs, ys, colour) + marks


def _polyline(points: Sequence[_Point], xs: tuple[float, float], ys: tuple[float, float], colour: str) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_at(point, xs, ys) for point in points))
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def _grid(xs: tuple[float, float], ys: tuple[float, float]) -> str:
    parts = []
    for value in _ticks(ys):
        _, y = _at((xs[0], value), xs, ys)
        parts.append(f'<line class="grid" x1="{_EDGE}" x2="{_WIDTH - _EDGE}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_EDGE - 4}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in _ticks(xs):
        x, _ = _at((value, ys[0]), xs, ys)
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - _EDGE + 14}" text-anchor="middle">{value:g}</text>')
    corner = f"{_EDGE},{_EDGE} {_EDGE},{_HEIGHT - _EDGE} {_WIDTH - _EDGE},{_HEIGHT - _EDGE}"
    return "".join(parts) + f'<polyline class="axis" fill="none" points="{corner}"/>'


def _ticks(span: tuple[float, float]) -> list[float]:
    low, high = (math.floor(math.log10(value)) for value in span)
    return [
        step * 10.0**exponent
        for exponent in range(low, high + 1)
        for step in (1, 2, 5)
        if span[0] <= step * 10.0**exponent <= span[1]
    ]


def _legend(lines: Sequence[_Line]) -> str:
    return "".join(
        f'<text x="{_EDGE + 8}" y="{_EDGE + 12 * number}" style="fill:{colour}">{escape(name)}</text>'
        for number, (name, colour, points) in enumerate(lines)
        if points
    )


def _labels(across: str, up: str) -> str:
    bottom = f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>'
    return bottom + (
        f'<text x="12" y="{_HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 12 '
        f'{_HEIGHT / 2})">{escape(up)}</text>'
    )
