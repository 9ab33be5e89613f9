// What a visitor thinks of an answer: two thumbs; the lower one asks for a reason and a note.

import { build, button } from "./dom.js";

const REASONS = ["wrong", "incomplete", "outdated", "not-what-i-asked", "other"];
const MAX_NOTE_CHARACTERS = 1000;

export class Feedback {
  /** `judge({helpful, reason, note})` resolves when it is kept; `judged` is what was said before. */
  constructor(words, { judge, announce, judged }) {
    Object.assign(this, { words, judge, announce });
    const thumb = (name, onClick) => button(words.of(name), name, onClick, { quiet: true, class: "tool thumb", "aria-pressed": "false" });
    this.up = thumb("helpful", () => this.#send({ helpful: true }));
    this.down = thumb("not-helpful", () => this.#toggle());
    this.thumbs = [this.up, this.down];
    this.place = build("div", { class: "feedback" });
    if (judged !== undefined) this.#settle(judged);
  }

  #toggle() {
    if (this.sent) return undefined;
    if (this.form) return this.#close();
    this.down.setAttribute("aria-expanded", "true");
    this.form = this.#build();
    this.place.replaceChildren(this.form);
    this.form.querySelector("button").focus({ preventScroll: true });
    this.form.scrollIntoView({ block: "nearest" });
    return undefined;
  }

  #close() {
    this.form = null;
    this.down.removeAttribute("aria-expanded");
    this.place.replaceChildren();
    this.down.focus({ preventScroll: true });
  }

  #build() {
    const { words } = this;
    let reason = "";
    const reasons = REASONS.map((name) => {
      const choose = () => {
        reason = reason === name ? "" : name;
        reasons.forEach((each, index) => each.setAttribute("aria-pressed", String(REASONS[index] === reason)));
      };
      return button(words.of(`reason-${name}`), "", choose, { class: "chip", "aria-pressed": "false" });
    });
    const note = build("textarea", { class: "note-field", rows: "2", maxlength: MAX_NOTE_CHARACTERS, "aria-label": words.of("note"), placeholder: words.of("note") });
    const send = button(words.of("send-feedback"), "", () => this.#send({ helpful: false, reason, note: note.value.trim() }), { class: "plain" });
    const cancel = button(words.of("cancel"), "", () => this.#close(), { class: "plain quiet-link" });
    const form = build(
      "div",
      { class: "feedback-form", role: "group", "aria-label": words.of("what-was-wrong") },
      build("p", { class: "feedback-title", "aria-hidden": "true" }, words.of("what-was-wrong")),
      build("div", { class: "reasons" }, ...reasons),
      note,
      build("p", { class: "privacy" }, words.of("note-privacy")),
      build("div", { class: "form-actions" }, send, cancel),
    );
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault(); // closes this form only, not the panel around it
      this.#close();
    });
    return form;
  }

  async #send(judgement) {
    if (this.sent) return;
    this.sent = true;
    try {
      await this.judge({ reason: "", note: "", ...judgement });
      if (this.form) this.#close();
      this.#settle(judgement.helpful);
      this.#tell("feedback-kept");
    } catch {
      this.sent = false;
      this.#tell("feedback-failed");
    }
  }

  #settle(helpful) {
    this.sent = true;
    // Not disabled, which would take the focus away from whoever pressed it.
    for (const thumb of this.thumbs) thumb.setAttribute("aria-disabled", "true");
    (helpful ? this.up : this.down).setAttribute("aria-pressed", "true");
  }

  #tell(key) {
    const text = this.words.of(key);
    this.place.querySelector(".told")?.remove();
    this.place.append(build("p", { class: "told" }, text));
    this.announce(text);
  }
}
