// Dark or light: as the host page says with data-theme, else as the system does.

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
  return null;
}

/** Return black or white, whichever reads better on `color`; "" where it is no colour. */
export function inkOn(color) {
  if (!color || !CSS.supports("color", color)) return "";
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pixel.fillStyle = color;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue] = [...pixel.getImageData(0, 0, 1, 1).data].map((value) => (value / 255) ** 2.2);
  // Relative luminance of WCAG 2.2; 0.179 is where black and white contrast equally.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#111" : "#fff";
}
