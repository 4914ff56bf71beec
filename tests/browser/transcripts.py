"""Made-up transcripts for the tests of the HTML report."""

import json

HOSTILE = "</script><script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>\u2028<!-- ${7*7} {{7*7}} -->"


def log(**content):
    return {"role": "log", "content": content}


def said(role, content, **other):
    return {"role": role, "content": content, **other}


def line(conv_id, setting, task_id, model, trace, score, **other):
    return {"conv_id": conv_id, "conv_type": setting, "task": "math", "task_id": task_id, "dataset_fn": "made.json",
            "assistant_model": model, "system_model": "NA", "user_model": "NA", "git_version": "0", "trace": trace,
            "is_correct": score >= 1, "score": score, **other}


def single(conv_id, setting, task_id, model, score, text="The answer is 4."):
    attempt = log(type="answer-evaluation", exact_answer="4", is_correct=score >= 1, score=score, evaluation_return=None)
    return line(conv_id, setting, task_id, model, [said("user", "What is two and two?"), said("assistant", text), attempt], score)


def sharded(conv_id, task_id, model, score, words=("two", "and two")):
    trace = [said("system", "You solve problems.")]
    for number, word in enumerate(words, 1):
        last = number == len(words)
        trace += [said("user", f"It is about {word}."), log(type="shard_revealed", shard_id=number),
                  said("assistant", "It is 4." if last else f"What about {word}?"),
                  log(type="system-verification", response={"response_type": "answer_attempt" if last else "clarification"})]
    trace.append(log(type="confidence", value=0.25 + 0.5 * score, method="span"))
    trace.append(log(type="answer-evaluation", exact_answer="4", is_correct=score >= 1, score=score, evaluation_return=None))
    return line(conv_id, "sharded", task_id, model, trace, score, stop_reason="correct" if score >= 1 else "shards_exhausted")


def clause(number, text, turn, start=0):
    span = {"start": start, "end": start + len(text.encode())}
    return {"id": f"c{number}", "text": text, "quote": text, "source": {"turn": turn, "span": span}, "kind": "fact"}


def mediated(conv_id, task_id, model, score):
    turns = ["How much is it?", "Two and three.", "No, two and two."]
    sure = {"earned": True, "reason": "the turn says so"}
    edits = [
        [{"op": "redirect", "clause": clause(1, turns[0], 0), "removal": sure},
         {"op": "ask", "question": {"id": "q1", "text": "Of which numbers?", "asked_at": 0, "state": "open"}}],
        [{"op": "answer", "question": "q1", "clause": clause(2, turns[1], 1)}],
        [{"op": "revise", "target": "c2", "clause": clause(3, "two and two", 2, 4), "removal": sure},
         {"op": "assume", "assumption": {"id": "a1", "text": "whole numbers", "reason": "nobody said"}}],
    ]
    trace = []
    for turn, (text, changes) in enumerate(zip(turns, edits)):
        findings = [{"finding": "uncovered", "words": ["No"]}] if turn == 2 else []
        trace += [said("user", text), log(type="shard_revealed", shard_id=turn + 1),
                  log(type="spec-edit", turn=turn, edits=changes, findings=findings, decision="proceed" if turn else "ask"),
                  log(type="usage", role="mediator", prompt_tokens=40, completion_tokens=9, seconds=0.5)]
        if turn == 0:
            trace += [log(type="question", turn=0, text="Of which numbers?"), said("assistant", "Of which numbers?")]
        else:
            trace += [said("assistant", "5" if turn == 1 else "4", prompt=[said("user", "the spec as the assistant reads it")]),
                      log(type="system-verification", response={"response_type": "answer_attempt"}),
                      log(type="answer-evaluation", exact_answer="4", is_correct=False, score=score, evaluation_return={"gold": "4"})]
    trace.append(log(type="fault", role="mediator", message="asked although the user said to go ahead"))
    return line(conv_id, "mediated", task_id, model, trace, score, stop_reason="shards_exhausted")


def small():
    """Two models in three settings; one of the models, and what it says, is hostile."""
    lines = []
    for model in ("abacus", HOSTILE):
        for task in range(4):
            for repeat in range(2):
                name = f"{'a' if model == 'abacus' else 'h'}-{task}-{repeat}"
                text = "The answer is 4." if model == "abacus" else f"It is {HOSTILE} 4."
                lines.append(single(f"full-{name}", "full", f"made-{task}", model, 1.0, text))
                lines.append(sharded(f"sharded-{name}", f"made-{task}", model, float((task + repeat) % 2)))
                lines.append(mediated(f"mediated-{name}", f"made-{task}", model, float(task > 0)))
    lines.append(sharded(f"{HOSTILE}&turn=1#", "made-0", "abacus", 0.5, ("a needle", "b", "c", "d", "e")))
    return lines


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        for each in lines:
            file.write(json.dumps(each) + "\n")
