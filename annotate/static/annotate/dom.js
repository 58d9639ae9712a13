// Short names for what is done to the page all over.

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/** A copy of a template's content. */
export const copyOf = (id) => byId(id).content.cloneNode(true);

/** An element with some properties. */
export const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
