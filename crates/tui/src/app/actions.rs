//! What the keys and commands do.

use throughline_conversation::Correction;
use throughline_session::Lane;

use super::{App, Focus};
use crate::commands::{self, Order};
use crate::composer::Typed;
use crate::keys::{Action, keys_of};
use crate::markdown::Rendered;
use crate::message::{Activity, Effect};
use crate::overlay::{self, Overlay, Prompt, Purpose};
use crate::panel::Subject;
use crate::theme::Theme;

impl App {
    /// Does what a key stands for; `None` where it does not stand for it now.
    pub(crate) fn act(&mut self, action: Action) -> Option<Vec<Effect>> {
        let mut effects = Vec::new();
        match action {
            Action::Send => effects = self.send(),
            Action::Newline => self.composer.newline(),
            Action::Editor => effects.push(Effect::Edit(self.composer.unfolded())),
            Action::Earlier if self.composer.earlier() => {}
            Action::Later if self.composer.later() => {}
            Action::Earlier | Action::Later | Action::Complete => return None,
            Action::JustGo | Action::Approve => effects = self.go(),
            Action::Interrupt => effects = self.interrupt(),
            Action::Stop => effects = self.stop(),
            Action::Leave => {
                if !(self.composer.is_empty() && self.composer.shown().is_empty()) {
                    return None;
                }
                effects.push(Effect::Quit);
            }
            Action::FocusNext => self.turn_focus(true),
            Action::FocusPrevious => self.turn_focus(false),
            Action::Help => self.overlay = Some(Overlay::Help(0)),
            Action::Palette => self.overlay = Some(Overlay::Palette(overlay::palette())),
            Action::TogglePanel => self.toggle_panel(),
            Action::Compare => effects = self.compare(),
            Action::CopyReply => effects = self.copy_last(),
            Action::Sessions => effects.push(Effect::ListSessions(String::new())),
            Action::Models => effects.push(Effect::ListModels),
            Action::PageUp => self.in_pane(|pane, scene| pane.page(scene, false)),
            Action::PageDown => self.in_pane(|pane, scene| pane.page(scene, true)),
            Action::Top => self.pane.go_to_top(),
            Action::Bottom => self.pane.follow(),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Redraw => effects.push(Effect::Redraw),
            Action::SelectUp => self.step(false),
            Action::SelectDown => self.step(true),
            Action::CopySelected => effects = self.copy_selected(),
            Action::CopyCode => effects = self.copy_code(None),
            Action::ForkHere => effects = self.fork(),
            Action::UndoTurn => effects = self.undo(),
            Action::Again => effects = self.again(),
            Action::Jump => effects = self.jump(),
            Action::Reword => self.reword(),
            Action::Withdraw
            | Action::Restore
            | Action::Pin
            | Action::AcceptLater
            | Action::KeepEarlier
            | Action::Confirm => effects = self.correct(action),
            Action::KeepMediated => effects = self.keep(Lane::Mediated),
            Action::KeepUnmediated => effects = self.keep(Lane::Unmediated),
            Action::Close => self.overlay = None,
            // The viewer's.
            Action::Open | Action::Back | Action::NextConversation | Action::PreviousConversation | Action::Details => {
                return None;
            }
        }
        Some(effects)
    }

    /// Sends what is typed: a command is carried out, everything else is said.
    fn send(&mut self) -> Vec<Effect> {
        if self.composer.continues() {
            return Vec::new();
        }
        self.completion = None;
        if let Some(ordered) = commands::order(&self.composer.shown()) {
            return match ordered {
                Ok(order) => {
                    let typed = self.composer.shown();
                    self.composer.remember(typed.trim());
                    self.composer.clear();
                    self.carry_out(order)
                }
                Err(wrong) => {
                    self.complain(wrong);
                    Vec::new()
                }
            };
        }
        if self.composer.shown().trim().is_empty() {
            return Vec::new();
        }
        if !self.may_say() {
            return Vec::new();
        }
        let typed = self.composer.take();
        self.say(typed)
    }

