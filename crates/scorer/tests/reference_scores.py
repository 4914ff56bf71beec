"""Measures of transcript files, straight from their definitions with numpy: the reference of `tests/recorded.rs`.

Prints a JSON list with one object per (task, model, setting). Usage: reference_scores.py FILE...
"""

import json
import sys
from collections import defaultdict

import numpy


def score(conversation):
    """The recorded verdict, from 0 to 100."""
    for field in ("score", "is_correct"):
        if conversation.get(field) is not None:
            return 100.0 * float(conversation[field])
    raise SystemExit(f"{conversation['conv_id']}: no verdict")


def main(paths):
    cells = defaultdict(lambda: defaultdict(list))
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                conversation = json.loads(line)
                key = (conversation["task"], conversation["assistant_model"], conversation["conv_type"])
                cells[key][conversation["task_id"].replace("/", "-")].append(score(conversation))

    rows = []
    for (task, model, setting), instructions in cells.items():
        tenth = [numpy.percentile(scores, 10) for scores in instructions.values()]
        ninetieth = [numpy.percentile(scores, 90) for scores in instructions.values()]

        def on(shared, other):
            held = cells[task, model, other]
            return numpy.mean([numpy.mean(held[instruction]) for instruction in shared])

        names = [other for other in ("full", "sharded") if (task, model, other) in cells]
        shared = {other: set(instructions) & set(cells[task, model, other]) for other in names}
        degradation = None
        if shared.get("full") and on(shared["full"], "full") > 0:
            degradation = 100.0 * on(shared["full"], setting) / on(shared["full"], "full")
        gap_closed = None
        if len(names) == 2:
            all_three = shared["full"] & shared["sharded"]
            if all_three:
                gap = on(all_three, "full") - on(all_three, "sharded")
                if gap > 0:
                    gap_closed = 100.0 * (on(all_three, setting) - on(all_three, "sharded")) / gap
        rows.append({
            "task": task,
            "model": model,
            "setting": setting,
            "instances": len(instructions),
            "runs": sum(len(scores) for scores in instructions.values()),
            "p": float(numpy.mean([numpy.mean(scores) for scores in instructions.values()])),
            "a90": float(numpy.mean(ninetieth)),
            "u90_10": float(numpy.mean(ninetieth) - numpy.mean(tenth)),
            "degradation": None if degradation is None else float(degradation),
            "gap_closed": None if gap_closed is None else float(gap_closed),
        })
    json.dump(rows, sys.stdout)


main(sys.argv[1:])
