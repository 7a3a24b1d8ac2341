/**
 * SQL's grammar for Node.js: loads libpg-query's WebAssembly and hands the core a parser.
 *
 * Loading takes about 20 ms and is asynchronous; parsing is not. The package's own entry keeps one
 * instance for ever and reads NULs and halves of characters as it likes, so its loader is used
 * directly: bytes in, JSON out. An instance that fails in any way but by refusing a statement is
 * thrown away (after a stack overflow it would refuse everything); a second one stands by, so that
 * the next statement finds a whole one, and a third is loaded meanwhile.
 */
import loadLibrary from 'libpg-query/wasm/libpg-query.js';
import { createParser } from '../core/sql/parser/create-parser.ts';
import type { Grammar, GrammarAnswer } from '../core/sql/parser/grammar.ts';
import type { Parser } from '../core/sql/parser/parser.ts';

/** What is used of the library (Emscripten's module and libpg-query's C functions). */
interface Library {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(text: number): number;
  _wasm_free_parse_result(result: number): void;
  UTF8ToString(pointer: number): string;
}

let grammar: Promise<Grammar> | null = null;
let parser: Parser | null = null;

/**
 * The grammar of this process. It keeps nothing from one statement to the next, so all databases
 * share it: loading takes longer than anything else in opening them.
 */
export function sharedGrammar(): Promise<Grammar> {
  grammar ??= loadGrammar().catch((error: unknown) => {
    // What failed once, for want of memory perhaps, may be tried again.
    grammar = null;
    throw error;
  });
  return grammar;
}

/** Resolves once statements can be parsed. */
export async function loadParser(): Promise<Parser> {
  parser ??= createParser(await sharedGrammar());
  return parser;
}

export async function loadGrammar(): Promise<Grammar> {
  let ready: Library[] = await Promise.all([loadLibrary(), loadLibrary()]);
  const replace = (broken: Library): void => {
    ready = ready.filter((each) => each !== broken);
    void loadLibrary().then((fresh) => ready.push(fresh));
  };
  return {
    parse(sql) {
      const library = ready[0];
      if (library === undefined) return { kind: 'broken' };
      try {
        return parse(library, sql);
      } catch {
        replace(library);
        return { kind: 'broken' };
      }
    },
  };
}

/** Fields of PgQueryParseResult and PgQueryError, in words of four bytes. */
const RESULT_TREE = 0;
const RESULT_ERROR = 2;
const ERROR_MESSAGE = 0;
const ERROR_CURSOR = 4;

function parse(library: Library, sql: Uint8Array): GrammarAnswer {
  const text = library._malloc(sql.length + 1);
  if (text === 0) throw new Error('libpg-query is out of memory');
  // Memory may have grown and moved: the views are read anew after each call.
  library.HEAPU8.set(sql, text);
  library.HEAPU8[text + sql.length] = 0;
  const result = library._wasm_parse_query_raw(text);
  if (result === 0) throw new Error('libpg-query is out of memory');
  const words = library.HEAPU32;
  const error = words[result / 4 + RESULT_ERROR]!;
  const answer = error === 0 ? tree(library, result) : refusal(library, error);
  library._wasm_free_parse_result(result);
  library._free(text);
  return answer;
}

function tree(library: Library, result: number): GrammarAnswer {
  const json = library.HEAPU32[result / 4 + RESULT_TREE]!;
  if (json === 0) throw new Error('libpg-query gave no tree');
  return { kind: 'tree', json: library.UTF8ToString(json) };
}

function refusal(library: Library, error: number): GrammarAnswer {
  const words = library.HEAPU32;
  const message = library.UTF8ToString(words[error / 4 + ERROR_MESSAGE]!);
  // Counts from 1; 0 means none.
  const cursor = words[error / 4 + ERROR_CURSOR]! | 0;
  return { kind: 'refused', message, codePoint: cursor > 0 ? cursor - 1 : -1 };
}
