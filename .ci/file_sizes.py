#!/usr/bin/env python3
"""Fails when a Rust source file is longer than LIMIT lines; tests do not count.

A file of tests (under a `tests` folder, or named tests.rs or *_tests.rs) is exempt; in other files the blocks
`#[cfg(test)] mod NAME { ... }` are left out. Prints the median, which should stay between 100 and 250.
"""
import pathlib
import re
import statistics
import subprocess
import sys

LIMIT = 800
ROOT = pathlib.Path(__file__).resolve().parent.parent


def is_test_file(path):
    return "tests" in path.parts[:-1] or path.name == "tests.rs" or path.name.endswith("_tests.rs")


def code_lines(text):
    """Lines outside test modules; rustfmt puts a module's closing brace under its first column."""
    count, closing, attribute = 0, None, False
    for line in text.splitlines():
        if closing is not None:
            if line == closing:
                closing = None
            continue
        if attribute and (module := re.match(r"(\s*)mod \w+ \{$", line)):
            closing = module.group(1) + "}"
            count -= 1  # the attribute's own line
            attribute = False
            continue
        attribute = line.strip() == "#[cfg(test)]"
        count += 1
    return count


def main():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.rs"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    paths = [pathlib.Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]
    sizes = {path: code_lines((ROOT / path).read_text(encoding="utf-8")) for path in paths if not is_test_file(path)}
    if not sizes:
        sys.exit("file sizes: no Rust file found")
    for path, size in sorted(sizes.items()):
        if size > LIMIT:
            print(f"{path}: {size} lines without tests, at most {LIMIT} are allowed; split it", file=sys.stderr)
    print(f"file sizes: {len(sizes)} files, median {statistics.median(sizes.values()):g}, longest {max(sizes.values())} lines")
    sys.exit(any(size > LIMIT for size in sizes.values()))


main()
