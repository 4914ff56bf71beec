"""Intervals and p-values of transcript files, straight from their definitions: the reference of `tests/recorded.rs`.

Prints a JSON list with one object per (task, model, setting): the percentile bootstrap interval of P at 95 %, with
instructions as clusters and numpy's own random numbers, and the exact paired permutation test against sharded, by
going through all assignments of signs. Usage: reference_statistics.py FILE...
"""

import itertools
import json
import sys
from collections import defaultdict

import numpy


def main(paths):
    cells = defaultdict(lambda: defaultdict(list))
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                conversation = json.loads(line)
                verdict = conversation["score"] if conversation["score"] is not None else conversation["is_correct"]
                key = (conversation["task"], conversation["assistant_model"], conversation["conv_type"])
                cells[key][conversation["task_id"].replace("/", "-")].append(100.0 * float(verdict))

    generator = numpy.random.default_rng(1)
    rows = []
    for (task, model, setting), instructions in sorted(cells.items()):
        means = numpy.array([numpy.mean(instructions[name]) for name in sorted(instructions)])
        drawn = generator.integers(0, len(means), (20_000, len(means)))
        low, high = numpy.percentile(means[drawn].mean(axis=1), [2.5, 97.5])
        row = {"task": task, "model": model, "setting": setting, "low": low, "high": high, "instances": len(means)}
        sharded = cells.get((task, model, "sharded"))
        if sharded and setting != "sharded":
            shared = sorted(set(instructions) & set(sharded))
            differences = numpy.array([numpy.mean(instructions[name]) - numpy.mean(sharded[name]) for name in shared])
            if len(differences) >= 2:
                signs = numpy.array(list(itertools.product([1, -1], repeat=len(differences))))
                extreme = numpy.abs(signs @ differences) >= abs(differences.sum()) - 1e-6
                row["difference"] = float(differences.mean())
                row["p_value"] = float(extreme.mean())
        rows.append(row)
    json.dump(rows, sys.stdout)


main(sys.argv[1:])
