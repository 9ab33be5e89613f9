// The question field: Enter sends, but never while an input method is still composing.

import { build, button } from "./dom.js";

const MAX_CHARACTERS = 500;
// Some input methods end the composition before the Enter that ended it arrives.
const AFTER_COMPOSITION_MS = 120;

/** A form; calls `onAsk(question)` and, while busy, `onStop()`. */
export class Composer {
  constructor(words, { onAsk, onStop }) {
    this.onAsk = onAsk;
    this.onStop = onStop;
    this.composedAt = -Infinity;
    this.field = build("textarea", { rows: "1", maxlength: MAX_CHARACTERS, enterkeyhint: "send", autocomplete: "off" });
    this.action = button("", "send", () => this.#press(), { quiet: true, class: "send" });
    this.counter = build("span", { class: "counter", "aria-hidden": "true" });
    this.hint = build("p", { class: "hint" });
    this.form = build("form", { class: "composer" }, build("div", { class: "field-box" }, this.field, this.counter, this.action), this.hint);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.field.addEventListener("input", () => this.#resize());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("compositionend", (event) => (this.composedAt = event.timeStamp));
    this.speak(words);
  }

  speak(words) {
    this.words = words;
    this.field.placeholder = words.of("placeholder");
    this.field.setAttribute("aria-label", words.of("question"));
    this.hint.replaceChildren(build("span", { class: "keys" }, words.of("hint-keys")), words.of("hint"));
    this.busy = this.busy ?? false;
  }

  get busy() {
    return this.isBusy;
  }

  set busy(busy) {
    this.isBusy = busy;
    const label = this.words.of(busy ? "stop" : "send");
    const fresh = button(label, busy ? "stop" : "send", () => this.#press(), { quiet: true, class: busy ? "send stop" : "send" });
    const focused = this.action.getRootNode().activeElement === this.action;
    this.action.replaceWith(fresh);
    this.action = fresh;
    if (focused) fresh.focus();
  }

  focus() {
    this.field.focus({ preventScroll: true });
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    const composing = event.isComposing || event.keyCode === 229;
    if (composing || event.timeStamp - this.composedAt < AFTER_COMPOSITION_MS) return;
    event.preventDefault();
    this.#send();
  }

  #press() {
    if (this.busy) this.onStop();
    else this.#send();
  }

  #send() {
    const question = this.field.value.trim();
    if (!question) return this.focus();
    this.field.value = "";
    this.#resize();
    this.onAsk(question);
  }

  #resize() {
    const left = MAX_CHARACTERS - this.field.value.length;
    this.counter.textContent = left <= 60 ? String(left) : "";
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }
}
