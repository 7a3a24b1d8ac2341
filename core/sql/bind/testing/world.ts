/**
 * A database of arrays for tests of binder and planner: tables made by CREATE TABLE and CREATE
 * INDEX, rows by INSERT, queries bound, planned and executed for real. No time, no constraints.
 */
import type { Catalog, Column, Index, Relation, Table } from '../../catalog/model.ts';
import { executeAll } from '../../exec/execute.ts';
import type { ExecutionContext } from '../../exec/execute.ts';
import { contextOf, environment } from '../../exec/testing/plans.ts';
import { put, shapeOf } from '../../exec/column.ts';
import type { ColumnBatch } from '../../exec/batch.ts';
import type { ReadRange, RowSource } from '../../exec/source.ts';
import type { Parser } from '../../parser/parser.ts';
import { explain } from '../../plan/explain.ts';
import { CREATED_POSITION } from '../../plan/plan.ts';
import type { BoundStatement } from '../../plan/plan.ts';
import type { CreateIndex, CreateTable, CreateView } from '../../tree/define.ts';
import type { Statement } from '../../tree/statement.ts';
import { compareFor } from '../../types/compare.ts';
import { typeFromName } from '../../types/describe.ts';
import { DEFAULT_DISPLAY } from '../../types/style.ts';
import { formatValue } from '../../types/text-io.ts';
import { INT8, TEXT } from '../../types/type.ts';
import type { Value } from '../../types/type.ts';
import { bind } from '../bind.ts';
import type { BindContext } from '../bind.ts';
import { bindOver } from '../over.ts';
import { assert } from '../../../types/assert.ts';

interface Stored {
  table: Table;
  readonly rows: Value[][];
}

export class World {
  readonly #parser: Parser;
  readonly #stored = new Map<string, Stored>();
  readonly #relations = new Map<string, Relation>();
  #ids = 1;

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  get catalog(): Catalog {
    const relations = this.#relations;
    return {
      version: 1,
      identity: this,
      content: null,
      relation: (schema, name) =>
        schema === null || schema === 'public' ? (relations.get(name) ?? null) : null,
      type: () => null,
      typeById: () => null,
      relationById: (id) =>
        [...relations.values()].find((one) => 'id' in one && one.id === id) ?? null,
      hasSchema: (name) => name === 'public',
      relationNames: () => [...relations.keys()],
      rowCount: (id) =>
        [...this.#stored.values()].find((one) => one.table.id === id)?.rows.length ?? -1,
      sequencesOf: () => [],
      referringTo: () => [],
    };
  }

  /** Runs a script; the rows of its last statement, as PostgreSQL's text. */
  run(sql: string, parameters: readonly Value[] = []): (string | null)[][] {
    let result: (string | null)[][] = [];
    for (const { statement } of this.#parser.parse(sql)) result = this.#one(statement, parameters);
    return result;
  }

  bind(sql: string, parameters: readonly Value[] = []): BoundStatement {
    const [first] = this.#parser.parse(sql);
    assert(first !== undefined, 'one statement');
    const { statement } = first;
    switch (statement.kind) {
      case 'query':
      case 'insert':
      case 'update':
      case 'delete':
        return bind(statement, this.#context(parameters));
      default:
        throw new Error('not a query');
    }
  }

  explain(sql: string): string {
    return explain(this.bind(sql).plan).join('\n');
  }

  #context(parameters: readonly Value[]): BindContext {
    return {
      catalog: this.catalog,
      catalogAt: () => this.catalog,
      environment: { ...environment, parameters },
      parameterTypes: [],
      time: null,
    };
  }

  #one(statement: Statement, parameters: readonly Value[]): (string | null)[][] {
    switch (statement.kind) {
      case 'createTable':
        return this.#createTable(statement);
      case 'createIndex':
        return this.#createIndex(statement);
      case 'createView':
        return this.#createView(statement);
      case 'query':
      case 'insert':
        return this.#execute(bind(statement, this.#context(parameters)), parameters);
      default:
        throw new Error(`no ${statement.kind} here`);
    }
  }

  #execute(bound: BoundStatement, parameters: readonly Value[]): (string | null)[][] {
    const context: ExecutionContext = {
      ...contextOf(),
      environment: { ...environment, parameters },
      source: this.#source(),
    };
    const { plan } = bound;
    if (plan.kind === 'insert') {
      const rows = executeAll(plan.source, context);
      const stored = this.#stored.get(plan.table.name);
      stored?.rows.push(...rows.map((row) => row.slice(0, plan.table.columns.length)));
      return [];
    }
    assert(plan.kind !== 'update' && plan.kind !== 'delete', 'a query');
    assert(plan.kind !== 'merge' && plan.kind !== 'withWrite', 'a query');
    return executeAll(plan, context).map((row) =>
      row.map((value, i) => {
        if (value === null) return null;
        return formatValue(plan.types[i]?.id ?? 25, value, DEFAULT_DISPLAY);
      }),
    );
  }

