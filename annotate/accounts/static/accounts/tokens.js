const key = document.getElementById("key");
const button = document.getElementById("copy");
const status = document.getElementById("copied");

button.hidden = false;
button.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(key.textContent);
    status.textContent = gettext("Copied.");
  } catch {
    // Browsers deny clipboard access without HTTPS or permission.
    getSelection().selectAllChildren(key);
    status.textContent = gettext("Your browser does not allow copying. The token is selected: copy it manually.");
  }
});
