#!/usr/bin/env python3
"""Checks files of sharded samples: python3 transcripts/check.py [FILE...]

Without a file it checks every file under transcripts/samples. Prints a line for each problem and then exits with 1.
"""

import ast
import json
import operator
import re
import sqlite3
import sys
from fractions import Fraction
from pathlib import Path

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)?")
WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
# "one" is an article too often to count.
WORD = re.compile(r"\b(" + "|".join(word for word in WORDS if word != "one") + r")\b", re.IGNORECASE)
OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
FIELDS = {
    "math": {"question": str, "answer": str, "shards": list},
    "actions": {"fully_specified_question": list, "function": list, "reference_answer": list, "shards": list},
    "code": {
        "prompt": str, "metadata": dict, "public_test_cases": str, "private_test_cases": str,
        "canonical_solution": str, "shards": list,
    },
    "database": {
        "fully_specified_question": str, "reference_sql": str, "db_id": str, "schema_sql": str, "shards": list,
    },
    "summary": {
        "topic": str, "query": str, "documents": list, "insights": list, "insightid2ref_citations": dict, "shards": list,
    },
}  # fmt: skip
# How many shards there are at most, and in a file of long samples.
MOST, MOST_OF_LONG = 7, 14
# What a shard can do beside adding something.
KINDS = ("revise", "withdraw", "redirect", "refer")
# What a type of a parameter is in Python; JSON has no tuples.
TYPES = {
    "string": str, "integer": int, "float": float, "boolean": bool, "array": list, "tuple": list, "dict": dict,
    "any": str,
}  # fmt: skip


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


def values_in(accepted):
    """Every text and number that one accepted value holds; in a dict each key has its own list of accepted values."""
    if isinstance(accepted, dict):
        return [held for values in accepted.values() for held in values_in(values[0])]
    if isinstance(accepted, list):
        return [held for value in accepted for held in values_in(value)]
    return [] if isinstance(accepted, bool) or accepted == "" else [accepted]


def stands_in(value, text):
    """Whether a text names a value."""
    if isinstance(value, str):
        return value.lower() in text.lower()
    return Fraction(str(value)) in numbers(text)


def argument_problems(name, values, parameters, text):
    """What is wrong with the values that are accepted for one parameter; `text` is what the user says in shards."""
    kind = parameters["properties"].get(name, {}).get("type")
    if kind not in TYPES:
        return [f"{name}: is no parameter, or of no known type"]
    given = [value for value in values if value != ""]
    problems = [f"{name}: {value!r} is no {kind}" for value in given if type(value) is not TYPES[kind]]
    if name in parameters["required"] and "" in values:
        problems.append(f"{name}: is required, so that it cannot be left out")
    named = (all(stands_in(held, text) for held in values_in(value)) for value in given)
    if "" not in values and not any(named):
        problems.append(f"{name}: none of the accepted values stands in the shards")
    return problems


def call_problems(sample, text):
    """What is wrong with the functions of a sample and the calls that answer it."""
    functions = {function["name"]: function["parameters"] for function in sample["function"]}
    problems = []
    for place, call in enumerate(sample["reference_answer"]):
        ((name, arguments),) = call.items()
        if name not in functions:
            return [f"reference_answer[{place}]: {name} is no function"]
        missing = set(functions[name]["required"]) - set(arguments)
        problems += [f"reference_answer[{place}]: {argument}: is missing" for argument in sorted(missing)]
        for argument, values in arguments.items():
            found = argument_problems(argument, values, functions[name], text)
            problems += [f"reference_answer[{place}]: {problem}" for problem in found]
    return problems


def code_problems(sample, text):
    """What is wrong with a function, its tests and its solution; `text` is what the user says in shards."""
    (function,) = ast.parse(sample["prompt"]).body
    signature = f"{function.name}({ast.unparse(function.args)})"
    if function.name != sample["metadata"]["func_name"]:
        return [f"metadata.func_name: is not {function.name}"]
    said = [*re.findall(r"`[^`]*`|'[^']*'", ast.get_docstring(function)), signature]
    parameters = {f"`{argument.arg}`" for argument in function.args.args}
    problems = [f"shards: {literal} is in none of them" for literal in said if literal not in text and literal not in parameters]
    cases = json.loads(sample["public_test_cases"]) + json.loads(sample["private_test_cases"])
    if len(cases) < 4 or len({case["output"] for case in cases}) < 2:
        problems.append("test cases: there are fewer than 4, or all with one result")

    def failures(program):
        """The tests that a program fails, and what it returns there."""
        space = {}
        exec(program, space)
        results = [(case, space[function.name](*map(json.loads, case["input"].split("\n")))) for case in cases]
        return [(case, result) for case, result in results if result != json.loads(case["output"])]

    for case, result in failures(sample["canonical_solution"]):
        problems.append(f"canonical_solution: with {case['input']!r} it returns {result!r}, not {case['output']}")
    if "stale_answer" in sample and not failures(sample["stale_answer"]):
        problems.append("stale_answer: passes all tests")
    return problems


