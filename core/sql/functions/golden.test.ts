/**
 * Functions, operators and casts answer as PostgreSQL 15 did when `golden/*.txt` was recorded.
 *
 * A case is an expression and, below it, `= result` as text or `! SQLSTATE message`. To add cases,
 * write expressions and run `node scripts/sql/record.mjs` with a server at hand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { SqlError } from '../error.ts';
import { MemoryDatabase } from '../memory.ts';
import type { Parser } from '../parser/parser.ts';
import type { Expression } from '../tree/expression.ts';
import { DEFAULT_DISPLAY } from '../types/style.ts';
import { formatValue } from '../types/text-io.ts';
import { TEXT } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';
import { evaluateTree } from './testing/evaluate.ts';

const folder = join(import.meta.dirname, 'golden');
let parser: Parser;

beforeAll(async () => {
  parser = await loadParser();
});

interface Case {
  readonly expression: string;
  readonly answer: string;
}

function readCases(file: string): readonly Case[] {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  const cases: Case[] = [];
  for (let i = 0; i + 1 < lines.length; i += 1) {
    const answer = lines[i + 1] ?? '';
    if (!/^[=!]/.test(answer)) continue;
    cases.push({ expression: lines[i] ?? '', answer });
    i += 1;
  }
  return cases;
}

/** As it is written in the file. */
function answerTo(expression: string): string {
  try {
    const [parsed] = parser.parse(`select ${expression}`);
    const body = parsed?.statement.kind === 'query' ? parsed.statement.body : null;
    const target = body?.kind === 'select' ? body.targets[0] : null;
    if (target?.kind !== 'value') return '! no expression';
    if (needsBinder(target.value)) return answerToQuery(expression);
    const { type, value } = evaluateTree(target.value);
    return shown(type.id, value);
  } catch (error) {
    if (error instanceof SqlError) return `! ${error.code} ${error.message}`;
    throw error;
  }
}

/** Named arguments find their places there, too. */
function needsBinder(value: Expression): boolean {
  if (value.kind === 'subquery') return true;
  return value.kind === 'call' && value.arguments.some(({ kind }) => kind === 'namedArgument');
}

/** What needs rows goes through binder and executor. */
function answerToQuery(expression: string): string {
  const [answer] = new MemoryDatabase(parser).session().run(`select ${expression}`);
  if (answer === undefined) return '! no answer';
  if (answer instanceof SqlError) throw answer;
  return shown(answer.columns?.[0]?.type.id ?? TEXT, answer.rows[0]?.[0] ?? null);
}

function shown(type: TypeId, value: Value): string {
  return value === null
    ? '= <null>'
    : `= ${oneLine(formatValue(type, value, DEFAULT_DISPLAY))}`.trimEnd();
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n');
}

describe('answers of PostgreSQL 15', () => {
  for (const file of readdirSync(folder)) {
    test(file, () => {
      const wrong = readCases(file).flatMap(({ expression, answer }) => {
        const ours = answerTo(expression);
        return ours === answer
          ? []
          : [`${expression}\n  PostgreSQL ${answer}\n  ours       ${ours}`];
      });
      expect(wrong.join('\n')).toBe('');
    });
  }
});
