export interface Txn {
  readonly steps: readonly (
    | { kind: 'append'; key: string; value: string }
    | { kind: 'read'; key: string; values: readonly string[] }
  )[];
  readonly status: 'ok' | 'failed' | 'unknown';
  readonly invoked: number;
  readonly returned: number;
}
