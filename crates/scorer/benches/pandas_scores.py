"""P, A90 and U90-10 of transcript files with pandas, written the straightforward way: what the scorer is timed against.

Usage: pandas_scores.py FILE...
"""

import sys

import pandas


def main(paths):
    runs = pandas.concat(pandas.read_json(path, lines=True) for path in paths)
    runs["score"] = 100.0 * runs["score"].fillna(runs["is_correct"].astype(float))
    runs["task"] = runs["task"].replace("apis", "actions")
    runs["task_id"] = runs["task_id"].str.replace("/", "-")
    by_instruction = runs.groupby(["task", "assistant_model", "conv_type", "task_id"])["score"]
    instructions = pandas.DataFrame({
        "p": by_instruction.mean(),
        "a90": by_instruction.quantile(0.9),
        "a10": by_instruction.quantile(0.1),
    })
    cells = instructions.groupby(["task", "assistant_model", "conv_type"]).mean()
    cells["u90_10"] = cells["a90"] - cells["a10"]
    print(cells[["p", "a90", "u90_10"]].to_csv(header=False, float_format="%.17g"), end="")


main(sys.argv[1:])
