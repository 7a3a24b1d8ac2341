/**
 * The clients of one run, each behind a host of its own; what they draw depends on (seed, client).
 */
import type { Limits } from '../../core/limits.ts';
import { CLIENT_ADDRESS_MIN, NEVER } from '../../core/ports.ts';
import { site } from './choose.ts';
import type { Choices } from './choose.ts';
import { CLIENT_FAULTS, DRAW_CLIENT_FAULT } from './client-faults.ts';
import type { ClientConfiguration, Configuration } from './configuration.ts';
import { faultIndex } from './faults.ts';
import type { FaultCounts } from './faults.ts';
import { CLIENT_PORT } from './links.ts';
import { fold, mix, scale } from './mix.ts';
import { portOf } from './place.ts';
import type { ClientHost, SimClient, System } from './sim-node.ts';

const CLIENT_FAULT = site('client_fault');
/** Granularity of the chance of a client fault. */
const CHANCES = 1000;

export class ClientPlace<M> {
  readonly index: number;
  readonly client: SimClient<M>;
  wakeAt: number = NEVER;
  wakeGeneration = 0;

  constructor(index: number, client: SimClient<M>) {
    this.index = index;
    this.client = client;
  }
}

/** What making clients needs of the cluster. */
export interface ClientWorld<M> {
  readonly seed: number;
  readonly choices: Choices;
  readonly faults: FaultCounts;
  send(from: number, to: number, message: M): void;
}

export function makeClients<M>(
  system: System<M>,
  world: ClientWorld<M>,
  configuration: Configuration,
  limits: Limits,
): ClientPlace<M>[] {
  const out: ClientPlace<M>[] = [];
  for (let index = 0; index < configuration.clientCount; index++) {
    const host = clientHost(index, world, configuration, limits);
    out.push(new ClientPlace(index, system.client(host, configuration.operations[index] ?? 0)));
  }
  return out;
}

function clientHost<M>(
  index: number,
  world: ClientWorld<M>,
  configuration: Configuration,
  limits: Limits,
): ClientHost<M> {
  const port = CLIENT_PORT + index;
  const base = fold(mix(world.seed | 0), fold(0x434c4e54, index));
  let state = base;
  return {
    address: CLIENT_ADDRESS_MIN + index,
    network: {
      send: (to: number, message: M): void => world.send(port, portOf(to), message),
    },
    replicaCount: configuration.replicaCount,
    limits,
    mixOf100: configuration.client.mixOf100,
    accessOf100: configuration.client.accessOf100,
    transactionsOf100: configuration.client.transactionsOf100,
    variant: configuration.client.variant,
    reader: index >= configuration.clientCount - configuration.client.readers,
    random: (out: Uint8Array): void => {
      for (let i = 0; i < out.length; i++) {
        state = fold(state, i);
        out[i] = state;
      }
    },
    draw: (k: number, at: number, n: number): number => {
      if (at === DRAW_CLIENT_FAULT) return drawFault(world, configuration.client, index, k);
      return scale(fold(fold(base, k), at), n);
    },
  };
}

/** 0, or an index into `CLIENT_FAULTS`. The client carries it out, so it counts as delivered. */
function drawFault<M>(
  world: ClientWorld<M>,
  configuration: ClientConfiguration,
  index: number,
  k: number,
): number {
  const kinds = configuration.kinds.length;
  if (configuration.faultPermille === 0 || kinds === 0) return 0;
  const answer = world.choices.choose(CLIENT_FAULT, index, k, CHANCES);
  // Calm is the low end, so that option 0 is calm.
  const above = answer - (CHANCES - configuration.faultPermille);
  if (above < 0) return 0;
  const name = configuration.kinds[above % kinds];
  const fault = name === undefined ? 0 : CLIENT_FAULTS.indexOf(name);
  if (name === undefined || fault <= 0) return 0;
  world.faults.delivered(faultIndex(name));
  return fault;
}
