//! `throughline calibrate`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use throughline_conversation::Conversation;
use throughline_mediator::{AskMode, AskPolicy, Calibration, Considered, Mediator, Method, Missing};
use throughline_models::{CacheStore, CancellationToken};
use throughline_replay::{SampleSet, derive_seed};
use throughline_scorer::Output;
use throughline_scorer::labelled::{LabelledConversation, is_wanted, read_labelled};
use throughline_scorer::measures::calibration::{Judged, auroc, brier, calibration_error, equal_mass};
use throughline_tasks::Sample;

use super::mediate::open;
use crate::args::{Calibrate, Global};
use crate::cast::{Models, mediator_agent};
use crate::config::Config;
use crate::output;
use crate::progress::Progress;

/// So many parts, of which each is validated with weights that were fitted to the others.
const PARTS: u32 = 10;

/// A change that a turn might have made, and whether the user wanted it; or what may be missing after a turn, and whether
/// a question was due.
struct Example<T> {
    of: T,
    wanted: bool,
    /// The part of the cross-validation, by the conversation.
    part: u32,
}

/// Fits a calibration to labelled conversations, and prints how well it does on others.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Calibrate) -> anyhow::Result<ExitCode> {
    let labelled = arguments.files.iter().map(|file| read(file)).collect::<anyhow::Result<Vec<_>>>()?.concat();
    let validation = arguments.validate.as_deref().map(read).transpose()?;
    let before = match fs::read_to_string(&arguments.output) {
        Ok(text) if arguments.force => {
            Calibration::parse(&text).with_context(|| arguments.output.display().to_string())?
        }
        _ => Calibration::default(),
    };
    let mut output = Output::create(&arguments.output, arguments.force)?;
    let store = if arguments.no_cache { None } else { Some(Arc::new(CacheStore::open(&config.cache_directory()?)?)) };
    let mut models = Models::new(config, global.quiet);
    let opened = models.open(&config.mediator.value).await?;
    let name = if arguments.words { String::new() } else { opened.calibration_name() };
    let reading = before.to_fit(&name);
    let never = AskPolicy { mode: AskMode::Never, ..AskPolicy::default() };
    let mediator = Mediator::new(opened.cached(store.as_ref())?, mediator_agent(config)?.0, never);
    let mediator = mediator.by(Method::Choices).calibrated(reading, &name);

    let (examples, turns) = examples(&mediator, &labelled, global, arguments).await?;
    anyhow::ensure!(examples.iter().any(|example| example.wanted), "no labelled turn takes anything back");
    let fit = |examples: &[(&Considered, bool)]| before.refitted(examples, &name);
    let fit_questions = |examples: &[(&Missing, bool)]| before.refitted_to_questions(examples, &name);
    let probable = |calibration: &Calibration, change: &Considered| calibration.probability(change, &name);
    let due = |calibration: &Calibration, missing: &Missing| calibration.question_probability(missing, &name);
    let fitted = fit(&chosen(&examples, |_| true)).refitted_to_questions(&chosen(&turns, |_| true), &name);
    let mut told = figures("removals, cross-validated", &crossed(&examples, fit, probable), fitted.earned());
    told += &figures("questions, cross-validated", &crossed(&turns, fit_questions, due), fitted.ask());
    if let Some(validation) = validation {
        let (examples, turns) = self::examples(&mediator, &validation, global, arguments).await?;
        told += &figures("removals, held out", &judged(&examples, |change| probable(&fitted, change)), fitted.earned());
        told += &figures("questions, held out", &judged(&turns, |missing| due(&fitted, missing)), fitted.ask());
    }
    output.write_all(fitted.to_toml()?.as_bytes())?;
    output.finish()?;
    output::print(&told)?;
    Ok(ExitCode::SUCCESS)
}

/// The examples of these parts, as they are fitted to.
fn chosen<T>(examples: &[Example<T>], of: impl Fn(u32) -> bool) -> Vec<(&T, bool)> {
    examples.iter().filter(|example| of(example.part)).map(|example| (&example.of, example.wanted)).collect()
}

/// Each example with its probability under weights that were fitted to the other parts.
fn crossed<T>(
    examples: &[Example<T>],
    fit: impl Fn(&[(&T, bool)]) -> Calibration,
    probability: impl Fn(&Calibration, &T) -> f64,
) -> Vec<Judged> {
    let parts: Vec<Calibration> = (0..PARTS).map(|part| fit(&chosen(examples, |other| other != part))).collect();
    let each = examples.iter().filter_map(|example| Some((example, parts.get(example.part as usize)?)));
    each.map(|(example, calibration)| judge(example, probability(calibration, &example.of))).collect()
}

/// Each example with its probability.
fn judged<T>(examples: &[Example<T>], probability: impl Fn(&T) -> f64) -> Vec<Judged> {
    examples.iter().map(|example| judge(example, probability(&example.of))).collect()
}

fn judge<T>(example: &Example<T>, confidence: f64) -> Judged {
    Judged { confidence, score: f64::from(u8::from(example.wanted)) }
}

/// Labelled conversations; or samples (`.json`), whose shards only add, except those that correct another by their `revision`.
fn read(path: &Path) -> anyhow::Result<Vec<LabelledConversation>> {
    if path.extension().is_some_and(|extension| extension == "json") {
        let samples = SampleSet::load(path)?.samples;
        let lines: Vec<String> = samples.iter().map(|sample| of_sample(sample).to_string()).collect();
        return Ok(read_labelled(&path.display().to_string(), lines.join("\n").as_bytes())?);
    }
    let (name, input) = open(path)?;
    Ok(read_labelled(&name, input)?)
}

