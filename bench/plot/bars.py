# SPDX-License-Identifier: MIT
"""Pictures of bars that lie side by side in panels, drawn by gnuplot: libopenclaw in colour, the others in grey.

A panel is (title, names of the series, rows); a row is (label, is it ours, one value a series or None). Panels stand in
columns: `columns` is a list of lists of panels.
"""
import os
import shutil
import subprocess

WIDTH, ROW, HEAD, FOOT, LABELS = 640, 16, 62, 34, 250  # of a column, in pixels
OURS, OTHERS = (0x1F77B4, 0x9CC9E8), (0x6E6E6E, 0xC4C4C4)


def rows_height(panel):
    """Pixels of a panel."""
    series, rows = len(panel[1]), len(panel[2])
    return HEAD + FOOT + rows * (ROW * series + 8)


def quoted(text):
    """As gnuplot reads it."""
    return '"' + text.replace("\\", "").replace('"', "'") + '"'


def panel_script(panel, left, top, width, height, total):
    """The commands that draw one panel; `left` and so on in pixels, `total` the size of the picture."""
    title, series, rows = panel
    values = [value for row in rows for value in row[2] if value is not None]
    most = max(values) * 1.16 if values else 1
    pitch = len(series) + 0.5
    lines, tics = [], []
    for number, (label, ours, found) in enumerate(rows):
        base = (len(rows) - 1 - number) * pitch
        tics.append(f"{quoted(label)} {base + (len(series) - 1) / 2:g}")
        for place, value in enumerate(found):
            if value is not None:
                y = base + len(series) - 1 - place
                colour = (OURS if ours else OTHERS)[place]
                text = f"{value:.0f}" if value >= 100 else f"{value:.1f}"
                lines.append(f"0 {y:g} 0 {value:.4g} {y - 0.44:g} {y + 0.44:g} {colour} {text}")
    x0, x1 = (left + LABELS) / total[0], (left + width - 14) / total[0]
    y0, y1 = 1 - (top + height - FOOT) / total[1], 1 - (top + HEAD - 8) / total[1]
    legend = " (dark: " + series[0] + ", light: " + series[1] + ")" if len(series) == 2 else f" ({series[0]})"
    return "\n".join([
        f"set lmargin at screen {x0:.5f}", f"set rmargin at screen {x1:.5f}", f"set bmargin at screen {y0:.5f}",
        f"set tmargin at screen {y1:.5f}", f"set title {quoted(title + legend)} offset 0,-0.4",
        f"set xrange [0:{most:.4g}]", f"set yrange [-0.8:{len(rows) * pitch - 0.2:g}]",
        f"set ytics ({', '.join(tics)})", "$data << end", *lines, "end",
        "plot $data using 1:2:3:4:5:6:7 with boxxyerror fill solid noborder lc rgb variable notitle, "
        "$data using 4:2:8 with labels left offset 0.4,0 font ',10' notitle", ""])


def draw(columns, path):
    """Write the picture; False when there is no gnuplot."""
    if shutil.which("gnuplot") is None:
        return False
    total = (WIDTH * len(columns), max(sum(rows_height(panel) for panel in column) for column in columns))
    script = [f"set terminal svg size {total[0]},{total[1]} noenhanced font 'sans-serif,12' background rgb 'white'",
              f"set output {quoted(path)}", "unset key", "set border 1", "set xtics nomirror out font ',10'",
              "set ytics nomirror scale 0", "set grid xtics lc rgb '#e4e4e4'", "set multiplot"]
    for place, column in enumerate(columns):
        top = 0
        for panel in column:
            height = rows_height(panel)
            script.append(panel_script(panel, place * WIDTH, top, WIDTH, height, total))
            top += height
    script.append("unset multiplot")
    done = subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=False, stderr=subprocess.PIPE)
    if done.returncode != 0 or not os.path.exists(path):
        raise RuntimeError(done.stderr)
    return True
