/**
 * Views that are written to:
 *   m (id PRIMARY KEY, k NOT NULL DEFAULT 0 CHECK (k >= 0), s)
 *   mv (n, k, s) AS SELECT id, k, s FROM m WHERE k < 40 …
 *   mw (n, k) AS SELECT n, k FROM mv WHERE k >= 5 …
 * each without CHECK OPTION, or with it, LOCAL or CASCADED.
 */
import type { Statement } from '../../../../core/sql/tree/statement.ts';
import * as nodes from '../nodes.ts';
import type { Shape } from '../shapes.ts';
import type { Family } from './family.ts';
import {
  NOT_NULL,
  PRIMARY_KEY,
  assign,
  byDefault,
  check,
  columnOf,
  createTable,
  drop,
  fill,
  insert,
  pastRead,
  read,
  remove,
  text,
  update,
} from './family.ts';

const { column, integer, operator, parameter } = nodes;
const at = -1;

type Option = 'local' | 'cascaded' | null;

function createView(name: 'mv' | 'mw', option: Option, orReplace: boolean = false): Shape {
  const lower = name === 'mv';
  const query = nodes.query({
    targets: nodes.targets(...(lower ? ['id', 'k', 's'] : ['n', 'k']).map((each) => column(each))),
    from: [nodes.table(lower ? 'm' : 'mv', null)],
    where: lower
      ? operator('<', column('k'), integer(40))
      : operator('>=', column('k'), integer(5)),
  });
  const view = {
    kind: 'createView',
    name: nodes.named(name),
    orReplace,
    temporary: false,
    columns: lower ? ['n', 'k', 's'] : ['n', 'k'],
    query,
    text: 'SELECT',
    at,
  } as const;
  const options = [{ name: 'check_option', value: option }];
  const statement: Statement =
    option === null ? view : { kind: 'createViewWith', view, options, at };
  return { name: `create ${name}`, statement, parameters: '' };
}

const IS_N = operator('=', column('n'), parameter(1));
const READS = [
  {
    table: 'mw',
    targets: [column('n'), column('k')],
    where: operator('<', column('k'), parameter(0)),
    types: 'k',
  },
  {
    table: 'mv',
    targets: [column('n'), column('k'), column('s')],
    where: nodes.between(column('n'), parameter(0), parameter(1)),
    types: 'DD',
  },
  {
    table: 'm',
    targets: [column('id'), column('k'), column('s')],
    where: operator('>=', column('k'), parameter(0)),
    types: 'k',
  },
];

const INSERT_MW = insert('mw', ['n', 'k'], 'Dn');
const SET_K = update('mw', 'kD', assign('k', parameter(0)), IS_N);
const ADD_K = assign('k', operator('+', column('k'), parameter(0)));
const UPDATE_MW = update('mw', '+k', ADD_K, operator('>', column('k'), parameter(1)));

export const VIEWS: Family = {
  name: 'views',
  setup: [
    [
      createTable(
        'm',
        columnOf('id', 'int4', PRIMARY_KEY),
        columnOf(
          'k',
          'int4',
          NOT_NULL,
          byDefault(integer(0)),
          check(null, operator('>=', column('k'), integer(0))),
        ),
        columnOf('s', 'text'),
      ),
    ],
    [fill('m', ['id', 'k', 's'], 3, (i) => [integer(i), integer(8 * i), text('a')])],
    [createView('mv', null), createView('mv', null), createView('mv', 'local')],
    [
      createView('mw', 'cascaded'),
      createView('mw', 'cascaded'),
      createView('mw', 'local'),
      createView('mw', null),
    ],
  ],
  define: [
    drop('view', 'mw'),
    drop('view', 'mv'),
    createView('mw', 'cascaded'),
    createView('mw', 'local', true),
    createView('mw', null, true),
    createView('mv', 'local', true),
    createView('mv', null, true),
  ],
  writes: [
    INSERT_MW,
    INSERT_MW,
    INSERT_MW,
    insert('mv', ['n', 'k', 's'], 'Dnt'),
    insert('m', ['id', 'k', 's'], 'Dnt'),
    insert('m', ['id', 'k', 's'], 'Dnt', 2),
    UPDATE_MW,
    UPDATE_MW,
    SET_K,
    SET_K,
    SET_K,
    update('mw', 'DD', assign('n', parameter(0)), IS_N),
    update('mv', '+D', ADD_K, IS_N),
    update('m', '+D', ADD_K, operator('=', column('id'), parameter(1))),
    remove('mw', 'D', operator('=', column('n'), parameter(0))),
    remove('mv', 'k', operator('=', column('k'), parameter(0))),
  ],
  reads: READS.map(read),
  pastReads: READS.map(pastRead),
  scripts: [[INSERT_MW, UPDATE_MW, read(READS[2]!)]],
};
