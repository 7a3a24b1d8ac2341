/**
 * Recorded histories of Jepsen, Knossos, Porcupine and Elle, read as calls of our models.
 *
 * An event is an invocation or a completion of a process; a process has one call open at a time.
 * What `:fail` and `:info` mean differs by source and is said at each function.
 */
import type { Txn } from '../list-append.ts';
import { UNKNOWN } from '../model.ts';
import type { Call } from '../model.ts';
import type { KvOp } from '../models/kv.ts';
import type { MultiRegisterOp } from '../models/multi-register.ts';
import type { RegisterOp, RegisterValue } from '../models/register.ts';
import { isEdnMap, parseEdn } from './edn.ts';
import type { Edn, EdnMap } from './edn.ts';

/** One line of a recorded history. */
interface Event {
  readonly process: string;
  readonly type: string;
  readonly f: string;
  readonly value: Edn;
  readonly key: Edn;
}

/** A call as recorded: `end` is null if the recording stops before its completion. */
interface Recorded {
  readonly begin: Event;
  readonly end: Event | null;
  readonly invoked: number;
  readonly returned: number;
}

/** Pairs each invocation with the completion by the same process. Moments are line numbers. */
function pair(events: readonly Event[]): readonly Recorded[] {
  const calls: Recorded[] = [];
  const open = new Map<string, { begin: Event; invoked: number }>();
  events.forEach((event, moment) => {
    if (event.type === ':invoke') {
      if (open.has(event.process)) throw new Error(`process ${event.process} has two calls open`);
      open.set(event.process, { begin: event, invoked: moment });
      return;
    }
    const call = open.get(event.process);
    if (call === undefined) throw new Error(`a completion without a call, event ${moment}`);
    open.delete(event.process);
    calls.push({ ...call, end: event, returned: moment });
  });
  for (const call of open.values()) calls.push({ ...call, end: null, returned: UNKNOWN });
  return calls.sort((a, b) => a.invoked - b.invoked);
}

/**
 * Maps, one after the other or in one vector or list; entries of no numbered process are left out.
 */
function ednEvents(text: string): readonly Event[] {
  const values = parseEdn(text);
  const [first] = values;
  const list = values.length === 1 && Array.isArray(first) ? (first as readonly Edn[]) : values;
  const maps = list.filter((value): value is EdnMap => isEdnMap(value));
  if (maps.length !== list.length) throw new Error('an event is not a map');
  return maps
    .filter(({ entries }) => typeof entries.get(':process') === 'number')
    .map(({ entries }) => ({
      process: String(entries.get(':process')),
      type: String(entries.get(':type')),
      f: String(entries.get(':f')),
      value: entries.get(':value') ?? null,
      key: entries.get(':key') ?? null,
    }));
}

function registerValue(value: Edn): RegisterValue {
  if (value === null || typeof value === 'number') return value;
  throw new Error(`not a register's value: ${JSON.stringify(value)}`);
}

function registerOp(f: string, value: Edn, matched: boolean): RegisterOp {
  switch (f) {
    case ':read':
      return { kind: 'read', value: registerValue(value) };
    case ':write':
      return { kind: 'write', value: registerValue(value) };
    case ':cas': {
      const [from = null, to = null] = value as readonly Edn[];
      return { kind: 'cas', from: registerValue(from), to: registerValue(to), matched };
    }
    default:
      throw new Error(`not an operation of a register: ${f}`);
  }
}

/** Knossos: `:fail` did not happen and is dropped, `:info` and an open call are unknown. */
export function knossosRegister(text: string): readonly Call<RegisterOp>[] {
  return pair(ednEvents(text))
    .filter(({ end }) => end?.type !== ':fail')
    .map(({ begin, end, invoked, returned }) => {
      const ok = end?.type === ':ok';
      // Only the completion of a read has its value; of other calls the invocation is as good.
      const value = ok && begin.f === ':read' ? end.value : begin.value;
      return { op: registerOp(begin.f, value, true), invoked, returned: ok ? returned : UNKNOWN };
    });
}

