"""The chat on a real terminal: what it takes while nothing happens, and how long a key needs to the screen while a local
model replies on the same cores, while a server writes at a steady rate, and while one floods. With --view, the viewer on many conversations, made of recorded ones.

    python3 crates/cli/benches/terminal.py BINARY [--seconds 10] [--keys 300] [--view FILE... [--count 100000]]

The models are those of the data directory in force; the default model must have been fetched.
"""

import argparse
import fcntl
import http.server
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import threading
import time

# Letters that the replies do not hold, so that each is seen on the screen for what it is.
LETTERS = "абвгдежзиклмнопрстуфхцчшщэюя"
# What a terminal is asked for its kind, and what it says.
KIND = (b"\x1b[c", b"\x1b[?6c")
GAP = 0.05
PATIENCE = 60.0


def plain(drawn: bytes) -> str:
    """What is drawn, without the places of its parts between them; cells that stay as they are are not drawn."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn.decode(errors="replace"))


def configure(folder: pathlib.Path, assistant: str, profile: str = "") -> None:
    roles = f'[roles]\nmediator = "smollm2"\nassistant = "{assistant}"\n'
    (folder / "throughline.toml").write_text(f"{roles}\n{profile}")


class Server(http.server.ThreadingHTTPServer):
    """An endpoint on loopback that writes so many tokens a second, 0 for as many as are taken, until nobody reads on."""

    daemon_threads = True

    def __init__(self, rate: int):
        super().__init__(("127.0.0.1", 0), Replies)
        self.rate = rate
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def profile(self) -> str:
        address = f"http://127.0.0.1:{self.server_address[1]}/v1"
        return f'[models.server]\nkind = "openai"\nbase_url = "{address}"\nmodel = "m"\n'


class Replies(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        start, written = time.monotonic(), 0
        try:
            while True:
                delta = {"content": ["storm ", "and ", "light\n\n"][written % 3]}
                chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m",
                         "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                written += 1
                if self.server.rate and (ahead := start + written / self.server.rate - time.monotonic()) > 0:
                    time.sleep(ahead)
        except OSError:
            pass


class Terminal:
    """The program on a terminal of 120 by 34."""

    def __init__(self, binary: pathlib.Path, folder: pathlib.Path, *arguments: str):
        data = pathlib.Path(os.environ.get("THROUGHLINE_DATA_DIR") or pathlib.Path.home() / ".local/share/throughline")
        (folder / "data").mkdir(exist_ok=True)
        if not (folder / "data/models").is_symlink():
            (folder / "data/models").symlink_to(data / "models")
        if not (folder / "throughline.toml").exists():
            configure(folder, "smollm2")
        environment = dict(os.environ, HOME=str(folder), THROUGHLINE_DATA_DIR=str(folder / "data"), TERM="xterm-256color")
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(binary, [str(binary), *arguments], environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 34, 120, 0, 0))

    def read(self, seconds: float) -> bytes:
        """What comes within that time, as soon as something does."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return b""
        read = os.read(self.terminal, 65536)
        if KIND[0] in read:
            os.write(self.terminal, KIND[1])
        return read

    def until(self, pattern: str) -> bytes:
        """Reads until this has come, and returns it all."""
        start, read = time.monotonic(), b""
        while not re.search(pattern, plain(read)):
            if time.monotonic() - start > PATIENCE:
                sys.exit(f"waited in vain for {pattern!r}")
            read += self.read(1.0)
        return read

    def types(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def processor_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_megabytes(self) -> float:
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+)", status)[1]) / 1000

    def leave(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        self.drain(1.0)
        os.waitpid(self.pid, 0)

    def gather(self, seconds: float) -> str:
        """What is drawn within that time."""
        end, drawn = time.monotonic() + seconds, b""
        while (left := end - time.monotonic()) > 0:
            try:
                drawn += self.read(left)
            except OSError:
                break
        return plain(drawn)

    def drain(self, seconds: float) -> int:
        """Reads on for that long, and tells how much was drawn."""
        return len(self.gather(seconds))


def latencies(chat: Terminal, keys: int) -> list[float]:
    """Seconds from each key to its letter on the screen, as long as the reply is being written."""
    taken = []
    for number in range(keys):
        letter = LETTERS[number % len(LETTERS)]
        start, read = time.monotonic(), b""
        chat.types(letter)
        while letter.encode() not in read:
            if time.monotonic() - start > PATIENCE:
                sys.exit("a key never reached the screen")
            read += chat.read(1.0)
        taken.append(time.monotonic() - start)
        while (left := start + GAP - time.monotonic()) > 0:
            read += chat.read(left)
        # The line below is drawn anew while a reply is written, and tells how it ended.
        if b"tokens/s" in read:
            break
    return taken


def typing(chat: Terminal, told: str, keys: int) -> None:
    """How long keys take while a reply is written; then the chat is left."""
    chat.types("Write a long story about a lighthouse keeper who collects storms.\r")
    chat.until("replying|storm and")
    taken = latencies(chat, keys)
    milliseconds = [1000 * quantile(taken, share) for share in (0.5, 0.9, 0.99, 1.0)]
    print("key to screen while {}, over {} keys: median {:.1f} ms, 90 % {:.1f} ms, 99 % {:.1f} ms, longest {:.1f} ms; "
          "{:.0f} MB in memory".format(told, len(taken), *milliseconds, chat.resident_megabytes()))
    chat.leave()


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def replicas(files: list[pathlib.Path], count: int, out: pathlib.Path) -> None:
    """So many conversations out of recorded ones, each with a name of its own."""
    lines = [line for file in files for line in file.open() if line.strip()]
    with out.open("w") as written:
        for number in range(count):
            line = lines[number % len(lines)].rstrip("\n")
            written.write(re.sub(r'("conv_id": *"[^"]*)"', rf'\1-{number}"', line, count=1) + "\n")


def viewing(binary: pathlib.Path, folder: pathlib.Path, files: list[pathlib.Path], count: int) -> None:
    """The viewer's list as it fills, and the last conversation opened."""
    made = folder / "conversations.jsonl"
    replicas(files, count, made)
    start = time.monotonic()
    viewer = Terminal(binary, folder, "view", str(made))
    viewer.until(r"\d ?conversation")
    first = time.monotonic() - start
    while True:
        # Drawn anew, it says how many there are, and whether more are being read.
        viewer.types("\x0c")
        said = viewer.gather(0.1)
        if re.search(rf"\D{count} ?conversations", said) and not re.search("still ?reading", said):
            break
    whole = time.monotonic() - start
    listed = viewer.resident_megabytes()
    viewer.types("\x1b[F")
    viewer.drain(0.3)
    start = time.monotonic()
    viewer.types("\r")
    viewer.until("turn 1 ?of")
    opened = time.monotonic() - start
    print(f"viewer on {count} conversations ({made.stat().st_size / 1e6:.0f} MB): first of them listed in {1000 * first:.0f} "
          f"ms, all in {whole:.1f} s, {listed:.0f} MB in memory, the last one opened in {1000 * opened:.0f} ms")
    viewer.leave()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long nothing happens")
    parser.add_argument("--keys", type=int, default=300, help="how many keys are typed at most")
    parser.add_argument("--view", type=pathlib.Path, nargs="+", default=[], help="recorded conversations to view")
    parser.add_argument("--count", type=int, default=100_000, help="how many conversations are viewed")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="throughline-bench-"))
    try:
        chat = Terminal(arguments.binary.resolve(), folder)
        chat.until("asks: ?auto")
        chat.drain(2.0)
        before = chat.processor_seconds()
        drawn = chat.drain(arguments.seconds)
        idle = chat.processor_seconds() - before
        print(f"idle: {1000 * idle:.0f} ms of processor time and {drawn} characters drawn in {arguments.seconds:.0f} s")
        for letter in LETTERS[:10]:
            chat.types(letter)
            chat.drain(GAP)
        chat.types("\x03")
        typing(chat, "a local model writes on the same cores", arguments.keys)
        for rate, told in ((200, "a server writes 200 tokens/s"), (0, "a server writes all it can")):
            server = Server(rate)
            configure(folder, "server", server.profile())
            chat = Terminal(arguments.binary.resolve(), folder)
            chat.until("asks: ?auto")
            typing(chat, told, arguments.keys)
            server.shutdown()
        if arguments.view:
            viewing(arguments.binary.resolve(), folder, [file.resolve() for file in arguments.view], arguments.count)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
