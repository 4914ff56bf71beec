"""Judges recorded answers to questions about databases again, with Spider's evaluation as the study uses it.

usage: spider_reference.py --study CHECKOUT --samples FILE --databases FOLDER RUN...

CHECKOUT is a copy of the study's repository (microsoft/lost_in_conversation), with what its requirements.txt names and
`openai` installed; no model is asked. Each answer that a run directory holds with its verdict is judged once more, with or
without its values as its sample says. Prints how often both agree, and every answer on which they do not; the exit code is
then 1.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile


def databases(folder: pathlib.Path, scratch: pathlib.Path, names: set[str]) -> None:
    """Puts the databases where the evaluation looks for them, made of their statements where they are such."""
    for name in names:
        statements = folder / name / f"{name}.sql"
        if not statements.exists():
            shutil.copytree(folder / name, scratch / name)
            continue
        (scratch / name).mkdir()
        with sqlite3.connect(scratch / name / f"{name}.sqlite") as made:
            made.executescript(statements.read_text())


def answers(runs: list[pathlib.Path]) -> dict[tuple[str, str], float]:
    """The recorded answers with their verdicts, by sample."""
    found = {}
    for run in runs:
        for line in (run / "transcripts.jsonl").open():
            transcript = json.loads(line)
            for entry in transcript["trace"]:
                content = entry["content"]
                if isinstance(content, dict) and content.get("type") == "answer-evaluation" and content["exact_answer"]:
                    found[transcript["task_id"], content["exact_answer"]] = content["score"]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].removeprefix("usage: "))
    for name in ["--study", "--samples", "--databases"]:
        parser.add_argument(name, type=pathlib.Path, required=True)
    parser.add_argument("runs", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    samples = {sample["task_id"]: sample for sample in json.loads(arguments.samples.read_text())}
    recorded = answers(arguments.runs)

    # What the study's modules look for when they are loaded.
    os.environ.setdefault("OPENAI_API_KEY", "none")
    sys.path.insert(0, str(arguments.study.resolve()))
    from tasks.database.eval_spider_exec import eval_exec_match

    counts = collections.Counter()
    differing = []
    with tempfile.TemporaryDirectory() as scratch:
        databases(arguments.databases, pathlib.Path(scratch), {samples[task_id]["db_id"] for task_id, _ in recorded})
        for (task_id, answer), score in recorded.items():
            sample = samples[task_id]
            # As the study prepares an answer: without a fence, in one line.
            query = re.sub(r"\s+", " ", answer.replace("```sql", "").replace("```", "")).strip()
            folder = f"{scratch}/{sample['db_id']}/"
            plugs = sample.get("plug_value", True)
            try:
                reference = eval_exec_match(folder, query, sample["reference_sql"], plugs, False, False)
            except Exception:  # the study counts whatever fails as wrong
                reference = 0
            counts[score, reference] += 1
            if score != reference:
                differing.append(f"{task_id}: {score} here, {reference} there: {answer}")
    print(f"{len(recorded)} answers: {counts[1.0, 1]} right and {counts[0.0, 0]} wrong in both, {len(differing)} differ")
    for difference in differing:
        print(difference)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
