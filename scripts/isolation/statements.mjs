/** Splits a script at its top-level semicolons: quotes, dollar quotes and comments respected. */
export function statementsOf(script) {
  const out = [];
  let from = 0;
  let at = 0;
  while (at < script.length) {
    const skipped = skip(script, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    if (script[at] === ';') {
      out.push(script.slice(from, at));
      from = at + 1;
    }
    at += 1;
  }
  out.push(script.slice(from));
  return out.map(withoutComments).filter((text) => text !== '');
}

/** Where the quoted thing or comment that begins at `at` ends; `at` when none does. */
function skip(script, at) {
  const quote = script[at];
  if (quote === "'" || quote === '"') {
    const end = script.indexOf(quote, at + 1);
    return end < 0 ? script.length : end + 1;
  }
  if (script.startsWith('--', at)) {
    const end = script.indexOf('\n', at);
    return end < 0 ? script.length : end + 1;
  }
  const dollar = /^\$[a-z_]*\$/i.exec(script.slice(at, at + 32));
  if (dollar === null) return at;
  const end = script.indexOf(dollar[0], at + dollar[0].length);
  return end < 0 ? script.length : end + dollar[0].length;
}

function withoutComments(text) {
  return text
    .replace(/^\s*(--[^\n]*\n\s*)*/, '')
    .replace(/\s*--[^\n]*$/, '')
    .trim();
}
