/**
 * A jsonpath as a tree: SQL/JSON's path language as PostgreSQL 15 has it (ISO/IEC 9075-2:2016,
 * 9.39), but for `.datetime()` and `.keyvalue()`.
 */
import type { Decimal } from '../types/type.ts';

export interface JsonPath {
  /** Else lax: what is no array counts as one of itself, arrays are unwrapped, and what is not
   * there is no error. */
  readonly strict: boolean;
  readonly root: Operand;
}

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type Method = 'type' | 'size' | 'abs' | 'floor' | 'ceiling' | 'double';

/** A beginning, and the steps that go on from it: each takes every item that the last one gave. */
export interface Operand {
  readonly start: Start;
  readonly steps: readonly Step[];
}

export type Start =
  | { readonly kind: 'root' }
  /** `@`: what a filter looks at. */
  | { readonly kind: 'current' }
  /** Of an array: its last subscript. */
  | { readonly kind: 'last' }
  /** Null, a boolean or a string, as jsonb's text. */
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'number'; readonly value: Decimal }
  | { readonly kind: 'variable'; readonly name: string }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly argument: Operand }
  | { readonly kind: 'predicate'; readonly predicate: Predicate };

export type Step =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'anyMember' }
  | { readonly kind: 'anyElement' }
  | { readonly kind: 'elements'; readonly subscripts: readonly Subscript[] }
  /** `**{first to last}`: levels down; `DEEPEST`: the leaves' one. */
  | { readonly kind: 'descend'; readonly first: number; readonly last: number }
  | { readonly kind: 'method'; readonly name: Method }
  | { readonly kind: 'filter'; readonly predicate: Predicate };

export const DEEPEST = 0xffff_ffff;

export interface Subscript {
  readonly from: Operand;
  /** Null: that one alone. */
  readonly to: Operand | null;
}

/** What is true, false or unknown. */
export type Predicate =
  | { readonly kind: 'and'; readonly left: Predicate; readonly right: Predicate }
  | { readonly kind: 'or'; readonly left: Predicate; readonly right: Predicate }
  | { readonly kind: 'not'; readonly argument: Predicate }
  | { readonly kind: 'isUnknown'; readonly argument: Predicate }
  | { readonly kind: 'exists'; readonly argument: Operand }
  | {
      readonly kind: 'compare';
      readonly operator: CompareOperator;
      readonly left: Operand;
      readonly right: Operand;
    }
  /** `initial`: a string or a variable. */
  | { readonly kind: 'startsWith'; readonly argument: Operand; readonly initial: Operand }
  | {
      readonly kind: 'likeRegex';
      readonly argument: Operand;
      readonly pattern: string;
      /** Letters out of `ismq`, each once, in this order. */
      readonly flags: string;
    };
