export const byId = (id) => document.getElementById(id);

export const cloneTemplate = (id) => byId(id).content.cloneNode(true);

export const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

/** Position an element at a point of the viewport; it then scrolls with the page. */
export function positionAt(element, left, top) {
  element.style.left = `${left + scrollX}px`;
  element.style.top = `${top + scrollY}px`;
}

/** Return an HTML fragment from the server. On failure, dispatch an event and return null. */
export async function fetchFragment(url) {
  const response = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response?.ok) return response.text();
  document.dispatchEvent(new CustomEvent("pressmark:fetch-failed", { detail: response?.status }));
  return null;
}
