//! Tables for terminals, with warnings and notes below them.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, TableComponent, Width, presets};

use super::Sheet;

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

/// How wide a name may be that is never wrapped.
const SHORT: u16 = 20;

/// What stays of a longer name where there is little room.
const NAME_MIN: u16 = 10;

/// Blanks between two columns of the table where there is room, and where there is not.
const GAPS: (u16, u16) = (2, 1);

/// The sheets one below the other, the warnings and the notes at the end. A report of one sheet needs no title.
pub(crate) fn render(sheets: &[Sheet], warnings: &[String], notes: &[String], options: TableOptions) -> String {
    let mut text = String::new();
    for sheet in sheets {
        if !text.is_empty() {
            text.push('\n');
        }
        if sheets.len() > 1 {
            text += &format!("{}\n\n", sheet.title.to_uppercase());
        }
        text += &table(sheet, options);
        if !sheet.note.is_empty() {
            text.push('\n');
            text += &list("", [&*sheet.note].into_iter(), options);
        }
    }
    for (mark, lines) in [("!", warnings), ("-", notes)] {
        if !lines.is_empty() {
            text.push('\n');
            text += &list(mark, lines.iter().map(String::as_str), options);
        }
    }
    text
}

fn table(sheet: &Sheet, options: TableOptions) -> String {
    let flat = filled(sheet, options, false);
    let (wide, narrow) = GAPS;
    let needed = |table: &Table| {
        let content = table.column_max_content_widths();
        content.iter().fold(0_u16, |sum, width| sum.saturating_add(width.saturating_add(wide))).saturating_sub(wide)
    };
    let fits = |table: &Table| options.width.is_none_or(|width| needed(table) <= width);
    // Where there is no room for an interval beside its figure, there is below it.
    let mut table = if fits(&flat) { flat } else { filled(sheet, options, true) };
    let gap = if fits(&table) { wide } else { narrow };
    let content = table.column_max_content_widths();
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 < sheet.headings.len() { gap } else { 0 }));
        if index >= sheet.names {
            column.set_cell_alignment(CellAlignment::Right);
        }
        // Numbers never wrap, and names do not as long as they are names and no essays; but where room is scarce, the
        // longest names give way.
        let longest = content.iter().take(sheet.names).max() == content.get(index) && content[index] > NAME_MIN;
        column.set_constraint(if index >= sheet.names || (content[index] <= SHORT && !longest) {
            ColumnConstraint::ContentWidth
        } else {
            ColumnConstraint::LowerBoundary(Width::Fixed(content[index].min(NAME_MIN).saturating_add(gap)))
        });
    }
    lines_of(&table)
}

/// The sheet in a table; with intervals on a line of their own if they are to be `stacked`.
fn filled(sheet: &Sheet, options: TableOptions, stacked: bool) -> Table {
    let mut table = empty(options);
    table.load_preset(presets::NOTHING);
    if let Some(line) = options.style.line() {
        table.set_style(TableComponent::HeaderLines, line);
    }
    // A heading of several words stands on two lines, so that the numbers below it stay close together.
    let two_lines = |heading: &String| match heading.rsplit_once(' ') {
        Some((first, last)) => format!("{first}\n{last}"),
        None => heading.clone(),
    };
    let stack = |cell: &String| if stacked { cell.replace(" [", "\n[") } else { cell.clone() };
    table.set_header(sheet.headings.iter().map(two_lines));
    table.add_rows(sheet.rows.iter().map(|row| row.iter().map(stack)));
    table
}

/// Sentences as a list.
fn list<'a>(mark: &str, lines: impl Iterator<Item = &'a str>, options: TableOptions) -> String {
    let mut list = empty(options);
    list.load_preset(presets::NOTHING);
    list.add_rows(lines.map(|line| if mark.is_empty() { vec![line] } else { vec![mark, line] }));
    for (index, column) in list.column_iter_mut().enumerate() {
        column.set_padding((0, u16::from(index == 0 && !mark.is_empty())));
    }
    lines_of(&list)
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
