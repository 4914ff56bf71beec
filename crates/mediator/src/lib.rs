//! The mediator: edits from a user turn, the guard that checks them, and the decision to ask or proceed.
