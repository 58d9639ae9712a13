// What was typed here and is not saved yet, kept in this browser.
//
// An entry is one form: its `url`, its `fields`, and its `state`: "draft", "waiting" to be sent, or
// "refused". Its `key` is the idempotency key: sending it twice does nothing twice.

const PLACE = "pressmark:kept";

export function entriesOf(user) {
  return Object.values(readStored(PLACE))
    .filter((entry) => entry.user === user)
    .sort((a, b) => a.at - b.at);
}

export function entry(key) {
  return readStored(PLACE)[key];
}

/** Keep an entry, or what changed of it. Tells whether the browser had room for it. */
export function keep(changed) {
  const all = readStored(PLACE);
  all[changed.key] = { at: Date.now(), ...all[changed.key], ...changed };
  return store(PLACE, all);
}

export function forget(key) {
  const all = readStored(PLACE);
  if (!(key in all)) return;
  delete all[key];
  store(PLACE, all);
}

export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");
}

/** What is stored at a place of this browser; an empty object where nothing is. */
export function readStored(place) {
  try {
    return JSON.parse(localStorage.getItem(place)) ?? {};
  } catch {
    return {};
  }
}

export function store(place, value) {
  try {
    localStorage.setItem(place, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
