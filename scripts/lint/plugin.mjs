/**
 * Our own lint rules, loaded by oxlint (.oxlintrc.json). Each is proven by a planted violation in
 * scripts/lint/plugin.test.ts.
 */
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { determinism } from './determinism.mjs';
import { isPure, objection } from './rooms.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function pathOf(context) {
  return relative(root, context.filename).split(sep).join('/');
}

/** `house/layers`: the table of rooms, for every way in which a module can be named. */
const layers = {
  meta: { type: 'problem', docs: { description: 'Holds the table of docs/house.md.' } },
  create(context) {
    const path = pathOf(context);
    const look = (node) => {
      const source = node.source ?? node.argument?.literal ?? node.argument;
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const reason = objection(path, source.value);
      if (reason !== null) context.report({ node: source, message: reason });
    };
    return {
      ImportDeclaration: look,
      ExportNamedDeclaration: look,
      ExportAllDeclaration: look,
      ImportExpression: look,
      TSImportType: look,
    };
  },
};

/** `house/modules`: explicit `.ts` in relative imports, no `export *`. */
const modules = {
  meta: { type: 'problem', docs: { description: 'One name, one file.' } },
  create(context) {
    const look = (node) => {
      const value = node.source?.value;
      if (typeof value !== 'string' || !value.startsWith('.')) return;
      if (!/\.(ts|tsx|mjs|json)$/.test(value)) {
        context.report({ node: node.source, message: `write the file's own extension: ${value}` });
      }
    };
    return {
      ImportDeclaration: look,
      ExportNamedDeclaration: look,
      ExportAllDeclaration(node) {
        context.report({ node, message: 'no export *: import the file that has the thing' });
      },
    };
  },
};

/** `house/no-inheritance`: classes extend nothing but Error. */
const noInheritance = {
  meta: { type: 'problem', docs: { description: 'Composition, not class inheritance.' } },
  create(context) {
    const look = (node) => {
      const parent = node.superClass;
      if (parent === null || parent === undefined) return;
      if (parent.type === 'Identifier' && parent.name === 'Error') return;
      context.report({ node: parent, message: 'no class inheritance: hold the other object' });
    };
    return { ClassDeclaration: look, ClassExpression: look };
  },
};

/** `house/determinism` holds only where rooms.mjs says so. */
const determinismInPureRooms = {
  meta: determinism.meta,
  create: (context) => (isPure(pathOf(context)) ? determinism.create(context) : {}),
};

export default {
  meta: { name: 'house' },
  rules: {
    layers,
    modules,
    'no-inheritance': noInheritance,
    determinism: determinismInPureRooms,
  },
};
