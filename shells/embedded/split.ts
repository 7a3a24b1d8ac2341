/**
 * Cuts a script into statements, as psql does: at semicolons outside of quotes, comments and
 * brackets; a backslash outside of a statement begins a command of psql's that ends with its line.
 *
 * It only finds the ends; whether a statement is right is the parser's business. A script may be of
 * any length, each statement of it as long as the parser takes.
 */
export interface ScriptPiece {
  readonly kind: 'statement' | 'command';
  readonly text: string;
  /** 1-based line on which it begins. */
  readonly line: number;
}

export function* splitScript(script: string): Generator<ScriptPiece> {
  let at = 0;
  let line = 1;
  let counted = 0;
  while (at < script.length) {
    at = skipBlank(script, at);
    if (at >= script.length) return;
    for (; counted < at; counted += 1) if (script[counted] === '\n') line += 1;
    if (script[at] === '\\') {
      const end = endOfLine(script, at);
      yield { kind: 'command', text: script.slice(at, end).trim(), line };
      at = end;
      continue;
    }
    const end = endOfStatement(script, at);
    const text = script.slice(at, end).trim();
    if (text !== '') yield { kind: 'statement', text, line };
    at = end + 1;
  }
}

/** Behind blanks, comments and empty statements. */
function skipBlank(script: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < script.length && ' \t\r\n\f\v;\ufeff'.includes(script[at]!)) at += 1;
    if (script.startsWith('--', at)) at = endOfLine(script, at);
    else if (script.startsWith('/*', at)) at = endOfComment(script, at);
    else return at;
  }
}

function endOfStatement(script: string, from: number): number {
  let depth = 0;
  for (let at = from; at < script.length;) {
    const c = script[at]!;
    if (c === ';' && depth <= 0) return at;
    if (c === '(') depth += 1;
    if (c === ')') depth -= 1;
    at = next(script, at);
  }
  return script.length;
}

/** Behind the quoted text, the comment or the character that stands here. */
function next(script: string, at: number): number {
  const c = script[at]!;
  switch (c) {
    case "'":
      return endOfQuoted(script, at, isEscape(script, at));
    case '"':
      return endOfQuoted(script, at, false);
    case '$':
      return endOfDollar(script, at);
    case '-':
      return script.startsWith('--', at) ? endOfLine(script, at) : at + 1;
    case '/':
      return script.startsWith('/*', at) ? endOfComment(script, at) : at + 1;
    default:
      return at + 1;
  }
}

/** `E'…'`: backslashes escape. */
function isEscape(script: string, at: number): boolean {
  const before = script[at - 1];
  return (before === 'e' || before === 'E') && !/[\w$]/.test(script[at - 2] ?? ' ');
}

function endOfQuoted(script: string, from: number, escapes: boolean): number {
  const quote = script[from]!;
  for (let at = from + 1; at < script.length; at += 1) {
    const c = script[at];
    if (escapes && c === '\\') at += 1;
    else if (c === quote) {
      if (script[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return script.length;
}

/** `$tag$ … $tag$`; a dollar that begins none is a character like others. */
function endOfDollar(script: string, from: number): number {
  if (/[\w$]/.test(script[from - 1] ?? ' ')) return from + 1;
  const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(
    script.slice(from, from + 70),
  );
  if (tag === null) return from + 1;
  const end = script.indexOf(tag[0], from + tag[0].length);
  return end < 0 ? script.length : end + tag[0].length;
}

/** Comments nest. */
function endOfComment(script: string, from: number): number {
  let depth = 0;
  for (let at = from; at < script.length;) {
    if (script.startsWith('/*', at)) {
      depth += 1;
      at += 2;
    } else if (script.startsWith('*/', at)) {
      depth -= 1;
      at += 2;
      if (depth === 0) return at;
    } else at += 1;
  }
  return script.length;
}

function endOfLine(script: string, from: number): number {
  const end = script.indexOf('\n', from);
  return end < 0 ? script.length : end;
}
