// One question and what became of it: waiting, streaming, answered, stopped or failed.

import { answerText, answerView } from "./answer.js";
import { build, button, icon, languageOf, link } from "./dom.js";
import { Feedback } from "./feedback.js";

const SLOW_MS = 3000;

export class Turn {
  /** `actions`: {onAsk, onCite, onRetry, copy, judge, announce, shareUrl, searchUrl(question)}. */
  constructor(question, words, actions) {
    this.question = question;
    this.words = words;
    this.actions = actions;
    this.body = { answer: "", citations: [], items: [], answered: true };
    this.content = build("div", { class: "answer" });
    this.view = build("article", { class: "turn" }, build("h2", { class: "question", lang: languageOf(question) }, question), this.content);
  }

  /** Run one stream of events to its end; returns the finished body. */
  async follow(events) {
    this.#wait();
    try {
      for await (const { event, data } of events) this.#receive(event, data);
      return this.body;
    } finally {
      clearTimeout(this.slow);
      clearInterval(this.countdown);
    }
  }

  /** Show a finished answer; `isLast` adds what to ask next. */
  show(body) {
    this.body = body;
    this.content.className = body.answered ? "answer" : "answer unanswered";
    const feedback = this.#feedback(body);
    this.content.replaceChildren(answerView(body, this.words, this.actions), this.#tools(feedback.thumbs), feedback.place);
    if (body.suggestions.length) this.content.append(this.#suggestions(body.suggestions));
  }

  stopped() {
    const partial = this.body.answer ? [answerView(this.body, this.words, { ...this.actions, streaming: true })] : [];
    this.#note("stopped", "stop", this.words.of("stopped"), { before: partial });
  }

  /** Show why there is no answer. */
  failed(error) {
    if (error.code === "rate-limited") return this.#limited(Math.max(1, error.waitS));
    if (error.code === "offline") return this.#note("offline", "offline", this.words.of("offline"), { search: true });
    if (error.code === "no-index" || error.code === "not-ready") {
      return this.#note("offline", "clock", this.words.of("not-ready"), { search: true });
    }
    const told = error.code?.startsWith("bad-") ? error.message : this.words.of("failed");
    return this.#note("failed", "alert", told, { search: true });
  }

  leave() {
    clearTimeout(this.slow);
    clearInterval(this.countdown);
  }

  #wait() {
    const bones = [92, 100, 64].map((width) => build("i", { class: `bone w${width}` }));
    this.content.className = "answer waiting";
    this.content.replaceChildren(build("div", { class: "skeleton", "aria-hidden": "true" }, ...bones));
    this.slow = setTimeout(() => {
      this.content.append(build("p", { class: "slow" }, this.words.of("slow"), ...this.#searchLink()));
    }, SLOW_MS);
  }

  #receive(event, data) {
    clearTimeout(this.slow);
    // A second meta begins anew: what a language model had begun to say gave way to quotes.
    if (event === "meta") Object.assign(this.body, data, { answer: "" });
    if (event === "delta") this.body.answer += data.text;
    if (event === "citation") this.body.citations.push(data);
    if (event === "done") return this.show(data);
    this.content.className = "answer streaming";
    // A list is shown as rows once it is whole; until then its first line stands for it.
    const shown = this.body.kind === "list" ? { ...this.body, answer: this.body.answer.split("\n")[0] } : this.body;
    this.content.replaceChildren(answerView({ ...shown, citations: [] }, this.words, { ...this.actions, streaming: true }));
    return undefined;
  }

  #feedback(body) {
    const judge = (judgement) => this.actions.judge(body.id, judgement);
    return new Feedback(this.words, { judge, announce: this.actions.announce, judged: body.judged });
  }

  #tools(thumbs) {
    const { words, actions } = this;
    const copied = (name, text) => async (event) => {
      const pressed = event.currentTarget;
      await actions.copy(text(), words.of(`${name}-done`));
      const [mark] = pressed.getElementsByTagName("svg");
      mark?.replaceWith(icon("done"));
      setTimeout(() => pressed.querySelector("svg")?.replaceWith(icon(name)), 1800);
    };
    return build(
      "div",
      { class: "tools", role: "group", "aria-label": words.of("tools") },
      button(words.of("copy"), "copy", copied("copy", () => answerText(this.body)), { class: "tool" }),
      button(words.of("share"), "share", copied("share", () => actions.shareUrl(this.question)), { class: "tool" }),
      ...thumbs,
    );
  }

  #suggestions(questions) {
    const asks = questions.map((question) => button(question, "", () => this.actions.onAsk(question), { class: "chip", lang: languageOf(question) }));
    return build("div", { class: "suggestions", role: "group", "aria-label": this.words.of("ask-next") }, ...asks);
  }

  #limited(waitS) {
    const text = build("span", {}, this.words.of("rate-limited", { seconds: waitS }));
    const retry = this.#note("limited", "clock", text, {});
    const until = Date.now() + waitS * 1000;
    retry.disabled = true;
    this.countdown = setInterval(() => {
      const left = Math.ceil((until - Date.now()) / 1000);
      text.textContent = left > 0 ? this.words.of("rate-limited", { seconds: left }) : this.words.of("rate-over");
      retry.disabled = left > 0;
      if (left <= 0) clearInterval(this.countdown);
    }, 1000);
  }

  #note(kind, iconName, text, { search = false, before = [] }) {
    const retry = button(this.words.of("retry"), "retry", () => this.actions.onRetry(this), { class: "retry" });
    const links = search ? this.#searchLink() : [];
    const actions = build("div", { class: "note-actions" }, retry, ...links);
    this.content.className = `answer ${kind}`;
    this.content.replaceChildren(...before, build("div", { class: "note" }, icon(iconName), build("div", {}, build("p", {}, text), actions)));
    return retry;
  }

  #searchLink() {
    const url = this.actions.searchUrl(this.question);
    return url ? [link(url, { class: "search-link" }, this.words.of("site-search"))] : [];
  }
}
