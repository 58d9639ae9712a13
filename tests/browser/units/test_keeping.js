import { History } from "/static/workspace/history.js";
import { entriesOf, entry, forget, keep, newKey } from "/static/workspace/keep.js";
import { equal } from "./assert.js";

export function entries_are_kept_changed_and_forgotten() {
  localStorage.clear();
  keep({ key: "b", user: "ann", state: "draft", at: 2 });
  keep({ key: "a", user: "ann", state: "waiting", at: 1 });
  keep({ key: "c", user: "bob", state: "draft" });
  equal(entriesOf("ann").map((each) => each.key), ["a", "b"]);
  keep({ key: "b", state: "refused" });
  equal([entry("b").state, entry("b").user], ["refused", "ann"]);
  forget("a");
  equal(entriesOf("ann").length, 1);
}

export function what_is_damaged_is_as_nothing() {
  localStorage.setItem("pressmark:kept", "{not JSON");
  equal(entriesOf("ann"), []);
  equal(keep({ key: "a", user: "ann" }), true);
}

export function keys_differ() {
  equal(new Set(Array.from({ length: 1000 }, newKey)).size, 1000);
}

export function steps_are_undone_and_redone_in_turn() {
  localStorage.clear();
  const made = () => new History({ user: "u", project: "p", version: "v" });
  made().done(["x:1"]);
  made().done(["y:1", "z:1"]);
  equal(made().undo(), ["y:1", "z:1"]);
  equal(made().undo(), ["x:1"]);
  equal(made().undo(), undefined);
  equal(made().redo(), ["x:1"]);
  // What is done anew ends what could be redone.
  made().done(["w:1"]);
  equal(made().redo(), undefined);
  made().drop("w:1");
  equal(made().undo(), ["x:1"]);
}