def query_problems(sample, folder):
    """What is wrong with a query; its database is made by the statements in `folder`."""
    name, query = sample["db_id"], sample["reference_sql"]
    statements = (folder / "databases" / name / f"{name}.sql").read_text(encoding="utf-8")
    database = sqlite3.connect(":memory:")
    database.executescript(statements)
    rows = database.execute(query).fetchall()
    problems = [] if rows else ["reference_sql: returns no rows"]
    if "stale_answer" in sample and sorted(database.execute(sample["stale_answer"]).fetchall()) == sorted(rows):
        problems.append("stale_answer: gives what the reference gives")
    if not statements.startswith(sample["schema_sql"]):
        problems.append("schema_sql: is not the beginning of the database's statements")
    said = " ".join(shard["shard"] for shard in sample["shards"])
    for text in (sample["fully_specified_question"], said):
        # Inflection aside: "pastries" names 'pastry'.
        literals = [literal for literal in re.findall("'([^']*)'", query) if re.search("[a-z]", literal)]
        problems += [f"{literal!r} does not stand in: {text}" for literal in literals if literal[:5].lower() not in text.lower()]
    return problems


def revision_problems(sample):
    """What is wrong with a revision: one shard holds a quantity that a later one corrects."""
    revision, shards = sample["revision"], {shard["shard_id"]: numbers(shard["shard"]) for shard in sample["shards"]}
    wrong, correction = revision["shard_id"], revision["correction_id"]
    before, after = Fraction(revision["from"]), Fraction(revision["to"])
    if not shards.keys() >= {wrong, correction} or wrong >= correction:
        return ["revision: names no shard and a later one"]
    holding = {number for number, said in shards.items() if before in said}
    problems = []
    if holding - {correction} != {wrong}:
        problems.append(f"revision: {before} is not in the shard {wrong} alone")
    if (correction in holding) != revision["says_old"]:
        problems.append(f"revision.says_old: is {revision['says_old']}")
    if shards[correction] - {before} != {after} or after in set().union(*(shards[n] for n in shards if n != correction)):
        problems.append(f"revision: {after} is not in the shard {correction} alone")
    if before in numbers(sample["question"]):
        problems.append(f"revision: {before} is still in the instruction")
    return problems


def summary_problems(sample):
    """What is wrong with documents, the insights that they hold, and the shards that hand them over."""
    documents, shards = sample["documents"], sample["shards"]
    indexes = [document["document_index"] for document in documents]
    problems = []
    if indexes != list(range(1, len(documents) + 1)) or not 4 <= len(documents) <= 6:
        problems.append("documents: are not 4 to 6, numbered from 1")
    if len({document["document_id"] for document in documents}) != len(documents):
        problems.append("documents: two have the same document_id")
    problems += [f"documents: {n} has no text" for n, document in zip(indexes, documents) if not document["document_text"].strip()]
    holding = {}
    for document in documents:
        for insight in document["insights_included"]:
            holding.setdefault(insight, []).append(document["document_index"])
    if holding != sample["insightid2ref_citations"]:
        problems.append(f"insightid2ref_citations: is not what the documents include: {holding}")
    if sorted(holding) != sorted(insight["insight_id"] for insight in sample["insights"]):
        problems.append("insights: are not those that documents include")
    if sum(len(documents) > 1 for documents in holding.values()) < 2:
        problems.append("insights: fewer than two are shared by documents")
    for insight in sample["insights"]:
        for n in sorted(numbers(insight["insight"])):
            if not any(n in numbers(documents[index - 1]["document_text"]) for index in holding.get(insight["insight_id"], [])):
                problems.append(f"insights: {n} of {insight['insight_id']} is in none of its documents")
    if [shard["shard_id"] for shard in shards] != list(range(1, len(shards) + 1)) or len(shards) < 2:
        problems.append("shards: are not two or more, numbered from 1")
    if sorted(index for shard in shards for index in shard["doc_idxs"]) != indexes:
        problems.append("shards: do not hand over each document once")
    return problems


def stands_alone(phrase, text):
    """Whether a text holds a phrase that is no part of a longer word or number. Case counts for nothing."""
    return re.search(rf"(?<![a-z0-9]){re.escape(phrase.lower())}(?![a-z0-9])", text.lower()) is not None


def essentials(sample, instruction):
    """The numbers and texts that have to be known to answer a sample."""
    found = list(numbers(instruction))
    if sample["task"] == "actions":
        calls = [values for call in sample["reference_answer"] for arguments in call.values() for values in arguments.values()]
        found += [held for values in calls for held in values_in(values[0])]
    elif sample["task"] == "code":
        found.append(sample["metadata"]["func_name"])
    elif sample["task"] == "database":
        found += [literal[:5] for literal in re.findall("'([^']*)'", sample["reference_sql"])]
    return found


