//! What a reply takes on its way to rows: one more token at the end of a long one, and a whole one at once.
//!
//! `cargo bench -p throughline-tui --bench markdown`

use std::hint::black_box;

use divan::Bencher;
use throughline_tui::markdown::Rendered;
use throughline_tui::text::{tame, wrap};
use throughline_tui::theme::Theme;

fn main() {
    divan::main();
}

const WIDTH: u16 = 80;

/// Prose with a list, a table and a block of code: 24 lines.
const PART: &str = "\
## What to pack

For *five* days above **2,000 m** you need little, as `plan.toml` has it ([list](https://example.org/list)). Keep it
under ten kilograms, and put what you need in rain on top.

- two litres of water for each of you
- first aid
  - plasters, a blanket
- the dogs' papers

| day | route | ascent |
|----:|:------|-------:|
| 1 | from the valley to the first hut, by the lake and the old mule track | 620 m |
| 2 | over the pass | 790 m |

```python
def ascent(day: int) -> float:
    \"\"\"Metres on a day.\"\"\"
    return {1: 620.0, 2: 790.0}[day]  # as in the table
```

The mean is $\\frac{620 + 790}{2}$. See [the map][1].

";

/// What a reply ends with while more of it comes.
#[derive(Clone, Copy, Debug)]
enum End {
    Paragraph,
    Item,
    Table,
    Code,
    NestedCode,
}

const ENDS: [End; 5] = [End::Paragraph, End::Item, End::Table, End::Code, End::NestedCode];

fn reply(lines: usize, end: End) -> String {
    let tail = match end {
        End::Paragraph => "Some words of a paragraph that goes on and on. ".repeat(10),
        End::Item => "- one of many items of a list\n".repeat(50),
        End::Table => format!("| a | b |\n|---|---|\n{}| 8", "| some words | more of them |\n".repeat(20)),
        End::Code => format!("```python\n{}", "    return [value + 1 for value in values]\n".repeat(50)),
        End::NestedCode => format!("- ```python\n{}", "      return [value + 1 for value in values]\n".repeat(20)),
    };
    PART.repeat(lines / 24) + &tail
}

/// One token more, drawn with its colours, at the end of a reply of 10,000 lines.
#[divan::bench(args = ENDS)]
fn token_after_10_000_lines(bencher: Bencher<'_, '_>, end: End) {
    token(bencher, &reply(10_000, end));
}

/// The same at the end of a reply that has just begun: it must take as long.
#[divan::bench(args = ENDS)]
fn token_after_no_line(bencher: Bencher<'_, '_>, end: End) {
    token(bencher, &reply(0, end));
}

fn token(bencher: Bencher<'_, '_>, reply: &str) {
    let mut rendered = Rendered::of(reply, WIDTH, Theme::usual(false));
    while rendered.colour(1_000) {}
    let mut tokens = 0;
    bencher.bench_local(|| {
        // A line of some tokens, so that what grows is the reply and not its last line.
        tokens += 1;
        rendered.push(if tokens % 12 == 0 { "\n" } else { " word" });
        rendered.colour(50)
    });
}

/// A reply of about 200 lines at once, without colours.
#[divan::bench]
fn render_200_lines(bencher: Bencher<'_, '_>) {
    let reply = reply(200, End::Paragraph);
    bencher.bench_local(|| Rendered::of(black_box(&reply), WIDTH, Theme::usual(false)));
}

/// The same reply for another width, its colours kept.
#[divan::bench]
fn resize_200_lines(bencher: Bencher<'_, '_>) {
    let mut rendered = Rendered::of(&reply(200, End::Paragraph), WIDTH, Theme::usual(false));
    while rendered.colour(1_000) {}
    let mut width = WIDTH;
    bencher.bench_local(|| {
        width = WIDTH + 1 - width % 2;
        rendered.show(width, Theme::usual(false));
    });
}

/// The colours of 100 lines of Python, its grammar having been used before.
#[divan::bench]
fn colour_100_lines(bencher: Bencher<'_, '_>) {
    throughline_tui::markdown::warm_up();
    let code =
        format!("```python\n{}```\n", "    return {1: 620.0, 2: f(790, \"a\")}[day]  # as in the table\n".repeat(100));
    let rendered = Rendered::of(&code, WIDTH, Theme::usual(false));
    bencher.with_inputs(|| rendered.clone()).bench_local_values(|mut rendered| rendered.colour(100));
}

/// 100 kilobytes of plain words.
#[divan::bench]
fn tame_100_kb(bencher: Bencher<'_, '_>) {
    let text = "Words, naïve ones among them, and 漢字. ".repeat(2_500);
    bencher.bench_local(|| tame(black_box(&text)).len());
}

/// The same words wrapped.
#[divan::bench]
fn wrap_100_kb(bencher: Bencher<'_, '_>) {
    let text = "Words, naïve ones among them, and 漢字. ".repeat(2_500);
    bencher.bench_local(|| wrap(&[black_box(text.as_str()).into()], WIDTH).len());
}
