//! A user who says what is settled before, turn by turn, whatever was replied.

use futures::future::BoxFuture;
use throughline_models::CancellationToken;

use super::{Heard, JUST_GO, Said, User};
use crate::RunError;

/// Says these turns in order. When it is asked, the next turn is the answer, and [`JUST_GO`] where none is left.
pub(super) struct Script {
    left: std::vec::IntoIter<Said>,
}

impl Script {
    pub(super) fn new(turns: Vec<Said>) -> Self {
        Self { left: turns.into_iter() }
    }
}

impl User for Script {
    fn next_turn<'a>(
        &'a mut self,
        heard: Heard<'a>,
        _: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Option<Said>, RunError>> {
        let said = self.left.next().or_else(|| heard.asked.then(|| Said::going_ahead(JUST_GO)));
        Box::pin(std::future::ready(Ok(said)))
    }
}
