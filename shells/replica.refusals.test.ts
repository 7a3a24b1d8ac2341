/**
 * Data directories that a replica must not touch: it says why in one line, exits with 2, and not a
 * byte on disk has changed.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { formatNode } from '../core/node.ts';
import { superblockCopyBytes } from '../core/storage/superblock-format.ts';
import { SUPERBLOCK_COPIES, SUPERBLOCK_FILE } from '../core/storage/superblock-open.ts';
import { make128, write128 } from '../core/types/hash128.ts';
import { formatDirectory } from './format.ts';
import { RELEASE } from './replica.ts';
import { systemCrypto } from './system.ts';
import { buildForTest } from './testing/build.ts';
import { CLUSTER_LIMITS } from './testing/cluster-limits.ts';
import { TestCluster } from './testing/cluster.ts';
import { freePorts } from './testing/ports.ts';
import { makeTempDirectory, removeDirectory, tempDirectory } from './testing/temp-directory.ts';

const CLUSTER = make128(1, 1, 1, 1);

/** Every file below, with the hash of its bytes; directories by their presence. */
function photograph(directory: string): Record<string, string> {
  const photo: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true }) as string[]) {
    const path = join(directory, name);
    photo[name] = statSync(path).isDirectory()
      ? 'directory'
      : createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  return photo;
}

/** The directories of a cluster of three, as formatting left them; each test has a copy. */
const pristine = makeTempDirectory();
let isPristine = false;

afterAll(() => removeDirectory(pristine));

/** A formatted cluster of three; nothing runs. */
async function formatted(): Promise<TestCluster> {
  const script = await buildForTest(`import './shells/testing/replica-process.ts';`);
  const ports = await freePorts(3);
  const clusterIn = (directory: string): TestCluster =>
    new TestCluster({ script, directory, cluster: CLUSTER, ports });
  if (!isPristine) await clusterIn(pristine).format();
  isPristine = true;
  const directory = tempDirectory();
  cpSync(pristine, directory, { recursive: true });
  const cluster = clusterIn(directory);
  onTestFinished(() => cluster.killAll());
  return cluster;
}

/** Starts replica 0 and expects the refusal. */
async function expectRefusal(
  cluster: TestCluster,
  reason: RegExp,
  more: Record<string, string> = {},
): Promise<void> {
  const before = photograph(cluster.directoryOf(0));
  const { code, stdout, stderr } = await cluster.run(cluster.arguments(0, more));
  expect(stderr).toHaveLength(1);
  expect(stderr[0]).toMatch(reason);
  expect(stdout).toEqual([]);
  expect(code).toBe(2);
  expect(photograph(cluster.directoryOf(0))).toEqual(before);
}

/** Changes the four superblock copies of replica 0, each in a buffer of its own. */
function editSuperblock(
  cluster: TestCluster,
  edit: (copy: Uint8Array, index: number) => void,
): void {
  const path = join(cluster.directoryOf(0), SUPERBLOCK_FILE);
  const bytes = new Uint8Array(readFileSync(path));
  const copyBytes = superblockCopyBytes(CLUSTER_LIMITS);
  for (let i = 0; i < SUPERBLOCK_COPIES; i++) {
    edit(bytes.subarray(i * copyBytes, (i + 1) * copyBytes), i);
  }
  writeFileSync(path, bytes);
}

/** Makes a copy whole again after an edit. */
function sealCopy(copy: Uint8Array): void {
  const length = new DataView(copy.buffer, copy.byteOffset).getUint32(28, true);
  write128(systemCrypto.checksum128(copy, 20, length - 20), copy, 0);
}