/** Jepsen's etcd logs: a `:fail` of a compare-and-set is an answer, of a read it is no answer. */
export function etcdRegister(text: string): readonly Call<RegisterOp>[] {
  const events = text
    .split('\n')
    .filter((line) => /\s:(invoke|ok|fail|info)\s/.test(line))
    .map((line): Event => {
      const parts = /-\s+(\S+)\s+(\S+)\s+(\S+)\s+(.+)$/.exec(line);
      if (parts === null) throw new Error(`not an event: ${line}`);
      const [, process = '', type = '', f = '', value = ''] = parts;
      return { process, type, f, value: parseEdn(value)[0] ?? null, key: null };
    })
    .filter(({ process }) => /^\d+$/.test(process));
  return pair(events)
    .filter(({ begin, end }) => end?.type === ':ok' || begin.f !== ':read')
    .map(({ begin, end, invoked, returned }) => {
      const value = begin.f === ':read' ? (end?.value ?? null) : begin.value;
      const known = end?.type === ':ok' || (end?.type === ':fail' && begin.f === ':cas');
      const op = registerOp(begin.f, value, end?.type !== ':fail');
      return { op, invoked, returned: known ? returned : UNKNOWN };
    });
}

/** Porcupine's key-value logs: every completed call is `:ok`. */
export function porcupineKv(text: string): readonly Call<KvOp>[] {
  return pair(ednEvents(text)).map(({ begin, end, invoked, returned }) => {
    const key = String(begin.key);
    const ok = end?.type === ':ok';
    const value = String((begin.f === ':get' && ok ? end.value : begin.value) ?? '');
    const kind = begin.f.slice(1);
    if (kind !== 'get' && kind !== 'put' && kind !== 'append') throw new Error(`not kv: ${kind}`);
    return { op: { kind, key, value }, invoked, returned: ok ? returned : UNKNOWN };
  });
}

/** Knossos' multi-register: transactions of reads and writes. */
export function knossosMultiRegister(text: string): readonly Call<MultiRegisterOp>[] {
  return pair(ednEvents(text))
    .filter(({ end }) => end?.type !== ':fail')
    .map(({ begin, end, invoked, returned }) => {
      const ok = end?.type === ':ok';
      const steps = ((ok ? end.value : begin.value) as readonly Edn[]).map((step) => {
        const [f, key, value = null] = step as readonly Edn[];
        if (f !== ':read' && f !== ':write') throw new Error(`not a step: ${String(f)}`);
        const kind = f === ':read' ? ('read' as const) : ('write' as const);
        return { kind, key: String(key), value: registerValue(value) };
      });
      return { op: { steps }, invoked, returned: ok ? returned : UNKNOWN };
    });
}

/** Elle's list-append histories. */
export function elleListAppend(text: string): readonly Txn[] {
  return pair(ednEvents(text)).map(({ begin, end, invoked, returned }) => {
    const status = end?.type === ':ok' ? 'ok' : end?.type === ':fail' ? 'failed' : 'unknown';
    const value = (status === 'ok' ? end?.value : begin.value) as readonly Edn[];
    const steps = value.map((step) => {
      const [f, key, what = null] = step as readonly Edn[];
      if (f === ':append') {
        return { kind: 'append' as const, key: JSON.stringify(key), value: JSON.stringify(what) };
      }
      if (f !== ':r') throw new Error(`not a step: ${String(f)}`);
      // The unread list of an unknown transaction is nil; so is the empty list of a known one.
      const values = ((what ?? []) as readonly Edn[]).map((one) => JSON.stringify(one));
      return { kind: 'read' as const, key: JSON.stringify(key), values };
    });
    return { steps, status, invoked, returned: status === 'unknown' ? UNKNOWN : returned };
  });
}
