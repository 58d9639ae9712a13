// Press / to focus the search field.

const field = document.querySelector("[data-search-field]");

document.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, altKey, defaultPrevented, target } = event;
  if (key !== "/" || ctrlKey || metaKey || altKey || defaultPrevented || !field) return;
  if (target.closest("input, textarea, select, [contenteditable], dialog")) return;
  event.preventDefault();
  field.focus();
  field.select();
});
