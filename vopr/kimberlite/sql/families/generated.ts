/**
 * Columns that are computed from one that a foreign key's action sets:
 *   p (id PRIMARY KEY, v)
 *   g (id PRIMARY KEY, o DEFAULT 0 REFERENCES p ON UPDATE CASCADE ON DELETE …, n,
 *      t GENERATED (coalesce(o, 20) + n) UNIQUE, w GENERATED (o * 2) CHECK (w < 20))
 * The reference goes and comes back, NOT VALID, and is validated.
 */
import type { Expression } from '../../../../core/sql/tree/expression.ts';
import * as nodes from '../nodes.ts';
import type { Shape } from '../shapes.ts';
import type { Family } from './family.ts';
import { OR_NOTHING } from '../shapes.ts';
import {
  PRIMARY_KEY,
  UNIQUE,
  alterTable,
  assign,
  byDefault,
  check,
  coalesce,
  columnOf,
  createIndex,
  createTable,
  drop,
  fill,
  generated,
  insert,
  notValid,
  orUpdate,
  pastRead,
  read,
  remove,
  update,
} from './family.ts';

const { column, integer, operator, parameter } = nodes;
const SHARED = column('o');

function reference(
  onDelete: 'cascade' | 'setNull' | 'setDefault' | 'noAction',
  columns: string[],
): Parameters<typeof notValid>[0] {
  return {
    kind: 'foreignKey',
    name: 'g_o',
    columns,
    table: nodes.named('p'),
    references: [],
    match: 'simple',
    onDelete,
    onUpdate: 'cascade',
    deferrable: false,
    initiallyDeferred: false,
    at: -1,
  };
}

function createG(onDelete: 'cascade' | 'setNull' | 'setDefault'): Shape {
  return createTable(
    'g',
    columnOf('id', 'int4', PRIMARY_KEY),
    columnOf('o', 'int4', byDefault(integer(0)), reference(onDelete, [])),
    columnOf('n', 'int4'),
    columnOf('t', 'int4', generated(sum(coalesce(SHARED, integer(20)), column('n'))), UNIQUE),
    columnOf(
      'w',
      'int4',
      generated(operator('*', SHARED, integer(2))),
      check(null, operator('<', column('w'), integer(20))),
    ),
  );
}

function sum(a: Expression, b: Expression): Expression {
  return operator('+', a, b);
}

const G_W = createIndex('g_w', 'g', [column('w')]);
const G_O = createIndex('g_o_t', 'g', [SHARED, column('t')]);
const IS_ID = operator('=', column('id'), parameter(1));

const TARGETS: readonly Expression[] = ['id', 'o', 'n', 't', 'w'].map((name) => column(name));
const READS = [
  { table: 'g', targets: TARGETS, where: operator('=', column('t'), parameter(0)), types: 'k' },
  {
    table: 'g',
    targets: TARGETS,
    where: operator('>=', column('id'), parameter(0)),
    types: 'D',
  },
  {
    table: 'g',
    targets: TARGETS,
    where: nodes.between(column('w'), parameter(0), parameter(1)),
    types: 'Dk',
  },
  { table: 'g', targets: TARGETS, where: operator('=', SHARED, parameter(0)), types: 'D' },
  {
    table: 'g',
    targets: TARGETS,
    where: nodes.not(operator('<', column('t'), parameter(0))),
    types: 'D',
  },
  {
    table: 'p',
    targets: [column('id'), column('v')],
    where: operator('>=', column('id'), parameter(0)),
    types: 'D',
  },
];

const INSERT_P = insert('p', ['id', 'v'], 'Dk');
const INSERT_G = insert('g', ['id', 'o', 'n'], 'DRq');
const MOVE_P = update('p', 'DD', assign('id', parameter(0)), IS_ID);
const SHIFT_P = update(
  'p',
  '+D',
  assign('id', sum(column('id'), parameter(0))),
  operator('>=', column('id'), parameter(1)),
);
/** Each takes the place of the next. */
const SHIFT_BY_ONE = update(
  'p',
  'D',
  assign('id', sum(column('id'), integer(1))),
  operator('>=', column('id'), parameter(0)),
);
const DELETE_P = remove('p', 'D', operator('=', column('id'), parameter(0)));
const SET_N = update('g', 'qD', assign('n', parameter(0)), IS_ID);

export const GENERATED: Family = {
  name: 'generated',
  setup: [
    [createTable('p', columnOf('id', 'int4', PRIMARY_KEY), columnOf('v', 'int4'))],
    [createG('cascade'), createG('setNull'), createG('setDefault')],
    [fill('p', ['id', 'v'], 6, (i) => [integer(i), integer(i)])],
    [G_O, G_O, G_W],
  ],
  define: [
    G_W,
    G_O,
    drop('index', 'g_w'),
    drop('index', 'g_o_t'),
    alterTable('g', { kind: 'dropConstraint', name: 'g_o', ifExists: false, cascade: false }),
    alterTable('g', { kind: 'addConstraint', constraint: notValid(reference('setNull', ['o'])) }),
    alterTable('g', { kind: 'addConstraint', constraint: notValid(reference('noAction', ['o'])) }),
    alterTable('g', { kind: 'validateConstraint', name: 'g_o' }),
  ],
  writes: [
    INSERT_P,
    INSERT_P,
    insert('p', ['id', 'v'], 'Dk', 2, OR_NOTHING),
    insert('p', ['id', 'v'], 'Dk', 1, OR_NOTHING),
    INSERT_G,
    INSERT_G,
    INSERT_G,
    insert('g', ['id', 'o', 'n'], 'DRq', 2),
    insert('g', ['id', 'n'], 'Dq'),
    insert(
      'g',
      ['id', 'o', 'n'],
      'DRq',
      1,
      orUpdate(column('t'), assign('n', sum(column('g', 'n'), column('excluded', 'n')))),
    ),
    MOVE_P,
    MOVE_P,
    SHIFT_P,
    SHIFT_BY_ONE,
    SHIFT_BY_ONE,
    DELETE_P,
    DELETE_P,
    SET_N,
    update('g', '+', assign('n', sum(column('n'), parameter(0))), null),
    update('g', 'RD', assign('o', parameter(0)), IS_ID),
    remove('g', 'D', operator('=', column('t'), parameter(0))),
  ],
  reads: READS.map(read),
  pastReads: READS.map(pastRead),
  scripts: [
    [MOVE_P, read(READS[4]!), SET_N],
    [INSERT_P, INSERT_G, DELETE_P],
  ],
};
