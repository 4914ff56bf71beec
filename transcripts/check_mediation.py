#!/usr/bin/env python3
"""Checks the labelled conversations under transcripts/mediation: python3 transcripts/check_mediation.py

Prints a line for each problem and then exits with 1. Needs the package jsonschema.
"""

import json
import os
import re
import sys
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
FILES = [HERE / "mediation" / name for name in ("conversations.jsonl", "held-out.jsonl")]
# Only fitted to, so that it counts in no share of the two.
FITTING = [HERE / "mediation" / name for name in ("fitting.jsonl", "found.jsonl")]
SCHEMA = jsonschema.Draft202012Validator(json.loads((HERE / "schema/mediation.schema.json").read_text("utf-8")))
KINDS = SCHEMA.schema["properties"]["kind"]["enum"]
REMOVING = {"revise", "withdraw", "redirect"}
# The operations that a kind is about where these are not the one of its own name. Leaving a question open is chat.
ABOUT = {"reveal": {"add"}, "trap": {"add"}, "answer": {"answer", "chat"}}
# How many conversations there are at least, in all and of two sorts.
LEAST = {
    "conversations": (120, lambda conversation: True),
    "conversations in other languages than English": (20, lambda conversation: "language" in conversation),
    "conversations with a question to ask": (30, lambda conversation: conversation["ask_at"] is not None),
}
# What ends a clause: words on both sides of it may well come to stand in two clauses.
BOUNDARY = re.compile("[,;!?] |(?<=[a-z])[.] |[\uff0c\u3002\uff1b\u060c\u061b\n]")


def found(words, text):
    """The stretches of a text where words stand, whatever their case."""
    return [match.span() for match in re.finditer(re.escape(words), text, re.IGNORECASE)]


def removed(turns):
    """For each user turn the stretches of it that later turns take out of force."""
    stretches = [[] for _ in turns]
    for place, turn in enumerate(turns):
        for words in turn.get("removes", []):
            for earlier in range(place):
                at = turns[earlier]["user"].find(words)
                if at >= 0:
                    stretches[earlier].append((at, at + len(words)))
    return stretches


def in_force(text, stretches):
    """A user turn without what was taken out of force."""
    for start, end in stretches:
        text = text[:start] + "\n" * (end - start) + text[end:]
    return text


def within_number(text, span):
    """Whether a stretch of a text is a part of a longer number."""
    start, end = span
    left = text[start].isdigit() and re.search(r"\d[.,:]?$", text[:start])
    right = text[end - 1].isdigit() and re.match(r"[.,:]?\d", text[end:])
    return bool(left or right)


def turn_problems(turns, place):
    """What is wrong with the labels of one turn."""
    turn, before = turns[place], turns[:place]
    ops, reply = set(turn["ops"]), before[-1]["assistant"] if before else None
    problems = []
    for words in turn.get("removes", []):
        times = sum(earlier["user"].count(words) for earlier in before)
        if times != 1:
            problems.append(f"removes: {words!r} stands {times} times in what the user said before, not once")
    if bool(ops & REMOVING) != bool(turn.get("removes")):
        problems.append(f"removes: stands exactly beside one of {', '.join(sorted(REMOVING))}")
    if ops & {"refer", "answer", "approve"} and reply is None:
        problems.append("ops: there is no reply to refer to, to answer or to approve")
    if "answer" in ops and not re.search("[?？؟]", reply or ""):
        problems.append("ops: the reply before it asks nothing")
    return [f"turns[{place}].{problem}" for problem in problems]


def must_problems(conversation):
    """Words that must stand in the spec but cannot, or that say nothing."""
    turns = conversation["turns"]
    standing = [in_force(turn["user"], gone) for turn, gone in zip(turns, removed(turns))]
    # A reply counts from the turn on that refers to it or to a later one.
    last = max((place for place, turn in enumerate(turns) if "refer" in turn["ops"]), default=0)
    lines = [line for turn in turns[:last] for line in (turn["assistant"] or "").splitlines()]
    for words in conversation["must"]:
        if BOUNDARY.search(words):
            yield f"must: {words!r} reaches over the end of a clause"
        if any(words in text for text in standing):
            if any(within_number(turn["user"], span) for turn in turns for span in found(words, turn["user"])):
                yield f"must: {words!r} stands within a longer number, too"
            continue
        holding = [line for line in lines if words in line]
        if not holding:
            yield f"must: {words!r} does not stand in what the user said and did not take back, or referred to"
        for unwanted in conversation["must_not"]:
            if any(found(unwanted, line) for line in holding):
                yield f"must_not: {unwanted!r} stands in the same line of a reply as {words!r}, which must"