/// A sample as a labelled conversation.
fn of_sample(sample: &Sample) -> Value {
    let revision = sample.fields.get("revision");
    let field = |name: &str| revision.and_then(|revision| revision.get(name)).and_then(Value::as_i64);
    let corrected = sample.shards.iter().find(|shard| field("shard_id") == Some(shard.shard_id));
    let old = field("from").map(|old| old.to_string()).zip(corrected);
    let old = old.and_then(|(old, shard)| stretch(&shard.shard, &old).or_else(|| Some(shard.shard.clone())));
    let times = |words: &str| sample.shards.iter().map(|shard| shard.shard.matches(words).count()).sum::<usize>();
    let old = old.filter(|old| times(old) == 1);
    // Whether a question would be right was never labelled.
    let spared: Vec<usize> = (0..sample.shards.len()).collect();
    let turns: Vec<Value> = sample
        .shards
        .iter()
        .map(|shard| {
            let corrects = field("correction_id") == Some(shard.shard_id);
            let removes: Vec<&String> = old.iter().filter(|_| corrects).collect();
            let op = if corrects { "revise" } else { "add" };
            json!({"user": shard.shard, "ops": [op], "assistant": null, "removes": removes})
        })
        .collect();
    json!({"id": sample.task_id, "kind": "sample", "language": "en", "turns": turns, "must": [], "must_not": [], "ask_at": null, "ask_ok": spared})
}

/// A number in a text with the words beside it.
fn stretch(text: &str, number: &str) -> Option<String> {
    let is_it = |word: &str| word.trim_matches(|mark: char| !mark.is_ascii_digit()) == number;
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = words.iter().position(|word| is_it(word))?;
    let held = words.get(at.saturating_sub(1)..words.len().min(at + 2))?.join(" ");
    text.contains(&held).then_some(held)
}

/// Every change that the labelled turns might make, and whether a question was due after them.
async fn examples(
    mediator: &Mediator,
    labelled: &[LabelledConversation],
    global: &Global,
    arguments: &Calibrate,
) -> anyhow::Result<(Vec<Example<Considered>>, Vec<Example<Missing>>)> {
    let mut progress = Progress::steps("conversations", labelled.len() as u64, global.quiet);
    let mut heard =
        stream::iter(labelled).map(|one| of_conversation(mediator, one)).buffered(arguments.concurrency.get());
    let (mut examples, mut turns, mut done) = (Vec::new(), Vec::new(), 0);
    while let Some(more) = heard.next().await {
        let (changes, questions) = more?;
        examples.extend(changes);
        turns.extend(questions);
        done += 1;
        progress.set(done);
    }
    Ok((examples, turns))
}

async fn of_conversation(
    mediator: &Mediator,
    labelled: &LabelledConversation,
) -> anyhow::Result<(Vec<Example<Considered>>, Vec<Example<Missing>>)> {
    let part = derive_seed(0, &[&labelled.id, "part"]) % PARTS;
    let mut conversation = Conversation::default();
    let (mut examples, mut turns) = (Vec::new(), Vec::new());
    for (index, said) in labelled.turns.iter().enumerate() {
        let before = conversation.spec()?;
        let mediation = mediator.listen(&conversation, &said.user, &CancellationToken::new()).await;
        let mut mediation = mediation.with_context(|| format!("conversation {}, turn {}", labelled.id, index + 1))?;
        for considered in mediation.considered {
            let wanted = is_wanted(labelled, index, &before, &considered.clause, considered.old.as_deref());
            examples.extend(wanted.map(|wanted| Example { of: considered, wanted, part }));
        }
        let spared = labelled.ask_ok.contains(&index);
        let wanted = labelled.ask_at == Some(index);
        turns.extend(mediation.missing.filter(|_| !spared).map(|of| Example { of, wanted, part }));
        mediation.turn.reply.clone_from(&said.assistant);
        conversation.turns.push(mediation.turn);
    }
    Ok((examples, turns))
}

/// How far these probabilities can be believed.
fn figures(title: &str, judged: &[Judged], earned: f64) -> String {
    let wanted = judged.iter().filter(|one| one.score > 0.5).count();
    let decided: Vec<&Judged> = judged.iter().filter(|one| one.confidence >= earned).collect();
    let right = decided.iter().filter(|one| one.score > 0.5).count();
    let shown = |figure: Option<f64>| figure.map_or("-".to_owned(), |figure| format!("{figure:.3}"));
    let mut text = format!("{title}: {} changes, {wanted} of them wanted\n", judged.len());
    let _ = writeln!(text, "  AUROC {}, Brier {}", shown(auroc(judged)), shown(brier(judged)));
    let _ = writeln!(text, "  from {earned} on: {right} of {} right, of {wanted} wanted", decided.len());
    let bins = equal_mass(judged, 10);
    let _ = writeln!(text, "  calibration error (ten bins of equal mass) {}", shown(calibration_error(&bins)));
    for bin in bins {
        let _ = writeln!(text, "    {:>5}  said {}  was {}", bin.count, shown(bin.confidence), shown(bin.accuracy));
    }
    text
}
