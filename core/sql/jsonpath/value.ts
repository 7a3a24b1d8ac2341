/** Values of type jsonpath: text in PostgreSQL's canonical form, and what was parsed from it. */
import { parsePath } from './parse.ts';
import { printPath } from './print.ts';
import type { JsonPath } from './tree.ts';

const KEPT = 256;
const kept: Map<string, JsonPath> = new Map();

/** The canonical text of a path; throws as `parsePath`. */
export function canonicalPath(text: string): string {
  const canonical = printPath(parsePath(text));
  // It has more brackets than what was written, and must be read again: 54001 is due now.
  pathOf(canonical);
  return canonical;
}

/** The tree of a path; those met lately are kept. */
export function pathOf(text: string): JsonPath {
  let path = kept.get(text);
  if (path === undefined) {
    path = parsePath(text);
    if (kept.size >= KEPT) kept.clear();
    kept.set(text, path);
  }
  return path;
}
