//! CSV: rows or comparisons, flat and in full precision; other sections as they are printed.

use std::borrow::Cow;

use super::{Comparison, Interval, PassK, Row, Sheet, Thresholds};

/// One field, under its name for machines.
pub(super) type Field<'a> = (Cow<'static, str>, Value<'a>);

/// What a field holds.
pub(super) enum Value<'a> {
    Name(&'a str),
    Count(usize),
    Figure(Option<f64>),
    Truth(bool),
}

pub(super) fn render<'a>(records: impl Iterator<Item = Vec<Field<'a>>>) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for (index, fields) in records.enumerate() {
        if index == 0 {
            written(writer.write_record(fields.iter().map(|(name, _)| name.as_ref())));
        }
        let values = fields.iter().map(|(_, value)| match value {
            Value::Name(text) => (*text).to_owned(),
            Value::Count(count) => count.to_string(),
            Value::Figure(figure) => figure.map(|figure| figure.to_string()).unwrap_or_default(),
            Value::Truth(truth) => truth.to_string(),
        });
        written(writer.write_record(values));
    }
    written(writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// A sheet as it is printed, but with nothing where there is no figure.
pub(super) fn sheet(sheet: &Sheet) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    written(writer.write_record(&sheet.headings));
    for row in &sheet.rows {
        let (names, numbers) = row.split_at(sheet.names);
        let numbers = numbers.iter().map(|number| if number == "-" { "" } else { number });
        written(writer.write_record(names.iter().map(String::as_str).chain(numbers)));
    }
    written(writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Fields with names that are known beforehand.
fn named<'a, const N: usize>(fields: [(&'static str, Value<'a>); N]) -> Vec<Field<'a>> {
    fields.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

#[expect(clippy::expect_used, reason = "records have equally many fields, and writing to memory does not fail")]
fn written<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("written to memory")
}

fn low<'a>(interval: Option<Interval>) -> Value<'a> {
    Value::Figure(interval.map(|interval| interval.low))
}

fn high<'a>(interval: Option<Interval>) -> Value<'a> {
    Value::Figure(interval.map(|interval| interval.high))
}

impl Row {
    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        let mut fields = named([
            ("task", Value::Name(&self.task)),
            ("model", Value::Name(&self.model)),
            ("setting", Value::Name(&self.setting)),
            ("instances", Value::Count(self.instances)),
            ("runs", Value::Count(self.runs)),
            ("runs_per_instance_min", Value::Count(self.runs_per_instance_min)),
            ("runs_per_instance_max", Value::Count(self.runs_per_instance_max)),
            ("p", Value::Figure(Some(self.p))),
            ("p_low", low(self.p_interval)),
            ("p_high", high(self.p_interval)),
            ("a90", Value::Figure(Some(self.a90))),
            ("a90_low", low(self.a90_interval)),
            ("a90_high", high(self.a90_interval)),
            ("u90_10", Value::Figure(Some(self.u90_10))),
            ("u90_10_low", low(self.u90_10_interval)),
            ("u90_10_high", high(self.u90_10_interval)),
            ("degradation", Value::Figure(self.degradation)),
            ("degradation_low", low(self.degradation_interval)),
            ("degradation_high", high(self.degradation_interval)),
            ("degradation_instances", Value::Count(self.degradation_instances)),
            ("gap_closed", Value::Figure(self.gap_closed)),
            ("gap_closed_low", low(self.gap_closed_interval)),
            ("gap_closed_high", high(self.gap_closed_interval)),
            ("gap_closed_instances", Value::Count(self.gap_closed_instances)),
            ("sensitivity", Value::Figure(self.sensitivity)),
        ]);
        for Thresholds { high: above, low: below, aptitude, unreliability } in &self.thresholds {
            for (name, estimate) in [(format!("a{above}"), aptitude), (format!("u{above}_{below}"), unreliability)] {
                fields.push((name.clone().into(), Value::Figure(estimate.value)));
                fields.push((format!("{name}_low").into(), low(estimate.interval)));
                fields.push((format!("{name}_high").into(), high(estimate.interval)));
            }
        }
        for PassK { k, value, instances } in &self.pass_k {
            fields.push((format!("pass_{k}").into(), Value::Figure(*value)));
            fields.push((format!("pass_{k}_instances").into(), Value::Count(*instances)));
        }
        fields
    }
}

impl Comparison {
    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        named([
            ("task", Value::Name(&self.task)),
            ("model", Value::Name(&self.model)),
            ("subject", Value::Name(&self.subject)),
            ("baseline", Value::Name(&self.baseline)),
            ("instances", Value::Count(self.instances)),
            ("subject_p", Value::Figure(Some(self.subject_p))),
            ("baseline_p", Value::Figure(Some(self.baseline_p))),
            ("difference", Value::Figure(self.difference.value)),
            ("difference_low", low(self.difference.interval)),
            ("difference_high", high(self.difference.interval)),
            ("p_value", Value::Figure(self.p_value)),
            ("exact", Value::Truth(self.exact)),
            ("p_adjusted", Value::Figure(self.p_adjusted)),
            ("minimum_detectable", Value::Figure(self.minimum_detectable)),
        ])
    }
}
