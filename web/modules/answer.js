// One answer as nodes: text with citation marks, rows as a table, sources with their quotes.
// The streamed and the finished answer go through the same functions.

import { build, button, icon, languageOf, link, linked, safeUrl, spoken } from "./dom.js";

const SHOWN_SOURCES = 3;
// Marks stand between private-use characters: a document's own "[1]" is text like any other.
const MARK = /\uE000(\d+)\uE001/g;

/** Return the whole answer; `onCite(citation)` opens a source in its context. */
export function answerView(body, words, { onCite, copy, streaming = false }) {
  const citations = body.citations ?? [];
  const items = body.items ?? [];
  const view = build("div", { class: "answer-body", lang: body.language === "en" ? "en" : "zh-CN" });
  const cite = (number) => citationMark(citations.find((one) => one.number === number), number, words, view);
  if (!body.answered && !streaming) view.append(build("p", { class: "unanswered-label" }, icon("page"), words.of("unanswered")));
  view.append(build("div", { class: "text" }, ...paragraphs(withMarks(shownText(body, items), body, items), body.language, cite)));
  if (items.length) view.append(itemTable(items, cite));
  if (!streaming) addCopyButtons(view, words, copy);
  if (citations.length) view.append(sourceList(citations, words, { onCite, answered: body.answered }));
  return view;
}

/** Put a button that copies beside each mail address, once for each. */
function addCopyButtons(view, words, copy) {
  const seen = new Set();
  for (const mail of view.querySelectorAll('a[href^="mailto:"]')) {
    const address = mail.textContent;
    if (seen.has(address)) continue;
    seen.add(address);
    const label = words.of("copy-address", { address });
    const press = (event) => {
      const mark = event.currentTarget.firstElementChild;
      mark.replaceWith(icon("done"));
      copy(address, words.of("address-copied", { address }));
    };
    mail.after(build("button", { type: "button", class: "copy-address", title: label, "aria-label": label, on: { click: press } }, icon("copy")));
  }
}

/** Return the plain text that "copy" puts on the clipboard: the answer and its sources. */
export function answerText(body) {
  const sources = body.citations.map((one) => `[${one.number}] ${[one.title, one.url || `${one.source}:${one.line}`].join(" — ")}`);
  return [body.answer, sources.join("\n")].filter(Boolean).join("\n\n");
}

/** Return the address of a citation with its quote as a text fragment, "" where it has none. */
export function quoteUrl(citation) {
  const url = safeUrl(citation.url);
  if (!url || url.includes(":~:")) return url;
  const [line] = citation.quote.trim().split(/[\n\t]/);
  const phrase = line.length <= 100 ? line : line.slice(0, 100).replace(/[^\s，。；、,.;]*$/u, "").trim();
  if (!phrase) return url;
  const fragment = encodeURIComponent(phrase).replace(/-/g, "%2D");
  return `${url}${url.includes("#") ? "" : "#"}:~:text=${fragment}`;
}

/** Return the answer's text without what the rows beneath it say again. */
export function shownText(body, items) {
  if (!items.length) return body.answer;
  const lines = body.answer.split(/\n+/).filter((line) => line.trim());
  if (body.kind !== "list" && body.kind !== "count") return lines.filter((line) => !items.some((item) => repeats(line, item))).join("\n");
  const [lead] = lines[0]?.split(/[：:]/) ?? [""];
  return lead.includes(String(items.length)) ? lead : lines.join("\n");
}

function repeats(line, item) {
  const values = Object.values(item.fields);
  return values.filter((value) => line.includes(value)).length * 2 > values.length;
}

