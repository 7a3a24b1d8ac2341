/**
 * Lint rule `house/determinism`: what code that must replay byte for byte may not do.
 *
 * It lists what *is* allowed wherever that is possible: every global name and every member of
 * `Math` not listed here is refused, so a new source of chance in a new Node.js is refused too.
 */

/** Globals whose behaviour the language fixes exactly, on every engine. */
const ALLOWED_GLOBALS = new Set([
  'Array',
  'ArrayBuffer',
  'BigInt',
  'BigInt64Array',
  'BigUint64Array',
  'Boolean',
  'DataView',
  'Error',
  'Float64Array',
  'Infinity',
  'Int16Array',
  'Int32Array',
  'Int8Array',
  'JSON',
  'Map',
  'Math',
  'NaN',
  'Number',
  'Object',
  'RangeError',
  'Set',
  'String',
  'Symbol',
  'TypeError',
  'Uint16Array',
  'Uint32Array',
  'Uint8Array',
  'WeakMap',
  'WeakSet',
  'undefined',
]);

/** Types that promise what the layer may not have, even when nothing of it is called here. */
const REFUSED_TYPES = new Set([
  'AsyncGenerator',
  'AsyncIterable',
  'AsyncIterableIterator',
  'AsyncIterator',
  'Date',
  'FinalizationRegistry',
  'Intl',
  'Promise',
  'PromiseLike',
  'WeakRef',
]);

/** Members of `Math` that are exact integer (or exactly rounded) operations. */
const ALLOWED_MATH = new Set([
  'abs',
  'ceil',
  'clz32',
  'floor',
  'fround',
  'imul',
  'max',
  'min',
  'round',
  'sign',
  'sqrt', // IEEE 754 demands the nearest, and every engine uses the processor's
  'trunc',
]);

/** Methods whose result depends on locale, Unicode version or engine. */
const REFUSED_METHODS = new Set([
  'localeCompare',
  'normalize',
  'toLocaleDateString',
  'toLocaleLowerCase',
  'toLocaleString',
  'toLocaleTimeString',
  'toLocaleUpperCase',
]);

const SORTS = new Set(['sort', 'toSorted']);

export const determinism = {
  meta: { type: 'problem', docs: { description: 'Refuses sources of non-determinism.' } },
  create(context) {
    const refuse = (node, message) => context.report({ node, message });
    return {
      Program() {
        for (const reference of globalReferences(context.sourceCode.scopeManager)) {
          const complaint = complaintAbout(reference);
          if (complaint !== null) refuse(reference.identifier, complaint);
        }
      },
      'FunctionDeclaration, FunctionExpression, ArrowFunctionExpression'(node) {
        if (node.async) refuse(node, 'no async function: the host calls inputs to completion');
      },
      AwaitExpression: (node) => refuse(node, 'no await: the host calls inputs to completion'),
      ForOfStatement(node) {
        if (node.await) refuse(node, 'no for await: the host calls inputs to completion');
      },
      ImportExpression: (node) => refuse(node, "no dynamic import: its moment is not the log's"),
      MetaProperty(node) {
        if (node.meta.name === 'import') refuse(node, 'no import.meta: it names this machine');
      },
      BinaryExpression(node) {
        if (node.operator === '**') refuse(node, 'no **: it differs between Node.js versions');
      },
      AssignmentExpression(node) {
        if (node.operator === '**=') refuse(node, 'no **=: it differs between Node.js versions');
      },
      MemberExpression(node) {
        const name = memberName(node);
        if (REFUSED_METHODS.has(name)) refuse(node, `no .${name}: it follows locale or engine`);
      },
      CallExpression(node) {
        const name = node.callee.type === 'MemberExpression' ? memberName(node.callee) : null;
        if (SORTS.has(name) && node.arguments.length === 0) {
          refuse(node, `no bare .${name}(): say the order with a comparison function`);
        }
      },
      Literal(node) {
        if (node.regex !== undefined && /\\[pP]\{/.test(node.regex.pattern)) {
          refuse(node, "no \\p{…} in patterns: it follows the engine's Unicode version");
        }
      },
    };
  },
};

/** Every reference to a name that this file does not declare or import. */
function* globalReferences(scopeManager) {
  for (const scope of scopeManager.scopes) {
    for (const reference of scope.references) {
      const variable = reference.resolved;
      if (variable === null || variable === undefined || variable.defs.length === 0) {
        yield reference;
      }
    }
  }
}

function complaintAbout(reference) {
  const { name, parent } = reference.identifier;
  if (parent.type === 'TSTypeReference' || parent.type === 'TSQualifiedName') {
    return REFUSED_TYPES.has(name) ? `no ${name}, not even as a type` : null;
  }
  if (reference.isTypeReference && !reference.isValueReference) return null;
  if (name === 'const' && parent.type === 'TSTypeReference') return null;
  if (!ALLOWED_GLOBALS.has(name)) return `no global ${name}: take it from a port or do without`;
  if (name !== 'Math') return null;
  const plain = parent.type === 'MemberExpression' && !parent.computed;
  const member = plain && parent.object === reference.identifier ? parent.property.name : null;
  if (member === null) return 'use Math only as Math.member, so that lint can see the member';
  return ALLOWED_MATH.has(member) ? null : `no Math.${member}: not exact on every engine`;
}

/** The member's name when it is written out: `a.b`, `a["b"]`. */
function memberName(node) {
  if (!node.computed) return node.property.name;
  return node.property.type === 'Literal' ? String(node.property.value) : null;
}
