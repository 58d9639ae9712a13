import { History } from "/static/workspace/history.js";
import { equal } from "./assert.js";

export function undo_and_redo_return_steps_in_order() {
  localStorage.clear();
  const open = () => new History({ user: "u", project: "p", version: "v" });
  open().record(["x:1"]);
  open().record(["y:1", "z:1"]);
  equal(open().undo(), ["y:1", "z:1"]);
  equal(open().undo(), ["x:1"]);
  equal(open().undo(), undefined);
  equal(open().redo(), ["x:1"]);
  // A new step clears what could be redone.
  open().record(["w:1"]);
  equal(open().redo(), undefined);
  open().remove("w:1");
  equal(open().undo(), ["x:1"]);
}