    /// Says something; while a model is being loaded, as soon as it is there.
    pub(crate) fn say(&mut self, typed: Typed) -> Vec<Effect> {
        if !self.may_say() {
            return Vec::new();
        }
        self.panel.leave();
        self.pane.chosen = None;
        self.pane.follow();
        self.focus = Focus::Composer;
        if self.activity != Activity::Idle {
            self.waiting = Some(typed);
            return Vec::new();
        }
        vec![Effect::Say { text: typed.text, files: typed.files }]
    }

    /// Whether something can be said now, or wait for a model; why not is told.
    fn may_say(&mut self) -> bool {
        if !matches!(self.activity, Activity::Loading { .. }) {
            return !self.busy();
        }
        if self.waiting.is_some() {
            self.tell(format!(
                "what you said before waits for the model; {} takes it back",
                keys_of(Action::Interrupt)
            ));
        }
        self.waiting.is_none()
    }

    /// Says what waited for a model; without one it goes back to where it was typed.
    pub(crate) fn say_waiting(&mut self) -> Vec<Effect> {
        if self.activity != Activity::Idle {
            return Vec::new();
        }
        match self.waiting.take() {
            Some(typed) if self.staff.assistant.is_empty() => {
                self.composer.give_back(typed);
                Vec::new()
            }
            Some(typed) => {
                // What was told of the wait is no longer so.
                self.notice = None;
                self.say(typed)
            }
            None => Vec::new(),
        }
    }

    /// Whether something else is being done, which is told then.
    fn busy(&mut self) -> bool {
        if self.activity == Activity::Idle {
            return false;
        }
        let stop = keys_of(Action::Interrupt);
        self.tell(match self.activity {
            Activity::Loading { .. } => "a model is being loaded".to_owned(),
            _ => format!("a reply is being written; {stop} stops it"),
        });
        true
    }

    /// Carries out a command.
    pub(crate) fn carry_out(&mut self, order: Order) -> Vec<Effect> {
        match order {
            Order::Do(action) => self.act(action).unwrap_or_default(),
            Order::Want(effect) => {
                let changes = matches!(
                    effect,
                    Effect::NewSession | Effect::OpenSession(_) | Effect::Fork(_) | Effect::ChooseModel { .. }
                );
                if changes && self.busy() { Vec::new() } else { vec![effect] }
            }
            Order::Theme(name) => {
                if let Some(theme) = Theme::named(&name) {
                    self.theme = theme;
                } else {
                    let names: Vec<&str> = Theme::names().collect();
                    self.complain(format!("there is no theme {name:?}; there are {}", names.join(", ")));
                }
                Vec::new()
            }
            Order::CopyCode(place) => self.copy_code(place),
            Order::Attach(path) => {
                self.composer.put(&format!("@{path} "));
                self.composer.attach(&path);
                Vec::new()
            }
            Order::DeleteThis => {
                let title = self.record.title.clone().unwrap_or_else(|| "this session".to_owned());
                self.overlay = Some(Overlay::Delete(self.record.id.clone(), title));
                Vec::new()
            }
        }
    }

    fn go(&mut self) -> Vec<Effect> {
        if self.busy() {
            return Vec::new();
        }
        if self.record.conversation.turns.is_empty() {
            self.tell("there is nothing to answer yet");
            return Vec::new();
        }
        self.pane.follow();
        vec![Effect::Go]
    }

    fn interrupt(&mut self) -> Vec<Effect> {
        if let Some(typed) = self.waiting.take() {
            self.composer.give_back(typed);
            return Vec::new();
        }
        if self.can_be_stopped() {
            return vec![Effect::Cancel];
        }
        self.panel.leave();
        self.pane.chosen = None;
        self.focus = Focus::Composer;
        Vec::new()
    }

