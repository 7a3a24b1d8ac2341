/** Labels of enums in definitions, where their ranks stand for them, as SQL text. */
import { formatArray, parseArray } from '../types/array-text.ts';
import { labelOfPinned, userTypeOf } from '../types/user-type.ts';
import type { LiteralNode, TypeName } from './expression.ts';

/** What the literal says that is cast to this type. */
export function pinnedText({ name, arrayDimensions }: TypeName, { text }: LiteralNode): string {
  const id = userTypeOf(Number(name));
  if (arrayDimensions === 0) return labelOfPinned(id, text);
  const ranks = parseArray(text, (one) => one);
  return formatArray(ranks, (one) => labelOfPinned(id, one as string));
}
