// All words of the interface, from locales/*.json.

/** The words of one language; `of("key", {name: value})` fills `{name}`. */
export class Words {
  constructor(language, table) {
    this.language = language;
    this.table = table;
  }

  of(key, values = {}) {
    const text = this.table[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  get tag() {
    return this.language === "zh" ? "zh-CN" : "en";
  }
}

/** Fetch the words of "zh" or "en" from below `base`. */
export async function loadWords(base, language) {
  const response = await fetch(new URL(`locales/${language}.json`, base));
  if (!response.ok) throw new Error(`no words for ${language}`);
  return new Words(language, await response.json());
}

/**
 * Return the language to speak: as told, as chosen before, as the host page's, as the browser's.
 * Told "auto", the page's own is passed over.
 */
export function chosenLanguage(told, remembered) {
  const page = told === "auto" ? "" : document.documentElement.lang;
  const candidates = [told, remembered, page, ...(navigator.languages ?? [])];
  for (const candidate of candidates) {
    if (/^zh/i.test(candidate ?? "")) return "zh";
    if (/^en/i.test(candidate ?? "")) return "en";
  }
  return "zh";
}
