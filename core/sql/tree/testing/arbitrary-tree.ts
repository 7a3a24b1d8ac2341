/** Trees of any shape, drawn from the codec's own table: what may stand where, nothing else. */
import fc from 'fast-check';
import type { FieldCode, Shape } from '../field.ts';
import { FAMILIES } from '../shapes.ts';

type Node = Record<string, unknown>;

const names = fc.constantFrom('a', 'b', 'Größe', 'select', 'two words', 'q"uote', '');

/** A tree of `family`, nesting at most `depth` nodes (a little more where the table demands it). */
export function arbitraryTree(family: string, depth: number): fc.Arbitrary<Node> {
  const shapes = FAMILIES[family]!;
  const shallow = shapes.filter((shape) => isLeaf(shape));
  const from = depth <= 0 && shallow.length > 0 ? shallow : shapes;
  return fc.constantFrom(...from).chain((shape) => arbitraryNode(shape, depth));
}

function arbitraryNode(shape: Shape, depth: number): fc.Arbitrary<Node> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  if (shape.kind !== null) fields['kind'] = fc.constant(shape.kind);
  for (const [i, name] of shape.names.entries()) {
    fields[name] = arbitraryField(shape.codes[i]!, depth - 1);
  }
  return fc.record(fields, { noNullPrototype: true });
}

function arbitraryField(code: FieldCode, depth: number): fc.Arbitrary<unknown> {
  switch (code.type) {
    case 'text':
      return names;
    case 'flag':
      return fc.boolean();
    case 'integer':
      return fc.integer();
    case 'offset':
      return fc.integer({ min: -1, max: 1 << 20 });
    case 'choice':
      return fc.constantFrom(...code.choices);
    case 'maybe':
      if (depth <= 0) return fc.constant(null);
      return fc.option(arbitraryField(code.of, depth), { nil: null });
    case 'list':
      if (depth <= 0) return fc.constant([]);
      return fc.array(arbitraryField(code.of, depth), { maxLength: 2 });
    case 'node':
      return arbitraryTree(code.family, depth);
    case 'distinct':
      return fc.constantFrom('none', 'all');
  }
}

function isLeaf(shape: Shape): boolean {
  return shape.codes.every((code) => code.type !== 'node' && code.type !== 'distinct');
}
