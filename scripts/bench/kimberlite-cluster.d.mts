/** Types of `kimberlite-cluster.mjs`, for tests. */

export interface ClusterOptions {
  readonly count?: number;
  /** The script to run; default: `bin/kimberlite.mjs`. */
  readonly command?: string;
  readonly development?: boolean;
}

export class KimberliteCluster {
  readonly addresses: readonly string[];
  readonly key: string;
  static make(directory: string, options?: ClusterOptions): Promise<KimberliteCluster>;
  directoryOf(index: number): string;
  isUp(index: number): boolean;
  startAll(): Promise<void>;
  start(index: number): Promise<void>;
  kill(index: number, signal?: NodeJS.Signals): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  describe(): string;
}
