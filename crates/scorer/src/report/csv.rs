//! CSV: the rows, flat.

use super::{Field, Report};

pub(super) fn render(report: &Report) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for (index, row) in report.rows.iter().enumerate() {
        let fields = row.fields();
        let values = fields.iter().map(|(_, field)| match field {
            Field::Name(text) => (*text).to_owned(),
            Field::Count(count) => count.to_string(),
            Field::Figure(figure) => figure.map(|figure| figure.to_string()).unwrap_or_default(),
        });
        if index == 0 {
            written(writer.write_record(fields.iter().map(|(name, _)| name)));
        }
        written(writer.write_record(values));
    }
    written(writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

#[expect(clippy::expect_used, reason = "rows have equally many fields, and writing to memory does not fail")]
fn written<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("written to memory")
}
