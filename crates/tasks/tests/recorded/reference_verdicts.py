"""Verdicts of a reference checker on answers as texts: python3 reference_verdicts.py CHECKER < CASES > VERDICTS

A case is a line of JSON with `text`, `function` and `reference_answer`. Python's own parser reads the text; what it
does not read as calls is wrong. The checker reads cases with `calls` from standard input. JSON has no tuples, so they
are marked on the way to it.
"""

import ast
import io
import json
import runpy
import sys

ARITHMETIC = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.unaryop, ast.operator)


def name(node):
    if isinstance(node, ast.Attribute):
        return f"{name(node.value)}.{node.attr}"
    return node.id


def call(node):
    if not isinstance(node, ast.Call) or node.args or any(keyword.arg is None for keyword in node.keywords):
        raise ValueError("no call with named arguments")
    return {name(node.func): {keyword.arg: value(keyword.value) for keyword in node.keywords}}


def value(node):
    if isinstance(node, ast.List):
        return [value(element) for element in node.elts]
    if isinstance(node, ast.Tuple):
        return {"tuple!": [value(element) for element in node.elts]}
    if isinstance(node, ast.Dict):
        return {value(key): value(held) for key, held in zip(node.keys, node.values)}
    if isinstance(node, ast.Call) and node.keywords:
        return call(node)
    if isinstance(node, (ast.Name, ast.Call, ast.Subscript)):
        return ast.unparse(node)
    if not all(isinstance(inner, ARITHMETIC) for inner in ast.walk(node)):
        raise ValueError("no value")
    result = eval(compile(ast.Expression(node), "answer", "eval"))
    return "..." if result is ... else result


def calls(text):
    text = text.strip()
    if text.startswith("```"):
        text = text.split("\n", 1)[1].removesuffix("```").strip()
    body = ast.parse(text.strip("`"), mode="eval").body
    return [call(element) for element in getattr(body, "elts", [body])]


def with_tuples(held):
    return tuple(held["tuple!"]) if set(held) == {"tuple!"} else held


def main(checker):
    verdicts, cases = [], []
    for place, line in enumerate(sys.stdin):
        case = json.loads(line)
        verdicts.append(False)
        try:
            case["calls"] = calls(case.pop("text"))
            cases.append(json.dumps({**case, "id": place}))
        except (SyntaxError, ValueError, AttributeError, TypeError, ZeroDivisionError, IndexError):
            pass
    plain_loads, output = json.loads, io.StringIO()
    json.loads = lambda text: plain_loads(text, object_hook=with_tuples)
    sys.stdin, stdout, sys.stdout = io.StringIO("\n".join(cases)), sys.stdout, output
    runpy.run_path(checker)
    sys.stdout = stdout
    for line in output.getvalue().splitlines():
        verdict = plain_loads(line)
        verdicts[verdict["id"]] = verdict["valid"]
    print(json.dumps({"parsed": len(cases), "valid": verdicts}))


main(sys.argv[1])
