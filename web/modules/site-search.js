// The host page's own search: where a visitor goes when the assistant cannot answer.

const FORMS = 'form[role="search"], [role="search"] form, form[action*="search" i]';
const FIELDS = 'input[type="search"], input[type="text"], input:not([type])';

/** Return the address that searches the host page's site for `question`, "" where none is found. */
export function siteSearch(told, question) {
  // Sphinx says where its root is; "{q}" stands for the question.
  const root = document.documentElement.dataset.content_root;
  const pattern = told ?? (root == null ? "" : `${root}search.html?q={q}`);
  if (pattern) return new URL(pattern.replace("{q}", encodeURIComponent(question)), location.href).href;
  for (const form of document.querySelectorAll(FORMS)) {
    const field = form.querySelector(FIELDS);
    if (form.method !== "get" || !field?.name) continue;
    const url = new URL(form.getAttribute("action") || "", location.href);
    url.searchParams.set(field.name, question);
    return url.href;
  }
  return "";
}
