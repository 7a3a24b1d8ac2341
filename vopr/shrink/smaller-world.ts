/**
 * Configurations that are a little smaller than a given one: fewer nodes, clients and operations, a
 * shorter storm, no faults of one kind. Each function answers null when there is nothing left to
 * take away.
 */
import type { Configuration } from '../sim/configuration.ts';
import { calmConfiguration } from '../sim/configuration.ts';
import type { RunResult } from '../sim/run.ts';

export type Smaller = (configuration: Configuration, last: RunResult) => Configuration | null;

/** In the order in which they are worth trying. */
export function smallerWorlds(): readonly Smaller[] {
  return [
    endStorm,
    (c) => (c.standbyCount === 0 ? null : { ...c, standbyCount: c.standbyCount - 1 }),
    replicasTo(3),
    oneReplicaLess,
    ...GROUPS.map((group) => calmGroup(group)),
    ...CALM_NUMBERS.map(([group, name]) => calmNumber(group, name)),
    lastClient,
    firstClient,
    halfOfTheOperations,
    oneOperationLess,
  ];
}

/** Settings of the groups below that are not those of a calm run. */
export function unusualSettings(c: Configuration): number {
  const calm = calmConfiguration();
  let count = 0;
  for (const group of GROUPS) {
    const [these, those] = [c[group], calm[group]] as unknown as Record<string, unknown>[];
    for (const name in these) {
      if (JSON.stringify(these[name]) !== JSON.stringify(those?.[name])) count += 1;
    }
  }
  return count;
}

/** The storm need not go on after the moment of the violation. */
function endStorm(c: Configuration, { violation }: RunResult): Configuration | null {
  const at = (violation?.at ?? 0) + 1;
  return violation === null || c.stormMicros <= at ? null : { ...c, stormMicros: at };
}

function replicasTo(replicaCount: number): Smaller {
  return (c) => (c.replicaCount <= replicaCount ? null : withReplicas(c, replicaCount));
}

function oneReplicaLess(c: Configuration): Configuration | null {
  return c.replicaCount <= 1 ? null : withReplicas(c, c.replicaCount - 1);
}

/** What speaks of nodes that are no more goes with them. */
function withReplicas(c: Configuration, replicaCount: number): Configuration {
  const voters = (1 << replicaCount) - 1;
  const { process, operator, clock, core } = c;
  return {
    ...c,
    replicaCount,
    standbyCount: 0,
    clock: { ...clock, wrong: clock.wrong & voters },
    process: { ...process, slowNode: process.slowNode < replicaCount ? process.slowNode : -1 },
    operator: operator.replaceNode < replicaCount ? operator : { ...operator, replaceNode: -1 },
    core: { ...core, members: core.members & voters },
  };
}

const GROUPS = ['clock', 'client', 'operator', 'process', 'disk', 'network'] as const;
type Group = (typeof GROUPS)[number];

/** All of a group as in a calm run. */
function calmGroup(group: Group): Smaller {
  return (c) => {
    const calm = calmConfiguration()[group];
    return JSON.stringify(c[group]) === JSON.stringify(calm) ? null : { ...c, [group]: calm };
  };
}

/** Gaps and chances that switch one kind of fault off when they are 0. */
const CALM_NUMBERS: readonly (readonly [Group, string])[] = [
  ...['lossPermille', 'duplicatePermille', 'corruptPermille', 'replayGap', 'linkGapMicros'].map(
    (name) => ['network', name] as const,
  ),
  ...[
    'sectorErrorGap',
    'bitRotGap',
    'sectorRotGap',
    'misdirectedWriteGap',
    'misdirectedReadGap',
    'writeErrorGap',
    'shortWriteGap',
    'noSpaceGap',
    'failedSyncGap',
    'slowDiskGap',
    'oldOf16',
    'garbageOf16',
  ].map((name) => ['disk', name] as const),
  ...['crashGap', 'crashInWriteGap', 'powerOf16', 'crashLoopOf16', 'otherReleaseOf16'].map(
    (name) => ['process', name] as const,
  ),
  ...['pauseGap', 'slowNodeMicros', 'lateFlushGap', 'sliceMicros'].map(
    (name) => ['process', name] as const,
  ),
  ['clock', 'jumpGapMicros'],
  ['clock', 'wrong'],
  ['client', 'faultPermille'],
  ['client', 'mixOf100'],
  ['client', 'accessOf100'],
  ['client', 'transactionsOf100'],
  ['client', 'variant'],
  ['client', 'readers'],
];

function calmNumber(group: Group, name: string): Smaller {
  return (c) => {
    const values = c[group] as unknown as Readonly<Record<string, unknown>>;
    if (values[name] === 0) return null;
    return { ...c, [group]: { ...values, [name]: 0 } };
  };
}

function lastClient(c: Configuration): Configuration | null {
  if (c.clientCount <= 1) return null;
  // Readers are the last ones.
  const client = { ...c.client, readers: Math.max(0, c.client.readers - 1) };
  return withOperations({ ...c, client }, c.operations.slice(0, -1));
}

/** Client 0 stays in name, and the next ones move up. */
function firstClient(c: Configuration): Configuration | null {
  return c.clientCount <= 1 ? null : withOperations(c, c.operations.slice(1));
}

function halfOfTheOperations(c: Configuration): Configuration | null {
  if (c.operations.every((count) => count <= 1)) return null;
  return withOperations(
    c,
    c.operations.map((count) => Math.ceil(count / 2)),
  );
}

function oneOperationLess(c: Configuration): Configuration | null {
  if (c.operations.every((count) => count <= 1)) return null;
  return withOperations(
    c,
    c.operations.map((count) => Math.max(1, count - 1)),
  );
}

function withOperations(c: Configuration, operations: number[]): Configuration {
  const clientCount = operations.length;
  const client = { ...c.client, readers: Math.min(c.client.readers, clientCount) };
  return { ...c, client, clientCount, operations };
}
