"""Runs `throughline` in a terminal of its own with keys from a script, and writes what it shows.

Screens become SVG images, and one session an asciinema recording (version 2).

Every scene starts on a fresh home folder and a fresh data folder, into which the models are linked. The assistant does
not sample, so that one machine shows the same twice; another one may reckon a little differently. Needs the packages of
requirements.txt beside this file.
"""

import argparse
import codecs
import fcntl
import itertools
import json
import os
import pty
import re
import select
import shutil
import signal
import string
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

COLUMNS, LINES = 112, 32
MODEL = "qwen2.5-coder-1.5b"
PROJECT = Path(__file__).resolve().parents[2]
ASSISTANT = PROJECT / "agents" / "assistant.md"
SAMPLES = PROJECT / "transcripts" / "samples" / "math-revised.json"
LIMIT = 150_000  # bytes of an image
PATIENCE = 120  # seconds that a model may take
PAUSE = 1.2  # seconds that a wait takes in the recording at most
MOST_CLAUSES = 20  # lines of the spec that are looked through for one
KEYS = {"Enter": "\r", "Tab": "\t", "Down": "\x1b[B", "End": "\x1b[F", "Ctrl+T": "\x14"}

# The sixteen colours that programs name instead of giving them in full; any terminal has its own.
THEME = TerminalTheme(
    (24, 26, 31),
    (200, 204, 212),
    [(40, 44, 52), (224, 108, 117), (152, 195, 121), (229, 192, 123), (97, 175, 239), (198, 120, 221), (86, 182, 194),
     (171, 178, 191)],
    [(99, 109, 131), (240, 140, 148), (181, 215, 155), (240, 211, 158), (135, 195, 245), (215, 155, 232),
     (115, 205, 215), (230, 233, 240)],
)  # fmt: skip
NAMES = {"brown": "yellow", "brightbrown": "bright_yellow", "bfightmagenta": "bright_magenta"}  # as pyte spells them

# rich's own template fetches a font from the network; this one takes what the reader has.
SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font-family: "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
        font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
    }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


class Screen(pyte.Screen):
    """pyte's, deaf to what newer terminals are asked and it takes for something else."""

    def select_graphic_rendition(self, *attributes, **rest):
        if not rest.get("private"):
            super().select_graphic_rendition(*attributes)

    def restore_cursor(self, *_, **rest):
        if not rest.get("private"):
            super().restore_cursor()

    def report_device_status(self, mode, **rest):
        if not rest.get("private"):
            super().report_device_status(mode)


def configure(home):
    """Both roles by the same model, and an assistant that does not sample, so that images can be repeated."""
    folder = home / ".config" / "throughline"
    folder.mkdir(parents=True)
    shipped = ASSISTANT.read_text(encoding="utf-8")
    steady = re.sub(r"^temperature = .*$", "temperature = 0.0", shipped, count=1, flags=re.MULTILINE)
    (folder / "assistant.md").write_text(steady, encoding="utf-8")
    (folder / "config.toml").write_text(
        f'[roles]\nmediator = "{MODEL}"\nassistant = "{MODEL}"\n\n'
        f"[agents]\nassistant = {json.dumps(str(folder / 'assistant.md'))}\n",
        encoding="utf-8",
    )


