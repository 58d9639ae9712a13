// What is done to the page all over.

export const byId = (id) => document.getElementById(id);

export const copyOf = (id) => byId(id).content.cloneNode(true);

export const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

/** Put an element at a place of the window, to stay there with the page. */
export function putAt(element, left, top) {
  element.style.left = `${left + scrollX}px`;
  element.style.top = `${top + scrollY}px`;
}

/** A part of the page from the server; null, and an event, where it does not come. */
export async function fetched(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.ok) return answer.text();
  document.dispatchEvent(new CustomEvent("pressmark:failed", { detail: answer?.status }));
  return null;
}
