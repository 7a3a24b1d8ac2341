/**
 * Arrays, also as a key:
 *   r (id PRIMARY KEY, l integer[] UNIQUE, v), with an index on v and l
 */
import type { Expression } from '../../../../core/sql/tree/expression.ts';
import * as nodes from '../nodes.ts';
import type { Family } from './family.ts';
import { OR_NOTHING } from '../shapes.ts';
import {
  PRIMARY_KEY,
  UNIQUE,
  arrayColumn,
  assign,
  assignElement,
  called,
  columnOf,
  createIndex,
  createTable,
  drop,
  fill,
  insert,
  orUpdate,
  pastRead,
  read,
  remove,
  update,
} from './family.ts';

const { column, integer, operator, parameter } = nodes;
const at = -1;
const LIST = column('l');

function isAny(left: Expression, array: Expression): Expression {
  return { kind: 'arrayComparison', operator: '=', all: false, left, array, at };
}

/** {0}, {1}, {1,0}, … */
function listOf(i: number): Expression {
  const elements = Array.from(i.toString(2), (digit) => integer(Number(digit)));
  return { kind: 'array', elements, at };
}

function element(index: Expression): Expression {
  const parts = [{ slice: false, low: null, high: index }];
  return { kind: 'subscript', argument: LIST, parts, at };
}

const R_V = createIndex('r_v', 'r', [column('v'), LIST]);
const R_FIRST = createIndex('r_first', 'r', [element(integer(1))]);
const IS_ID = operator('=', column('id'), parameter(1));
const TARGETS = [
  column('id'),
  LIST,
  column('v'),
  element(integer(2)),
  called('array_length', LIST, integer(1)),
];
const READS = [
  { where: isAny(parameter(0), LIST), types: 'e' },
  { where: isAny(column('id'), parameter(0)), types: 'L' },
  { where: operator('=', LIST, parameter(0)), types: 'l' },
  { where: operator('<', LIST, parameter(0)), types: 'l' },
  { where: operator('>=', LIST, parameter(0)), types: 'l' },
  { where: operator('@>', LIST, parameter(0)), types: 'l' },
  { where: operator('=', element(integer(1)), parameter(0)), types: 'e' },
  {
    where: nodes.logic(
      'and',
      operator('=', column('v'), parameter(0)),
      nodes.not(operator('<', LIST, parameter(1))),
    ),
    types: 'ql',
  },
].map((one) => ({ table: 'r', targets: TARGETS, ...one }));

const INSERT = insert('r', ['id', 'l', 'v'], 'Dlq');
const SET_ELEMENT = update('r', 'eiD', assignElement('l', parameter(1), parameter(0)), {
  kind: 'operator',
  name: '=',
  left: column('id'),
  right: parameter(2),
  at,
});
const SET_LIST = update('r', 'lD', assign('l', parameter(0)), IS_ID);

export const ARRAYS: Family = {
  name: 'arrays',
  setup: [
    [
      createTable(
        'r',
        columnOf('id', 'int4', PRIMARY_KEY),
        arrayColumn('l', 'int4', UNIQUE),
        columnOf('v', 'int4'),
      ),
    ],
    [fill('r', ['id', 'l', 'v'], 6, (i) => [integer(i), listOf(i), integer(i)])],
    [R_V],
  ],
  define: [R_V, R_FIRST, drop('index', 'r_v'), drop('index', 'r_first')],
  writes: [
    INSERT,
    INSERT,
    INSERT,
    insert('r', ['id', 'l', 'v'], 'Dlq', 2),
    insert('r', ['id', 'l', 'v'], 'Dlq', 1, OR_NOTHING),
    insert('r', ['id', 'l', 'v'], 'Dlq', 1, orUpdate(LIST, assign('v', column('excluded', 'v')))),
    SET_ELEMENT,
    SET_ELEMENT,
    SET_LIST,
    update('r', 'eD', assign('l', called('array_append', LIST, parameter(0))), IS_ID),
    update('r', 'lD', assign('l', operator('||', LIST, parameter(0))), IS_ID),
    update('r', 'e', assign('l', called('array_append', LIST, parameter(0))), null),
    update('r', 'qL', assign('v', parameter(0)), isAny(column('id'), parameter(1))),
    remove('r', 'e', isAny(parameter(0), LIST)),
    remove('r', 'l', operator('=', LIST, parameter(0))),
  ],
  reads: READS.map(read),
  pastReads: READS.map(pastRead),
  scripts: [[SET_LIST, SET_ELEMENT, read(READS[2]!)]],
};
