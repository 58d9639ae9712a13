// The one assertion that the tests in the browser need.

/** Throw unless two values are written alike as JSON. */
export function equal(found, expected) {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}
