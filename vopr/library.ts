/**
 * `kimberlite/vopr`: the simulator for a system of your own. Describe it as a `Testbed`, export
 * that as a module's default, and every command takes it with `--system`; or run it from a test
 * with `Simulator`. The guide is docs/library.md, with an example that is not a database.
 */
export {
  CLIENT_ADDRESS_MIN,
  IO_EIO,
  IO_ENOSPC,
  IO_OK,
  IO_SHORT,
  NEVER,
  TICKET_MODULE_BITS,
} from '../core/ports.ts';
export type {
  Address,
  Disk,
  FileId,
  IoStatus,
  Network,
  NodeInputs,
  Observer,
  Ticket,
} from '../core/ports.ts';
export type { Limits } from '../core/limits.ts';
export type { Hash128 } from '../core/types/hash128.ts';
export type { Checker, DiskTruth, Excuse, Invariant, World } from './sim/checker.ts';
export type { Choice } from './sim/choose.ts';
export { calmConfiguration } from './sim/configuration.ts';
export type { Configuration } from './sim/configuration.ts';
export type { Controls, Held, MessageFilter, StepFilter } from './sim/controls.ts';
export { FAULTS } from './sim/faults.ts';
export type { Fault, FaultName } from './sim/faults.ts';
export { fold, mixText } from './sim/mix.ts';
export { replicationQuorum, viewChangeQuorum } from './sim/quorums.ts';
export { Simulator } from './sim/run.ts';
export type { RunOptions, RunResult, SimulatorOptions } from './sim/run.ts';
export type { Scenario } from './sim/scenario.ts';
export type {
  ClientHost,
  MessageTraits,
  NodeHost,
  NodeInspection,
  Seat,
  SimClient,
  SimNode,
  System,
  UnitLocator,
} from './sim/sim-node.ts';
export { formatTrace, parseTrace, recordRun, replayTrace } from './sim/trace.ts';
export type { ParsedTrace, Trace } from './sim/trace.ts';
export { shrink } from './shrink/shrink.ts';
export type { Attempt, Candidate, Progress } from './shrink/shrink.ts';
export type { Seen, Testbed, Words } from './testbed.ts';
export { inspection, jsonMessages, NO_UNITS } from './starting-points.ts';
