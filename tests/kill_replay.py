"""Kills a replay with SIGKILL at random moments, resumes it each time, and compares the outcome with an undisturbed run.

usage: kill_replay.py --binary THROUGHLINE --model GGUF [--kills 100] [--backend local|remote] [--cache] [--seed 1]

After each kill the lines that were there before must be there still, byte for byte, and after the last resume every planned
run must be there once, in a whole line, and nothing else. Then the scores and replies of both are compared, and those that
differ are counted: what a model computes depends in its last digits on what it computed before, and draws with it. With
--cache the undisturbed run answers out of the cache of the disturbed one: then there is no such chance, every call must be
found there, and none may differ. The exit code is 1 when anything was lost, repeated, torn, or differs that may not.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEY = "kill-replay"


def configuration(model: str, address: str | None) -> str:
    if address is None:
        profile = f'kind = "llama-cpp"\nmodel = {json.dumps(model)}\nthreads = 1\n'
    else:
        profile = f'kind = "openai"\nbase_url = "{address}/v1"\nmodel = "any"\nkey_variable = "KILL_KEY"\n'
    return f'[roles]\nmediator = "small"\nassistant = "small"\n[models.small]\n{profile}'


def lines(folder: pathlib.Path) -> bytes:
    try:
        return (folder / "transcripts.jsonl").read_bytes()
    except FileNotFoundError:
        return b""


def whole(text: bytes) -> bytes:
    """The whole lines of a text."""
    return text[: text.rfind(b"\n") + 1]


def runs(folder: pathlib.Path) -> dict[str, dict]:
    """The runs by name. A torn line or a run that is there twice ends the program."""
    text = lines(folder)
    if not text.endswith(b"\n"):
        sys.exit(f"{folder}: the last line is torn")
    found: dict[str, dict] = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            run = json.loads(line)
        except ValueError:
            sys.exit(f"{folder}: line {number} is torn")
        if found.setdefault(run["conv_id"], run) is not run:
            sys.exit(f"{folder}: {run['conv_id']} is there twice")
    return found


def replies(run: dict) -> list[str]:
    return [entry["content"] for entry in run["trace"] if entry["role"] == "assistant"]


def calls(found: dict[str, dict]) -> int:
    return sum(calls["made"] - calls.get("cached", 0) for run in found.values() for calls in run["calls"].values())


def mean(found: dict[str, dict]) -> float:
    return sum(run["score"] for run in found.values()) / len(found) * 100


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--backend", choices=["local", "remote"], default="local")
    parser.add_argument("--cache", action="store_true", help="keep replies, and answer the undisturbed run out of them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=40, help="how many samples")
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--settings", default="full,sharded")
    parser.add_argument("--longest", type=float, default=2.0, help="the longest wait before a kill, in seconds")
    asked = parser.parse_args()
    draw = random.Random(asked.seed)
    asked.binary = str(pathlib.Path(asked.binary).resolve())

    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        server, address = None, None
        if asked.backend == "remote":
            serve = [sys.executable, ROOT / "crates/models/tests/serve.py", asked.model, KEY, "--threads=1"]
            server = subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            address = server.stdout.readline().strip()
        try:
            outcome = compare(asked, place, draw, address)
        finally:
            if server is not None:
                server.kill()
                server.wait()
    sys.exit(outcome)


def compare(asked: argparse.Namespace, place: pathlib.Path, draw: random.Random, address: str | None) -> int:
    (place / "throughline.toml").write_text(configuration(str(pathlib.Path(asked.model).resolve()), address))

    def command(name: str) -> tuple[list[str], dict[str, str]]:
        arguments = [asked.binary, "replay", str(ROOT / "transcripts/samples/math.json"), "-o", name, "--quiet"]
        arguments += ["--limit", str(asked.limit), "--repeats", str(asked.repeats), "--settings", asked.settings]
        arguments += ["--max-tokens", "12", "--temperature", "0.8", "--concurrency", "1" if address is None else "4"]
        arguments += [] if asked.cache else ["--no-cache"]
        own = {"HOME": str(place / "home"), "THROUGHLINE_CACHE_DIR": str(place / "cache"), "KILL_KEY": KEY}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("THROUGHLINE_") or key == "THROUGHLINE_DATA_DIR"}
        return arguments, {**kept, **own, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    killed_folder = place / "killed"
    killed, in_vain, torn = 0, 0, 0
    arguments, environment = command("killed")
    started = time.monotonic()
    while killed < asked.kills:
        before = whole(lines(killed_folder))
        process = subprocess.Popen(arguments, env=environment, cwd=place, stderr=subprocess.PIPE)
        if draw.random() < 0.5:
            # Counted from the next run that is kept, so that the moment falls among the writes.
            while process.poll() is None and len(whole(lines(killed_folder))) <= len(before):
                time.sleep(0.001)
            time.sleep(draw.random() * 0.05)
        else:
            time.sleep(draw.random() * asked.longest)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        said = process.communicate()[1].decode()
        if not alive and process.returncode not in (0, -signal.SIGKILL):
            sys.exit(f"ended with {process.returncode}: {said}")
        killed, in_vain = killed + alive, in_vain + (not alive)
        after = lines(killed_folder)
        torn += after != whole(after)
        if not after.startswith(before):
            sys.exit("lines that were kept have changed")
        if in_vain > 3:
            sys.exit(f"the experiment was over after {killed} kills; give more --repeats")
    ended = subprocess.run(arguments, env=environment, cwd=place)
    print(f"{killed} kills in {time.monotonic() - started:.0f} s; {torn} left a half-written line; the last resume ended with {ended.returncode}")

    arguments, environment = command("calm")
    calm = subprocess.run(arguments, env=environment, cwd=place)
    disturbed, undisturbed = runs(killed_folder), runs(place / "calm")
    expected = asked.limit * asked.repeats * len(asked.settings.split(","))
    lost, new = undisturbed.keys() - disturbed.keys(), disturbed.keys() - undisturbed.keys()
    scores = [name for name in undisturbed.keys() & disturbed.keys() if undisturbed[name]["score"] != disturbed[name]["score"]]
    said = [name for name in undisturbed.keys() & disturbed.keys() if replies(undisturbed[name]) != replies(disturbed[name])]
    errors = (killed_folder / "errors.jsonl").read_text()
    print(f"{len(disturbed)} of {expected} runs, none twice; {len(lost)} lost, {len(new)} that nobody planned; {errors.count(chr(10))} errors")
    print(f"P {mean(disturbed):.2f}, undisturbed {mean(undisturbed):.2f}; {len(scores)} scores and the replies of {len(said)} runs differ")
    sound = ended.returncode == calm.returncode == 0 and len(disturbed) == expected and not lost and not new and not errors
    anew = calls(undisturbed)
    print(f"the undisturbed replay made {anew} calls anew")
    alike = not asked.cache or not (scores or said or anew)
    return 0 if sound and alike else 1


if __name__ == "__main__":
    main()
