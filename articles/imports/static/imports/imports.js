// Refreshes the page of an active import, and shows that an upload is in progress.

const REFRESH_MS = 2000;

/** Replace the content with that of the server; keep the focused button. */
async function refresh() {
  const content = document.querySelector("[data-refresh]");
  if (!content?.querySelector("[data-active]")) return;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const update = page.querySelector("[data-refresh]");
    if (response.ok && update) {
      const focused = content.contains(document.activeElement) && document.activeElement.value;
      content.replaceChildren(...update.childNodes);
      if (focused) content.querySelector(`[name="action"][value="${focused}"]`)?.focus();
    }
  } catch {
    // The server is unreachable for a moment: keep what is shown.
  }
  setTimeout(refresh, REFRESH_MS);
}

setTimeout(refresh, REFRESH_MS);

for (const form of document.querySelectorAll("[data-upload]")) {
  const showUpload = (isUploading) => {
    form.querySelector("[data-upload-status]").textContent = isUploading ? form.dataset.upload : "";
    form.querySelector("button").disabled = isUploading;
  };
  form.addEventListener("submit", () => showUpload(true));
  // Going back to the page allows another upload.
  addEventListener("pageshow", () => showUpload(false));
}
