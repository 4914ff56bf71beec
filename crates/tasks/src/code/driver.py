"""Tests a function that nobody has read; runs in a sandbox.

Reads one JSON object: `token`, which stands before each line that this program reports; `code`; `name` of the function;
`prompt`, whose imports and helpers come first; `cases`, or the source of `check`; and `seconds` for each test.
"""

import ast
import json
import os
import signal
import sys
import types

# What programs on competition sites take for granted, in this order: of two things with one name, the later counts.
MODULES = (
    "string re datetime collections heapq bisect copy math random statistics itertools functools operator io sys json "
    "builtins typing"
).split()
MODULES_BY_NAME = [module for module in MODULES if module not in ("io", "builtins", "typing")] + ["io"]
SHOWN = 300


def shown(value):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def given(prompt, name):
    """The imports of a prompt, and what it defines beside the function that is asked for; nothing where it is no Python
    by itself."""
    try:
        nodes = ast.parse(prompt).body
    except SyntaxError:
        return ""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    kept = [node for node in nodes if isinstance(node, kinds) and getattr(node, "name", None) != name]
    return "\n".join(ast.get_source_segment(prompt, node) for node in kept)


def function(module, code, name):
    """The function that is meant."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = ast.parse(code).body
    outer = [node.name for node in nodes if isinstance(node, functions)]
    if name in outer:
        return getattr(module, name)
    for node in nodes:
        if isinstance(node, ast.ClassDef) and node.name == "Solution":
            methods = [inner.name for inner in node.body if isinstance(inner, functions)]
            public = [method for method in methods if not method.startswith("__")]
            if public:
                return getattr(module.Solution(), name if name in methods else public[0])
    if outer:
        return getattr(module, outer[-1])
    # It may be made otherwise: by an assignment, or under a condition.
    return getattr(module, name)


def main():
    task = json.loads(sys.stdin.buffer.read())
    reports = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)

    def report(said):
        reports.write(task["token"] + json.dumps(said) + "\n")
        reports.flush()

    def attempt(seconds, step):
        """Does a step. Out of time the process is killed: there is no exception that a program could catch."""
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            error = step()
        except BaseException as raised:
            error = shown(f"{type(raised).__name__}: {raised}")
        signal.setitimer(signal.ITIMER_REAL, 0)
        if error is not None:
            report({"error": error})
            os._exit(0)

    def load():
        nonlocal called
        sys.setrecursionlimit(50000)
        module = types.ModuleType("solution")
        sys.modules["solution"] = module
        space = module.__dict__
        for imported in MODULES:
            exec(f"from {imported} import *", space)
        for imported in MODULES_BY_NAME:
            exec(f"import {imported}", space)
        code = task["code"]
        exec(context, space)
        exec(compile(code, "<answer>", "exec"), space)
        called = function(module, code, task["name"])

    called = None
    context = given(task["prompt"], task["name"])
    cases = [([json.loads(line) for line in case["input"].split("\n")], json.loads(case["output"])) for case in task["cases"]]
    check = compile(task["check"], "<tests>", "exec")
    report("loading")
    attempt(task["seconds"], load)
    for arguments, expected in cases:

        def call():
            described = shown(json.dumps(arguments)[1:-1])
            result = called(*arguments)
            if isinstance(result, tuple):
                result = list(result)
            if not result == expected:
                return f"called with {described} it returns {shown(result)}, not {shown(expected)}"

        attempt(task["seconds"], call)
        report("passed")
    if task["check"]:

        def call():
            # Tests may call helpers of the prompt, and of the answer the function alone, also by its name.
            space = {}
            exec(context, space)
            space[task["name"]] = called
            exec(check, space)
            space["check"](called)

        attempt(task["seconds"], call)
        report("passed")
    report("done")
    os._exit(0)


main()
