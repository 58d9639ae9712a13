// Copies the key of a new token.

const key = document.getElementById("key");
const button = document.getElementById("copy");
const told = document.getElementById("copied");

button.hidden = false;
button.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(key.textContent);
    told.textContent = "Copied.";
  } catch {
    // Without HTTPS, or where the browser was told so, pages may not write to the clipboard.
    getSelection().selectAllChildren(key);
    told.textContent = "This browser does not let us copy. The token is selected: copy it yourself.";
  }
});
