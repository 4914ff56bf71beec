//! What speaks for and against a removal.

use serde::{Deserialize, Serialize};

/// One thing that speaks for or against a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Feature {
    /// The sentence holds wording of a correction.
    Revision,
    /// It holds wording that often comes with a correction, and often without one.
    Hint,
    /// The piece says outright that something is corrected.
    Correction,
    /// The piece begins by saying what is not wanted.
    Denial,
    /// It begins with words that take something back.
    Opener,
    /// It holds wording of a withdrawal.
    Withdrawal,
    /// The piece is worded as taking something back, and what it names is new and stands in no clause ("ignore blank lines").
    Unheard,
    /// It holds wording of a change of task.
    Redirection,
    /// The piece draws a consequence ("so 5").
    Consequence,
    /// The sentence says that something is over, or does not matter.
    Passing,
    /// The sentence says where better knowledge comes from ("the watch says").
    Finding,
    /// The clause is the goal, and the piece sets something to do.
    GoalTask,
    /// That, and the sentence is worded as a correction.
    CuedGoalTask,
    /// It begins as an addition.
    Addition,
    /// It ends with a question mark.
    Question,
    /// The share of the piece's words that stand in the clause.
    Shared,
    /// The share of the clause's words that stand in the piece.
    Covered,
    /// The piece's words that neither the clause nor a value explains; ln(1 + n).
    Unexplained,
    /// The piece's words; ln(1 + n).
    Length,
    /// The clause's words; ln(1 + n).
    ClauseLength,
    /// The clauses in force; ln(1 + n).
    Clauses,
    /// The clause is the goal.
    Goal,
    /// The clause was said in the turn before.
    Last,
    /// A value would take the place of another.
    Value,
    /// Both are of one unit.
    SameUnit,
    /// The new one comes without a unit.
    NoUnit,
    /// The old one came without a unit, the new one has one.
    OldNoUnit,
    /// The new value is announced, and the only one of the piece.
    LedOnly,
    /// They are no numbers.
    NoNumber,
    /// They are names that begin alike.
    Spelling,
    /// A name would take the place of another that is written nearly alike.
    Respelling,
    /// How far apart two numbers are: the size of the logarithm of their ratio, at most 3.
    Distance,
    /// The old value is named in the sentence.
    OldNamed,
    /// How near a word of the piece stands to the old value in the clause, 0 to 1.
    Near,
    /// The old value is the first one behind a word of the piece.
    After,
    /// The piece holds nothing but values and the wording of a correction.
    Bare,
    /// The other values that fit as well; ln(1 + n).
    Rivals,
    /// The piece's other values; ln(1 + n).
    Values,
    /// No other value fits as well.
    Sole,
    /// A value would take the place of another, and the sentence is worded as a correction.
    CuedValue,
    /// Both of these.
    CuedSole,
    /// No other value fits as well, and the piece holds nothing else.
    BareSole,
    /// No other value fits as well, and both are of one unit or class that is no number.
    SoleSlot,
    /// The piece holds nothing else, and the old value is the only one that fits in what was said just before.
    JustSaid,
    /// That, and the sentence is worded as a correction.
    CuedJustSaid,
    /// The same word stands right before both values.
    SameLead,
    /// The piece says just what the clause says there, with another value ("above 250 euros" after "above 100 euros").
    Restated,
    /// The new value stands in the clause already, and nothing in the sentence is worded as a correction.
    Held,
    /// The sentence says the old value again, and nothing in it is worded as a correction ("15 minutes for Maroon 5").
    OldAgain,
    /// Sentence and clause each name what the other does not ("for Ines", "for Tomas"), and nothing in the sentence is worded
    /// as a correction.
    Parallel,
    /// A word with the same word behind it would give way ("first person", "third person").
    Head,
    /// The words right before the new value announce it ("so 5", "make it 5", "it was 5").
    Led,
    /// The new value says how far one thing is from another ("2 years older than"), the old one does not.
    Relative,
    /// The new value is a bound ("not more than 30"), the old one is none.
    Bound,
    /// No other place fits better.
    Best,
    /// No other clause fits better, the piece is worded as a correction or a withdrawal, and no value changes.
    CuedBest,
    /// Another place fits as well.
    Tied,
    /// The same words go on differently ("something for fishing", "something for the kitchen").
    Lead,
    /// How near a word of the turn stands to the old value in the clause, 0 to 1.
    TurnNear,
    /// "Not this but that" names words of the clause.
    Contrast,
    /// A part of the clause is taken back by name.
    Take,
    /// The words of the piece beside it that the clause does not explain; ln(1 + n).
    TakeUnexplained,
    /// The share of that part's words that are named.
    Named,
    /// That part is the whole clause.
    Whole,
    /// No rule tells what would change.
    Open,
    /// The model's reading: the logarithm of how much more probable it takes this clause to change than none.
    Reading,
    /// The same, where no rule tells what would change.
    OpenReading,
}