/** Return `text` with a mark after each quote; a generated text holds its own marks as [n]. */
function withMarks(text, body, items) {
  const known = new Set((body.citations ?? []).map((one) => one.number));
  if (body.method === "generated") {
    return text.replace(/\s*\[(\d{1,3})\]/g, (whole, number) => (known.has(Number(number)) ? `\uE000${number}\uE001` : whole));
  }
  const inRows = new Set(items.map((item) => item.citation));
  for (const { number, quote } of body.citations ?? []) {
    const start = inRows.has(number) || !body.answered ? -1 : text.indexOf(quote);
    if (start < 0) continue;
    const close = /^[”」"]/.test(text.slice(start + quote.length)) ? 1 : 0;
    const end = start + quote.length + close;
    text = `${text.slice(0, end)}\uE000${number}\uE001${text.slice(end)}`;
  }
  return text;
}

function paragraphs(text, language, cite) {
  return text
    .split(/\n+/)
    .filter((line) => line.trim())
    .map((line) => {
      const bullet = /^\s*[-•*]\s+/.exec(line);
      const shown = bullet ? line.slice(bullet[0].length) : line;
      return build("p", bullet ? { class: "bullet" } : {}, ...lineNodes(shown, language === "en" ? spoken : linked, cite));
    });
}

function lineNodes(line, nodesOf, cite) {
  const nodes = [];
  let end = 0;
  for (const match of line.matchAll(MARK)) {
    nodes.push(...held(nodesOf(line.slice(end, match.index)), cite(Number(match[1]))));
    end = match.index + match[0].length;
  }
  return [...nodes, ...nodesOf(line.slice(end))];
}

/** Keep a mark on the line of the two characters before it, so that it never stands alone. */
function held(nodes, mark) {
  const last = nodes.pop() ?? "";
  const tail = typeof last === "string" ? document.createTextNode(last) : last.lastChild;
  if (tail?.nodeType !== Node.TEXT_NODE || last.localName === "a") return [...nodes, last, mark];
  const whole = last === tail.data ? build("span", {}, tail) : last;
  tail.replaceWith(tail.data.slice(0, -2), build("span", { class: "held" }, tail.data.slice(-2), mark));
  return [...nodes, whole];
}

function citationMark(citation, number, words, view) {
  if (!citation) return null;
  const reveal = () => {
    const source = view.querySelector(`[data-number="${number}"]`);
    source?.closest("details")?.setAttribute("open", "");
    source?.scrollIntoView({ block: "nearest" });
    source?.querySelector("a, button")?.focus({ preventScroll: true });
    source?.classList.add("pointed");
    setTimeout(() => source?.classList.remove("pointed"), 1600);
  };
  const label = words.of("source-number", { number, title: citation.title });
  return build("button", { type: "button", class: "mark", "aria-label": label, title: citation.quote.slice(0, 200), on: { click: reveal } }, String(number));
}

// Roles are written out because a table laid out as cards (on a phone) loses its own.
function itemTable(items, cite) {
  const columns = [...new Set(items.flatMap((item) => Object.keys(item.fields)))];
  const head = columns.map((name) => build("th", { scope: "col", role: "columnheader" }, name));
  const rows = items.map((item) => {
    const cells = columns.map((name) => cell(name, item.fields[name] ?? ""));
    const mark = cite(item.citation);
    return build("tr", { role: "row" }, ...cells, build("td", { class: "cited", role: "cell" }, mark ?? ""));
  });
  return build(
    "div",
    { class: items.length === 1 ? "items single" : "items" },
    build(
      "table",
      { role: "table" },
      build("thead", { role: "rowgroup" }, build("tr", { role: "row" }, ...head, build("td", { role: "cell" }))),
      build("tbody", { role: "rowgroup" }, ...rows),
    ),
  );
}

function cell(name, value) {
  const label = build("span", { class: "field", "aria-hidden": "true" }, name);
  const shown = build("span", { class: "value", lang: languageOf(value) }, ...linked(value));
  return build("td", { role: "cell", class: value ? null : "blank" }, label, shown);
}

function sourceList(citations, words, { onCite, answered }) {
  const sources = citations.map((citation) => sourceView(citation, words, onCite));
  const heading = words.of(answered ? "sources" : "nearest-pages");
  const list = (part) => build("ol", { class: "sources" }, ...part);
  const section = build("div", { class: "cited-sources" }, build("h3", {}, heading), list(sources.slice(0, SHOWN_SOURCES)));
  if (sources.length > SHOWN_SOURCES) {
    const more = words.of("more-sources", { count: sources.length - SHOWN_SOURCES });
    section.append(build("details", { class: "more" }, build("summary", {}, more), list(sources.slice(SHOWN_SOURCES))));
  }
  return section;
}

function sourceView(citation, words, onCite) {
  const path = citation.heading_path.filter((name) => name !== citation.title);
  const where = [citation.title, ...path].join(" › ");
  const url = quoteUrl(citation);
  const title = url ? link(url, { class: "title" }, where, icon("open")) : build("span", { class: "title" }, where);
  return build(
    "li",
    { class: "source", "data-number": citation.number },
    build("span", { class: "number", "aria-hidden": "true" }, String(citation.number)),
    build(
      "div",
      { class: "source-body" },
      title,
      build("blockquote", { lang: languageOf(citation.quote) }, ...quoteLines(citation.quote)),
      build(
        "p",
        { class: "place" },
        build("span", { class: "file" }, `${citation.source}:${citation.line}`),
        citation.passage ? button(words.of("in-context"), "", () => onCite(citation), { class: "quiet-link" }) : null,
      ),
    ),
  );
}

function quoteLines(quote) {
  return quote.split(/\n+/).flatMap((line, index) => (index ? [build("br"), ...cells(line)] : cells(line)));
}

// A table row is quoted with its cells parted by tabs, which a page would show as one blank.
function cells(line) {
  return line.split("\t").flatMap((part, index) => (index ? [build("span", { class: "dot" }, "\u00A0· "), part] : [part]));
}
