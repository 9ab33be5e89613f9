// The chat page around the assistant: its language follows the assistant's.

document.querySelector("lab-assistant").addEventListener("languagechange", ({ detail }) => {
  document.documentElement.lang = detail;
});
