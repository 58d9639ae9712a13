// Keeps the page of what is under way up to date, and says that a file is being sent.

const WAIT = 2000;

/** Put in what the page says now; what the reader has the focus on stays. */
async function refresh() {
  const here = document.querySelector("[data-refreshed]");
  if (!here?.querySelector("[data-under-way]")) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-refreshed]");
    if (answer.ok && now) {
      const act = here.contains(document.activeElement) ? document.activeElement.value : undefined;
      here.replaceChildren(...now.childNodes);
      if (act) here.querySelector(`[name="act"][value="${act}"]`)?.focus();
    }
  } catch {
    // The server is away for a moment: what is shown stays.
  }
  setTimeout(refresh, WAIT);
}

setTimeout(refresh, WAIT);

for (const form of document.querySelectorAll("[data-sending]")) {
  const show = (isSending) => {
    form.querySelector("[data-sending-told]").textContent = isSending ? form.dataset.sending : "";
    form.querySelector("button").disabled = isSending;
  };
  form.addEventListener("submit", () => show(true));
  // Whoever comes back to the page can send it again.
  addEventListener("pageshow", () => show(false));
}
