// Unsaved input, stored in this browser.
//
// An entry is one form: its `url`, its `fields` and its `state`: "draft", "pending" (to be sent) or
// "rejected". Its `key` is the idempotency key, so sending it twice has no effect.

const STORAGE_KEY = "pressmark:drafts";

export function getEntries(user) {
  return Object.values(readStorage(STORAGE_KEY))
    .filter((entry) => entry.user === user)
    .sort((a, b) => a.at - b.at);
}

export function getEntry(key) {
  return readStorage(STORAGE_KEY)[key];
}

/** Create an entry or update the given fields of it. Return whether the browser had room. */
export function saveEntry(changes) {
  const all = readStorage(STORAGE_KEY);
  all[changes.key] = { at: Date.now(), ...all[changes.key], ...changes };
  return writeStorage(STORAGE_KEY, all);
}

export function deleteEntry(key) {
  const all = readStorage(STORAGE_KEY);
  if (!(key in all)) return;
  delete all[key];
  writeStorage(STORAGE_KEY, all);
}

export function createKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");
}

/** Return the stored object, or an empty one if there is none or it is damaged. */
export function readStorage(name) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? {};
  } catch {
    return {};
  }
}

export function writeStorage(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
