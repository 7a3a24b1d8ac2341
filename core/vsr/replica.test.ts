/** The replica in normal operation, and through the loss of its primary: one story a test. */
import { describe, expect, it } from 'vitest';
import { TINY } from '../limits.ts';
import { STATUS_NORMAL, STEP_COMMIT } from '../observer.ts';
import { Cluster } from './testing/cluster.ts';

describe('normal operation', () => {
  for (const replicas of [1, 2, 3, 4, 5, 6]) {
    it(`commits what a client writes (R=${replicas})`, () => {
      const cluster = new Cluster({ replicas });
      expect(cluster.ready()).toBe(true);
      const [client] = cluster.clients;
      client!.write(30);
      expect(cluster.until(() => client!.written === 30)).toBe(true);
      expect(cluster.until(() => cluster.converged)).toBe(true);
      for (let i = 0; i < replicas; i += 1) {
        expect(cluster.replica(i).state.commitMin).toBe(31);
        expect(cluster.replica(i).state.checkpointOp).toBe(24);
        expect(cluster.count(STEP_COMMIT, i)).toBe(31);
      }
    });
  }

  it('hastens a checkpoint once much was applied since the last one, and then rests (R=3)', () => {
    const cluster = new Cluster({ replicas: 3, limits: { ...TINY, checkpointBytesMax: 1500 } });
    cluster.ready();
    const [client] = cluster.clients;
    client!.write(5);
    expect(cluster.until(() => client!.written === 5)).toBe(true);
    const { leader } = cluster;
    expect(cluster.until(() => cluster.replica(leader).state.checkpointOp === 8)).toBe(true);
    cluster.run(3_000_000);
    for (let i = 0; i < 3; i += 1) {
      expect(cluster.replica(i).state.commitMin).toBe(8);
      expect(cluster.replica(i).state.checkpointOp).toBe(8);
    }
    client!.write(20);
    expect(cluster.until(() => client!.written === 25)).toBe(true);
    expect(cluster.until(() => cluster.converged)).toBe(true);
  });

  it('stays in one view and sends little while idle (R=3)', () => {
    const cluster = new Cluster({ replicas: 3 });
    cluster.ready();
    cluster.run(3_000_000);
    const view = cluster.replica(0).state.view;
    const before = cluster.events;
    cluster.run(10_000_000);
    expect(cluster.replica(0).state.view).toBe(view);
    expect((cluster.events - before) / 10).toBeLessThan(60);
  });
});

describe('view change', () => {
  it('elects another primary when the primary crashes, and loses nothing (R=3)', () => {
    const cluster = new Cluster({ replicas: 3 });
    cluster.ready();
    const [client] = cluster.clients;
    client!.write(5);
    cluster.until(() => client!.written === 5);
    const old = cluster.leader;
    cluster.crash(old);
    client!.write(5);
    expect(cluster.until(() => client!.written === 10)).toBe(true);
    expect(cluster.leader).not.toBe(old);
    cluster.boot(old);
    expect(cluster.until(() => cluster.converged)).toBe(true);
    expect(cluster.replica(old).state.status).toBe(STATUS_NORMAL);
  });
});
