/** `npm run bench:store`: many tenants on one node. */
import { readdirSync } from 'node:fs';
import {
  OPERATION_APPEND,
  OPERATION_CREATE_TENANT,
  POSITION_ANY,
  STATUS_OK,
  encodeAppend,
  encodeCreateTenant,
} from '../../core/kernel/operation.ts';
import { EMBEDDED } from '../../core/limits.ts';
import { openDirectory } from '../../shells/embedded/directory.ts';
import type { OpenedDirectory } from '../../shells/embedded/directory.ts';

const EVENT_BYTES = 256;
const ROUNDS = 4;
/** As many as the pipeline holds. */
const CLIENTS = EMBEDDED.pipelineMax;

const options = {
  limits: EMBEDDED,
  onStopped: (reason: string): never => {
    throw new Error(reason);
  },
  onSettled: () => undefined,
  rebuild: false,
};

async function request(
  opened: OpenedDirectory,
  tenant: number,
  operation: number,
  body: Uint8Array,
): Promise<void> {
  const { status } = await opened.local.request(tenant, operation, body).reply;
  if (status !== STATUS_OK) throw new Error(`tenant ${tenant}: status ${status}`);
}

/** So many requests, `CLIENTS` at a time; microseconds each. */
async function each(count: number, one: (i: number) => Promise<void>): Promise<number> {
  const begun = process.hrtime.bigint();
  let next = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) await one(i);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return Number(process.hrtime.bigint() - begun) / 1000 / count;
}

export async function manyTenants(directory: string, tenants: number): Promise<void> {
  const event = new Uint8Array(EVENT_BYTES).fill(120);
  const stream = new Uint8Array(1).fill(115);
  const body = encodeAppend({ stream, expectedPosition: POSITION_ANY, events: [event] });
  const opened = await openDirectory(directory, options);
  const made = await each(tenants, (i) =>
    request(opened, 0, OPERATION_CREATE_TENANT, encodeCreateTenant(i + 1)),
  );
  const append = (tenant: number): Promise<void> => request(opened, tenant, OPERATION_APPEND, body);
  const one = await each(tenants * ROUNDS, () => append(1));
  const all = await each(tenants * ROUNDS, (i) => append((i % tenants) + 1));
  console.log(`tenants: ${tenants}, ${CLIENTS} clients, durable events of ${EVENT_BYTES} bytes`);
  console.log(`  made: ${made.toFixed(0)} us each`);
  console.log(`  an event: all in one tenant ${one.toFixed(0)} us, over all ${all.toFixed(0)} us`);
  const descriptors = readdirSync('/proc/self/fd').length;
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`  ${descriptors} descriptors open, peak ${peak} MiB`);
  opened.local.close();
  opened.close();
  const begun = process.hrtime.bigint();
  const again = await openDirectory(directory, options);
  await request(again, tenants, OPERATION_APPEND, body);
  const millis = Number(process.hrtime.bigint() - begun) / 1e6;
  console.log(`  opened again, and one event written, in ${millis.toFixed(0)} ms`);
  again.local.close();
  again.close();
}