class Terminal:
    """A program in a pseudo-terminal, its screen, and what it wrote at which time."""

    def __init__(self, binary, models, configured=False, columns=COLUMNS, lines=LINES, before=(), arguments=()):
        """`before` are the arguments of a run without a terminal that comes first."""
        self.folder = Path(tempfile.mkdtemp(prefix="screens-"))
        self.screen = Screen(columns, lines)
        self.screen.write_process_input = self.send
        self.stream = pyte.Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.events = []
        home, data = self.folder / "home", self.folder / "data"
        home.mkdir()
        data.mkdir()
        (data / "models").symlink_to(models)
        if configured:
            configure(home)
        environment = {
            "HOME": str(home), "THROUGHLINE_DATA_DIR": str(data), "THROUGHLINE_CACHE_DIR": str(self.folder / "cache"),
            "PATH": os.environ.get("PATH", ""), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8",
            "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "200"),
        }  # fmt: skip
        if before:
            subprocess.run([binary, *before], cwd=home, env=environment, check=True)
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(home)
            os.execve(binary, ["throughline", *arguments], environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.process, signal.SIGTERM)
        os.waitpid(self.process, 0)
        os.close(self.terminal)
        shutil.rmtree(self.folder)

    def send(self, text):
        os.write(self.terminal, text.encode())

    def read(self, seconds):
        """Takes what comes within that time; false where nothing came."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            text = self.decoder.decode(os.read(self.terminal, 65536))
        except OSError:  # the program has ended
            sys.exit(f"the program ended too soon; it showed:\n{self.text()}")
        self.events.append((time.monotonic(), text))
        self.stream.feed(text)
        return True

    def text(self):
        return "\n".join(self.screen.display)

    def settle(self, seconds=0.4):
        """Until nothing has come for so long."""
        while self.read(seconds):
            pass

    def wait(self, *words, gone=()):
        """Until the screen shows all of `words`, and none of `gone`."""
        end = time.monotonic() + PATIENCE
        while not all(word in self.text() for word in words) or any(word in self.text() for word in gone):
            if time.monotonic() > end:
                sys.exit(f"waited in vain for {words} without {gone}; the screen shows:\n{self.text()}")
            self.read(0.1)

    def replied(self):
        """Until the reply to what was sent is done."""
        self.wait("Esc stops")
        self.wait("tokens/s", gone=("Esc stops",))
        self.settle()

    def choose(self, words):
        """Selects the line of the spec that ends with these words."""
        for _ in range(MOST_CLAUSES):
            self.settle()
            if any("▶" in line and line.rstrip(" │").endswith(words) for line in self.screen.display):
                return
            self.press("Down")
        sys.exit(f"no line of the spec ends with {words!r}; the screen shows:\n{self.text()}")

    def type(self, text, each=0.045):
        for character in text:
            self.send(character)
            self.rest(each)

    def press(self, *names):
        for name in names:
            self.settle()
            self.send(KEYS.get(name, name))

    def say(self, text):
        self.type(text)
        self.press("Enter")

    def rest(self, seconds):
        """Lets time pass, which the recording keeps."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)


def colour(name):
    """pyte's name of a colour as rich spells it."""
    if name == "default":
        return None
    if len(name) == 6 and all(digit in string.hexdigits for digit in name):
        return f"#{name}"
    name = NAMES.get(name, name)
    return name.replace("bright", "bright_") if "_" not in name else name


def style(cell, under_cursor):
    return Style(
        color=colour(cell.fg), bgcolor=colour(cell.bg), bold=cell.bold, italic=cell.italics, underline=cell.underscore,
        strike=cell.strikethrough, reverse=cell.reverse != under_cursor,
    )  # fmt: skip


def image(screen, title, name):
    """The screen as SVG."""
    text = Text(end="")
    for row in range(screen.lines):
        cells = [screen.buffer[row][column] for column in range(screen.columns)]
        cursor = screen.cursor.x if row == screen.cursor.y and not screen.cursor.hidden else -1
        styled = ((cell.data, style(cell, column == cursor)) for column, cell in enumerate(cells))
        # One run for each style: a run for each cell is many times as large.
        for look, run in itertools.groupby(styled, key=lambda pair: pair[1]):
            text.append("".join(data for data, _ in run), look)
        if row + 1 < screen.lines:
            text.append("\n")
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(
            record=True, width=screen.columns, file=nowhere, force_terminal=True, color_system="truecolor"
        )  # fmt: skip
        console.print(text, no_wrap=True, overflow="ignore", crop=False)
    return console.export_svg(title=title, theme=THEME, code_format=SVG, unique_id=name)


class Recorder:
    """Where what is shown goes."""

    def __init__(self, folder, forbidden):
        self.folder = folder
        self.forbidden = forbidden

    def write(self, name, content):
        for word in self.forbidden:
            if word in content:
                sys.exit(f"{name}: holds {word}, which belongs to this machine")
        (self.folder / name).write_text(content, encoding="utf-8")
        print(f"{name}: {len(content.encode()) / 1000:.0f} kB")

    def screen(self, terminal, name, title="throughline"):
        terminal.settle()
        content = image(terminal.screen, title, name)
        if len(content.encode()) > LIMIT:
            sys.exit(f"{name}.svg: {len(content.encode())} bytes, more than {LIMIT}")
        self.write(f"{name}.svg", content)

    def cast(self, terminal, name):
        """What the terminal showed, with long waits shortened."""
        header = {
            "version": 2, "width": terminal.screen.columns, "height": terminal.screen.lines, "title": "Throughline",
            "env": {"TERM": "xterm-256color"},
        }  # fmt: skip
        lines = [json.dumps(header)]
        now, last = 0.0, None
        for at, text in terminal.events:
            now += min(PAUSE, at - last) if last is not None else 0.0
            last = at
            lines.append(json.dumps([round(now, 3), "o", text], ensure_ascii=False))
        self.write(f"{name}.cast", "\n".join(lines) + "\n")
        print(f"  {now:.0f} seconds, {len(terminal.events)} events")


