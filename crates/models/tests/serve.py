"""Serves a GGUF model with llama.cpp's OpenAI-compatible server on loopback, for tests.

usage: serve.py MODEL KEY [PORT]

Takes a free port where none is given. Prints the address as its only line on standard output once the server listens,
and ends when standard input closes, so that it does not outlive the test that started it.
"""

import os
import socket
import sys


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    model, key, *port = sys.argv[1:]
    # The server writes its log to both outputs; ours goes to a copy of the first, and theirs to the second.
    address_out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    # Threads that spin while they wait bring the server to a crawl as soon as anything else wants a processor.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = int(port[0]) if port else free_port()
    params.api_keys = [key]
    params.n_parallel = 4
    params.n_ctx = 4 * 1024
    params.cpuparams.n_threads = min(4, os.cpu_count() or 1)
    params.use_jinja = True
    params.verbosity = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, file=address_out, flush=True)
    sys.stdin.read()
    # The server has no way to stop; the process does.
    os._exit(0)


if __name__ == "__main__":
    main()
