#!/usr/bin/env python3
"""Opens an HTML report in a real browser, from its file and without a network, and uses it as a reader would.

    report.py --binary target/debug/throughline                      checks a made-up report
    report.py --binary target/debug/throughline --measure FILE...    times a report of 10,000 conversations

The measurement repeats the conversations of the given files under new ids. Exit code 77: there is no browser.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

import chromium
import transcripts

MANY = 10_000


def score(binary, inputs, page):
    subprocess.run([binary, "score", *map(str, inputs), "--html", str(page)], check=True, stdout=subprocess.DEVNULL)


def count(page):
    """How many conversations the list says there are."""
    return int(page.evaluate("document.getElementById('count').textContent.split(' ')[0].replaceAll(',', '')"))


def choose(page, name, value):
    page.evaluate(f"""(() => {{
        const control = document.getElementById({json.dumps(name)});
        control.value = {json.dumps(value)};
        control.dispatchEvent(new Event('input', {{ bubbles: true }}));
    }})()""")


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def tables_sort(page):
    table = "#summary table"
    heads = page.evaluate(f"[...document.querySelectorAll('{table} thead')].at(0).innerText.split(/\\s*[\\t\\n]+\\s*/)")
    column = heads.index("P")
    first = f"document.querySelector('{table}')"
    button = f"{first}.tHead.rows[0].cells[{column}].querySelector('button')"
    figures = f"[...{first}.tBodies[0].rows].map((row) => Number(row.cells[{column}].dataset.value))"
    before = page.evaluate(figures)
    page.evaluate(f"{button}.focus()")
    page.press("Enter")
    assert page.evaluate(figures) == sorted(before), page.evaluate(figures)
    assert page.evaluate(f"{button}.closest('th').getAttribute('aria-sort')") == "ascending"
    page.press("Enter")
    assert page.evaluate(figures) == sorted(before, reverse=True)
    page.press("Enter")
    assert page.evaluate(figures) == before
    assert len(set(before)) > 1, "nothing to sort"


def filters_narrow(page, lines):
    everything = len(lines)
    assert count(page) == everything, (count(page), everything)
    for name, value, field in [("setting", "mediated", "conv_type"), ("model", "abacus", "assistant_model")]:
        choose(page, name, value)
        expected = sum(each[field] == value for each in lines)
        page.wait(f"document.getElementById('count').textContent.startsWith('{expected} of')")
        assert 0 < expected < everything
        choose(page, name, "")
    choose(page, "score", "partly")
    page.wait("document.getElementById('count').textContent.startsWith('1 of')")
    choose(page, "score", "")
    choose(page, "fault", "other role: recorded")
    page.wait("document.getElementById('count').textContent.startsWith('16 of')")
    choose(page, "fault", "")
    choose(page, "text", "a NEEDLE")
    page.wait("document.getElementById('count').textContent.startsWith('1 of')")
    assert page.evaluate("document.querySelectorAll('#spacer .row').length") == 1
    choose(page, "text", "no such words anywhere")
    page.wait("document.getElementById('count').textContent.startsWith('0 of')")
    page.evaluate("document.querySelector('#filters button[type=reset]').click()")
    page.wait(f"document.getElementById('count').textContent.startsWith('{everything} of')")


def links_lead_to_turns(page, address):
    deep = f"{address}#conv=mediated-a-1-0&turn=3"
    page.open(deep)
    for visit in range(2):
        page.wait("document.activeElement.id === 'turn-3'")
        text = page.evaluate("document.getElementById('conversation').innerText")
        for words in ["Turn 3 of 3", "No, two and two.", "revised c2", "superseded by c3", "whole numbers",
                      "kept verbatim what was overlooked: No", "Of which numbers?", "Fault of mediator", "right"]:
            assert words in text, f"{words!r} is not in {text}"
        seen = "document.getElementById('turn-3').getBoundingClientRect().top"
        assert 0 <= page.evaluate(seen) < 900, page.evaluate(seen)
        if visit == 0:
            page.reload()
    # An id that is itself hostile, with the characters that addresses are made of.
    name = f"{transcripts.HOSTILE}&turn=1#"
    page.open(f"{address}#{urllib.parse.urlencode({'conv': name, 'turn': 5})}")
    page.wait("document.activeElement.id === 'turn-5'")
    assert page.evaluate("document.getElementById('conversation-heading').textContent") == name
    page.open(f"{address}#conv=nobody")
    page.wait("document.querySelector('#conversation .trouble')")
    # The runs of a row of the summary lead to its conversations.
    page.evaluate("document.querySelector('#summary tbody a').click()")
    page.wait("document.getElementById('count').textContent.startsWith('8 of')")


def keyboard_suffices(page, address, everything):
    page.open(address)
    page.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", focused(page)
    page.press("Tab")
    page.press("Enter")
    page.wait("document.activeElement.id === 'conversations'")
    stops = []
    while not stops or stops[-1] != "list":
        page.press("Tab")
        stops.append(focused(page))
        assert len(stops) < 20, stops
    assert stops[:3] == ["text", "task", "model"], stops
    selected = "document.getElementById(document.getElementById('list').getAttribute('aria-activedescendant'))"
    place = f"Number({selected}.getAttribute('aria-posinset'))"
    assert page.evaluate(place) == 1
    page.press("ArrowDown", 3)
    assert page.evaluate(place) == 4
    page.press("End")
    page.wait(f"{place} === {everything}")
    page.press("Home")
    page.press("PageDown")
    assert page.evaluate(place) > 4
    expected = page.evaluate(f"{selected}.textContent")
    page.press("Enter")
    page.wait("document.activeElement.id === 'conversation-heading'")
    setting = page.evaluate("document.querySelector('#conversation .about').textContent")
    assert any(name in expected and name in setting for name in ("full", "sharded", "mediated")), (expected, setting)
    first = page.evaluate("document.activeElement.textContent")
    page.press("Tab", 2)
    page.press("Enter")
    page.wait(f"document.getElementById('conversation-heading').textContent !== {json.dumps(first)}")
    page.press("Tab", 4)
    page.press("Enter")
    page.wait("document.activeElement.id.startsWith('turn-')")
    page.press("Escape")
    page.wait("document.activeElement.id === 'list'")
    # A focus that cannot be seen is of no use.
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", outline


def themes_differ(page, address):
    page.open(address)
    ground = "getComputedStyle(document.body).backgroundColor"
    page.media(scheme="light")
    light = page.evaluate(ground)
    page.media(scheme="dark")
    dark = page.evaluate(ground)
    assert light != dark, light
    page.media("print", "dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)", "print is light"
    page.media(scheme="light")
    click = "document.getElementById('theme').click()"
    assert page.evaluate(f"{click}; {ground}") == light  # light, by choice
    assert page.evaluate(f"{click}; {ground}") == dark
    page.reload()
    assert page.evaluate(ground) == dark, "the choice survives a reload"
    assert page.evaluate(f"{click}; {ground}") == light


def figures_have_data(page):
    figures = page.evaluate("document.querySelectorAll('figure').length")
    assert figures >= 3, figures
    assert page.evaluate("document.querySelectorAll('figure svg[role=img][aria-label]').length") == figures
    assert page.evaluate("document.querySelectorAll('figure details table tbody tr').length") >= figures
    marks = page.evaluate("[...document.querySelectorAll('figure svg')].every((svg) => svg.querySelectorAll('path').length > 1)")
    assert marks, "a figure without a mark"
    ids = "[...document.querySelectorAll('[id]')].map((element) => element.id)"
    assert page.evaluate(f"new Set({ids}).size === ({ids}).length"), "an id comes twice"


def check(binary, executable, folder, pictures):
    lines = transcripts.small()
    transcripts.write(folder / "made.jsonl", lines)
    file = folder / "report.html"
    score(binary, [folder / "made.jsonl"], file)
    address = file.as_uri()
    page = chromium.Page(executable)
    try:
        page.open(address)
        tables_sort(page)
        figures_have_data(page)
        filters_narrow(page, lines)
        links_lead_to_turns(page, address)
        keyboard_suffices(page, address, len(lines))
        themes_differ(page, address)
        assert page.evaluate("window.hurt") is None, "a transcript ran as a script"
        assert page.evaluate("document.querySelectorAll('img, iframe, object').length") == 0
        # The policy itself: neither markup from a text nor a request gets through.
        refused = page.evaluate("(() => { try { document.body.innerHTML += '<i>x</i>'; return false; } catch { return true; } })()")
        assert refused, "text became markup"
        assert page.complaints == ["This document requires 'TrustedHTML' assignment. The action has been blocked."], page.complaints
        page.complaints.clear()
        assert page.evaluate("fetch('data:,x').then(() => false, () => true)"), "a request got through"
        others = [url for url in page.requests if not url.startswith(address) and url not in ("about:blank", "data:,x")]
        assert not others, others
        if pictures:
            take_pictures(page, address, pictures)
    finally:
        page.close()


def take_pictures(page, address, folder):
    """For people to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        page.media(scheme=scheme)
        page.open(address)
        page.screenshot(folder / f"report-{scheme}.png", whole=True)
        page.open(f"{address}#conv=mediated-a-1-0&turn=3")
        page.screenshot(folder / f"viewer-{scheme}.png")
    page.resize(420, 900)
    page.reload()
    page.screenshot(folder / "viewer-narrow.png")
    page.resize(1280, 900)
    page.pdf(folder / "report.pdf")


