#!/usr/bin/env python3
"""Checks files of sharded math samples: python3 transcripts/check.py [FILE...]

Without a file it checks every file under transcripts/samples. Prints a line for each problem and then exits with 1.
"""

import ast
import json
import operator
import re
import sys
from fractions import Fraction
from pathlib import Path

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)?")
WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
# "one" is an article too often to count.
WORD = re.compile(r"\b(" + "|".join(word for word in WORDS if word != "one") + r")\b", re.IGNORECASE)
OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
MATH_FIELDS = {"task_id": str, "task": str, "question": str, "answer": str, "shards": list}


def number(text):
    """The value of a number as NUMBER finds it."""
    return Fraction(text.replace(",", ""))


def numbers(text):
    """The set of numbers in a text, in digits or in words."""
    words = {Fraction(WORDS.index(word.lower())) for word in WORD.findall(text)}
    return words | {number(found) for found in NUMBER.findall(text)}


def value(expression):
    """The exact value of an expression of numbers, + - * / and parentheses."""

    def walk(node):
        if isinstance(node, ast.Expression):
            return walk(node.body)
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return Fraction(ast.get_source_segment(expression, node))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -walk(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
            return OPERATIONS[type(node.op)](walk(node.left), walk(node.right))
        raise ValueError(f"{expression!r} is no plain arithmetic")

    return walk(ast.parse(expression, mode="eval"))


def answer_problems(question, answer):
    """What is wrong with a worked solution and its gold answer."""
    work, mark, gold = answer.rpartition("####")
    if not mark or not re.fullmatch(r"-?" + NUMBER.pattern, gold.strip()):
        return ["answer: does not end with `#### ` and a number"]
    calculations = re.findall(r"<<([^<>]*)>>(-?" + NUMBER.pattern + ")", work)
    if not calculations or work.count("<<") != len(calculations):
        return ["answer: each calculation is written as <<2*12=24>>24, and there is at least one"]
    problems = []
    result = None
    for calculation, shown in calculations:
        left, _, right = calculation.rpartition("=")
        try:
            result = value(right)
            if value(left) != result:
                problems.append(f"answer: <<{calculation}>> is wrong, {left} is {value(left)}")
        except (ValueError, SyntaxError, ZeroDivisionError) as error:
            return [f"answer: <<{calculation}>> cannot be computed: {error}"]
        if number(shown.lstrip("-")) != abs(result) or shown.startswith("-") != (result < 0):
            problems.append(f"answer: <<{calculation}>> is followed by {shown}")
    gold = gold.strip()
    if (-1 if gold.startswith("-") else 1) * number(gold.lstrip("-")) != result:
        problems.append(f"answer: the gold answer {gold} is not the last result, {result}")
    if abs(result) in numbers(question):
        problems.append(f"answer: {gold} stands in the question, so repeating it would count as solving it")
    return problems


def shard_problems(sample):
    """What is wrong with a sample's shards."""
    shards = sample["shards"]
    problems = []
    if not 3 <= len(shards) <= 7:
        problems.append(f"shards: there are {len(shards)}, not 3 to 7")
    for place, shard in enumerate(shards):
        if not isinstance(shard, dict) or set(shard) != {"shard_id", "shard"}:
            return problems + [f"shards[{place}]: is no object of `shard_id` and `shard`"]
        if shard["shard_id"] != place + 1:
            problems.append(f"shards[{place}].shard_id: is {shard['shard_id']!r}, not {place + 1}")
        if not isinstance(shard["shard"], str) or not shard["shard"].strip():
            return problems + [f"shards[{place}].shard: is no text or empty"]
    asked = numbers(sample["question"])
    revealed = set().union(*(numbers(shard["shard"]) for shard in shards))
    problems += [f"shards: {missing} of the question is in none of them" for missing in sorted(asked - revealed)]
    problems += [f"shards: {extra} is not in the question" for extra in sorted(revealed - asked)]
    return problems


def sample_problems(sample):
    """What is wrong with one sample."""
    if not isinstance(sample, dict):
        return ["is no object"]
    for field, kind in MATH_FIELDS.items():
        if not isinstance(sample.get(field), kind) or not sample[field]:
            return [f"{field}: is missing, empty or of the wrong type"]
    problems = [] if sample["task"] == "math" else [f"task: is {sample['task']!r}, not 'math'"]
    if not re.fullmatch(r"throughline-math-\d{2,}", sample["task_id"]):
        problems.append("task_id: is not of the form throughline-math-01")
    if not sample["question"].rstrip().endswith("?"):
        problems.append("question: does not end with a question mark")
    return problems + answer_problems(sample["question"], sample["answer"]) + shard_problems(sample)


def file_problems(path, seen):
    """What is wrong with a file, a line for each problem; `seen` holds the names used so far."""
    try:
        samples = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [f"{path}: {error}"]
    if not isinstance(samples, list) or not samples:
        return [f"{path}: is no list of samples"]
    problems = []
    for place, sample in enumerate(samples):
        name = sample.get("task_id") if isinstance(sample, dict) else None
        label = f"{path}: {name or f'sample no. {place + 1}'}"
        problems += [f"{label}: {problem}" for problem in sample_problems(sample)]
        if name in seen:
            problems.append(f"{label}: task_id: was used before")
        seen.add(name)
    return problems


def main(arguments):
    folder = Path(__file__).resolve().parent / "samples"
    files = [Path(argument) for argument in arguments] or sorted(folder.glob("*.json"))
    seen = set()
    problems = [problem for path in files for problem in file_problems(path, seen)]
    for problem in problems:
        print(problem)
    if not files:
        print(f"{folder}: holds no samples")
    elif not problems:
        print(f"{len(seen)} samples in {len(files)} files are in order")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
