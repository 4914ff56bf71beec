//! `throughline config`, `doctor` and `models`: what is in force, what works, what is there.

use crate::harness::Sandbox;
use crate::server::{KEY, Server};

#[test]
fn every_value_says_where_it_came_from() {
    let mut sandbox = Sandbox::without_models();
    sandbox.set("THROUGHLINE_MEDIATOR", "from-environment");
    sandbox.write(
        "throughline.toml",
        "[roles]\nmediator = \"a\"\nassistant = \"b\"\n[mediator]\nquestions = 3\n[models.\"big one\"]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nkey_variable = \"SOME_KEY\"\n",
    );
    let text = sandbox.run(&["config", "--assistant", "from-flag"]).good().stdout;
    let values: toml::Table = text.parse().unwrap();
    assert_eq!(values["roles"]["mediator"].as_str(), Some("from-environment"));
    assert_eq!(values["roles"]["assistant"].as_str(), Some("from-flag"));
    assert_eq!(values["mediator"]["questions"].as_integer(), Some(3));
    assert_eq!(values["models"]["big one"]["key_variable"].as_str(), Some("SOME_KEY"));
    for line in [
        "mediator = \"from-environment\"  # environment: THROUGHLINE_MEDIATOR",
        "assistant = \"from-flag\"  # flag: --assistant",
        "questions = 3  # throughline.toml",
    ] {
        assert!(text.lines().any(|given| given == line), "no line {line}: {text}");
    }
    // It can be used as it is.
    sandbox.write("copy.toml", &text);
    let copied = sandbox.run(&["config", "--config", "copy.toml"]).good().stdout;
    assert_eq!(copied.parse::<toml::Table>().unwrap()["models"], values["models"]);
}

#[test]
fn the_users_own_file_comes_before_the_projects() {
    let sandbox = Sandbox::without_models();
    std::fs::create_dir_all(sandbox.path("home/config/throughline")).unwrap();
    sandbox.write("home/config/throughline/config.toml", "[mediator]\nquestions = 5\n");
    sandbox.configure("[mediator]\nquestions = 2\n");
    let text = sandbox.run(&["config"]).good().stdout;
    assert!(text.contains("questions = 5  # ") && text.contains("home/config/throughline/config.toml"), "{text}");
}

#[test]
fn without_any_file_the_defaults_are_in_force() {
    let sandbox = Sandbox::without_models();
    std::fs::remove_file(sandbox.path("throughline.toml")).unwrap();
    let text = sandbox.run(&["config"]).good().stdout;
    assert!(text.contains("mediator = \"smollm2\"  # default") && text.contains("questions = 1  # default"), "{text}");
}

#[test]
fn the_doctor_finds_a_model_that_works() {
    let sandbox = Sandbox::new();
    let told = sandbox.run(&["doctor", "--quiet"]).good().stdout;
    for words in ["llama.cpp is built in", "mediator: small (throughline.toml): ok: ", "M parameters", "1 threads"] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    assert!(!told.contains("planner: "), "it has no model of its own: {told}");
    let configured = sandbox.read("throughline.toml");
    sandbox.write("throughline.toml", configured.replacen("[roles]", "[roles]\nplanner = \"small\"", 1));
    let told = sandbox.run(&["doctor", "--quiet"]).good().stdout;
    assert!(told.contains("planner: small (throughline.toml): ok: "), "{told}");
}

#[test]
fn the_doctor_finds_what_is_missing() {
    let mut sandbox = Sandbox::without_models();
    sandbox.configure(
        "[models.away]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\nretries = 0\n",
    );
    let told = sandbox.run(&["doctor", "--quiet", "--assistant", "away"]);
    assert_eq!((told.code(), told.stderr.as_str()), (2, ""));
    let line = |role: &str| told.stdout.lines().find(|line| line.starts_with(role)).unwrap().to_owned();
    assert!(line("mediator: ").contains("PROBLEM") && line("mediator: ").contains("throughline models fetch smollm2"));
    let away = line("assistant: ");
    assert!(away.contains("away (flag: --assistant): PROBLEM") && away.contains("cannot reach"), "{away}");

    let server = Server::start();
    sandbox.configure(&server.profile("E2E_KEY"));
    sandbox.set("E2E_KEY", KEY);
    let told = sandbox.run(&["doctor", "--quiet", "--model", "served"]).good().stdout;
    assert!(told.contains("mediator: served (flag: --model): ok: ") && told.contains("answers; model any"), "{told}");
    assert!(!told.contains(KEY), "{told}");

    // One member of a pool is enough.
    let address = server.profile("E2E_KEY").lines().find(|line| line.starts_with("base_url")).unwrap().to_owned();
    let pool = address.replace("= ", "= [\"http://127.0.0.1:1/v1\", ") + "]";
    sandbox.configure(
        &(server.profile("E2E_KEY").replace(&address, &pool)
            + "requests_per_minute = 600\nmax_concurrency = 8\ninput_price = 0.15\noutput_price = 0.6\n"),
    );
    let told = sandbox.run(&["doctor", "--quiet", "--model", "served"]).good().stdout;
    for words in [
        "ok: 1 of 2 endpoints answer",
        "http://127.0.0.1:1/v1 PROBLEM: cannot reach",
        "answers; model any",
        "at most 8 calls at a time each, 600 requests a minute each; USD 0.15 per million tokens read, 0.6 written",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    let told = sandbox.run(&["config"]).good().stdout;
    let profile = &told.parse::<toml::Table>().unwrap()["models"]["served"];
    assert_eq!((profile["base_url"].as_array().unwrap().len(), profile["max_concurrency"].as_integer()), (2, Some(8)));
}

#[test]
fn models_are_listed_and_found_in_place() {
    let sandbox = Sandbox::new();
    let listed = sandbox.run(&["models", "list"]).good().stdout;
    let line = |name: &str, text: &str| text.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
    assert!(line("smollm2", &listed).contains(" here ") && line("smollm2", &listed).contains("Apache-2.0"), "{listed}");
    let fetched = sandbox.run(&["models", "fetch", "smollm2", "--quiet"]).good().stdout;
    let there = |path: &str| std::fs::canonicalize(path).unwrap();
    assert_eq!(there(fetched.trim_end()), there(&crate::harness::model_file().display().to_string()));
    let listed = Sandbox::without_models().run(&["models", "list"]).good().stdout;
    assert!(line("smollm2", &listed).contains("not here"), "{listed}");
}
