//! Models and endpoints that cannot be used: one clear line each, exit code 2, nothing on standard output.

use crate::double::{self, Act};
use crate::harness::{Sandbox, model_file, one_error};
use crate::server::{KEY, Server};

/// Asks for one reply of that model, and demands that it is refused with these words.
#[track_caller]
fn refuses(sandbox: &Sandbox, model: &str, named: &[&str]) -> String {
    sandbox.run(&["ask", "Name a colour.", "--quiet", "--model", model]).refused(named)
}

/// The head of a GGUF file: version 3, no tensors, and one text that names the architecture.
fn gguf_head(tensors: u64, fields: u64) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let numbers = [&3_u32.to_le_bytes()[..], &tensors.to_le_bytes(), &fields.to_le_bytes()].concat();
    [b"GGUF", &numbers[..], &text("general.architecture"), &8_u32.to_le_bytes(), &text("llama"), &[0; 64]].concat()
}

#[test]
fn files_that_are_no_model() {
    let sandbox = Sandbox::new();
    let noise: Vec<u8> = (0..4000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    for (name, content) in [
        ("empty.gguf", Vec::new()),
        ("short.gguf", b"GG".to_vec()),
        ("noise.gguf", noise.clone()),
        ("signed-noise.gguf", [b"GGUF", &noise[..]].concat()),
        ("head-only.gguf", gguf_head(0, 1)),
        ("boundless.gguf", gguf_head(1 << 60, 1 << 60)),
        ("text.gguf", b"<html>Please log in.</html>".to_vec()),
    ] {
        sandbox.write(name, content);
        refuses(&sandbox, name, &[name, "cannot load the model", "fetch"]);
    }
    std::fs::create_dir(sandbox.path("folder.gguf")).unwrap();
    refuses(&sandbox, "folder.gguf", &["folder.gguf", "is a directory; give the .gguf file in it"]);
}

#[test]
fn a_model_that_was_cut_short() {
    let sandbox = Sandbox::new();
    let whole = std::fs::read(model_file()).unwrap();
    // In the metadata, in the tensors, and just before the end.
    for length in [1_000, 1_000_000, whole.len() / 2, whole.len() - 1] {
        sandbox.write("cut.gguf", &whole[..length]);
        refuses(&sandbox, "cut.gguf", &["cut.gguf", "cut short", "fetch it again"]);
    }
}

#[test]
fn a_model_without_chat_template() {
    let sandbox = Sandbox::new();
    let mut model = std::fs::read(model_file()).unwrap();
    let key = b"tokenizer.chat_template";
    let place = model.windows(key.len()).position(|window| window == key).expect("the model has a template");
    model[place + key.len() - 1] = b'X';
    sandbox.write("plain.gguf", model);
    refuses(&sandbox, "plain.gguf", &["plain.gguf", "no chat template", "use an instruction-tuned model"]);
}

#[test]
fn names_that_mean_no_model() {
    let sandbox = Sandbox::new();
    refuses(&sandbox, "smollm3", &["`smollm3`", "smollm2, qwen2.5-coder-1.5b", "path to a .gguf file"]);
    refuses(&sandbox, "missing.gguf", &["`missing.gguf`", "no such file"]);
    let hub = "someone/some-model/file.gguf";
    refuses(&sandbox, hub, &[hub, "not on this machine", &format!("throughline models fetch {hub}")]);
    // A larger model is not fetched without being asked for.
    let larger = "qwen2.5-coder-1.5b";
    refuses(&Sandbox::without_models(), larger, &[larger, "throughline models fetch qwen2.5-coder-1.5b"]);
}

#[test]
fn fetching_without_a_network() {
    let mut sandbox = Sandbox::without_models();
    // Nothing listens there.
    sandbox.set("HF_ENDPOINT", "http://127.0.0.1:1");
    sandbox.set("THROUGHLINE_PYTHON", "no-such-python");
    let fetched = sandbox.run(&["models", "fetch", "someone/some-model/file.gguf", "--quiet"]);
    fetched.refused(&["cannot reach the model hub", "file.gguf of someone/some-model", "by hand"]);
    let fetched = sandbox.run(&["models", "fetch", "--quiet"]);
    fetched.refused(&["`no-such-python`", "THROUGHLINE_PYTHON"]);
    // The default model is fetched where it is needed.
    refuses(&sandbox, "smollm2", &["`no-such-python`", "THROUGHLINE_PYTHON"]);
}

#[test]
fn a_context_that_is_too_small() {
    let sandbox = Sandbox::new();
    let narrow =
        "[mediator]\nmethod = \"drafts\"\n[models.narrow]\nkind = \"llama-cpp\"\nmodel = \"smollm2\"\nthreads = 1\n";
    sandbox.configure(&format!("{narrow}context = 64"));
    refuses(&sandbox, "narrow", &["tokens", "the context holds 64", "raise the context"]);
    sandbox.configure(&format!("{narrow}context = 63"));
    refuses(&sandbox, "narrow", &["profile `narrow`", "context is 63", "must be 64 to"]);
}

#[test]
fn a_request_that_is_too_long() {
    let sandbox = Sandbox::new();
    let request = "one more word ".repeat(4_000);
    let arguments = ["ask", "Summarise this.", "--quiet"];
    sandbox.run_with(&arguments, request).refused(&["tokens", "the context holds 4096", "shorten"]);
}

#[test]
fn endpoints_that_are_not_there() {
    let sandbox = Sandbox::new();
    let profile = |address: &str| {
        sandbox.configure(&format!(
            "[models.away]\nkind = \"openai\"\nbase_url = \"{address}\"\nmodel = \"m\"\nretries = 0"
        ));
    };
    profile("http://127.0.0.1:1/v1");
    refuses(&sandbox, "away", &["cannot reach http://127.0.0.1:1/v1", "refused", "check the address"]);
    profile("not an address");
    refuses(&sandbox, "away", &["profile `away`", "base URL", "write it like http://127.0.0.1:8080/v1"]);
}

#[test]
fn keys_that_are_missing_or_wrong() {
    let mut sandbox = Sandbox::new();
    let server = Server::start();
    sandbox.configure(&server.profile("E2E_KEY"));
    refuses(&sandbox, "served", &["profile `served`", "E2E_KEY", "set it"]);
    sandbox.set("E2E_KEY", "sk-wrong-secret");
    let line = refuses(&sandbox, "served", &["http://127.0.0.1:", "refused the key", "401", "E2E_KEY"]);
    assert!(!line.contains("sk-wrong-secret"), "{line}");
    sandbox.set("E2E_KEY", KEY);
    let asked = sandbox.run(&["ask", "Name a colour.", "--quiet", "--model", "served"]).good();
    assert!(!asked.stdout.trim().is_empty());
    // Not even the most talkative diagnostics hold it.
    sandbox.set("THROUGHLINE_LOG", "trace");
    let asked = sandbox.run(&["ask", "Name a colour.", "--quiet", "--model", "served"]).good();
    assert!(asked.stderr.contains("TRACE") && !asked.stderr.contains(KEY), "{}", asked.stderr);
}

#[test]
fn a_reply_that_is_cut_half_way() {
    let sandbox = Sandbox::without_models();
    let acts = || vec![Act::add("Name a colour."), Act::Cut("Blue, or")];
    sandbox.configure(&double::play("cut", acts()));
    let asked = sandbox.run(&["ask", "Name a colour.", "--quiet", "--model", "cut"]);
    assert_eq!(asked.code(), 2);
    // What came is shown, and its line is ended before the error stands on one of its own.
    assert_eq!(asked.stdout, "Blue, or\n");
    one_error(&asked.stderr, &["the stream was cut before the reply ended"]);
    // What a program reads is whole or not there.
    sandbox.configure(&double::play("cut", acts()));
    let asked = sandbox.run(&["ask", "Name a colour.", "--json", "--quiet", "--model", "cut"]);
    asked.refused(&["the stream was cut before the reply ended"]);
}
