//! One self-contained HTML file: the tables, figures and every conversation, readable without a network.
//!
//! The page is put together by a template that escapes whatever it is given. Conversations never meet that template:
//! they stand in the page compressed and in base64 ([`Archive`]), and the page's script shows them as text. A
//! policy in the page's head allows this one script and this one style sheet, by their hashes, and nothing else: no
//! other script, no request, no form.

mod archive;
mod figures;
mod plot;
mod shown;
mod spec;
mod table;
mod tables;

use std::collections::BTreeSet;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::Environment;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Report, Row};
pub use archive::Archive;
pub(crate) use archive::Held;
use archive::Packed;
use figures::Figure;
use table::Table;

const PAGE: &str = include_str!("assets/page.html");
const STYLE: &str = include_str!("assets/report.css");
const SCRIPT: &str = include_str!("assets/report.js");

/// Where the template wants the conversations. Nothing that is escaped can spell it.
const PLACE: &str = "<!-- conversations -->";

/// What the template gets.
#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    generator: &'a str,
    policy: String,
    style: &'a str,
    script: &'a str,
    facts: Vec<Fact>,
    warnings: &'a [String],
    tables: Vec<Table>,
    figures: Vec<Figure>,
    patterns: String,
    notes: &'a [String],
}

/// A figure that stands above everything else.
#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

/// Writes the page.
pub(super) fn write(report: &Report, archive: Archive, out: &mut impl Write) -> io::Result<()> {
    let mut packed = archive.pack()?;
    let page = Page {
        title: "Multi-turn scores",
        generator: concat!("throughline ", env!("CARGO_PKG_VERSION")),
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        facts: facts(report, &packed)?,
        warnings: &report.warnings,
        tables: tables::tables(report),
        figures: figures::figures(report)?,
        patterns: plot::patterns()?,
        notes: &report.notes,
    };
    let text = render("page.html", PAGE, &page)?;
    let (before, after) = text.split_once(PLACE).unwrap_or((&text, ""));
    out.write_all(before.as_bytes())?;
    packed.write(out)?;
    out.write_all(after.as_bytes())
}

/// A template of ours, filled in; its name ends in what decides how values are escaped.
fn render(name: &str, template: &str, values: &impl Serialize) -> io::Result<String> {
    Environment::new().render_named_str(name, template, Value::from(Serde(values))).map_err(io::Error::other)
}

/// Allows the page's own script and style and nothing else. `require-trusted-types-for` makes browsers that know it
/// refuse any script that would turn a text into markup, ours included.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// What a reader must know before any figure: how much there is, and by which rules it was measured.
fn facts(report: &Report, packed: &Packed) -> io::Result<Vec<Fact>> {
    let distinct = |name: fn(&Row) -> &str| report.rows.iter().map(name).collect::<BTreeSet<_>>().len().to_string();
    let rules = &report.rules;
    let (fewest, most) = (rules.runs_per_instruction_min, rules.runs_per_instruction_max);
    let left_out: usize = report.skipped.iter().map(|skipped| skipped.count).sum();
    let conversations = format!("{} ({} in this file)", packed.count, size(packed.size()?));
    let intervals = match rules.resamples {
        0 => String::new(),
        resamples => format!("{} %, {resamples} resamples, seed {}", rules.level, rules.seed),
    };
    let runs = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
    Ok([
        ("Conversations", conversations),
        ("Left out", left_out.to_string()),
        ("Tasks", distinct(|row| &row.task)),
        ("Models", distinct(|row| &row.model)),
        ("Settings", distinct(|row| &row.setting)),
        ("Runs per instruction (N)", runs),
        ("Percentiles", rules.percentile.clone()),
        ("Aggregation", rules.aggregation.clone()),
        ("Intervals", intervals),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| Fact { name, value })
    .collect())
}

/// A number of bytes for people.
fn size(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests;
