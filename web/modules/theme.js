// Dark or light: as the host page says with data-theme or shows, else as the system does.

const SCHEME_NAMES = ["data-theme", "data-color-scheme", "data-bs-theme"];

/** Call `apply("dark" | "light")` now and at every change, until `signal` aborts. */
export function followTheme(apply, signal) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const update = () => apply(hostScheme() ?? (system.matches ? "dark" : "light"));
  const observer = new MutationObserver(update);
  const watched = { attributes: true, attributeFilter: [...SCHEME_NAMES, "data-mode"] };
  for (const node of [document.documentElement, document.body]) if (node) observer.observe(node, watched);
  system.addEventListener("change", update, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
  update();
}

function hostScheme() {
  for (const node of [document.documentElement, document.body]) {
    for (const name of SCHEME_NAMES) {
      const value = node?.getAttribute(name);
      if (value === "dark" || value === "light") return value;
    }
  }
  // A page painted light only stays light when the system turns dark, and the guest with it.
  for (const node of [document.body, document.documentElement]) {
    const light = node ? luminance(getComputedStyle(node).backgroundColor) : null;
    if (light !== null) return light > 0.4 ? "light" : "dark";
  }
  return null;
}

/** Return the relative luminance (WCAG 2.2) of a CSS colour, 0…1; null where one sees through it. */
function luminance(color) {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pixel.fillStyle = color;
  pixel.fillRect(0, 0, 1, 1);
  const { data } = pixel.getImageData(0, 0, 1, 1);
  if (data[3] < 128) return null;
  const [red, green, blue] = [...data].map((value) => (value / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Return black or white, whichever reads better on `color`; "" where it is no colour. */
export function inkOn(color) {
  if (!color || !CSS.supports("color", color)) return "";
  // 0.179 is where black and white contrast equally.
  return luminance(color) > 0.179 ? "#111" : "#fff";
}
