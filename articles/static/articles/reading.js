// Reading settings: theme, type size and line length, kept in this browser.
//
// A plain script in the head, so that a page is never painted in another theme first.

(() => {
  const PLACE = "pressmark:reading";
  const root = document.documentElement;

  function read() {
    try {
      return JSON.parse(localStorage.getItem(PLACE)) ?? {};
    } catch {
      return {};
    }
  }

  function apply({ theme, size, measure }) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    root.style.setProperty("--type-scale", Number(size) / 100 || 1);
    root.style.setProperty("--measure", `${Number(measure) || 42}rem`);
    document.dispatchEvent(new Event("pressmark:theme"));
  }

  apply(read());

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = document.getElementById("reading");
    const form = dialog.querySelector("form");
    document.getElementById("reading-open").addEventListener("click", () => {
      const { theme = "", size = 100, measure = 42 } = read();
      form.elements.theme.value = theme;
      form.elements.size.value = size;
      form.elements.measure.value = measure;
      dialog.showModal();
    });
    const keep = () => {
      const chosen = Object.fromEntries(new FormData(form));
      try {
        localStorage.setItem(PLACE, JSON.stringify(chosen));
      } catch {
        // Then it holds for this page.
      }
      apply(chosen);
    };
    form.addEventListener("input", keep);
    form.addEventListener("reset", () => setTimeout(keep));
  });
})();
