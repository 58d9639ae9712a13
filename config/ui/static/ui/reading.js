// Display settings: theme, text size and line length, stored in this browser. A blocking script in
// the head, so that no page is first painted in another theme.

(() => {
  const STORAGE_KEY = "pressmark:reading";
  const root = document.documentElement;
  let settings = { theme: "", size: "100", measure: "42" };
  try {
    settings = { ...settings, ...JSON.parse(localStorage.getItem(STORAGE_KEY)) };
  } catch {
    // Storage is blocked or damaged: use the defaults.
  }

  function apply() {
    root.dataset.theme = settings.theme;
    root.style.setProperty("--type-scale", settings.size / 100);
    root.style.setProperty("--measure", `${settings.measure}rem`);
    document.dispatchEvent(new Event("pressmark:theme"));
  }

  apply();

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = document.getElementById("reading");
    const form = dialog.querySelector("form");
    document.getElementById("reading-open").addEventListener("click", () => {
      for (const name in settings) form.elements[name].value = settings[name];
      dialog.showModal();
    });
    const save = () => {
      settings = Object.fromEntries(new FormData(form));
      apply();
      try {
        localStorage.setItem(STORAGE_KEY, JSON.stringify(settings));
      } catch {
        // Storage is full or blocked: the settings last for this page.
      }
    };
    form.addEventListener("input", save);
    form.addEventListener("reset", () => setTimeout(save));
  });
})();
