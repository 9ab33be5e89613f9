// <lab-assistant>: the whole assistant in a shadow root, inline in a page or behind a launcher.
// Options are data-* attributes: mode title language color position examples shortcut search api.

import { Api } from "./api.js";
import { Conversation } from "./conversation.js";
import { build, button } from "./dom.js";
import { Launcher, shortcut } from "./launcher.js";
import { Memory } from "./memory.js";
import { siteSearch } from "./site-search.js";
import { followTheme, inkOn } from "./theme.js";
import { chosenLanguage, loadWords } from "./words.js";

const HOME = new URL("..", import.meta.url);
const KEY_EVENTS = ["keydown", "keyup", "keypress"];

let parsed; // one parsed style sheet serves every assistant of the page

function styles() {
  parsed ??= fetch(new URL("styles/assistant.css", HOME)).then(async (response) => {
    if (!response.ok) throw new Error("no style sheet");
    return new CSSStyleSheet().replace(await response.text());
  });
  return parsed;
}

class LabAssistant extends HTMLElement {
  async connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    this.base = new URL(this.dataset.api || HOME, location.href);
    this.memory = new Memory(this.base.host);
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const language = chosenLanguage(this.dataset.language, this.memory.language);
    const [sheet, words] = await Promise.all([styles(), loadWords(HOME, language)]);
    root.adoptedStyleSheets = [sheet];
    this.words = words;
    if (signal.aborted) return;
    // What is typed here is not meant for the host page's shortcuts.
    for (const type of KEY_EVENTS) this.addEventListener(type, (event) => event.stopPropagation(), { signal });
    followTheme((scheme) => this.#dress(scheme), signal);
    this.#render();
    this.#listen(signal);
    const shared = this.isPanel ? null : new URLSearchParams(location.search).get("q");
    if (shared?.trim() && this.conversation.turns.at(-1)?.question !== shared.trim()) this.ask(shared.trim());
  }

  disconnectedCallback() {
    this.life?.abort();
    this.conversation?.leave();
    this.shadowRoot?.replaceChildren();
  }

  /** Ask as if the visitor had typed it; opens the panel. */
  ask(question) {
    this.launcher?.open();
    return this.conversation.ask(question.slice(0, 500));
  }

  get isPanel() {
    return this.dataset.mode === "launcher";
  }

  #render() {
    const { words } = this;
    const title = this.dataset.title || words.of("title");
    this.status = build("p", { class: "unseen", role: "status", "aria-live": "polite" });
    this.frame = build("div", { class: `frame ${this.isPanel ? "floating" : "inline"}`, lang: words.tag, "data-position": this.dataset.position || "right", "data-scheme": this.scheme });
    this.#paint();
    this.shadowRoot.replaceChildren(this.frame);
    this.conversation = new Conversation({ api: new Api(this.base), memory: this.memory, words, options: this.#options() });
    const body = [this.#header(title), this.conversation.view, this.conversation.composer.form, this.status];
    this.clearButton.hidden = !this.conversation.turns.length;
    if (!this.isPanel) return this.frame.append(...body);
    this.launcher = new Launcher(words, { title: this.dataset.title, onOpen: () => this.conversation.composer.focus() });
    this.launcher.panel.append(...body);
    this.frame.append(this.launcher.panel, this.launcher.button);
    return undefined;
  }

  #options() {
    return {
      examples: (this.dataset.examples ?? "").split("|").map((text) => text.trim()).filter(Boolean),
      root: this.frame,
      announce: (text) => (this.status.textContent = text),
      searchUrl: (question) => siteSearch(this.dataset.search, question),
      onChange: (count) => this.clearButton && (this.clearButton.hidden = count === 0),
    };
  }

  #header(title) {
    const { words } = this;
    const other = words.language === "zh" ? "en" : "zh";
    this.clearButton = button(words.of("clear"), "clear", () => this.conversation.clear(), { quiet: true, class: "icon-button" });
    const language = button(words.of("other-language"), "", () => this.#speak(other), { class: "language", lang: other === "zh" ? "zh-CN" : "en" });
    const close = this.isPanel ? button(words.of("close"), "close", () => this.launcher.close(), { quiet: true, class: "icon-button" }) : null;
    const heading = build(this.isPanel ? "h2" : "h1", { class: "title" }, title);
    return build("header", { class: "bar" }, heading, build("div", { class: "bar-actions" }, language, this.clearButton, close));
  }

  async #speak(language) {
    this.words = await loadWords(HOME, language);
    this.memory.language = language;
    const wasOpen = this.launcher?.isOpen;
    this.conversation.leave();
    this.#render();
    if (wasOpen) this.launcher.open();
    this.shadowRoot.querySelector(".language").focus();
    this.#tellPage();
  }

  #tellPage() {
    this.dispatchEvent(new CustomEvent("languagechange", { detail: this.words.tag }));
  }

  #dress(scheme) {
    this.scheme = scheme;
    this.frame?.setAttribute("data-scheme", scheme);
  }

  #paint() {
    const ink = inkOn(this.dataset.color);
    if (!ink) return;
    this.frame.style.setProperty("--assistant-accent", this.dataset.color);
    this.frame.style.setProperty("--assistant-on-accent", ink);
  }

  #listen(signal) {
    const isShortcut = shortcut(this.dataset.shortcut);
    document.addEventListener("keydown", (event) => {
      if (!this.launcher || !isShortcut(event)) return;
      event.preventDefault();
      this.launcher.toggle();
    }, { signal });
    this.#tellPage();
  }
}

if (!customElements.get("lab-assistant")) customElements.define("lab-assistant", LabAssistant);
