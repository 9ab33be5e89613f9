// A citation in its context: the passage between what surrounds it, its quote marked.

import { build, button, icon, languageOf, link, marked } from "./dom.js";
import { quoteUrl } from "./answer.js";

/** Open the view over `root`; it closes by button, Escape or a click beside it. */
export function openSource(root, citation, { api, words }) {
  const dialog = build("dialog", { class: "source-dialog", "aria-labelledby": "source-title" });
  const text = build("div", { class: "context", tabindex: "0", role: "region", "aria-label": words.of("context") }, skeleton(words));
  const url = quoteUrl(citation);
  dialog.append(
    build(
      "header",
      {},
      build("h2", { id: "source-title" }, [citation.title, ...citation.heading_path.filter((name) => name !== citation.title)].join(" › ")),
      button(words.of("close"), "close", () => dialog.close(), { quiet: true, class: "icon-button" }),
    ),
    text,
    build(
      "footer",
      {},
      build("span", { class: "file" }, `${citation.source}:${citation.line}`),
      url ? link(url, { class: "open-page" }, words.of("open-page"), icon("open")) : null,
    ),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  root.append(dialog);
  dialog.showModal();
  fill(text, citation, { api, words });
}

async function fill(text, citation, { api, words }) {
  try {
    const source = await api.source(citation.passage);
    text.lang = languageOf(source.text);
    text.replaceChildren(
      build("div", { class: "around" }, source.before),
      build("div", { class: "passage" }, ...marked(source.text, citation.quote)),
      build("div", { class: "around" }, source.after),
    );
    text.querySelector(".passage").scrollIntoView({ block: "center" });
  } catch {
    // The index has moved on, or the server is gone: the quote itself is still here.
    text.replaceChildren(
      build("p", { class: "gone" }, words.of("context-gone")),
      build("div", { class: "passage" }, build("mark", {}, citation.quote)),
    );
  }
}

function skeleton(words) {
  const lines = [88, 96, 70].map((width) => build("i", { class: `bone w${width}` }));
  return build("div", { class: "skeleton", role: "status", "aria-label": words.of("loading") }, ...lines);
}