describe('the directory of somebody else', () => {
  test('another cluster’s', async () => {
    const cluster = await formatted();
    const reason =
      /^refused \(mismatch\): the data directory belongs to cluster (0{7}1){4}, not f{32}$/;
    await expectRefusal(cluster, reason, { cluster: 'f'.repeat(32) });
  });

  test('another replica’s', async () => {
    const cluster = await formatted();
    const reason = /^refused \(mismatch\): the data directory belongs to replica 0, not 2$/;
    await expectRefusal(cluster, reason, { replica: '2' });
  });

  test('a later release’s', async () => {
    const cluster = await formatted();
    const directory = cluster.directoryOf(0);
    rmSync(directory, { recursive: true });
    const release = RELEASE + 1;
    const seat = {
      cluster: CLUSTER,
      shard: 0,
      replica: 0,
      replicaCount: 3,
      standbyCount: 0,
      release,
    };
    await formatDirectory(directory, (disk) => {
      expect(formatNode(disk, seat, CLUSTER_LIMITS, systemCrypto)).toBeNull();
      return null;
    });
    await expectRefusal(cluster, /^refused \(mismatch\): .*written by release 2, newer than 1$/);
  });

  test('one that another process has open', async () => {
    const cluster = await formatted();
    await cluster.start(0);
    const [port] = await freePorts(1);
    const [, ...others] = cluster.peers;
    const peers = [`127.0.0.1:${port}`, ...others.map((peer) => `127.0.0.1:${peer.port}`)].join(
      ',',
    );
    const { code, stderr } = await cluster.run(cluster.arguments(0, { peers }));
    expect(stderr).toEqual([expect.stringMatching(/^refused \(locked\): process \d+ has it open/)]);
    expect(code).toBe(2);
    expect(cluster.isUp(0)).toBe(true);
  });

  test('a membership of another size', async () => {
    const cluster = await formatted();
    const peers = cluster.peers
      .slice(0, 2)
      .map((peer) => `127.0.0.1:${peer.port}`)
      .join(',');
    await expectRefusal(cluster, /^refused \(mismatch\): .*3 replicas/, { peers });
  });
});

describe('a directory that cannot be trusted', () => {
  test('of a newer format', async () => {
    const cluster = await formatted();
    editSuperblock(cluster, (copy) => {
      copy[24] = 2;
      sealCopy(copy);
    });
    await expectRefusal(
      cluster,
      /^refused \(newer-format\): the superblock was written by a newer build$/,
    );
  });

  test('with all superblock copies damaged', async () => {
    const cluster = await formatted();
    editSuperblock(cluster, (copy) => (copy[100]! ^= 1));
    await expectRefusal(cluster, /^refused \(damaged\): 4 of 4 superblock copies are damaged$/);
  });

  test('with one superblock copy left, which nobody vouches for', async () => {
    const cluster = await formatted();
    editSuperblock(cluster, (copy, index) => (copy[100]! ^= index === 1 ? 0 : 1));
    await expectRefusal(cluster, /^refused \(damaged\): 3 of 4 superblock copies are damaged$/);
  });

  test('without a superblock', async () => {
    const cluster = await formatted();
    rmSync(join(cluster.directoryOf(0), SUPERBLOCK_FILE));
    await expectRefusal(cluster, /^refused \(missing\): no superblock: not formatted$/);
  });

  test('with a journal that was cut', async () => {
    const cluster = await formatted();
    truncateSync(join(cluster.directoryOf(0), 'journal'), 4096);
    await expectRefusal(cluster, /^refused \(size\): journal: the file has the wrong size$/);
  });

  test('without a journal', async () => {
    const cluster = await formatted();
    rmSync(join(cluster.directoryOf(0), 'journal'));
    await expectRefusal(cluster, /^refused \(size\): journal: the file is missing$/);
  });

  test('that is empty: no replica formats itself into a cluster', async () => {
    const cluster = await formatted();
    const directory = cluster.directoryOf(0);
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
    await expectRefusal(cluster, /^refused \(missing\): no superblock: not formatted$/);
  });

  test('that does not exist', async () => {
    const cluster = await formatted();
    const directory = join(cluster.directoryOf(0), '..', 'absent');
    await expectRefusal(cluster, /^refused \(directory\): ENOENT/, { directory });
  });
});

describe('formatting', () => {
  test('does not touch a directory that is in use, or was', async () => {
    const cluster = await formatted();
    const before = photograph(cluster.directoryOf(0));
    for (const how of ['--format', '--recover']) {
      const { code, stderr } = await cluster.run([...cluster.arguments(0), how]);
      expect(code).toBe(2);
      expect(stderr).toEqual([expect.stringMatching(/^refused \(format\): .* is not empty/)]);
    }
    expect(photograph(cluster.directoryOf(0))).toEqual(before);
  });
});