def beyond_problems(sample, instruction):
    """What is wrong with a sample in which something ceases to hold, or points back."""
    kinds, gone, shards = sample["kinds"], sample.get("gone"), [shard["shard"] for shard in sample["shards"]]
    problems = []
    if not kinds or len(set(kinds)) != len(kinds) or not set(kinds) <= set(KINDS):
        problems.append(f"kinds: are {kinds!r}, not some of {', '.join(KINDS)}, each once")
    if sample.get("ordered") is not True:
        problems.append("ordered: is not true, though what ceases to hold must be said first")
    if not isinstance(gone, list) or not all(isinstance(phrase, str) and phrase.strip() for phrase in gone):
        return problems + ["gone: is no list of texts"]
    if sample["task"] in ("code", "database") and "stale_answer" not in sample:
        problems.append("stale_answer: is missing")
    if set(kinds) - {"refer"} and not gone:
        problems.append("gone: is empty, though something ceases to hold")
    for phrase in gone:
        # What the last shard says is never taken back.
        if not any(stands_alone(phrase, shard) for shard in shards[:-1]):
            problems.append(f"gone: {phrase!r} is in no shard but perhaps the last")
        if stands_alone(phrase, instruction):
            problems.append(f"gone: {phrase!r} is still in the instruction")
    if all(stands_in(known, shards[-1]) for known in essentials(sample, instruction)):
        problems.append("shards: the last one says all that the answer needs")
    return problems


def taken_back(sample):
    """The numbers that stand in shards but no longer hold."""
    gone = set().union(*(numbers(phrase) for phrase in sample.get("gone", ())))
    return gone | ({Fraction(sample["revision"]["from"])} if "revision" in sample else set())


def shard_problems(shards, instruction, taken_back, most):
    """What is wrong with the shards of an instruction, of which there are at most so many."""
    problems = []
    if not 3 <= len(shards) <= most:
        problems.append(f"shards: there are {len(shards)}, not 3 to {most}")
    for place, shard in enumerate(shards):
        if not isinstance(shard, dict) or set(shard) != {"shard_id", "shard"}:
            return problems + [f"shards[{place}]: is no object of `shard_id` and `shard`"]
        if shard["shard_id"] != place + 1:
            problems.append(f"shards[{place}].shard_id: is {shard['shard_id']!r}, not {place + 1}")
        if not isinstance(shard["shard"], str) or not shard["shard"].strip():
            return problems + [f"shards[{place}].shard: is no text or empty"]
    asked = numbers(instruction)
    revealed = set().union(*(numbers(shard["shard"]) for shard in shards))
    problems += [f"shards: {missing} of the instruction is in none of them" for missing in sorted(asked - revealed)]
    problems += [f"shards: {extra} is not in the instruction" for extra in sorted(revealed - asked - taken_back)]
    return problems


def sample_problems(sample, path):
    """What is wrong with one sample of a file."""
    if not isinstance(sample, dict):
        return ["is no object"]
    task = sample.get("task")
    if task not in FIELDS:
        return [f"task: is {task!r}, not one of {', '.join(FIELDS)}"]
    for field, kind in {"task_id": str, **FIELDS[task]}.items():
        if not isinstance(sample.get(field), kind) or not sample[field]:
            return [f"{field}: is missing, empty or of the wrong type"]
    problems = []
    revised = "-revised" if "revision" in sample else ""
    beyond = "beyond-" if "kinds" in sample else ""
    if not re.fullmatch(rf"throughline-{task}-{beyond}\d{{2,}}{revised}", sample["task_id"]):
        problems.append(f"task_id: is not of the form throughline-{task}-{beyond}01{revised}")
    if task == "summary":
        try:
            return problems + summary_problems(sample)
        except (AttributeError, KeyError, TypeError) as error:
            return problems + [f"documents, insights or shards: {type(error).__name__}: {error}"]
    if task == "math":
        instruction = sample["question"]
        if not instruction.rstrip().endswith(("?", "？", "؟")):
            problems.append("question: does not end with a question mark")
        problems += answer_problems(instruction, sample["answer"])
    elif task == "code":
        try:
            problems += code_problems(sample, " ".join(shard["shard"] for shard in sample["shards"]))
            instruction = ast.get_docstring(ast.parse(sample["prompt"]).body[0])
        except Exception as error:  # whatever a solution raises
            return problems + [f"prompt, tests or solution: {type(error).__name__}: {error}"]
    elif task == "database":
        try:
            instruction = sample["fully_specified_question"]
            problems += query_problems(sample, path.parent)
        except (OSError, sqlite3.Error) as error:
            return problems + [f"reference_sql: {error}"]
    else:
        try:
            instruction = sample["fully_specified_question"][0][0]["content"]
            # What the user says in shards names all values that the instruction names.
            for text in (instruction, " ".join(shard["shard"] for shard in sample["shards"])):
                problems += call_problems(sample, text)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            return problems + [f"function, reference_answer or instruction: {type(error).__name__}: {error}"]
    most = MOST_OF_LONG if path.stem.endswith("-long") else MOST
    problems += shard_problems(sample["shards"], instruction, taken_back(sample), most + bool(revised))
    if beyond:
        problems += beyond_problems(sample, instruction)
    if revised and not problems:
        try:
            problems = revision_problems(sample)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            problems = [f"revision: {type(error).__name__}: {error}"]
    return problems


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
        problems += [f"{label}: {problem}" for problem in sample_problems(sample, path)]
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
