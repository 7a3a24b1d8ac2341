/**
 * Keys that need not hold before the transaction ends:
 *   d (id PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, q UNIQUE DEFERRABLE …, v)
 */
import type { Statement } from '../../../../core/sql/tree/statement.ts';
import * as nodes from '../nodes.ts';
import type { Shape } from '../shapes.ts';
import { RELEASE, ROLLBACK_TO, SAVEPOINT } from '../shapes.ts';
import type { Family } from './family.ts';
import {
  assign,
  columnOf,
  createIndex,
  createTable,
  deferrableKey,
  drop,
  fill,
  insert,
  pastRead,
  read,
  remove,
  update,
} from './family.ts';

const { column, integer, operator, parameter } = nodes;

function createD(initiallyDeferred: boolean): Shape {
  return createTable(
    'd',
    columnOf('id', 'int4', deferrableKey('primaryKey', 'd_id', true)),
    columnOf('q', 'int4', deferrableKey('unique', 'd_q', initiallyDeferred)),
    columnOf('v', 'int4'),
  );
}

function setConstraints(deferred: boolean, ...names: string[]): Shape {
  const list = names.map((name) => nodes.named(name));
  const statement: Statement = { kind: 'setConstraints', names: list, deferred, at: -1 };
  return {
    name: `set constraints ${deferred ? 'deferred' : 'immediate'}`,
    statement,
    parameters: '',
  };
}

const D_V = createIndex('d_v', 'd', [column('v'), column('q')]);
const IS_ID = operator('=', column('id'), parameter(1));
/** In a transaction rows may be equal in any of them. */
const TARGETS = ['id', 'q', 'v'].map((name) => column(name));
const READS = [
  { where: operator('=', column('id'), parameter(0)), types: 'D' },
  { where: operator('=', column('q'), parameter(0)), types: 'q' },
  { where: operator('<', column('v'), parameter(0)), types: 'k' },
  { where: operator('>=', column('id'), parameter(0)), types: 'D' },
].map((one) => ({ table: 'd', targets: TARGETS, order: TARGETS.length, ...one }));

const INSERT = insert('d', ['id', 'q', 'v'], 'Dqk');
/** One row takes the value of the other and gives its own: both are right only together. */
const SWAP_Q = update(
  'd',
  'qq',
  assign('q', operator('-', operator('+', parameter(0), parameter(1)), column('q'))),
  nodes.inList(column('q'), [parameter(0), parameter(1)]),
);
const DELETE_Q = remove('d', 'q', operator('=', column('q'), parameter(0)));

export const ROW_OF_D: Shape = read(READS[0]!);
export const SET_Q: Shape = update('d', 'qD', assign('q', parameter(0)), IS_ID);
const SET_ID = update('d', 'DD', assign('id', parameter(0)), IS_ID);
const SHIFT = update(
  'd',
  '+D',
  assign('id', operator('+', column('id'), parameter(0))),
  operator('>=', column('id'), parameter(1)),
);
const ALL_IMMEDIATE = setConstraints(false);
const Q_IMMEDIATE = setConstraints(false, 'd_q');
const Q_DEFERRED = setConstraints(true, 'd_q');

export const DEFERRED: Family = {
  name: 'deferred',
  setup: [
    [createD(true), createD(false)],
    [fill('d', ['id', 'q', 'v'], 6, (i) => [i, i, 9 * i].map(integer))],
    [D_V],
  ],
  define: [D_V, drop('index', 'd_v')],
  writes: [
    INSERT,
    INSERT,
    INSERT,
    insert('d', ['id', 'q', 'v'], 'Dqk', 2),
    SET_Q,
    SET_Q,
    SWAP_Q,
    SWAP_Q,
    update('d', '+', assign('q', operator('+', column('q'), parameter(0))), null),
    SET_ID,
    SHIFT,
    remove('d', 'D', operator('=', column('id'), parameter(0))),
    DELETE_Q,
  ],
  reads: READS.map(read),
  pastReads: READS.map(pastRead),
  scripts: [
    [Q_DEFERRED, SET_Q, SET_Q],
    [Q_DEFERRED, INSERT, DELETE_Q],
    [Q_DEFERRED, SET_Q, Q_IMMEDIATE, SET_Q],
    [ALL_IMMEDIATE, SET_ID, SWAP_Q],
    [SET_ID, SET_ID, ALL_IMMEDIATE],
    [Q_DEFERRED, SAVEPOINT, SET_Q, Q_IMMEDIATE, ROLLBACK_TO, SET_Q],
    [INSERT, SAVEPOINT, SET_ID, RELEASE, SHIFT],
    [INSERT, INSERT, ROW_OF_D],
  ],
};
