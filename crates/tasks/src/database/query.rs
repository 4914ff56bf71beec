//! Running a query within limits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection};

/// How long an answer may take, as in Spider's evaluation, however many queries are tried for it.
const TIME: Duration = Duration::from_mins(1);
/// Steps of SQLite's machine that it may take: some ten seconds.
const STEPS: u64 = 500_000_000;
/// Steps between two looks at the limits.
const LOOK: i32 = 10_000;
/// Rows of a result.
const ROWS: usize = 1_000_000;
/// Bytes of all texts of a result, and of any one value.
const BYTES: usize = 64 << 20;

/// A value, equal to another where Python finds them equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    /// A number that is no whole one of 64 bits, by its bits.
    Real(u64),
    Text(String),
    Blob(Vec<u8>),
}

/// What a query returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: usize,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// What the queries that are tried for one answer may take together.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    begun: Instant,
    steps: Arc<AtomicU64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { begun: Instant::now(), steps: Arc::default() }
    }
}

impl Budget {
    /// Has `connection` run within it.
    pub(super) fn limit(&self, connection: &Connection) -> rusqlite::Result<()> {
        let budget = self.clone();
        connection.progress_handler(LOOK, Some(move || budget.is_spent()))
    }

    /// Takes the steps between two looks; whether nothing is left.
    fn is_spent(&self) -> bool {
        let look = u64::from(LOOK.unsigned_abs());
        self.steps.fetch_add(look, Ordering::Relaxed) > STEPS || self.begun.elapsed() > TIME
    }
}

/// Runs a query.
///
/// # Errors
/// What is wrong with the query.
pub(super) fn run(connection: &Connection, query: &str, budget: &Budget) -> Result<Table, String> {
    let limits = i32::try_from(BYTES).map(|bytes| connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, bytes).map(drop));
    let limits = limits.unwrap_or(Ok(()));
    let ready =
        limits.and_then(|()| budget.limit(connection)).and_then(|()| connection.authorizer(Some(reading_alone)));
    ready.map_err(|error| error.to_string())?;
    rows(connection, query)
}

fn rows(connection: &Connection, query: &str) -> Result<Table, String> {
    let said = |error: rusqlite::Error| match error {
        rusqlite::Error::SqliteFailure(failure, _) if failure.code == rusqlite::ErrorCode::OperationInterrupted => {
            "the query takes too long".to_owned()
        }
        // Without the query itself, which may be long.
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        other => other.to_string(),
    };
    let mut statements = Batch::new(connection, query);
    let mut statement = statements.next().map_err(said)?.ok_or("there is no query")?;
    if statements.next().map_err(said)?.is_some() {
        return Err("there is more than one statement".into());
    }
    let columns = statement.column_count();
    let mut table = Table { columns, rows: Vec::new() };
    let mut bytes = 0;
    let mut rows = statement.query([]).map_err(said)?;
    while let Some(row) = rows.next().map_err(said)? {
        let cells: Vec<Cell> =
            (0..columns).map(|column| row.get_ref(column).map(Cell::from)).collect::<Result<_, _>>().map_err(said)?;
        bytes += cells.iter().map(Cell::len).sum::<usize>();
        table.rows.push(cells);
        if table.rows.len() > ROWS || bytes > BYTES {
            return Err("the result is too large".into());
        }
    }
    Ok(table)
}

/// Allows reading, and calling functions but for the one that loads others.
fn reading_alone(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if !loads_others(function_name) => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

/// Whether a function loads others.
pub(super) fn loads_others(function: &str) -> bool {
    function.eq_ignore_ascii_case("load_extension")
}

impl Cell {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            Self::Null | Self::Integer(_) | Self::Real(_) => size_of::<Self>(),
        }
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::real(number),
            // As Spider's evaluation reads them: what is no text is left out.
            ValueRef::Text(bytes) => Self::Text(String::from_utf8_lossy(bytes).replace('\u{fffd}', "")),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

impl Cell {
    /// A number with decimals; a whole one is kept as such where that loses nothing.
    fn real(number: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::float_cmp,
            reason = "that is checked"
        )]
        {
            let whole = number as i64;
            if whole as f64 == number && number < 9e18 { Self::Integer(whole) } else { Self::Real(number.to_bits()) }
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("NULL"),
            Self::Integer(number) => write!(formatter, "{number}"),
            Self::Real(bits) => write!(formatter, "{}", f64::from_bits(*bits)),
            Self::Text(text) => write!(formatter, "{text:?}"),
            Self::Blob(bytes) => write!(formatter, "{} bytes", bytes.len()),
        }
    }
}

/// Rows that are shown of a result.
const SHOWN: usize = 3;
/// Characters that are shown of a row.
const ROW: usize = 120;

impl fmt::Display for Table {
    /// How large it is, and its first rows.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} rows of {}", self.rows.len(), self.columns)?;
        for row in self.rows.iter().take(SHOWN) {
            let cells: Vec<String> = row.iter().map(Cell::to_string).collect();
            let text: String = cells.join(", ").chars().take(ROW).collect();
            write!(formatter, " ({text})")?;
        }
        if self.rows.len() > SHOWN { formatter.write_str(" …") } else { Ok(()) }
    }
}
