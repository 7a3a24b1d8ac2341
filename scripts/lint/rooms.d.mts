/** Types of rooms.mjs, for its tests; oxlint loads the plain module. */
export interface Room {
  readonly name: string;
  readonly at: readonly string[];
  readonly pure: boolean;
  readonly may: readonly string[];
  readonly packages?: readonly string[];
  readonly node?: boolean;
}
export const rooms: readonly Room[];
export function isTest(path: string): boolean;
export function isPure(path: string): boolean;
export function roomOf(path: string): Room | null;
export function objection(path: string, specifier: string): string | null;
export function table(): string;
