"""The chat on a real terminal: what it takes while nothing happens, and how long a key needs to the screen while a local
model replies on the same cores.

    python3 crates/cli/benches/terminal.py BINARY [--seconds 10] [--keys 300]

The models are those of the data directory in force; the default model must have been fetched.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import sys
import tempfile
import termios
import time

# Letters that the replies do not hold, so that each is seen on the screen for what it is.
LETTERS = "абвгдежзиклмнопрстуфхцчшщэюя"
# What a terminal is asked for its kind, and what it says.
KIND = (b"\x1b[c", b"\x1b[?6c")
GAP = 0.05
PATIENCE = 240.0


class Chat:
    """The program on a terminal of 120 by 34."""

    def __init__(self, binary: pathlib.Path, folder: pathlib.Path):
        data = pathlib.Path(os.environ.get("THROUGHLINE_DATA_DIR") or pathlib.Path.home() / ".local/share/throughline")
        (folder / "data").mkdir()
        (folder / "data/models").symlink_to(data / "models")
        (folder / "throughline.toml").write_text('[roles]\nmediator = "smollm2"\nassistant = "smollm2"\n')
        environment = dict(os.environ, HOME=str(folder), THROUGHLINE_DATA_DIR=str(folder / "data"), TERM="xterm-256color")
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(binary, [str(binary)], environment)
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
        # What is drawn comes with the places of its parts between them.
        while not re.search(pattern, re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", read.decode(errors="replace"))):
            if time.monotonic() - start > PATIENCE:
                sys.exit(f"waited in vain for {pattern!r}")
            read += self.read(1.0)
        return read

    def types(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def processor_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def leave(self) -> None:
        self.types("\x03")
        self.drain(0.5)
        self.types("\x03\x03\x03")
        self.drain(1.0)
        os.waitpid(self.pid, 0)

    def drain(self, seconds: float) -> int:
        """Reads on for that long, and tells how many bytes came."""
        end, count = time.monotonic() + seconds, 0
        while (left := end - time.monotonic()) > 0:
            try:
                count += len(self.read(left))
            except OSError:
                break
        return count


def latencies(chat: Chat, keys: int) -> list[float]:
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


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long nothing happens")
    parser.add_argument("--keys", type=int, default=300, help="how many keys are typed at most")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="throughline-bench-"))
    try:
        chat = Chat(arguments.binary.resolve(), folder)
        chat.until("asks: auto")
        chat.drain(2.0)
        before = chat.processor_seconds()
        drawn = chat.drain(arguments.seconds)
        idle = chat.processor_seconds() - before
        print(f"idle: {1000 * idle:.0f} ms of processor time and {drawn} bytes drawn in {arguments.seconds:.0f} s")
        for letter in LETTERS[:10]:
            chat.types(letter)
            chat.drain(GAP)
        chat.types("\x03")
        chat.types("Write a long story about a lighthouse keeper who collects storms.\r")
        chat.until("replying")
        taken = latencies(chat, arguments.keys)
        milliseconds = [1000 * quantile(taken, share) for share in (0.5, 0.9, 0.99, 1.0)]
        print("key to screen while a reply is written, over {} keys: median {:.1f} ms, 90 % {:.1f} ms, 99 % {:.1f} ms, "
              "longest {:.1f} ms".format(len(taken), *milliseconds))
        chat.leave()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
