mod looks;
mod properties;

use super::*;

/// The rows as text, without the spaces at their ends.
fn shown(rendered: &Rendered) -> String {
    rendered.rows().iter().flat_map(|row| [row.line.to_string().trim_end().to_owned(), "\n".to_owned()]).collect()
}

fn dark(source: &str, width: u16) -> Rendered {
    Rendered::of(source, width, Theme::usual(false))
}
