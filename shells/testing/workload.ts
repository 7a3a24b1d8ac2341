/**
 * Clients that append numbered events until there are enough, and remember what was acknowledged.
 * The order of things is the processes'; what is appended follows from the seed alone.
 */
import type { Limits } from '../../core/limits.ts';
import { POSITION_ANY } from '../../core/kernel/operation.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { Client, UnknownOutcomeError } from '../client.ts';
import type { Endpoint } from '../tcp-network.ts';
import { Random } from './random.ts';

export interface WorkloadOptions {
  readonly cluster: Hash128;
  readonly peers: readonly Endpoint[];
  readonly limits: Limits;
  readonly seed: number;
  readonly clients: number;
  readonly events: number;
  readonly eventsPerAppend: number;
  readonly tenants: number;
  readonly streamsPerTenant: number;
}

/** An append that was acknowledged. */
export interface Acknowledged {
  readonly tenant: number;
  readonly stream: string;
  /** Position of the first event in the stream. */
  readonly first: number;
  readonly events: readonly string[];
}

export class Workload {
  readonly acknowledged: Acknowledged[] = [];
  /** Events whose outcome is unknown: they may be there, once, or not. */
  readonly unknown: string[] = [];
  eventsAcknowledged = 0;
  private readonly options: WorkloadOptions;
  private eventsPlanned = 0;
  private finished = false;
  private readonly waiting: { readonly events: number; readonly done: () => void }[] = [];

  constructor(options: WorkloadOptions) {
    this.options = options;
  }

  /** Resolves when so many events are acknowledged, or nothing more will be. */
  reached(events: number): Promise<void> {
    if (this.finished || this.eventsAcknowledged >= events) return Promise.resolve();
    return new Promise((done) => this.waiting.push({ events, done }));
  }

  async run(): Promise<void> {
    const { clients, tenants } = this.options;
    const all = await Promise.all(Array.from({ length: clients }, () => this.openClient()));
    try {
      for (let tenant = 1; tenant <= tenants; tenant++) await all[0]!.createTenant(tenant);
      await Promise.all(all.map((client, index) => this.runClient(client, index)));
    } finally {
      this.finished = true;
      for (const client of all) client.close();
      for (const { done } of this.waiting) done();
    }
  }

  openClient(): Promise<Client> {
    const { cluster, peers, limits } = this.options;
    return Client.open({ cluster, peers, limits });
  }

  private async runClient(client: Client, index: number): Promise<void> {
    const { seed, eventsPerAppend, tenants, streamsPerTenant } = this.options;
    const random = new Random(seed + index);
    for (let k = 0; this.eventsPlanned < this.options.events; k++) {
      const tenant = 1 + random.below(tenants);
      const stream = `stream-${random.below(streamsPerTenant)}`;
      const left = this.options.events - this.eventsPlanned;
      const count = Math.min(1 + random.below(eventsPerAppend), left);
      const filler = 'x'.repeat(random.below(200));
      const events = Array.from({ length: count }, (_, e) => `${index}/${k}/${e} ${filler}`);
      this.eventsPlanned += count;
      await this.append(client, { tenant, stream, events });
    }
  }

  private async append(client: Client, what: Omit<Acknowledged, 'first'>): Promise<void> {
    const request = {
      stream: Buffer.from(what.stream),
      expectedPosition: POSITION_ANY,
      events: what.events.map((event) => Buffer.from(event)),
    };
    try {
      const { first } = await client.append(what.tenant, request);
      this.acknowledged.push({ ...what, first });
      this.eventsAcknowledged += what.events.length;
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) throw error;
      this.unknown.push(...what.events);
    }
    for (const { events, done } of this.waiting) if (this.eventsAcknowledged >= events) done();
  }
}

/** All events of a stream, in order. */
export async function readStream(
  client: Client,
  tenant: number,
  stream: string,
): Promise<string[]> {
  const events: string[] = [];
  for (;;) {
    const page = await client.read(tenant, Buffer.from(stream), events.length, 1000);
    events.push(...page.events.map((event) => Buffer.from(event).toString()));
    if (events.length >= page.length || page.events.length === 0) return events;
  }
}
