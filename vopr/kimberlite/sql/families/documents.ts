/**
 * Documents and what indexes compute from them:
 *   j (id PRIMARY KEY, doc jsonb NOT NULL), UNIQUE ((doc->>'n')), ((doc->>'k'), id) WHERE id < 6
 */
import * as nodes from '../nodes.ts';
import { written } from '../values.ts';
import type { Family } from './family.ts';
import {
  NOT_NULL,
  PRIMARY_KEY,
  assign,
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
  text,
  update,
} from './family.ts';

const { column, integer, operator, parameter } = nodes;
const DOC = column('doc');
const NUMBER = operator('->>', DOC, text('n'));
const KIND = operator('->>', DOC, text('k'));
const FEW = operator('<', column('id'), integer(6));

const J_N = createIndex('j_n', 'j', [NUMBER], { unique: true });
const J_K = createIndex('j_k', 'j', [KIND, column('id')], { where: FEW });
const IS_ID = operator('=', column('id'), parameter(1));
const TARGETS = [column('id'), DOC, KIND];
const READS = [
  { where: operator('=', NUMBER, parameter(0)), types: 'm' },
  { where: nodes.logic('and', operator('=', KIND, parameter(0)), FEW), types: 's' },
  { where: nodes.logic('and', operator('>=', KIND, parameter(0)), FEW), types: 's' },
  { where: nodes.isNull(NUMBER), types: '' },
  { where: operator('@>', DOC, parameter(0)), types: 'j' },
  { where: nodes.not(operator('?', DOC, text('k'))), types: '' },
  { where: operator('=', DOC, parameter(0)), types: 'j' },
].map((one) => ({ table: 'j', targets: TARGETS, ...one }));

const INSERT = insert('j', ['id', 'doc'], 'Dj');
const JOIN = update('j', 'jD', assign('doc', operator('||', DOC, parameter(0))), IS_ID);
const SET_NUMBER = update(
  'j',
  'qD',
  assign('doc', called('jsonb_set', DOC, text('{n}'), called('to_jsonb', parameter(0)))),
  IS_ID,
);

export const DOCUMENTS: Family = {
  name: 'documents',
  setup: [
    [createTable('j', columnOf('id', 'int4', PRIMARY_KEY), columnOf('doc', 'jsonb', NOT_NULL))],
    [fill('j', ['id', 'doc'], 6, (i) => [integer(i), text(written({ k: 'ab', n: i }))])],
    [J_N],
    [J_K],
  ],
  define: [J_N, J_K, drop('index', 'j_n'), drop('index', 'j_k')],
  writes: [
    INSERT,
    INSERT,
    INSERT,
    insert('j', ['id', 'doc'], 'Dj', 2),
    insert(
      'j',
      ['id', 'doc'],
      'Dj',
      1,
      orUpdate(
        NUMBER,
        assign('doc', operator('||', column('j', 'doc'), column('excluded', 'doc'))),
      ),
    ),
    JOIN,
    JOIN,
    SET_NUMBER,
    SET_NUMBER,
    update(
      'j',
      'ss',
      assign('doc', operator('||', DOC, called('jsonb_build_object', text('k'), parameter(0)))),
      nodes.logic('and', operator('>=', KIND, parameter(1)), FEW),
    ),
    update(
      'j',
      'm',
      assign('doc', operator('-', DOC, text('n'))),
      operator('=', NUMBER, parameter(0)),
    ),
    update('j', 'DD', assign('id', parameter(0)), IS_ID),
    remove('j', 'm', operator('=', NUMBER, parameter(0))),
    remove('j', 'D', operator('=', column('id'), parameter(0))),
  ],
  reads: READS.map(read),
  pastReads: READS.map(pastRead),
  scripts: [[SET_NUMBER, JOIN, read(READS[0]!)]],
};
