// Theme, type size and line length, kept in this browser. A plain script in the head, so that no
// page is painted in another theme first.

(() => {
  const PLACE = "pressmark:reading";
  const root = document.documentElement;
  let chosen = { theme: "", size: "100", measure: "42" };
  try {
    chosen = { ...chosen, ...JSON.parse(localStorage.getItem(PLACE)) };
  } catch {
    // Then it is as at first.
  }

  function apply() {
    root.dataset.theme = chosen.theme;
    root.style.setProperty("--type-scale", chosen.size / 100);
    root.style.setProperty("--measure", `${chosen.measure}rem`);
    document.dispatchEvent(new Event("pressmark:theme"));
  }

  apply();

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = document.getElementById("reading");
    const form = dialog.querySelector("form");
    document.getElementById("reading-open").addEventListener("click", () => {
      for (const name in chosen) form.elements[name].value = chosen[name];
      dialog.showModal();
    });
    const keep = () => {
      chosen = Object.fromEntries(new FormData(form));
      apply();
      try {
        localStorage.setItem(PLACE, JSON.stringify(chosen));
      } catch {
        // Then it holds for this page.
      }
    };
    form.addEventListener("input", keep);
    form.addEventListener("reset", () => setTimeout(keep));
  });
})();
