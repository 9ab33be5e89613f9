// The one line a site embeds: puts <lab-assistant> on the page and loads its modules.
//   <script defer src="https://HOST/widget.js" data-title="…" data-language="zh" …></script>
(() => {
  const script = document.currentScript ?? document.querySelector('script[src*="widget.js"]');
  if (!script) return;
  const assistant = document.createElement("lab-assistant");
  Object.assign(assistant.dataset, { mode: "launcher" }, script.dataset);
  const mount = () => document.body.append(assistant);
  if (document.body) mount();
  else addEventListener("DOMContentLoaded", mount, { once: true });
  import(new URL("modules/lab-assistant.js", script.src).href).catch(() => {
    assistant.remove(); // a guest that cannot come in leaves nothing behind
    console.warn("Lab Assistant could not be loaded from", script.src);
  });
})();
