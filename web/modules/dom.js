// Building nodes. Text only ever becomes text: nothing here parses markup.

const SVG = "http://www.w3.org/2000/svg";
const SAFE_SCHEMES = new Set(["http:", "https:", "mailto:"]);
const LINKABLE = /https?:\/\/[^\s<>"'（）()，。；、！？]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu;
// From the first to the last Chinese character of a stretch without quotation marks.
const CHINESE = /[\p{Script=Han}\u3001-\u303F\uFF00-\uFFEF](?:[^“”\n]*[\p{Script=Han}\u3001-\u303F\uFF00-\uFFEF])?/gu;
const TRAILING = /[.,;:!?]+$/u;

/** Return `url` where its scheme is http, https or mailto, else "". */
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    return SAFE_SCHEMES.has(parsed.protocol) ? parsed.href : "";
  } catch {
    return "";
  }
}

/** Return an element; `attributes` may hold `on: {event: listener}`; strings become text nodes. */
export function build(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, name === "href" ? safeUrl(value) : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Return a link that opens beside the page, or only its text where the address is not safe. */
export function link(url, attributes, ...children) {
  const href = safeUrl(url);
  if (!href) return build("span", attributes, ...children);
  const beside = href.startsWith("mailto:") ? {} : { target: "_blank", rel: "noopener" };
  return build("a", { ...attributes, ...beside, href }, ...children);
}

/** Return `text` as nodes, its web and mail addresses as links. */
export function linked(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(LINKABLE)) {
    const address = match[0].replace(TRAILING, "");
    const url = address.includes("://") ? address : `mailto:${address}`;
    nodes.push(text.slice(end, match.index), link(url, {}, address));
    end = match.index + address.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}

/** Return English `text` as nodes, what is Chinese in it marked so for voices and fonts. */
export function spoken(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(CHINESE)) {
    nodes.push(...linked(text.slice(end, match.index)), build("span", { lang: "zh-CN" }, ...linked(match[0])));
    end = match.index + match[0].length;
  }
  return [...nodes, ...linked(text.slice(end))];
}

const ICONS = {
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  helpful: "M8 11v8.5H5V11zM8 11l3.4-6.5c1.3 0 2.1.9 2.1 2.1V10h4.3c1 0 1.7.9 1.5 1.9l-1.2 6a1.9 1.9 0 01-1.9 1.6H8",
  "not-helpful": "M8 13V4.5H5V13zM8 13l3.4 6.5c1.3 0 2.1-.9 2.1-2.1V14h4.3c1 0 1.7-.9 1.5-1.9l-1.2-6a1.9 1.9 0 00-1.9-1.6H8",
  close: "M6 6l12 12M18 6L6 18",
  chat: "M4 5.5h16v11H11l-4.5 3.5v-3.5H4z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  done: "M5 12.5l4.5 4.5L19 7.5",
  share: "M9.5 14.5l5-5M10.5 7.5l2-2a4 4 0 015.7 5.7l-2 2M13.5 16.5l-2 2a4 4 0 01-5.7-5.7l2-2",
  retry: "M19 12a7 7 0 11-2.2-5.1M17.5 3v4.5H13",
  open: "M10 5H5v14h14v-5M14 5h5v5M19 5l-8 8",
  clear: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7",
  page: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
  arrow: "M5 12h13M13 7l5 5-5 5",
  clock: "M12 4a8 8 0 100 16 8 8 0 000-16zM12 8v4.4l3 1.8",
  alert: "M12 4a8 8 0 100 16 8 8 0 000-16zM12 8.2v4.6M12 15.8v.1",
  offline: "M4.5 4.5l15 15M8.6 15.4a5 5 0 016.8 0M5.4 12.2a9.6 9.6 0 013.8-2.2M18.6 12.2a9.6 9.6 0 00-5.2-2.6M12 18.9v.1",
};

/** Return a decorative line icon. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Return a button with an icon and a label; `quiet` hides the label from the eye only. */
export function button(label, iconName, onClick, { quiet = false, ...attributes } = {}) {
  const text = build("span", { class: quiet ? "unseen" : "label" }, label);
  const marks = iconName ? [icon(iconName)] : [];
  const title = quiet ? { title: label } : {};
  return build("button", { type: "button", ...title, ...attributes, on: { click: onClick } }, ...marks, text);
}

/** Return the `lang` of a text by whether it holds Chinese characters. */
export function languageOf(text) {
  return /\p{Script=Han}/u.test(text) ? "zh-CN" : "en";
}

/** Return the first nodes of a document fragment inside `<mark>` around `quote`, if found. */
export function marked(text, quote) {
  const start = quote ? text.indexOf(quote) : -1;
  if (start < 0) return [text];
  return [text.slice(0, start), build("mark", {}, quote), text.slice(start + quote.length)];
}
