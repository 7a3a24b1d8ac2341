/**
 * Planted bugs of access: rights that are not asked for, asked for once, or asked for of the wrong
 * one; keys and admins that are left, or lost.
 */
import type { Mutant } from './mutant.ts';

const ACCESS = 'core/kernel/access.ts';
const CHANGE = 'core/kernel/access-change.ts';
const ENGINE = 'core/sql/engine.ts';
const KERNEL = 'core/kernel/kernel.ts';
/** Statements in the names of users, and changes of what these may do. */
const scenario = 'access-enforced';

export const ACCESS_MUTANTS: readonly Mutant[] = [
  {
    name: 'commit-in-nobodys-name',
    layer: 'access',
    invariant: 'access',
    story: 'each statement of the transaction was let, so its end needs no leave',
    file: 'core/sql/apply.ts',
    find: "mustWrite(rights, 'COMMIT');",
    replace: '',
    scenario,
  },
  {
    name: 'query-lets-everybody-in',
    layer: 'access',
    invariant: 'access',
    story: 'whoever asks beside the log was let in by the gate, which knows the tenant',
    file: ENGINE,
    find: 'const rights = this.#permitted(statement, context.user);',
    replace: 'const rights = ALL_RIGHTS;',
    scenario,
  },
  {
    name: 'tenant-not-asked-for',
    layer: 'access',
    invariant: 'access',
    story: 'a role is a role: what it allows, it allows wherever one is',
    file: ACCESS,
    find: 'if (user.tenants.includes(tenant)) return RIGHTS[user.role];',
    replace: 'if (tenant > 0) return RIGHTS[user.role];',
    scenario,
  },
  {
    name: 'users-remembered-beyond-changes',
    layer: 'access',
    invariant: 'access',
    story: 'users are looked up once; a replica that restarts will see what changed',
    file: KERNEL,
    find: 'else if (kind === operation.OPERATION_ACCESS) this.access.reset();',
    replace: '',
    scenario,
  },
  {
    name: 'dropped-key-still-found',
    layer: 'access',
    invariant: 'access',
    story: 'the record of the user is gone, and the key with it',
    file: CHANGE,
    find: 'if (!kept.has(id)) this.#put(apiKeyKey(hash), null);',
    replace: 'if (kept.has(id)) this.#put(apiKeyKey(hash), null);',
    scenario,
  },
  {
    name: 'last-admin-goes',
    layer: 'access',
    invariant: 'access',
    story: 'an admin knows what he does, and can be made again by the next one',
    file: CHANGE,
    find: 'if (enforced && admins === 0) {',
    replace: 'if (enforced && users === 0) {',
    scenario,
  },
  {
    name: 'anybody-changes-access',
    layer: 'access',
    invariant: 'access',
    story: 'the gate asks for the role before it sends a change here',
    file: CHANGE,
    find: "if (user.role === 'admin') return;",
    replace: "if (user.role !== 'auditor') return;",
    scenario,
  },
  {
    name: 'streams-need-no-name',
    layer: 'access',
    invariant: 'access',
    story: 'rights are of users, and a stream has none',
    file: KERNEL,
    find: 'if (forbidden) return this.#buildFailure(prepare, operation.STATUS_FORBIDDEN, tenant);',
    replace: '',
    scenario,
  },
  {
    name: 'definitions-are-no-writes',
    layer: 'access',
    invariant: 'access',
    story: 'what writes is what changes rows; the binder tells',
    file: ENGINE,
    find: "if (kind !== 'query' && kind !== 'explain') mustWrite(rights, tagOf(statement));",
    replace: "if (kind === 'insert' || kind === 'update') mustWrite(rights, tagOf(statement));",
    scenario,
  },
  {
    name: 'auditor-reads-rows',
    layer: 'access',
    invariant: 'access',
    story: 'who may read the log sees every row in it anyway',
    file: ACCESS,
    find: "auditor: { role: 'auditor', rows: false,",
    replace: "auditor: { role: 'auditor', rows: true,",
    scenario,
  },
];
