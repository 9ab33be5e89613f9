// The conversation: asks, follows the stream, keeps the turns; one question at a time.

import { build, icon, languageOf } from "./dom.js";
import { Composer } from "./composer.js";
import { openSource } from "./source-view.js";
import { Turn } from "./turn.js";

const HISTORY_SENT = 5;

export class Conversation {
  /** `options`: {title, examples, searchUrl, announce, root, inPanel}. */
  constructor({ api, memory, words, options }) {
    Object.assign(this, { api, memory, words, options });
    this.turns = [];
    this.composer = new Composer(words, { onAsk: (question) => this.ask(question), onStop: () => this.stop() });
    this.log = build("div", { class: "log" });
    this.welcome = build("section", { class: "welcome" });
    this.view = build("div", { class: "conversation" }, this.welcome, this.log);
    this.actions = {
      onAsk: (question) => this.ask(question),
      onCite: (citation) => openSource(options.root, citation, { api, words: this.words }),
      onRetry: (turn) => this.#run(turn),
      copy: (text, told) => copy(text, options.root).then(() => options.announce(told)),
      judge: async (id, judgement) => {
        await api.feedback({ answer: id, ...judgement });
        memory.judged(id, judgement.helpful);
      },
      announce: options.announce,
      shareUrl: (question) => new URL(`?q=${encodeURIComponent(question)}`, api.base).href,
      searchUrl: options.searchUrl,
    };
    for (const { question, answer } of memory.turns()) this.#add(question).show(answer);
    this.#mirror();
  }

  /** Ask a question; the one under way is given up. */
  async ask(question) {
    const turn = this.#add(question);
    this.#mirror();
    await this.#run(turn);
  }

  stop() {
    this.running?.abort();
  }

  clear() {
    this.stop();
    this.memory.clear();
    for (const turn of this.turns) turn.leave();
    this.turns = [];
    this.log.replaceChildren();
    this.#mirror();
    this.options.announce(this.words.of("cleared"));
    this.composer.focus();
  }

  leave() {
    this.stop();
    for (const turn of this.turns) turn.leave();
  }

  async #run(turn) {
    this.stop();
    const running = new AbortController();
    this.running = running;
    this.composer.busy = true;
    this.options.announce(this.words.of("searching"));
    this.#scrollTo(turn);
    const history = this.turns.slice(0, this.turns.indexOf(turn)).map((earlier) => earlier.question).slice(-HISTORY_SENT);
    try {
      const events = this.api.ask(turn.question, { history, language: "auto", signal: running.signal });
      const body = await turn.follow(events);
      this.memory.add(turn.question, body);
      this.options.announce(`${this.words.of(body.answered ? "answered" : "unanswered")} ${body.answer.slice(0, 300)}`);
    } catch (error) {
      if (running.signal.aborted) turn.stopped();
      else this.#fail(turn, error);
    }
    if (this.running === running) {
      this.composer.busy = false;
      this.running = null;
    }
  }

  #fail(turn, error) {
    turn.failed(error);
    this.options.announce(turn.content.textContent);
  }

  #add(question) {
    const turn = new Turn(question, this.words, this.actions);
    this.turns.push(turn);
    this.log.append(turn.view);
    return turn;
  }

  #scrollTo(turn) {
    // Its beginning to the top: an answer is read from there.
    turn.view.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  #mirror() {
    this.welcome.hidden = this.turns.length > 0;
    this.options.onChange?.(this.turns.length);
    if (!this.welcome.hidden && !this.welcome.childElementCount) this.#greet();
  }

  async #greet() {
    const { words, options } = this;
    const list = build("ul", { class: "examples" });
    this.welcome.append(
      build("h2", {}, words.of("welcome")),
      build("p", { class: "lead" }, words.of("welcome-lead")),
      list,
    );
    const examples = options.examples.length ? options.examples : await this.api.examples(words.language).catch(() => []);
    list.replaceChildren(...examples.slice(0, 5).map((question) => this.#example(question)));
    if (examples.length) list.before(build("h3", { class: "examples-title" }, words.of("examples")));
  }

  #example(question) {
    const ask = build("button", { type: "button", class: "example", lang: languageOf(question), on: { click: () => this.ask(question) } }, build("span", {}, question), icon("arrow"));
    return build("li", {}, ask);
  }
}

async function copy(text, root) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages served over plain http have no clipboard interface.
    const field = build("textarea", { class: "unseen" });
    field.value = text;
    root.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
