"""Serves a GGUF model with llama.cpp's OpenAI-compatible server on loopback, for tests.

usage: serve.py MODEL KEY [--port PORT] [--slots N] [--context TOKENS] [--threads N]

The context is that of one slot. Takes a free port where none is given. Prints the address as its only line on standard output once the server listens,
and ends when standard input closes, so that it does not outlive the test that started it.
"""

import argparse
import os
import socket
import sys


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("model")
    arguments.add_argument("key")
    arguments.add_argument("--port", type=int)
    arguments.add_argument("--slots", type=int, default=4)
    arguments.add_argument("--context", type=int, default=1024)
    arguments.add_argument("--threads", type=int, default=min(4, os.cpu_count() or 1))
    asked = arguments.parse_args()
    # The server writes its log to both outputs; ours goes to a copy of the first, and theirs to the second.
    address_out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    # Threads that spin while they wait bring the server to a crawl as soon as anything else wants a processor.
    os.environ.setdefault("GOMP_SPINCOUNT", "200")
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = asked.model
    params.hostnames = ["127.0.0.1"]
    params.port = asked.port or free_port()
    params.api_keys = [asked.key]
    params.n_parallel = asked.slots
    params.n_ctx = asked.slots * asked.context
    params.cpuparams.n_threads = asked.threads
    params.use_jinja = True
    params.verbosity = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, file=address_out, flush=True)
    sys.stdin.read()
    # The server has no way to stop; the process does.
    os._exit(0)


if __name__ == "__main__":
    main()
