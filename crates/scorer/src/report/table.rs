//! A table for terminals, with the notes below it.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, TableComponent, Width, presets};

use super::Report;
use super::text::{HEADINGS, NAMES, columns};

/// How a table is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// What it is drawn with.
    pub style: TableStyle,
    /// The width to fit into, in columns of the terminal: names and notes wrap, numbers never do. `None` for lines as
    /// long as they need to be.
    pub width: Option<u16>,
}

/// What a table is drawn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableStyle {
    /// Only aligned columns: for files and pipes.
    #[default]
    Plain,
    /// A line of ASCII characters below the headings.
    Ascii,
    /// A line of box-drawing characters below the headings.
    Unicode,
}

impl TableStyle {
    fn line(self) -> Option<char> {
        match self {
            Self::Plain => None,
            Self::Ascii => Some('-'),
            Self::Unicode => Some('\u{2500}'),
        }
    }
}

/// The index of the column of models.
const MODEL: usize = 1;

/// How wide a name may be that is never wrapped.
const SHORT: u16 = 20;

/// What stays of a model's name where there is little room.
const MODEL_MIN: u16 = 12;

/// Blanks between two columns of the table where there is room, and where there is not.
const GAPS: (u16, u16) = (2, 1);

pub(super) fn render(report: &Report, options: TableOptions) -> String {
    let mut table = empty(options);
    table.load_preset(presets::NOTHING);
    if let Some(line) = options.style.line() {
        table.set_style(TableComponent::HeaderLines, line);
    }
    // A heading of several words stands on two lines, so that the numbers below it stay close together.
    let two_lines = |heading: &str| match heading.rsplit_once(' ') {
        Some((first, last)) => format!("{first}\n{last}"),
        None => heading.to_owned(),
    };
    table.set_header(HEADINGS.map(two_lines));
    table.add_rows(report.rows.iter().map(columns));
    let content = table.column_max_content_widths();
    let (wide, narrow) = GAPS;
    let needed = content.iter().fold(0_u16, |sum, width| sum.saturating_add(width.saturating_add(wide)));
    let gap = if options.width.is_some_and(|width| width < needed.saturating_sub(wide)) { narrow } else { wide };
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 < HEADINGS.len() { gap } else { 0 }));
        if index >= NAMES {
            column.set_cell_alignment(CellAlignment::Right);
        }
        // Numbers never wrap; tasks and settings neither, as long as they are names and no essays. Models take what
        // is left.
        column.set_constraint(if index >= NAMES || (index != MODEL && content[index] <= SHORT) {
            ColumnConstraint::ContentWidth
        } else {
            ColumnConstraint::LowerBoundary(Width::Fixed(content[index].min(MODEL_MIN).saturating_add(gap)))
        });
    }
    let mut text = lines_of(&table);
    if !report.notes.is_empty() {
        let mut notes = empty(options);
        notes.load_preset(presets::NOTHING);
        notes.add_rows(report.notes.iter().map(|note| ["-", note]));
        for (index, column) in notes.column_iter_mut().enumerate() {
            column.set_padding((0, u16::from(index == 0)));
        }
        text.push('\n');
        text += &lines_of(&notes);
    }
    text
}

/// A table that is laid out by the options alone, whatever this process is connected to.
pub(crate) fn empty(options: TableOptions) -> Table {
    let mut table = Table::new();
    table.force_no_tty();
    if let Some(width) = options.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table
}

/// Its lines, without the blanks that fill them up.
pub(crate) fn lines_of(table: &Table) -> String {
    table.lines().flat_map(|line| [line.trim_end().to_owned(), "\n".to_owned()]).collect()
}