    /// Whether there is work that ends when it is told to. To load a model is none: who does not want to wait leaves.
    fn can_be_stopped(&self) -> bool {
        matches!(self.activity, Activity::Mediating | Activity::Replying(_))
    }

    fn stop(&mut self) -> Vec<Effect> {
        if self.can_be_stopped() {
            return vec![Effect::Cancel];
        }
        if self.overlay.take().is_some() {
            return Vec::new();
        }
        if !self.composer.shown().is_empty() {
            self.composer.clear();
            self.completion = None;
            return Vec::new();
        }
        if self.leaving {
            return vec![Effect::Quit];
        }
        self.leaving = true;
        self.tell(format!("{} again leaves", keys_of(Action::Stop)));
        Vec::new()
    }

    fn turn_focus(&mut self, forward: bool) {
        let order = [Focus::Composer, Focus::Conversation, Focus::Spec];
        let place = order.iter().position(|focus| *focus == self.focus).unwrap_or_default();
        let next = if forward { place + 1 } else { place + order.len() - 1 };
        self.focus = order.get(next % order.len()).copied().unwrap_or_default();
        match self.focus {
            Focus::Composer => {
                self.panel.leave();
                self.pane.chosen = None;
            }
            Focus::Conversation => {
                self.panel.leave();
                self.pane.chosen = self.record.conversation.turns.len().checked_sub(1);
                self.look_down();
            }
            Focus::Spec => {
                self.pane.chosen = None;
                self.panel.open = true;
                if self.panel.place().is_none() {
                    self.panel.step(true);
                }
                self.look_up();
            }
        }
    }

    /// Shows or hides the spec; on a narrow screen it is shown while the keys go to it.
    fn toggle_panel(&mut self) {
        if self.panel.open && (self.areas.wide || self.focus == Focus::Spec) {
            self.panel.open = !self.areas.wide;
            self.panel.leave();
            if self.focus == Focus::Spec {
                self.focus = Focus::Composer;
            }
            return;
        }
        self.panel.open = true;
        if !self.areas.wide {
            self.focus = Focus::Spec;
            self.panel.step(true);
        }
    }

    fn step(&mut self, down: bool) {
        if self.focus == Focus::Spec {
            self.panel.step(down);
            self.look_up();
            return;
        }
        let Some(last) = self.record.conversation.turns.len().checked_sub(1) else { return };
        let chosen = self.pane.chosen.unwrap_or(last);
        let next = if down { (chosen + 1).min(last) } else { chosen.saturating_sub(1) };
        self.pane.chosen = Some(next);
        self.pane.reveal(next);
        self.look_down();
    }

    /// Shows in the conversation what the chosen row of the spec stands on.
    pub(crate) fn look_up(&mut self) {
        if let Some(source) = self.panel.lit() {
            self.pane.reveal(source.turn);
        }
    }

    /// Shows in the spec what the chosen turn brought.
    pub(crate) fn look_down(&mut self) {
        self.panel.leave();
        if let Some(turn) = self.pane.chosen {
            self.panel.choose_of_turn(turn);
        }
    }

    fn jump(&mut self) -> Vec<Effect> {
        match self.panel.chosen().map(|row| (row.subject.clone(), row.source)) {
            Some((Subject::Question(_), _)) => self.focus = Focus::Composer,
            Some((_, Some(source))) => {
                self.focus = Focus::Conversation;
                self.pane.chosen = Some(source.turn);
                self.pane.reveal(source.turn);
            }
            _ => {}
        }
        Vec::new()
    }

    fn reword(&mut self) {
        match self.panel.to_reword() {
            Some((clause, text)) => {
                let title = "In other words".to_owned();
                self.overlay = Some(Overlay::Prompt(Prompt::new(title, &text, Purpose::Reword(clause))));
            }
            None => self.complain("choose a clause in force first"),
        }
    }

    fn correct(&mut self, action: Action) -> Vec<Effect> {
        match self.panel.correction(action) {
            Ok(correction) => self.correction(correction),
            Err(wrong) => {
                self.complain(wrong);
                Vec::new()
            }
        }
    }

