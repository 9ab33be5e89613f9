// The button at the corner of a host page and the panel it opens.

import { build, button } from "./dom.js";

const FOCUSABLE = 'button:not([disabled]), a[href], textarea, input, summary, [tabindex="0"]';

export class Launcher {
  constructor(words, { title, onOpen }) {
    this.onOpen = onOpen;
    this.button = button(title || words.of("open"), "chat", () => this.toggle(), { class: "launcher", "aria-haspopup": "dialog" });
    this.panel = build("div", { class: "panel", role: "dialog", "aria-modal": "true", "aria-label": title || words.of("title"), hidden: true });
    this.panel.addEventListener("keydown", (event) => this.#key(event));
    this.#mirror();
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  open() {
    this.returnTo = document.activeElement;
    this.panel.hidden = false;
    this.#mirror();
    this.onOpen();
  }

  close() {
    if (!this.isOpen) return;
    this.panel.hidden = true;
    this.#mirror();
    const opener = this.returnTo;
    const host = this.button.getRootNode().host;
    // The launcher stands inside a shadow root, where the document sees only its host.
    if (opener && opener !== document.body && opener !== host && opener.isConnected) opener.focus();
    else this.button.focus();
  }

  #mirror() {
    this.button.setAttribute("aria-expanded", String(this.isOpen));
    this.button.classList.toggle("opened", this.isOpen);
  }

  #key(event) {
    if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented) {
      event.preventDefault();
      this.close();
    }
    if (event.key === "Tab") this.#keepInside(event);
  }

  #keepInside(event) {
    const root = this.panel.getRootNode();
    if (root.querySelector("dialog[open]")) return;
    const stops = [...this.panel.querySelectorAll(FOCUSABLE)].filter((node) => node.checkVisibility?.() ?? node.offsetParent);
    const [first, last] = [stops[0], stops.at(-1)];
    const leaving = event.shiftKey ? root.activeElement === first : root.activeElement === last;
    if (!leaving) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}

/** Return a predicate of keyboard events for a text such as "ctrl+shift+k". */
export function shortcut(text) {
  const parts = (text ?? "").toLowerCase().split("+").map((part) => part.trim());
  const key = parts.at(-1);
  if (!key) return () => false;
  const wants = (name) => parts.includes(name);
  return (event) =>
    event.key.toLowerCase() === key &&
    event.ctrlKey === wants("ctrl") &&
    event.shiftKey === wants("shift") &&
    event.altKey === wants("alt") &&
    event.metaKey === (wants("meta") || wants("cmd"));
}
