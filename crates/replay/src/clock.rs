//! The only place where the wall clock is read.
//!
//! It may be wrong and may jump: what it says is written down for people, and nothing is ordered, measured or found by it.
//! Durations are measured with a clock that only goes forward.

use jiff::Timestamp;

/// The present time as the study's transcripts spell it, in UTC.
pub(crate) fn now() -> String {
    read().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(not(test))]
fn read() -> Timestamp {
    Timestamp::now()
}

/// In tests the clock of a thread can be made to jump back, further each time that it is read.
#[cfg(test)]
fn read() -> Timestamp {
    let jumped = jump::JUMPED.with(|jumped| {
        jumped.set(jumped.get() + jump::EACH.with(std::cell::Cell::get));
        jumped.get()
    });
    Timestamp::now() - jiff::SignedDuration::from_hours(jumped)
}

#[cfg(test)]
pub(crate) mod jump {
    use std::cell::Cell;

    thread_local! {
        /// Hours that the clock jumps back each time it is read.
        pub(crate) static EACH: Cell<i64> = const { Cell::new(0) };
        /// Hours that it has jumped so far.
        pub(super) static JUMPED: Cell<i64> = const { Cell::new(0) };
    }
}