def must_not_problems(conversation):
    """Words that must not stand in the spec, but that a right spec may hold or no spec would."""
    turns = conversation["turns"]
    gone = removed(turns)
    for unwanted in conversation["must_not"]:
        for words in conversation["must"]:
            if found(unwanted, words):
                yield f"must_not: {unwanted!r} stands in {words!r}, which must"
        said = any(found(unwanted, turn["assistant"] or "") for turn in turns)
        for place, turn in enumerate(turns):
            for start, end in found(unwanted, turn["user"]):
                said = True
                taken_back = any(start < other_end and other < end for other, other_end in gone[place])
                # The words of a withdrawal alone name what goes and enter no clause.
                if not taken_back and turn["ops"] != ["withdraw"]:
                    yield f"must_not: {unwanted!r} stands in turns[{place}], where nothing takes it out of force"
        if not said:
            yield f"must_not: {unwanted!r} was never said"


def ask_problems(conversation):
    """Turns that do not exist, or that contradict each other."""
    ask_at, ask_ok = conversation["ask_at"], conversation.get("ask_ok", [])
    if ask_at is not None and ask_at >= len(conversation["turns"]):
        yield f"ask_at: there is no turn {ask_at}"
    if any(turn >= len(conversation["turns"]) or (ask_at is not None and turn <= ask_at) for turn in ask_ok):
        yield "ask_ok: names turns of the conversation that come after `ask_at`"


def conversation_problems(conversation):
    """What is wrong with one conversation."""
    problems = [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(conversation)]
    if problems:
        return problems
    turns, kind = conversation["turns"], conversation["kind"]
    if not conversation["id"].startswith(f"{kind}-"):
        problems.append(f"id: does not begin with {kind}-")
    if not any(ABOUT.get(kind, {kind}) & set(turn["ops"]) for turn in turns):
        problems.append(f"ops: no turn has what its kind is about, {kind}")
    for place in range(len(turns)):
        problems += turn_problems(turns, place)
    for check in (must_problems, must_not_problems, ask_problems):
        problems += check(conversation)
    return problems


def said(conversation):
    """What the user says, without regard to case and spaces."""
    return [" ".join(turn["user"].casefold().split()) for turn in conversation["turns"]]


def overlaps(conversations, others):
    """Conversations that share their name or a turn of some length with one of `others`."""
    names = {other["id"] for other in others}
    known = {text for other in others for text in said(other) if len(text) > 24}
    for conversation in conversations:
        if conversation["id"] in names:
            yield f"{conversation['id']}: its name is taken"
        yield from (f"{conversation['id']}: was said elsewhere: {text}" for text in said(conversation) if text in known)


def set_problems(fitting, held_out):
    """What is wrong with the two files as one set."""
    every = fitting + held_out
    for place, conversation in enumerate(every):
        yield from overlaps([conversation], every[:place])
    for what, (least, counts) in LEAST.items():
        count = sum(map(counts, every))
        if count < least:
            yield f"there are {count} {what}, not {least}"
    if not 0.3 <= len(held_out) / len(every) <= 0.4:
        yield f"{len(held_out)} of {len(every)} conversations are held out, not a third"
    for field, values in (("kind", KINDS), ("language", {one.get("language", "en") for one in every})):
        for value in values:
            shares = [sum(one.get(field, "en") == value for one in part) for part in (fitting, held_out)]
            if not all(shares):
                yield f"{field} {value}: the two files hold {shares[0]} and {shares[1]} of it"


def read(path):
    """The conversations of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main():
    try:
        parts, fitting = [read(path) for path in FILES], [read(path) for path in FITTING]
    except (OSError, ValueError) as error:
        print(f"{HERE / 'mediation'}: {error}")
        return 1
    problems = [
        f"{path.name}:{line}: {conversation.get('id')}: {problem}"
        for path, part in zip([*FILES, *FITTING], [*parts, *fitting])
        for line, conversation in enumerate(part, 1)
        for problem in conversation_problems(conversation)
    ]
    fitted = [conversation for part in fitting for conversation in part]
    if not problems:
        problems += set_problems(*parts)
        problems += overlaps(fitted, parts[0] + parts[1])
        foreign = Path(os.environ.get("THROUGHLINE_SHARED", HERE.parent.parent / "shared")) / "data/mediation"
        if foreign.is_dir():
            # These are for checking what was fitted to ours, so that none of them may be among ours.
            problems += overlaps(parts[0] + parts[1] + fitted, read(foreign / "conversations.jsonl"))
        else:
            print(f"not compared with other labelled conversations: there are none in {foreign}", file=sys.stderr)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(parts[0])} conversations, {len(parts[1])} held out and {len(fitted)} to fit to are in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
