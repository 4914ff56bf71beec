"""Repeats recorded conversations under new ids until there are as many as asked for.

The study ran 200,000 conversations; the part of them that is public holds 1,635. Everything but the id stays as it is,
so what a reader meets (long replies, both log dialects, oddities) is real.

Usage: repeat_recordings.py COUNT OUTPUT RECORDING...
"""

import json
import sys


def main(count, output, recordings):
    halves = []
    for path in recordings:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                line = line.rstrip("\n")
                name = json.dumps(json.loads(line)["conv_id"], ensure_ascii=False)
                before, after = line.split(name, 1)
                halves.append((f'{before}"{name[1:-1]}'.encode(), f'"{after}\n'.encode()))
    with open(output, "wb") as out:
        for number in range(count):
            before, after = halves[number % len(halves)]
            out.write(b"%s.%d%s" % (before, number // len(halves), after))


main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