def first_run(recorder, binary, models):
    """What the first start asks, where nothing is configured."""
    with Terminal(binary, models, lines=18) as terminal:
        terminal.wait("Which model is to", "An endpoint")
        recorder.screen(terminal, "first-run")


def conversation(recorder, binary, models):
    """A revision, then a clause withdrawn by key: the assistant runs again. The recording is of it."""
    with Terminal(binary, models, configured=True) as terminal:
        terminal.wait("Enter send")
        terminal.rest(PAUSE)
        terminal.say("Write a JSON config for a web server with 4 workers.")
        terminal.replied()
        terminal.rest(PAUSE)
        terminal.say("It listens on port 8080. The timeout is 30 seconds.")
        terminal.replied()
        terminal.rest(PAUSE)
        terminal.say("Sorry, make it 8 workers.")
        terminal.replied()
        recorder.screen(terminal, "conversation")
        terminal.rest(PAUSE)
        terminal.press("Tab", "Tab")
        terminal.choose("The timeout is 30 seconds.")
        terminal.rest(PAUSE)
        terminal.press("w")
        terminal.replied()
        recorder.screen(terminal, "withdrawn")
        terminal.rest(2 * PAUSE)
        recorder.cast(terminal, "session")


def question(recorder, binary, models):
    """A changed value that fits two places: the mediator asks which one."""
    with Terminal(binary, models, configured=True) as terminal:
        terminal.wait("Enter send")
        terminal.say("Write a JSON config with two timeouts: connect 30 seconds, read 30 seconds.")
        terminal.replied()
        terminal.say("Change the 30 to 60.")
        terminal.wait("1-9 pick an answer")
        recorder.screen(terminal, "question")
        terminal.press("2")
        terminal.replied()
        recorder.screen(terminal, "answer")


def comparison(recorder, binary, models):
    """The same turns with and without the mediator."""
    with Terminal(binary, models, configured=True, lines=20) as terminal:
        terminal.wait("Enter send")
        terminal.say("Write a JSON config for a web server with 4 workers.")
        terminal.replied()
        terminal.say("It listens on port 8080. The timeout is 30 seconds.")
        terminal.replied()
        terminal.say("Sorry, make it 8 workers.")
        terminal.replied()
        terminal.say("Forget the timeout.")
        terminal.replied()
        terminal.press("Ctrl+T")
        terminal.wait("Without: it read every turn", gone=("replying",))
        recorder.screen(terminal, "comparison")


def viewer(recorder, binary, models):
    """A replayed sample, in whose third turn the user corrects a quantity: shards, attempts, verdicts, and the spec."""
    replay = ["replay", SAMPLES, "--settings", "mediated", "--limit", "1", "--temperature", "0", "-q", "-o", "run"]
    with Terminal(binary, models, configured=True, before=replay, arguments=["view", "run"]) as terminal:
        terminal.wait("turn 1 of")
        terminal.press("End")
        recorder.screen(terminal, "viewer")


SCENES = {
    "first-run": first_run,
    "conversation": conversation,
    "question": question,
    "comparison": comparison,
    "viewer": viewer,
}


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, required=True, help="the `throughline` to run")
    parser.add_argument("--models", type=Path, required=True, help=f"the folder with the models, among them {MODEL}")
    parser.add_argument("--output", type=Path, default=here, help="where the images go")
    parser.add_argument("scenes", nargs="*", help="scenes to record; all of them unless named")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.scenes if name not in SCENES]
    if unknown:
        parser.error(f"there is no scene {unknown[0]}; there are {', '.join(SCENES)}")
    binary, models = arguments.binary.resolve(), arguments.models.resolve()
    local = [binary.parent, models, Path(tempfile.gettempdir()), Path.home()]
    recorder = Recorder(arguments.output, [f"{folder}/" for folder in local])
    for name in arguments.scenes or SCENES:
        SCENES[name](recorder, binary, models)


if __name__ == "__main__":
    main()