  #createTable(node: CreateTable): [] {
    const key: string[] = [];
    const unique: (readonly string[])[] = [];
    const columns = node.columns.map((one): Column => {
      let notNull = false;
      for (const constraint of one.constraints) {
        if (constraint.kind === 'primaryKey') key.push(one.name);
        if (constraint.kind === 'unique') unique.push([one.name]);
        if (constraint.kind === 'primaryKey' || constraint.kind === 'notNull') notNull = true;
      }
      return {
        id: this.#ids++,
        name: one.name,
        type: typeFromName(one.type),
        notNull,
        fallback: null,
        generated: false,
        identity: 'none',
        sequence: 0,
        comment: null,
      };
    });
    for (const constraint of node.constraints) {
      if (constraint.kind === 'primaryKey') key.push(...constraint.columns);
      if (constraint.kind === 'unique') unique.push(constraint.columns);
    }
    const index = (names: readonly string[], primary: boolean): Index => ({
      id: this.#ids++,
      name: `${node.name.name}_${primary ? 'pkey' : `${names.join('_')}_key`}`,
      primary,
      unique: true,
      nullsNotDistinct: false,
      elements: names.map((name) => {
        const column = columns.find((one) => one.name === name);
        assert(column !== undefined, 'a column');
        const { id, type } = column;
        return { column: id, value: null, type, descending: false, nullsFirst: false };
      }),
      where: null,
      comment: null,
    });
    const table: Table = {
      kind: 'table',
      id: this.#ids++,
      schema: 'public',
      name: node.name.name,
      columns,
      indexes: [index(key, true), ...unique.map((names) => index(names, false))],
      constraints: [],
      version: 1,
      comment: null,
    };
    this.#stored.set(table.name, { table, rows: [] });
    this.#relations.set(table.name, table);
    return [];
  }

  #createIndex(node: CreateIndex): [] {
    const stored = this.#stored.get(node.table.name);
    assert(stored !== undefined, 'a table');
    const { table } = stored;
    const index: Index = {
      id: this.#ids++,
      name: node.name ?? 'i',
      primary: false,
      unique: node.unique,
      nullsNotDistinct: false,
      elements: node.elements.map((element) => {
        const { value } = element;
        const name = value.kind === 'column' ? value.parts[0] : null;
        const column = table.columns.find((one) => one.name === name);
        const bound = bindOver(value, table, this.#context([]), null, 'index expression');
        return {
          column: column?.id ?? 0,
          value: column === undefined ? value : null,
          type: bound.type,
          descending: element.descending,
          nullsFirst: element.nulls === 'default' ? element.descending : element.nulls === 'first',
        };
      }),
      where: node.where,
      comment: null,
    };
    stored.table = { ...table, indexes: [...table.indexes, index] };
    this.#relations.set(table.name, stored.table);
    return [];
  }

  #createView(node: CreateView): [] {
    const bound = bind(node.query, this.#context([]));
    this.#relations.set(node.name.name, {
      kind: 'view',
      id: this.#ids++,
      schema: 'public',
      name: node.name.name,
      columns: bound.columns.map((one, i) => ({ ...one, name: node.columns[i] ?? one.name })),
      query: node.query,
      text: node.text,
      depends: [],
      comment: null,
    });
    return [];
  }

  #source(): RowSource {
    return {
      open: (table, index, range, backward, _moment, columns) => {
        const rows = this.#inOrder(table, index, range);
        if (backward) rows.reverse();
        const shapes = columns.map((one) =>
          shapeOf(one === CREATED_POSITION ? INT8 : (table.columns[one]?.type.id ?? TEXT)),
        );
        let next = 0;
        return {
          next: (batch) => {
            const count = Math.min(batch.capacity, rows.length - next);
            for (let row = 0; row < count; row++) {
              columns.forEach((column, i) => {
                const own = rows[next + row]?.[column] ?? null;
                const value = column === CREATED_POSITION ? 1 : own;
                const shape = shapes[i];
                assert(shape !== undefined, 'a shape');
                put(batch.columns[i] as ColumnBatch, shape, row, value);
              });
            }
            next += count;
            return count;
          },
        };
      },
      system: () => [],
      positionAt: () => 0,
    };
  }

  /** The rows of an index's range, in its order; nulls last (first when descending). */
  #inOrder(table: Table, index: Index, range: ReadRange): Value[][] {
    const stored = this.#stored.get(table.name);
    assert(stored !== undefined, 'a table');
    const places = index.elements.map((element) =>
      table.columns.findIndex((one) => one.id === element.column),
    );
    const compare = (i: number, left: Value, right: Value): number =>
      compareFor(index.elements[i]?.type.id ?? TEXT)(left as never, right as never);
    const inside = (row: readonly Value[]): boolean => {
      for (const [i, value] of range.equal.entries()) {
        const own = row[places[i] ?? -1] ?? null;
        if (own === null || compare(i, own, value) !== 0) return false;
      }
      const i = range.equal.length;
      const own = row[places[i] ?? -1] ?? null;
      for (const [bound, sign] of [
        [range.low, 1],
        [range.high, -1],
      ] as const) {
        if (bound === null) continue;
        if (own === null) return false;
        const order = compare(i, own, bound.value) * sign;
        if (order < 0 || (order === 0 && !bound.inclusive)) return false;
      }
      return true;
    };
    return stored.rows.filter(inside).toSorted((left, right) => {
      for (const [i, element] of index.elements.entries()) {
        const one = left[places[i] ?? -1] ?? null;
        const two = right[places[i] ?? -1] ?? null;
        if (one === null && two === null) continue;
        if (one === null || two === null) return (one === null) === element.nullsFirst ? -1 : 1;
        const order = compare(i, one, two);
        if (order !== 0) return element.descending ? -order : order;
      }
      return 0;
    });
  }
}
