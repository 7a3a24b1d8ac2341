/**
 * What a run's subjects stand for. A choice names its subject by a hash; whoever watches the run
 * can say which message or which sector of which file that was. Filled while a run is watched, read
 * by `choices.ts`. Two subjects that collide in 32 bits share the words of the first.
 */
import type { World } from '../sim/checker.ts';
import { fold, mixText } from '../sim/mix.ts';
import type { System } from '../sim/sim-node.ts';
import type { Words } from '../testbed.ts';

/** Sectors of one file that are looked up by name; files are smaller under the tiny limits. */
const SECTORS_MAX = 65_536;

export class Glossary {
  readonly #words: Pick<Words<unknown>, 'message'>;
  readonly #messages: Map<number, string> = new Map();
  readonly #files: Map<number, string> = new Map();
  readonly #sectors: Map<number, string> = new Map();
  readonly #known: Map<string, number> = new Map();

  constructor(words: Pick<Words<unknown>, 'message'>) {
    this.#words = words;
  }

  /** The same system, but that its messages are noted as the network asks what they are about. */
  watch(system: System<unknown>): System<unknown> {
    const { messages } = system;
    return {
      ...system,
      messages: {
        ...messages,
        subject: (message: unknown): number => {
          const subject = messages.subject(message);
          const key = fold(subject, messages.kind(message));
          if (!this.#messages.has(key)) this.#messages.set(key, this.#words.message(message));
          return subject;
        },
      },
    };
  }

  /** Notes the files that a node has now. */
  noteFiles(world: World, node: number): void {
    const disk = world.disk(node);
    const { sectorBytes } = world.limits;
    for (const name of disk.names()) {
      const sectors = Math.min(SECTORS_MAX, Math.ceil(disk.size(name) / sectorBytes));
      const hash = mixText(name);
      this.#files.set(hash, name);
      for (let sector = this.#known.get(name) ?? 0; sector < sectors; sector++) {
        this.#sectors.set(fold(hash, sector), `sector ${sector} of ${name}`);
      }
      this.#known.set(name, Math.max(sectors, this.#known.get(name) ?? 0));
    }
  }

  message(subject: number): string {
    return this.#messages.get(subject) ?? 'a message that this build does not send';
  }

  file(subject: number): string {
    return this.#files.get(subject) ?? 'a file that is gone';
  }

  sector(subject: number): string {
    return this.#sectors.get(subject) ?? 'some sector';
  }
}
