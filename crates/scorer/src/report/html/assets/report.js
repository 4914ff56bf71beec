"use strict";
// The page's one script. Everything from a transcript is text: it enters the page through text nodes alone, never as
// markup. The page's policy forbids anything else.
(() => {
  const byId = (id) => document.getElementById(id);

  /** An element with attributes and children; texts become text nodes. */
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    element.append(...children);
    return element;
  };

  // ---- Theme -----------------------------------------------------------------------------------------------------

  const THEMES = ["system", "light", "dark"];
  // A page opened from a file may have no storage.
  const stored = {
    get: () => { try { return localStorage.getItem("throughline-theme"); } catch { return null; } },
    set: (theme) => { try { localStorage.setItem("throughline-theme", theme); } catch { /* holds until reload */ } },
  };
  const setTheme = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  let theme = THEMES.includes(stored.get()) ? stored.get() : "system";
  setTheme(theme); // before anything is painted

  const offerThemes = () => {
    const button = byId("theme");
    const say = () => { byId("theme-name").textContent = theme; };
    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      setTheme(theme);
      stored.set(theme);
      say();
    });
    say();
    button.hidden = false;
  };

  // ---- Tables ----------------------------------------------------------------------------------------------------

  /** What a cell sorts by: its number where it has one, else its text; nothing sorts last, either way round. */
  const sortKey = (row, column) => {
    const cell = row.cells[column];
    const text = cell.textContent.trim();
    if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
    return text === "" || text === "-" ? null : text;
  };
  const compareKeys = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });

  const sortable = (table) => {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: null }[head.getAttribute("aria-sort")];
        const order = next === undefined ? "ascending" : next;
        for (const other of heads) other.removeAttribute("aria-sort");
        if (order === null) return body.append(...original);
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const keyed = original.map((row) => [sortKey(row, column), row]);
        keyed.sort(([a], [b]) => {
          if (a === null || b === null) return (a === null) - (b === null);
          return sign * compareKeys(a, b);
        });
        body.append(...keyed.map(([, row]) => row));
      });
    });
  };

  /** What is wider than the page can be scrolled with the keyboard; what is not is no stop on the way. */
  const reachScrollers = () => {
    for (const box of document.querySelectorAll(".scroll, .plot")) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };

  // ---- Conversations: the compressed blocks ----------------------------------------------------------------------

  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob(byId(id).textContent), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };

  /** The blocks looked into last, decompressed. */
  const opened = new Map();
  const block = (number) => {
    const held = opened.get(number) ?? unpack(`block-${number}`);
    opened.delete(number);
    opened.set(number, held);
    if (opened.size > 8) opened.delete(opened.keys().next().value);
    return held;
  };

  /** Every text that a conversation shows, for the search. */
  const NO_TEXT = new Set(["is", "part", "op", "change"]);
  const texts = (value, into) => {
    if (typeof value === "string") into.push(value);
    else if (Array.isArray(value)) for (const each of value) texts(each, into);
    else if (value && typeof value === "object") {
      for (const [name, each] of Object.entries(value)) if (!NO_TEXT.has(name)) texts(each, into);
    }
    return into;
  };

  /** Texts to search, by block, as far as memory should go. */
  const searched = new Map();
  const SEARCHED_MOST = 96e6;
  let searchedSize = 0;
  const blockTexts = async (number) => {
    const held = searched.get(number);
    if (held) return held;
    const all = (await unpack(`block-${number}`)).map((conversation) => texts(conversation, []).join("\n"));
    const size = all.reduce((sum, text) => sum + text.length, 0);
    if (searchedSize + size <= SEARCHED_MOST) {
      searchedSize += size;
      searched.set(number, all);
    }
    return all;
  };

  const pattern = (text) => new RegExp(text.trim().replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&").replace(/\s+/g, "\\s+"), "gi");

  // ---- Conversations: state, all of it in the address ------------------------------------------------------------

  const FILTERS = ["text", "task", "model", "setting", "score", "stop", "type", "fault"];
  const readState = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    const state = { conv: given.get("conv"), turn: Number(given.get("turn")) || null, filters: {} };
    for (const name of FILTERS) state.filters[name] = given.get(name) ?? "";
    state.mine = state.conv !== null || FILTERS.some((name) => state.filters[name] !== "");
    return state;
  };
  const address = ({ conv, turn, filters }) => {
    const parts = new URLSearchParams();
    if (conv !== null) parts.set("conv", conv);
    if (conv !== null && turn) parts.set("turn", turn);
    for (const name of FILTERS) if (filters[name]) parts.set(name, filters[name]);
    const text = parts.toString();
    return text ? `#${text}` : "#conversations";
  };

  let index = null; // { conversations, names }
  let found = []; // the numbers of those that the filters leave, in order
  let state = readState();

  // Of a line of the index, by place.
  const [ID, CELL, INSTRUCTION, SCORE, STOP, TYPES, FAULTS, TURNS, WHERE] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [TASK, MODEL, SETTING] = [0, 1, 2];
  const SCORES = { right: (score) => score >= 100, partly: (score) => score > 0 && score < 100, wrong: (score) => score <= 0 };
  const verdict = (score) => Object.keys(SCORES).find((name) => SCORES[name](score));
  const SIGNS = { right: "\u2713", partly: "\u25D0", wrong: "\u2717" };
  const figure = (value) => String(Math.round(value * 10) / 10);

  const names = () => index.names;
  const cellOf = (line) => {
    const [task, model, setting] = line[CELL];
    return { task: names().tasks[task], model: names().models[model], setting: names().settings[setting] };
  };

  /** What each filter but the text looks at: the names of a line. */
  const LOOKS = {
    task: (line) => [names().tasks[line[CELL][TASK]]],
    model: (line) => [names().models[line[CELL][MODEL]]],
    setting: (line) => [names().settings[line[CELL][SETTING]]],
    score: (line) => [verdict(line[SCORE])],
    stop: (line) => [names().stops[line[STOP]]],
    type: (line) => line[TYPES].map((number) => names().types[number]),
    fault: (line) => (line[FAULTS].length ? line[FAULTS].map((number) => names().faults[number]) : ["none"]),
  };

  const offerFilters = () => {
    for (const [name, look] of Object.entries(LOOKS)) {
      const counts = new Map();
      for (const line of index.conversations) for (const each of look(line)) counts.set(each, (counts.get(each) ?? 0) + 1);
      const options = [...counts].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
      byId(name).append(make("option", { value: "" }, "any"));
      for (const [each, count] of options) byId(name).append(make("option", { value: each }, `${each} (${count.toLocaleString("en")})`));
    }
  };

  let searching = 0; // counts up; an older search that sees a newer one ends
  const filter = async () => {
    const mine = ++searching;
    const { text, ...chosen } = state.filters;
    const active = Object.entries(chosen).filter(([, value]) => value !== "");
    const left = index.conversations.flatMap((line, number) =>
      active.every(([name, value]) => LOOKS[name](line).includes(value)) ? [number] : []);
    const all = index.conversations.length.toLocaleString("en");
    const say = (rest) => { byId("count").textContent = `${found.length.toLocaleString("en")} of ${all} conversations${rest}`; };
    if (!text.trim()) {
      found = left;
      say("");
      return showList(true);
    }
    const sought = pattern(text);
    const byBlock = new Map();
    for (const number of left) {
      const [at] = index.conversations[number][WHERE];
      byBlock.set(at, [...(byBlock.get(at) ?? []), number]);
    }
    found = [];
    let done = 0;
    let shown = performance.now();
    for (const [number, conversations] of byBlock) {
      const all = await blockTexts(number);
      if (mine !== searching) return;
      found.push(...conversations.filter((conversation) => {
        const line = index.conversations[conversation];
        return all[line[WHERE][1]].search(sought) >= 0 || line[ID].search(sought) >= 0 || line[INSTRUCTION].search(sought) >= 0;
      }));
      done += 1;
      if (performance.now() - shown > 100) {
        say(`, searched ${Math.floor((100 * done) / byBlock.size)} %`);
        showList(false);
        await new Promise(requestAnimationFrame);
        shown = performance.now();
      }
    }
    say("");
    showList(true);
  };

  // ---- Conversations: the list -----------------------------------------------------------------------------------

  const ROW = 52; // pixels; as in the style sheet
  let active = -1; // the place in `found` where the keyboard is

  const row = (place) => {
    const line = index.conversations[found[place]];
    const { task, model, setting } = cellOf(line);
    const name = verdict(line[SCORE]);
    const turns = line[TURNS] === 1 ? "1 turn" : `${line[TURNS]} turns`;
    const element = make("div", {
      id: `row-${place}`, role: "option", class: place === active ? "row active" : "row",
      "aria-selected": String(line[ID] === state.conv), "aria-setsize": found.length, "aria-posinset": place + 1,
    },
      make("span", {}, `${task} \u00B7 ${model}`),
      make("span", { class: "score" }, `${SIGNS[name]} ${figure(line[SCORE])}`),
      make("span", { class: "second" }, `${setting} \u00B7 ${line[INSTRUCTION]}`),
      make("span", { class: "second" }, turns));
    element.style.top = `${place * ROW}px`;
    element.addEventListener("click", () => { active = place; open(place); });
    return element;
  };

  const drawRows = () => {
    const list = byId("list");
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 6);
    const last = Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 6);
    const rows = [];
    for (let place = first; place < last; place += 1) rows.push(row(place));
    byId("spacer").replaceChildren(...rows);
    if (active >= first && active < last) list.setAttribute("aria-activedescendant", `row-${active}`);
    else list.removeAttribute("aria-activedescendant");
  };

  const showList = (settled) => {
    byId("spacer").style.height = `${found.length * ROW}px`;
    if (settled) {
      active = found.findIndex((number) => index.conversations[number][ID] === state.conv);
      if (active >= 0) reveal();
      else byId("list").scrollTop = 0;
    }
    drawRows();
  };

  const reveal = () => {
    const list = byId("list");
    const top = active * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  };

  const moveTo = (place) => {
    active = Math.min(Math.max(place, 0), found.length - 1);
    reveal();
    drawRows();
  };

  const useList = () => {
    const list = byId("list");
    let pending = false;
    list.addEventListener("scroll", () => {
      if (pending) return;
      pending = true;
      requestAnimationFrame(() => { pending = false; drawRows(); });
    });
    list.addEventListener("focus", () => { if (active < 0 && found.length) moveTo(Math.ceil(list.scrollTop / ROW)); });
    list.addEventListener("keydown", (event) => {
      const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
      const steps = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: found.length - 1 };
      if (event.ctrlKey || event.metaKey || event.altKey || !found.length) return;
      if (event.key in steps) moveTo(steps[event.key]);
      else if (event.key === "Enter" || event.key === " ") open(active, true);
      else return;
      event.preventDefault();
    });
    addEventListener("resize", () => { drawRows(); reachScrollers(); });
  };

  let wantsFocus = false;
  const open = (place, focus = false) => {
    const number = found[place];
    if (number === undefined) return;
    wantsFocus = focus;
    go(address({ ...state, conv: index.conversations[number][ID], turn: null }));
  };
  const go = (hash) => {
    if (location.hash === hash) follow();
    else location.hash = hash;
  };

  // ---- Conversations: one of them --------------------------------------------------------------------------------

  /** A text with what was searched for marked in it. */
  const marked = (text) => {
    if (!state.filters.text.trim()) return [text];
    const parts = [];
    let end = 0;
    for (const match of text.matchAll(pattern(state.filters.text))) {
      parts.push(text.slice(end, match.index), make("mark", {}, match[0]));
      end = match.index + match[0].length;
    }
    return [...parts, text.slice(end)];
  };
  const paragraph = (text) => make("p", { class: "text" }, ...marked(text));
  const event = (kind, label, ...rest) => make("p", { class: `event ${kind}` }, make("b", {}, label), ...rest.flatMap((each) => (typeof each === "string" ? marked(each) : [each])));
  const folded = (label, ...content) => make("details", {}, make("summary", {}, label), ...content);
  const said = (kind, who, tags, ...content) =>
    make("div", { class: `said ${kind}` }, make("div", { class: "who" }, who, ...tags.map((tag) => make("span", { class: "tag" }, tag))), ...content);

  const OPERATIONS = {
    add: ["added", "+"], revise: ["revised", "~"], withdraw: ["withdrawn", "\u2212"], redirect: ["new goal", "\u2192"],
    refer: ["referred to", "@"], answer: ["answered", "!"], assume: ["assumed", "*"], approve: ["approved", "="],
    chat: ["nothing to record", "\u00B7"], ask: ["asked", "?"],
  };
  const quoted = (text) => make("span", { class: "words" }, "\u201C", ...marked(text), "\u201D");
  const edit = (one) => {
    const [label, sign] = OPERATIONS[one.op] ?? [one.op, "\u00B7"];
    const taking = ["revise", "withdraw", "redirect"].includes(one.op) && one.target;
    const kind = one.contested ? "contested" : taking ? "gone" : "added";
    const line = make("li", { class: kind === "gone" ? "" : kind }, make("span", { class: "sign" }, one.contested ? "?" : sign), `${one.contested ? "contested: " : ""}${label} `);
    if (one.target) line.append(`${one.target} `);
    if (one.was) line.append(quoted(one.was), " ");
    if (one.target && one.id) line.append(one.op === "answer" ? "with " : "\u2192 ");
    if (one.id) line.append(`${one.id} `);
    if (one.text) line.append(quoted(one.text));
    if (one.quote) line.append(make("span", { class: "more" }, " in the words "), quoted(one.quote));
    if (one.reason) line.append(make("span", { class: "more" }, ` (${one.reason})`));
    return line;
  };
  const CHANGES = { added: ["added", "+", "added"], superseded: ["superseded", "\u2212", "gone"], withdrawn: ["withdrawn", "\u2212", "gone"], contested: ["contested", "?", "contested"], answered: ["answered", "!", ""] };
  const clause = (one) => {
    const [label, sign, kind] = CHANGES[one.change] ?? ["", "\u00A0", ""];
    const line = make("li", { class: one.in_force ? kind : "gone" }, make("span", { class: "sign" }, sign), `${one.id} `);
    if (one.part !== "requirement") line.append(`${one.part}: `);
    line.append(make("span", { class: "words" }, ...marked(one.text)));
    if (one.quote) line.append(make("span", { class: "more" }, " from "), quoted(one.quote));
    const more = [one.state.startsWith(label) ? "" : label, one.state, one.turn ? `turn ${one.turn}` : ""].filter(Boolean);
    if (more.length) line.append(make("span", { class: "more" }, ` (${more.join("; ")})`));
    return line;
  };
  const mediation = (item) => {
    const box = make("div", { class: "spec" });
    box.append(make("h5", {}, "What this turn changed in the spec"));
    box.append(item.edits.length ? make("ul", {}, ...item.edits.map(edit)) : make("p", { class: "event quiet" }, "nothing"));
    if (item.findings.length) {
      box.append(make("h5", {}, "What the guard found"));
      box.append(make("ul", {}, ...item.findings.map((text) => make("li", {}, make("span", { class: "sign" }, "!"), ...marked(text)))));
    }
    if (item.error) box.append(event("bad", "The recorded edits do not fit the spec: ", item.error));
    box.append(make("h5", {}, "The spec after this turn"));
    box.append(item.spec.length ? make("ul", {}, ...item.spec.map(clause)) : make("p", { class: "event quiet" }, "empty"));
    box.append(event("quiet", item.asks ? "Decision: ask the user" : "Decision: proceed"));
    return box;
  };

  const LAYOUT = {
    system: (item) => said("system", "System", [], folded("Show the system message", paragraph(item.text))),
    user: (item) => said("user", "User", item.shards.length ? [`${item.shards.length > 1 ? "shards" : "shard"} ${item.shards.join(", ")}`] : [], paragraph(item.text)),
    assistant: (item) => {
      const tags = [item.finish_reason && item.finish_reason !== "stop" ? `ended by: ${item.finish_reason}` : "", item.seconds !== undefined ? `${item.seconds} s` : ""].filter(Boolean);
      const box = said("assistant", "Assistant", tags);
      if (item.prompt) box.append(folded("What the assistant read", ...item.prompt.map((message) => said("system", String(message.role), [], paragraph(String(message.content))))));
      if (item.reasoning) box.append(folded("Reasoning", paragraph(item.reasoning)));
      box.append(item.text ? paragraph(item.text) : event("caution", "empty reply"));
      return box;
    },
    verification: (item) => event("quiet", "Response type: ", item.response_type),
    attempt: (item) => {
      const name = item.score === null ? null : verdict(100 * item.score);
      const label = name === null ? "Answer attempt, not evaluated: " : `${SIGNS[name]} Answer attempt, ${name === "partly" ? `partly right (${figure(100 * item.score)})` : name}: `;
      const line = event({ right: "good", wrong: "bad" }[name] ?? "caution", label, make("span", { class: "code" }, ...marked(item.answer)));
      return item.details ? make("div", {}, line, folded("What the evaluator returned", make("p", { class: "code" }, ...marked(item.details)))) : line;
    },
    completed: () => event("good", "The conversation ended with a right answer."),
    mediation,
    question: (item) => event("caution", "The mediator asks: ", item.text),
    fault: (item) => event("bad", `Fault of ${item.role}: `, item.message),
    confidence: (item) => event("quiet", "Confidence: ", `${item.value} (${item.method})`),
    usage: (item) => event("quiet log", `Usage of ${item.role}: `, `${item.prompt_tokens} tokens read, ${item.completion_tokens} written, ${item.seconds} s`),
    log: (item) => event("quiet log", `Log, ${item.type}: `, item.content),
  };

  let showsLog = false;
  const hideLog = (pane) => { for (const line of pane.querySelectorAll(".log")) line.hidden = !showsLog; };

  const link = (label, conv, turn) => make("a", { href: address({ ...state, conv, turn }) }, label);

  const layOut = (line, conversation) => {
    const { task, model, setting } = cellOf(line);
    const pane = byId("conversation");
    const name = verdict(line[SCORE]);
    const sections = [];
    for (const item of conversation.items) {
      if (item.is === "user" || !sections.length) {
        const turn = item.is === "user" ? item.turn : 0;
        const heading = make("h4", {}, turn ? `Turn ${turn} of ${line[TURNS]}` : "Before the first turn");
        sections.push(make("section", { class: "turn", id: `turn-${turn}`, tabindex: "-1", "aria-label": heading.textContent }, heading));
      }
      sections.at(-1).append(LAYOUT[item.is](item));
    }
    const about = make("dl", { class: "about" });
    const facts = [["task", task], ["model", model], ["setting", setting], ["instruction", line[INSTRUCTION]], ["stop reason", names().stops[line[STOP]]], ...conversation.about.filter(([field]) => field !== "stop_reason")];
    for (const [field, value] of facts) about.append(make("dt", {}, field), make("dd", {}, ...marked(value)));
    const turns = make("ul", { class: "turns", "aria-label": "Turns" });
    for (let turn = 1; turn <= line[TURNS]; turn += 1) turns.append(make("li", {}, link(turn === 1 ? "Turn 1" : String(turn), line[ID], turn)));
    const button = (label, act) => {
      const element = make("button", { type: "button" }, label);
      element.addEventListener("click", act);
      return element;
    };
    const log = button(showsLog ? "Hide log" : "Show log", () => {
      showsLog = !showsLog;
      log.textContent = showsLog ? "Hide log" : "Show log";
      hideLog(pane);
    });
    const heading = make("h3", { id: "conversation-heading", tabindex: "-1" }, line[ID]);
    const steps = make("div", { class: "buttons" },
      button("Previous", () => open(active - 1, true)), button("Next", () => open(active + 1, true)), log);
    const bar = make("div", { class: "bar" }, heading, make("span", {}, `${SIGNS[name]} ${name}, score ${figure(line[SCORE])}`), steps, turns);
    pane.replaceChildren(bar, folded("About this conversation", about), ...sections);
    pane.setAttribute("aria-label", `Conversation ${line[ID]}`);
    hideLog(pane);
  };

  let laidOut = null; // what the pane shows
  const showConversation = async () => {
    const pane = byId("conversation");
    byId("conversations").classList.toggle("open", state.conv !== null);
    if (state.conv === null) return;
    const line = index.conversations.find((each) => each[ID] === state.conv);
    if (!line) {
      laidOut = null;
      pane.replaceChildren(make("p", { class: "trouble", role: "alert" }, `This report holds no conversation ${state.conv}.`));
      return;
    }
    const [number, place] = line[WHERE];
    const what = JSON.stringify([state.conv, state.filters.text]);
    if (what !== laidOut) {
      const conversations = await block(number);
      if (state.conv !== line[ID]) return;
      layOut(line, conversations[place]);
      pane.scrollTop = 0;
      laidOut = what;
    }
    for (const section of pane.querySelectorAll(".turn")) section.classList.toggle("target", section.id === `turn-${state.turn}`);
    for (const each of pane.querySelectorAll(".turns a")) {
      if (each.getAttribute("href") === address({ ...state })) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
    const target = state.turn && byId(`turn-${state.turn}`);
    if (target) {
      // Beside the list the pane scrolls; below it, on a narrow page, the page does.
      if (pane.scrollHeight > pane.clientHeight) pane.scrollTop += target.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.querySelector(".bar").offsetHeight;
      else target.scrollIntoView();
      target.focus({ preventScroll: true });
    } else if (wantsFocus) byId("conversation-heading").focus({ preventScroll: true });
    wantsFocus = false;
  };

  /** Brings the page to what the address says. */
  const follow = async () => {
    const before = state;
    const next = readState();
    // A link to a section of the page leaves the viewer as it is.
    if (!next.mine && location.hash !== "#conversations" && location.hash !== "") return;
    state = next;
    for (const name of FILTERS) byId(name).value = state.filters[name];
    const refilter = FILTERS.some((name) => before.filters[name] !== state.filters[name]);
    if (refilter) filter();
    else {
      const place = found.findIndex((number) => index.conversations[number][ID] === state.conv);
      if (place >= 0) { active = place; reveal(); }
      drawRows();
    }
    if (state.mine) {
      const viewer = byId("conversations");
      const { top, bottom } = viewer.getBoundingClientRect();
      if (top > innerHeight / 2 || bottom < innerHeight / 2) viewer.scrollIntoView();
    }
    await showConversation();
  };

  const useFilters = () => {
    const form = byId("filters");
    let timer = 0;
    const apply = () => {
      const filters = Object.fromEntries(FILTERS.map((name) => [name, byId(name).value]));
      history.replaceState(null, "", address({ ...state, filters }));
      state = { ...state, filters };
      filter();
      if (state.conv !== null) showConversation();
    };
    form.addEventListener("input", (event) => {
      clearTimeout(timer);
      timer = setTimeout(apply, event.target.id === "text" ? 200 : 0);
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); apply(); });
    form.addEventListener("reset", () => { clearTimeout(timer); timer = setTimeout(apply, 0); });
    byId("conversation").addEventListener("keydown", (event) => { if (event.key === "Escape") byId("list").focus(); });
    addEventListener("hashchange", follow);
  };

  const start = async () => {
    offerThemes();
    for (const table of document.querySelectorAll("table.sortable")) sortable(table);
    reachScrollers();
    if (!byId("index")) return;
    try {
      index = await unpack("index");
    } catch {
      const trouble = byId("trouble");
      trouble.textContent = "This browser cannot decompress the conversations, or the file was cut off; browsers since 2023 can.";
      trouble.hidden = false;
      return;
    }
    offerFilters();
    byId("filters").hidden = false;
    for (const name of FILTERS) byId(name).value = state.filters[name];
    useFilters();
    useList();
    await filter();
    if (state.mine) await follow();
    document.documentElement.dataset.ready = "true";
  };
  document.addEventListener("DOMContentLoaded", start);
})();