    /// Changes the spec, unless something else is being done.
    pub(crate) fn correction(&mut self, correction: Correction) -> Vec<Effect> {
        if self.busy() {
            return Vec::new();
        }
        self.pane.follow();
        vec![Effect::Correct(correction)]
    }

    fn compare(&mut self) -> Vec<Effect> {
        let Some(exchange) = self.record.exchanges.last() else {
            self.tell("there is nothing to compare yet");
            return Vec::new();
        };
        let there = exchange.unmediated.as_ref().is_some_and(|reply| reply.failure.is_none());
        if there {
            self.overlay = Some(Overlay::Comparison(Box::default()));
            return Vec::new();
        }
        if self.busy() {
            return Vec::new();
        }
        self.overlay = Some(Overlay::Comparison(Box::default()));
        vec![Effect::Compare]
    }

    fn keep(&mut self, lane: Lane) -> Vec<Effect> {
        let there = self.record.exchanges.last().is_some_and(|exchange| exchange.reply(lane).is_some());
        if !there || self.busy() {
            if !there {
                self.tell("there is no such reply");
            }
            return Vec::new();
        }
        self.overlay = None;
        vec![Effect::Keep(lane)]
    }

    fn copy_last(&mut self) -> Vec<Effect> {
        if let Some(reply) = self.last_reply() {
            return vec![Effect::Copy(reply.text.clone())];
        }
        self.tell("there is no reply to copy yet");
        Vec::new()
    }

    fn copy_selected(&mut self) -> Vec<Effect> {
        let Some(place) = self.pane.chosen else { return self.copy_last() };
        let reply = self.record.exchanges.get(place).and_then(|exchange| exchange.reply(exchange.kept));
        let turn = self.record.conversation.turns.get(place);
        match reply.map(|reply| reply.text.clone()).or_else(|| turn.map(|turn| turn.user.clone())) {
            Some(text) => vec![Effect::Copy(text)],
            None => Vec::new(),
        }
    }

    /// Copies a block of code of the chosen turn's reply, or of the last one: by its number from 1, or its last.
    fn copy_code(&mut self, place: Option<usize>) -> Vec<Effect> {
        let chosen = self.pane.chosen.and_then(|turn| self.record.exchanges.get(turn));
        let reply = chosen.map_or_else(|| self.last_reply(), |exchange| exchange.reply(exchange.kept));
        let blocks = reply.map(|reply| Rendered::of(&reply.text, u16::MAX, self.theme));
        let blocks = blocks.as_ref().map(Rendered::code_blocks).unwrap_or_default();
        let block = match place {
            Some(place) => blocks.get(place.saturating_sub(1)),
            None => blocks.last(),
        };
        if let Some(block) = block {
            return vec![Effect::Copy(block.text.clone())];
        }
        let many = blocks.len();
        self.tell(if many == 0 {
            "there is no block of code".to_owned()
        } else {
            format!("the last block of code is {many}")
        });
        Vec::new()
    }

    fn fork(&mut self) -> Vec<Effect> {
        let turns = self.record.conversation.turns.len();
        if turns == 0 {
            self.tell("there is nothing to fork yet");
            return Vec::new();
        }
        if self.busy() {
            return Vec::new();
        }
        vec![Effect::Fork(self.pane.chosen.map_or(turns, |chosen| chosen + 1))]
    }

    fn undo(&mut self) -> Vec<Effect> {
        if self.record.conversation.turns.is_empty() {
            self.tell("there is nothing to take back");
            return Vec::new();
        }
        if self.busy() {
            return Vec::new();
        }
        vec![Effect::Undo]
    }

    fn again(&mut self) -> Vec<Effect> {
        if self.record.conversation.turns.is_empty() {
            self.tell("there is nothing to answer yet");
            return Vec::new();
        }
        if self.busy() {
            return Vec::new();
        }
        self.pane.follow();
        vec![Effect::Again]
    }
}
