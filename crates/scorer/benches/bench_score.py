"""Times the scorer against a straightforward pandas script on as many conversations as the study ran.

Makes the input from the recordings in a temporary folder, runs both programs on it, checks that their figures agree to
1e-9, and prints wall time, processor time and peak memory.

Usage: bench_score.py OURS COUNT RECORDING...    (OURS is the built example `score`; pandas must be importable)
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent


def timed(command):
    """The output of a command with its wall seconds, processor seconds and peak memory in MB."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed")
    wall = time.monotonic() - start
    return output, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def figures(text):
    rows = (line.rsplit(",", 3) for line in text.splitlines() if line)
    return {name: [float(figure) for figure in row] for name, *row in rows}


def main(ours, count, recordings):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "conversations.jsonl")
        subprocess.run([sys.executable, HERE / "repeat_recordings.py", count, path, *recordings], check=True)
        size = os.path.getsize(path) / 1e6
        # The first reading fills the system's cache for both.
        runs = [timed([ours, path]) for _ in range(4)][1:]
        theirs = timed([sys.executable, "-W", "ignore", str(HERE / "pandas_scores.py"), path])
    best = min(runs, key=lambda run: run[1])
    found, expected = figures(best[0]), figures(theirs[0])
    assert found.keys() == expected.keys(), "other cells"
    off = max(abs(a - b) for name in found for a, b in zip(found[name], expected[name]))
    assert off < 1e-9, f"figures differ by {off}"
    print(f"{count} conversations, {size:.0f} MB, {len(found)} cells; figures agree to {off:.0e}\n")
    print("| | wall s | processor s | peak MB | MB/s |\n|---|---:|---:|---:|---:|")
    for name, (_, wall, processor, peak) in (("throughline (best of 3)", best), ("pandas", theirs)):
        print(f"| {name} | {wall:.2f} | {processor:.2f} | {peak:.0f} | {size / wall:.0f} |")
    print(f"\n{theirs[1] / best[1]:.1f} times as fast by the clock, {theirs[2] / best[2]:.1f} times by the processor")


main(sys.argv[1], sys.argv[2], sys.argv[3:])
