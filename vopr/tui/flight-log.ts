/**
 * The messages of a recorded run: who sent which copy, when it will arrive, and what became of it.
 *
 * A send is bracketed: what the network schedules inside of it are the message's own copies, or an
 * old message that it replays. A send that schedules nothing was lost. Cost: a map entry a message.
 */
import { portWords } from '../cli/words.ts';
import { CLIENT_ADDRESS_MIN } from '../../core/ports.ts';
import type { Cluster } from '../sim/cluster.ts';
import { LINK_CUT, LINK_LARGE, PORTS } from '../sim/links.ts';
import { portOf } from '../sim/place.ts';
import type { Scheduler } from '../sim/scheduler.ts';
import {
  DELAYED_TIMES,
  FLYING,
  LINE_SEND,
  LOST,
  MARK_CORRUPT,
  MARK_DEFERRED,
  MARK_DELAYED,
  MARK_DUPLICATE,
  MARK_REPLAYED,
} from './tape.ts';
import type { Flight, Line, Tape } from './tape.ts';

export class FlightLog {
  readonly #tape: Tape;
  /** Flights not yet settled, by message. */
  readonly #open: Map<unknown, Flight[]> = new Map();
  #from = -1;
  #to = -1;
  #message: unknown = null;
  #copies = 0;

  constructor(tape: Tape) {
    this.#tape = tape;
  }

  /** Whether no send is under way. */
  get idle(): boolean {
    return this.#message === null;
  }

  /** A node or client sends; `send` hands it to the network. */
  sends(
    cluster: Cluster<unknown>,
    from: number,
    address: number,
    message: unknown,
    send: () => void,
  ): void {
    const { network } = cluster;
    const to = portOf(address);
    const before = network.sent;
    this.#from = from;
    this.#to = to;
    this.#message = message;
    this.#copies = 0;
    const why = to < 0 ? '' : whyLost(cluster, from * PORTS + to, message);
    send();
    this.#message = null;
    // The dead send nothing; nor does anybody to an address that does not exist.
    if (network.sent === before || this.#copies > 0) return;
    const flight = this.#add(cluster, from, to, message, -1, 0);
    flight.outcome = LOST;
    flight.endMoment = flight.sentMoment;
    flight.why = why;
  }

  /** The network schedules an arrival. */
  scheduled(
    cluster: Cluster<unknown>,
    time: number,
    to: number,
    address: number,
    corrupt: number,
    message: unknown,
  ): void {
    const from = address < CLIENT_ADDRESS_MIN ? address : portOf(address);
    const own = message === this.#message && to === this.#to && from === this.#from;
    let marks = corrupt === 0 ? 0 : MARK_CORRUPT;
    if (!own) marks |= MARK_REPLAYED;
    else if (this.#copies++ > 0) marks |= MARK_DUPLICATE;
    const least = cluster.configuration.network.delayMinMicros;
    if (time - cluster.now >= Math.max(1, DELAYED_TIMES * least)) marks |= MARK_DELAYED;
    const flight = this.#add(cluster, from, to, message, time, marks);
    const open = this.#open.get(message);
    if (open === undefined) this.#open.set(message, [flight]);
    else open.push(flight);
  }

  /** The flight whose arrival the scheduler has just popped. */
  arriving({ a, b, c, now, ref }: Scheduler): Flight | null {
    const from = b < CLIENT_ADDRESS_MIN ? b : portOf(b);
    const corrupt = c === 0 ? 0 : MARK_CORRUPT;
    const matches = (flight: Flight): boolean =>
      flight.to === a &&
      flight.from === from &&
      flight.arriveAt === now &&
      (flight.marks & MARK_CORRUPT) === corrupt;
    return this.#open.get(ref)?.find(matches) ?? null;
  }

  defer(flight: Flight, until: number): void {
    flight.arriveAt = until;
    flight.marks |= MARK_DEFERRED;
  }

  settle(flight: Flight, moment: number, outcome: number, why: string): void {
    flight.endMoment = moment;
    flight.outcome = outcome;
    flight.why = why;
    const open = this.#open.get(flight.message);
    if (open === undefined) return;
    const left = open.filter((other) => other !== flight);
    if (left.length === 0) this.#open.delete(flight.message);
    else this.#open.set(flight.message, left);
  }

  #add(
    cluster: Cluster<unknown>,
    from: number,
    to: number,
    message: unknown,
    arriveAt: number,
    marks: number,
  ): Flight {
    const { bed, flights, moments } = this.#tape;
    const { messages } = bed.testbed.system;
    const flight: Flight = {
      id: flights.length,
      from,
      to,
      message,
      tag: messages.kindNames[messages.kind(message)] ?? 'message',
      words: bed.words.message(message),
      sentMoment: moments.length - 1,
      sentAt: cluster.now,
      arriveAt,
      endMoment: -1,
      outcome: FLYING,
      marks,
      why: '',
    };
    flights.push(flight);
    this.#line(flight);
    return flight;
  }

  /** A broadcast is one line with several flights. */
  #line(flight: Flight): void {
    const { lines } = this.#tape;
    const replayed = (flight.marks & MARK_REPLAYED) !== 0;
    const verb = replayed ? 'had sent, and it comes again:' : 'sends';
    const words = `${verb} ${flight.words}`;
    for (let i = lines.length - 1; i >= 0; i--) {
      const line = lines[i] as Line;
      if (line.moment !== flight.sentMoment || line.type !== LINE_SEND) break;
      if (line.port !== flight.from || line.words !== words) continue;
      line.flights.push(flight.id);
      return;
    }
    lines.push({
      moment: flight.sentMoment,
      type: LINE_SEND,
      tag: flight.tag,
      port: flight.from,
      words,
      quiet: false,
      flights: [flight.id],
      step: -1,
      a: 0,
      ref: null,
    });
  }
}

/** Why a message on this link is lost, if it will be. */
function whyLost(
  { network, configuration, system }: Cluster<unknown>,
  link: number,
  message: unknown,
): string {
  const { links, intercept } = network;
  if (intercept !== null) return 'dropped or kept by the scenario, or lost';
  if (links.has(link, LINK_CUT)) {
    const from = portWords(Math.floor(link / PORTS));
    return `lost: the link from ${from} to ${portWords(link % PORTS)} is cut`;
  }
  const { largeBytes } = configuration.network;
  if (links.has(link, LINK_LARGE) && system.messages.bytes(message) > largeBytes) {
    return `lost: larger than the ${largeBytes} bytes that pass`;
  }
  return 'dropped';
}
