use proptest::prelude::*;

use crate::math::extract::answer;

fn extracted(reply: &str) -> String {
    answer(reply).unwrap_or_else(|| panic!("no answer in {reply:?}"))
}

#[test]
fn marks_count_in_their_order() {
    for (reply, expected) in [
        ("so 5\n#### 42\nThe answer is 7", "42"),
        ("#### 41\n#### 42 apples", "42"),
        ("#### $1,200.50", "$1,200.50"),
        ("### Work\n#### Step 3: add\n6 + 6 = 12", "12"),
        ("#### 3. Add them\nThe sum is 12", "12"),
        (r"The answer is 7, so \boxed{42}.", "42"),
        (r"\boxed{41} or \boxed{x = 42}", "42"),
        (r"\[\boxed{\text{42 apples}}\] out of 50", "42"),
        (r"\boxed{\frac{3}{4}}", r"\frac{3}{4}"),
        (r"\boxed{17{,}000}", "17,000"),
        (r"\boxed{40\%}", r"40\%"),
        (r"\boxed{} so 42", "42"),
        (r"\boxed{42", "42"),
        ("Answer: 42\nI used 7 steps.", "42"),
        ("Answer: 40\nWait.\nAnswer: 42", "42"),
        ("**Answer:** 42 apples of 50", "42"),
        ("**Final Answer**: $42", "$42"),
        ("The final answer is: **42**.", "42"),
        ("The answer to your question is 42. I had 3 doubts.", "42"),
        ("ANSWER = 42", "42"),
        ("### Final Answer\n\n42 apples\n\nThat took 3 steps.", "42"),
        ("**Answer**\nAll 50 apples less 8 make **42**.\nDone in 3.", "42"),
        ("Answer: 6 x 7 = 42 apples", "42"),
        ("Answer: 42 apples (6 x 7 = 42)", "42"),
        ("Answer: Rs. 500", "Rs. 500"),
        ("Answer: -4", "-4"),
        ("Answer: $\\frac{1}{2}$", r"$\frac{1}{2}"),
        ("the answer is unclear, but 42 fits", "42"),
    ] {
        assert_eq!(extracted(reply), expected, "{reply}");
    }
}

#[test]
fn without_a_mark_the_last_statement_counts() {
    for (reply, expected) in [
        ("40 games and 4 years are 160", "40"),
        ("40 games a year.\n40 * 4 = 160", "160"),
        ("60 apples.\nSo there are **42** apples left for 7 days.", "42"),
        ("**Step 2: subtract**\n60 - 18 = 42", "42"),
        ("**Total for 3 days:** 42", "42"),
        ("You need 3 trucks for 80 stones of 75 pounds.", "3"),
        ("60 - 18 = 42.\nShe had enough by the 2nd month.", "42"),
        ("It is on the 5th day.", "5"),
        ("60 - 18 = 42\n3. Check the result", "42"),
        ("Total = 60\\% of 70 = 42.", "42"),
        ("That makes 42 apples! Would you like to see the steps?", "42"),
        ("42", "42"),
    ] {
        assert_eq!(extracted(reply), expected, "{reply}");
    }
}

#[test]
fn questions_and_talk_attempt_nothing() {
    for reply in [
        "",
        "How many apples are there?",
        "You said 4 bags. How many apples are in each bag?",
        "I have 2 questions:\n- What does a bag cost?\n- Who pays?",
        "I need more information to answer.",
        "**Could you tell me the price of the 4 bags?**",
    ] {
        assert_eq!(answer(reply), None, "{reply}");
    }
    assert_eq!(extracted("Answer: 42. Do you know the price of a bag?"), "42");
}

/// Inputs that take minutes where each number or mark is looked at together with all of the text around it.
#[test]
fn long_replies_are_read_once() {
    for (piece, expected) in [
        ("1. é 5 step 3\n", Some("5")),
        ("1,", Some("1")),
        (r"\boxed{", None),
        ("Answer: answer is ", None),
        ("**1", Some("1")),
        ("5 (", Some("5")),
        ("-$", None),
    ] {
        assert_eq!(answer(&piece.repeat(20_000)).as_deref(), expected, "{piece}");
    }
}

proptest! {
    #[test]
    fn a_marked_answer_is_found_behind_any_work(work in r"[a-z0-9 +*=\n]{0,80}", answer_given in 0_u32..1_000_000) {
        let number = answer_given.to_string();
        for marked in [
            format!("{work}\n#### {number}"),
            format!("{work}\n\\boxed{{{number}}}"),
            format!("{work}\nAnswer: {number}"),
            format!("{work}\n**Answer:** {number} apples"),
        ] {
            prop_assert_eq!(answer(&marked), Some(number.clone()), "{}", marked);
        }
    }

    #[test]
    fn no_reply_is_too_strange(reply in any::<String>()) {
        let _ = answer(&reply);
    }

    #[test]
    fn what_is_extracted_stands_in_the_reply(reply in r"([-$€%.,/½ {}()\\?!'a-z0-9\n]|\\boxed\{|Answer: |####|\*\*){0,60}") {
        if let Some(found) = answer(&reply) {
            prop_assert!(reply.contains(&found));
        }
    }
}
