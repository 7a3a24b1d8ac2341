/**
 * What may go wrong with a client. The simulator draws it; the system's client carries it out.
 *
 * A client asks once for each of its operations: `host.draw(k, DRAW_CLIENT_FAULT, n)` with n the
 * length of `CLIENT_FAULTS`. The answer is an index into that list; 0 is calm. Unlike every other
 * draw of a client it goes through the choices, so that a trace can be shrunk to fewer of them.
 */
import type { FaultName } from './faults.ts';

/** The site that asks for a fault instead of workload. */
export const DRAW_CLIENT_FAULT = 1_000_000;

export const CLIENT_NONE = 0;
/** Forgets everything after sending, and comes back as a new client. */
export const CLIENT_CRASH = 1;
/** Sends a request again that was answered. */
export const CLIENT_RETRY = 2;
/** Sends two different requests under one number. */
export const CLIENT_DUPLICATE = 3;
/** Never uses its session again; registers another. */
export const CLIENT_ABANDON = 4;
/** Sends the request many times at once, to every replica. */
export const CLIENT_FLOOD = 5;

/** The fault behind each answer; `null` for calm. */
export const CLIENT_FAULTS: readonly (FaultName | null)[] = [
  null,
  'client_crash',
  'client_retry',
  'client_duplicate',
  'client_abandon',
  'client_flood',
];