def measure(binary, executable, folder, inputs):
    texts = "\n".join(pathlib.Path(path).read_text(encoding="utf-8") for path in inputs)
    recorded = [json.loads(text) for text in texts.split("\n") if text.strip()]
    lines = []
    while len(lines) < MANY:
        each = recorded[len(lines) % len(recorded)]
        lines.append({**each, "conv_id": f"{len(lines):05}-{each['conv_id']}"})
    transcripts.write(folder / "many.jsonl", lines)
    file = folder / "many.html"
    begun = time.perf_counter()
    score(binary, [folder / "many.jsonl"], file)
    print(f"{MANY} conversations, {(folder / 'many.jsonl').stat().st_size / 1e6:.1f} MB of transcripts")
    print(f"written in {time.perf_counter() - begun:.2f} s, {file.stat().st_size / 1e6:.1f} MB of HTML")
    page = chromium.Page(executable)
    try:
        page.open(file.as_uri())
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        print(f"first paint after {paint:.0f} ms, everything parsed after {ready:.0f} ms")
        timed = """new Promise((resolve) => {
            const before = document.getElementById('count').textContent;
            const start = performance.now();
            const control = document.getElementById(%s);
            const done = () => document.getElementById('count').textContent !== before && !document.getElementById('count').textContent.includes('searched');
            const look = () => (done() ? resolve(performance.now() - start) : requestAnimationFrame(look));
            control.value = %s;
            control.dispatchEvent(new Event('input', { bubbles: true }));
            look();
        })"""
        for name, value, what in [("setting", "sharded", "filter by setting"), ("setting", "", "filter taken back"),
                                  ("text", "apples", "first search of all texts"), ("text", "trucks", "second search")]:
            print(f"{what}: {page.evaluate(timed % (json.dumps(name), json.dumps(value))):.0f} ms until the list is redrawn")
        opened = page.evaluate("""new Promise((resolve) => {
            const start = performance.now();
            const look = () => (document.getElementById('conversation-heading') ? resolve(performance.now() - start) : requestAnimationFrame(look));
            document.querySelector('#spacer .row').click();
            look();
        })""")
        print(f"a conversation opens in {opened:.0f} ms")
        choose(page, "text", "")
        page.wait(f"document.getElementById('count').textContent.startsWith('{MANY:,}')")
        frames = page.evaluate("""new Promise((resolve) => {
            const list = document.getElementById('list');
            const times = [];
            let last = performance.now();
            const step = () => {
                const now = performance.now();
                times.push(now - last);
                last = now;
                list.scrollTop += 1000;
                if (times.length < 120) requestAnimationFrame(step);
                else resolve(times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]);
            };
            step();
        })""")
        print(f"while scrolling, 95 of 100 frames take at most {frames:.0f} ms")
        print(f"JavaScript heap: {page.evaluate('performance.memory.usedJSHeapSize') / 1e6:.0f} MB")
    finally:
        page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path, help="the throughline binary")
    parser.add_argument("--pictures", type=pathlib.Path, help="a folder for screenshots")
    parser.add_argument("--measure", nargs="+", metavar="FILE", help="transcripts to repeat")
    arguments = parser.parse_args()
    executable = chromium.find()
    if executable is None:
        print("there is no Chromium on this machine (set CHROMIUM to name one)", file=sys.stderr)
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="throughline-report-") as folder:
        binary = arguments.binary.resolve()
        if arguments.measure:
            measure(binary, executable, pathlib.Path(folder), arguments.measure)
        else:
            check(binary, executable, pathlib.Path(folder), arguments.pictures)


main()
