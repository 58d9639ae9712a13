import { createKey, deleteEntry, getEntries, getEntry, saveEntry } from "/static/workspace/drafts.js";
import { equal } from "./assert.js";

export function drafts_are_saved_updated_and_deleted() {
  localStorage.clear();
  saveEntry({ key: "b", user: "ann", state: "draft", at: 2 });
  saveEntry({ key: "a", user: "ann", state: "pending", at: 1 });
  saveEntry({ key: "c", user: "bob", state: "draft" });
  equal(getEntries("ann").map((each) => each.key), ["a", "b"]);
  saveEntry({ key: "b", state: "rejected" });
  equal([getEntry("b").state, getEntry("b").user], ["rejected", "ann"]);
  deleteEntry("a");
  equal(getEntries("ann").length, 1);
}

export function damaged_draft_storage_reads_as_empty() {
  localStorage.setItem("pressmark:drafts", "{not JSON");
  equal(getEntries("ann"), []);
  equal(saveEntry({ key: "a", user: "ann" }), true);
}

export function idempotency_keys_are_unique() {
  equal(new Set(Array.from({ length: 1000 }, createKey)).size, 1000);
}
