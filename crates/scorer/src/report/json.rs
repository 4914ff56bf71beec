//! JSON: an array of flat rows, one on each line.

use serde_json::{Map, Value};

use super::{Field, Report};

pub(super) fn render(report: &Report) -> String {
    let rows: Vec<String> = report
        .rows
        .iter()
        .map(|row| {
            let fields = row.fields().map(|(name, field)| {
                let value = match field {
                    Field::Name(text) => Value::from(text),
                    Field::Count(count) => Value::from(count),
                    Field::Figure(figure) => Value::from(figure),
                };
                (name.to_owned(), value)
            });
            Value::Object(Map::from_iter(fields)).to_string()
        })
        .collect();
    format!("[\n{}\n]\n", rows.join(",\n"))
}
